# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A command of a role that fails is seen."""

from __future__ import annotations

import json
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
#: What may fail unseen: then it is taken to differ, and a change restarts the daemon.
TAKEN_TO_DIFFER = (
    "Read on which interfaces Postfix listens now",
    "Read the protocols that Dovecot serves now",
)
HEADER = "username service pid ip dest_ip"
ALICE, GONE = "alice@example.org", "gone@example.org"


@pytest.mark.parametrize("task", TASKS)
def test_no_failure_is_passed_over(task: dict[str, Any]) -> None:
    unseen = task.get("failed_when") is False or task.get("ignore_errors")
    assert bool(unseen) == (task["name"] in TAKEN_TO_DIFFER)


def ended(
    folder: Path, lines: list[str], code: int, kicked: int = 0, *more: str
) -> tuple[int, str]:
    """How the tasks about open sessions end with a doveadm that says these lines."""
    output = "\n".join([HEADER, *lines])
    program = folder / "doveadm"
    program.write_text(
        f'#!/bin/sh\nif [ $1 = kick ]; then echo "$2" >>{folder}/kicked; exit {kicked}; fi\n'
        f"cat <<'END'\n{output}\nEND\nexit {code}\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    tasks = yaml.safe_load((ROLES / "dovecot/tasks/service.yml").read_text(encoding="utf-8"))
    about = [task for task in tasks if "doveadm" in str(task)]
    assert len(about) == 2
    text = json.dumps(about).replace("/usr/bin/doveadm", str(program))
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLES / "dovecot/vars/main/main.yml")],
        "vars": {"mail_users": [{"address": ALICE}]},
        "tasks": json.loads(text),
    }
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    run = run_ansible("playbook", "play.yml", *more, folder=folder)
    found = folder / "kicked"
    return run.returncode, found.read_text(encoding="utf-8") if found.exists() else ""


def test_sessions_of_a_removed_user_are_ended(tmp_path: Path) -> None:
    lines = [f"{name} imap 7 192.0.2.1 192.0.2.2" for name in (ALICE, GONE, GONE)]
    assert ended(tmp_path, lines, 0) == (0, f"{GONE}\n")


@pytest.mark.parametrize(("code", "failed"), [(68, False), (75, True)])
def test_session_that_ended_meanwhile_is_no_failure(
    tmp_path: Path, code: int, failed: bool
) -> None:
    assert bool(ended(tmp_path, [f"{GONE} imap 7 x y"], 0, code)[0]) == failed


@pytest.mark.parametrize(("more", "failed"), [((), True), (("--check",), False)])
def test_sessions_that_cannot_be_listed_are_a_failure(
    tmp_path: Path, more: tuple[str, ...], failed: bool
) -> None:
    assert bool(ended(tmp_path, [], 75, 0, *more)[0]) == failed
