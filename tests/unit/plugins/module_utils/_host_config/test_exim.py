# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Options, lists and the ACL of Exim are read, and no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import exim, reader
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import (
    SECRET,
    recorded,
    run,
)


def test_options_lists_and_acl_of_a_recorded_exim() -> None:
    found = exim.options(recorded("exim-options.txt"))
    assert (found["acl_smtp_rcpt"], found["smtp_enforce_sync"]) == ("acl_check_rcpt", "yes")
    text = recorded("exim-config.txt")
    assert exim.lists(text)["relay_from_hosts"] == ": 127.0.0.1 : ::::1"
    statements = exim.acl(text, found["acl_smtp_rcpt"])
    assert statements[0] == ["accept", "hosts = :", "control = dkim_disable_verify"]
    assert [
        "require",
        "message = relay not permitted",
        "domains = +local_domains : +relay_to_domains",
    ] in statements
    assert statements[-1] == ["accept"]


def test_options_leaves_out_what_may_hold_a_password() -> None:
    assert exim.options(f"mysql_servers = localhost/exim/exim/{SECRET}\nacl_smtp_rcpt = x\n") == {
        "acl_smtp_rcpt": "x"
    }


CONFIG = """
hide hostlist partners = 198.51.0.0/16 : \\
   203.0.113.0/24
domainlist served = lsearch;{path}
begin acl
check-rcpt:
  accept hosts = +partners
begin transports
remote:
  driver = smtp
  interface = 192.0.2.26
begin retry
"""


def test_lists_acl_and_interfaces_of_continued_lines() -> None:
    text = exim.joined(CONFIG)
    assert exim.lists(text)["partners"] == "198.51.0.0/16 : 203.0.113.0/24"
    assert exim.acl(text, "check-rcpt") == [["accept", "hosts = +partners"]]
    assert exim.interfaces(text) == ["192.0.2.26"]


AUTHENTICATORS = """
begin authenticators

  PLAIN:
    server_condition = {}
    driver = plaintext

  cram:
    server_condition = true
    driver = cram_md5

  other-one:
    driver = plaintext
    server_condition = "${{if eq{{$auth3}}{{secret}}{{1}}{{0}}}}"
begin rewrite
  late:
    server_condition = true
"""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yes", ["PLAIN"]),
        ('"True"', ["PLAIN"]),
        ("1", ["PLAIN"]),
        ("no", []),
        ("0", []),
        ("5", []),
        ("${if eq{1}{1}}", []),
        ("trueish", []),
    ],
)
def test_authenticator_whose_condition_is_true_accepts_every_login(
    condition: str, expected: list[str]
) -> None:
    assert exim.open_authenticators(AUTHENTICATORS.format(condition)) == expected


def test_statements_are_found_by_name_in_a_file_or_in_the_option(tmp_path: Path) -> None:
    other = tmp_path / "acl"
    other.write_text("accept\n  hosts = 192.0.2.1\n", encoding="utf-8")
    host = reader.Host(run)
    expected = [["accept", "hosts = 192.0.2.1"]]
    for value in (str(other), "accept hosts = 192.0.2.1"):
        assert exim.statements(host, "", value) == expected
    assert exim.statements(host, "", "${if def:x{a}{b}}") == []


def test_files_has_what_can_be_read_whole(tmp_path: Path) -> None:
    short, long, absent = (tmp_path / name for name in ("short", "long", "absent"))
    short.write_text("192.0.2.0/24 # office\n\n", encoding="utf-8")
    long.write_text("192.0.2.1\n" * 2001, encoding="utf-8")
    host = reader.Host(run)
    found = exim.files(host, [f"{short} : net-lsearch;{long} : +x : {absent}"])
    assert found == {str(short): ["192.0.2.0/24"]}
    assert set(host.missing) == {str(long), str(absent)}


BEFORE = """
hostlist ours = 127.0.0.1
begin acl
at_connect:
  drop hosts = {path}
at_rcpt:
  accept
"""


class Installed(reader.Host):
    """A host on which every program is installed."""

    def which(self, *names: str) -> str | None:
        return names[0]


def test_facts_have_the_acls_before_that_for_recipients(tmp_path: Path) -> None:
    listed, rejected = tmp_path / "listed", tmp_path / "rejected"
    for path in (listed, rejected):
        path.write_text("192.0.2.1\n", encoding="utf-8")
    options = (
        "acl_smtp_rcpt = at_rcpt\nacl_smtp_connect = at_connect\nacl_smtp_mail = deny\n"
        f"acl_smtp_helo = \nhosts_require_helo = *\nhost_reject_connection = {rejected}\n"
    )
    answers = {
        "-bV": "Exim version 4.96",
        "-bP": options,
        "config": BEFORE.format(path=listed),
    }
    host = Installed(lambda argv, _given: (0, answers[argv[-1]], ""))
    found = exim.exim_facts(host) or {}
    assert found["acls_before"] == {
        "acl_smtp_connect": [["drop", f"hosts = {listed}"]],
        "acl_smtp_mail": [["deny"]],
    }
    assert found["settings"]["hosts_require_helo"] == "*"
    assert set(found["files"]) == {str(listed), str(rejected)}
