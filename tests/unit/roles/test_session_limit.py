# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The program that Dovecot runs after each login, with a list of sessions of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

TEMPLATE = Path(__file__).resolve().parents[3] / "roles/dovecot/templates/session-limit.j2"
HEADER = "username proto\n"
#: Dovecot 2.4 passes what the user database says of a user in such names.
QUOTA = {"USERDB_KEYS": "quota/mailbox/quota_storage_size", "QUOTA/MAILBOX/X": "1M"}

pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="needs perl")


def after_login(folder: Path, sessions: int) -> subprocess.CompletedProcess[str]:
    """What a client of a user with so many sessions gets; the mail process prints its variables."""
    (folder / "list").write_text(HEADER + "alice@example.org imap\n" * sessions, encoding="utf-8")
    for name, line in {
        "doveadm": f"cat {folder}/list",
        "logger": f'echo "$@" >{folder}/log',
    }.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
    text = jinja2.Template(TEMPLATE.read_text(encoding="utf-8")).render(dovecot_user_sessions=5)
    script = folder / "session-limit"
    script.write_text(
        text.replace("/usr/bin/doveadm", f"{folder}/doveadm").replace(
            "/usr/bin/logger", f"{folder}/logger"
        ),
        encoding="utf-8",
    )
    return subprocess.run(
        ["perl", script, "/usr/bin/env"],
        env={"USER": "alice@example.org", "IP": "192.0.2.1", **QUOTA},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )


def test_mail_process_gets_the_environment_of_dovecot_whole(tmp_path: Path) -> None:
    found = after_login(tmp_path, 4).stdout.splitlines()
    assert {f"{name}={value}" for name, value in QUOTA.items()} <= set(found)


def test_user_with_all_permitted_sessions_gets_no_other(tmp_path: Path) -> None:
    done = after_login(tmp_path, 5)
    assert done.stdout == "* BYE [LIMIT] This user has too many open sessions\n"
    assert "alice@example.org has 5 sessions" in (tmp_path / "log").read_text(encoding="utf-8")
