# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the lab says to who is not root, in real runs of its playbook that end there and leave
nothing behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
HERE, GONE = str(PLAYBOOK), "/nonexistent/program"
#: Root is an ordinary user in a user namespace where nobody is mapped, and still reads its own
#: files.
NOBODY = ["unshare", "--user"] if os.geteuid() == 0 else []


def refuse(folder: Path, variables: dict[str, Any]) -> str:
    """The sentence with which a run as an ordinary user ends."""
    done = run_ansible(
        *("playbook", "airtight.mail.lab", "--extra-vars", json.dumps(variables)),
        folder=folder,
        timeout=300,
        before=NOBODY,
        AIRTIGHT_LAB_DIR=str(folder / "lab"),
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal",
        ANSIBLE_CALLBACK_RESULT_FORMAT="json",
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert not (folder / "lab").exists()
    said: dict[str, Any] = json.loads(
        done.stdout[done.stdout.rindex("FAILED! => ") + len("FAILED! => ") :]
    )
    return str(said["msg"])


@pytest.fixture(autouse=True)
def _an_ordinary_user() -> None:
    if NOBODY and subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root cannot be an ordinary user here: no user namespaces")


def test_lab_on_a_bare_machine_names_only_what_is_missing(tmp_path: Path) -> None:
    tools = {"podman": HERE, "mmdebstrap": GONE, "openssh-client": HERE, "netavark": GONE}
    said = refuse(tmp_path, {"__lab_tools": tools, "__lab_cgroup2": True})
    assert said.startswith(
        "The lab starts containers that boot systemd on networks of their own, which takes root: "
        "run it again as root. "
    )
    assert said.endswith(": mmdebstrap, netavark.")


def test_lab_on_a_complete_machine_names_nothing(tmp_path: Path) -> None:
    said = refuse(tmp_path, {"__lab_tools": {"podman": HERE}, "__lab_cgroup2": True})
    assert said.endswith("run it again as root. Everything that it needs is installed.")


def test_lab_absent_needs_root_only(tmp_path: Path) -> None:
    said = refuse(
        tmp_path, {"__lab_tools": {"podman": GONE}, "__lab_cgroup2": True, "lab_state": "absent"}
    )
    assert said == "The lab is taken down by root: run it again as root."
