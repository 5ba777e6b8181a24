# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""All packages of the roles are asked for in one question, and none is installed unasked."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROLES = Path(__file__).resolve().parents[3] / "roles"
ASKED = yaml.safe_load((ROLES / "common/vars/main.yml").read_text(encoding="utf-8"))
INSTALLING = sorted(
    path.parents[1].name
    for path in ROLES.glob("*/tasks/install.yml")
    if "tasks_from: packages" in path.read_text(encoding="utf-8")
)


def packages(role: str) -> set[str]:
    """The packages of a role, those of its choices among them."""
    given: Any = yaml.safe_load((ROLES / role / "vars/main/main.yml").read_text(encoding="utf-8"))[
        f"__{role}_packages"
    ]
    return set(re.findall(r"'([^']+)'", given)) if isinstance(given, str) else set(given)


def test_six_roles_install_packages() -> None:
    assert len(INSTALLING) == 6


@pytest.mark.parametrize("role", INSTALLING)
def test_package_of_a_role_is_asked_for(role: str) -> None:
    assert packages(role)
    assert packages(role) <= set(ASKED["__common_packages"])


def test_no_package_is_asked_for_in_vain() -> None:
    assert set(ASKED["__common_packages"]) == set().union(*map(packages, INSTALLING))


@pytest.mark.parametrize("path", sorted(ROLES.glob("*/tasks/*.yml")), ids=str)
def test_one_file_alone_installs_packages(path: Path) -> None:
    installs = "ansible.builtin.apt:" in path.read_text(encoding="utf-8")
    assert installs == (path == ROLES / "common/tasks/packages.yml") or path.match("vantage/*/*")


#: Asks for packages as the roles do, three times in one play.
ASKING = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "ansible.builtin.import_role": {
                    "name": "airtight.mail.common",
                    "tasks_from": "packages",
                    "rolespec_validate": False,
                },
                "vars": {"common_packages": names},
            }
            for names in (["openssl"], ["postfix", "ca-certificates"], ["unbound"])
        ],
    }
]


def test_packages_that_are_installed_cost_one_task_in_a_play(tmp_path: Path) -> None:
    """The tasks that install do not even count as skipped."""
    program = tmp_path / "bin/dpkg-query"
    program.parent.mkdir()
    lines = "".join(f"echo 'ii {name}'\n" for name in ASKED["__common_packages"])
    program.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/asked\n{lines}", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "play.yml").write_text(yaml.safe_dump(ASKING), encoding="utf-8")
    done = run_ansible(
        *("playbook", "-i", "mx1,", "play.yml", "-c", "local"),
        *("-e", f"ansible_python_interpreter={sys.executable}"),
        folder=tmp_path,
        PATH=f"{program.parent}:{os.environ['PATH']}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^mx1 .*ok=1 .*skipped=0 ", done.stdout, re.MULTILINE), done.stdout
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "asked\n"
