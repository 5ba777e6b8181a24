# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The inventory that the lab writes, rendered by Ansible."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

PARTS = Path(__file__).resolve().parents[3] / "playbooks/lab_parts"


def control_path(folder: Path, prefix: str) -> str:
    """Where Ansible keeps the shared connections to the hosts of a lab."""
    made = folder / f"{prefix}.yml"
    variables = {
        "lab_dir": str(folder),
        "lab_prefix": prefix,
        "lab_hosts": [{"name": "debian13", "suite": "debian13", "number": 13}],
        "__lab_environment": {},
        "__lab_anchors": {"stdout_lines": []},
    }
    plan = yaml.safe_load((PARTS / "vars/plan.yml").read_text(encoding="utf-8"))
    networks = {key: plan[key] for key in ("__lab_networks", "__lab_zones")}
    source = PARTS / "templates/inventory.yml.j2"
    done = run_ansible(
        *("adhoc", "localhost", "--module-name", "template"),
        *("--args", f"src={source} dest={made}"),
        *("--extra-vars", json.dumps({**variables, **networks})),
        folder=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = yaml.safe_load(made.read_text(encoding="utf-8"))
    return str(written["all"]["children"]["lab"]["vars"]["ansible_control_path"])


def test_two_labs_share_no_connection(tmp_path: Path) -> None:
    first, second = (control_path(tmp_path, prefix) for prefix in ("airtight", "airtight2"))
    assert first != second


def test_a_connection_is_one_host(tmp_path: Path) -> None:
    path = control_path(tmp_path, "airtight") % {"directory": "/home/somebody/.ansible/cp"}
    assert path.endswith("-%h")
    # A socket has at most 107 characters (unix(7)), of which ssh takes 17 while it opens one.
    assert len(path.replace("%h", "203.0.113.66")) < 70
