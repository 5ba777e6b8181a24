# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A check of the roles changes nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROLES = Path(__file__).resolve().parents[3] / "roles"
TASKS = [
    pytest.param(task, id=f"{path.parents[1].name}-{task['name']}")
    for path in sorted(ROLES.glob("*/tasks/*.yml"))
    for task in yaml.safe_load(path.read_text(encoding="utf-8")) or []
]
#: Programs that a check runs, too. They read.
READING = {"dpkg-query", "postconf", "doveconf", "doveadm"}
#: In place of apt: it knows no package, and updates its lists.
APT = """
from ansible.module_utils.basic import AnsibleModule
names = ("name", "update_cache", "cache_valid_time", "install_recommends", "policy_rc_d")
spec = {name: {"type": "raw"} for name in names}
module = AnsibleModule(spec, supports_check_mode=True)
if module.params["update_cache"]:
    module.exit_json(changed=True)
module.fail_json(msg="none is in no list")
"""


@pytest.mark.parametrize(
    "task", [task for task in TASKS if task.values[0].get("check_mode") is False]
)
def test_what_a_check_runs_reads(task: dict[str, Any]) -> None:
    command = str(task.get("ansible.builtin.command", {}).get("argv"))
    program = Path(command.strip("[]{} '").split(",", maxsplit=1)[0].strip("'")).name
    assert program in READING or "ansible.builtin.script" in task
    assert task["changed_when"] is False


def install(folder: Path, *more: str) -> tuple[int, str]:
    """How the installation of a package ends that is in no list, with what apt was asked for."""
    (folder / "plugins").mkdir()
    (folder / "plugins/apt.py").write_text(APT, encoding="utf-8")
    (folder / "roles/packages/tasks").mkdir(parents=True)
    text = (ROLES / "common/tasks/packages.yml").read_text(encoding="utf-8")
    _read, *tasks = yaml.safe_load(text.replace("ansible.builtin.apt", "apt"))
    (folder / "roles/packages/tasks/main.yml").write_text(json.dumps(tasks), encoding="utf-8")
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "common_packages": ["none"],
            "__common_installed": [],
            "ansible_python_interpreter": sys.executable,
        },
        "roles": ["packages"],
    }
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    library = str(folder / "plugins")
    run = run_ansible("playbook", "play.yml", *more, folder=folder, ANSIBLE_LIBRARY=library)
    (recap,) = [line for line in run.stdout.splitlines() if line.startswith("localhost ")]
    return run.returncode, recap + str("none is in no list" in run.stdout)


def test_check_announces_packages_and_updates_no_list(tmp_path: Path) -> None:
    code, recap = install(tmp_path, "--check")
    assert code == 0
    assert "ok=1 " in recap
    assert "changed=1 " in recap
    assert "skipped=1 " in recap


def test_package_that_cannot_be_installed_is_a_failure(tmp_path: Path) -> None:
    code, recap = install(tmp_path)
    assert code
    assert "failed=1 " in recap
    assert recap.endswith("True")
