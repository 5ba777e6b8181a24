# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and files are read where new files are, before they are in force."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config.collect import (
    daemon_facts,
)
from ansible_collections.airtight.mail.plugins.module_utils._host_config.staged import StagedHost

if t.TYPE_CHECKING:
    import pathlib

PLACES = {
    "/etc/postfix/main.cf": "/stage/main.cf",
    "/etc/postfix/own_domains": "/stage/own_domains",
    "/etc/dovecot/dovecot.conf": "/stage/dovecot.conf",
}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["postconf", "-n"], ["-c", "/stage", "-n"]),
        (
            ["postmap", "-q", "-", "texthash:/etc/postfix/own_domains"],
            ["-c", "/stage", "-q", "-", "texthash:/stage/own_domains"],
        ),
        (["doveconf", "-a"], ["-c", "/stage/dovecot.conf", "-a"]),
        (["openssl", "x509", "-in", "/etc/postfix/other"], ["x509", "-in", "/etc/postfix/other"]),
    ],
)
def test_a_program_reads_the_stage(
    argv: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def run(command: list[str], _given: str) -> tuple[int, str, str]:
        seen.append(command)
        return 0, "", ""

    host = StagedHost(run, PLACES)
    monkeypatch.setattr(host, "which", lambda name: None if name == "timeout" else f"/bin/{name}")
    host.run(*argv)
    host.query(*argv, given="")
    assert seen == [[f"/bin/{argv[0]}", *expected]] * 2


def test_a_file_is_read_in_the_stage(tmp_path: pathlib.Path) -> None:
    staged, other = tmp_path / "staged", tmp_path / "other"
    staged.write_text("new", encoding="utf-8")
    other.write_text("as it is", encoding="utf-8")
    host = StagedHost(lambda _argv, _given: (0, "", ""), {"/etc/opendkim.conf": str(staged)})
    assert host.read("/etc/opendkim.conf") == "new"
    assert host.read(str(other)) == "as it is"


def test_a_candidate_says_nothing_about_what_runs() -> None:
    found = daemon_facts(lambda _argv, _given: (0, "", ""), [], {})
    assert "listeners" not in found
    assert "egress" not in found
    assert isinstance(found["addresses"], list)
