# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Tables are found in parameters, and read only where checks need their entries."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    postfix_lists,
    postfix_tables,
    reader,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run


def test_named_tables_marks_those_of_restrictions() -> None:
    values = [
        (
            "smtpd_sender_restrictions",
            "reject_non_fqdn_sender, check_sender_access texthash:/etc/postfix/own_domains",
        ),
        ("virtual_alias_maps", "proxy:mysql:/etc/postfix/aliases.cf, hash:/etc/aliases"),
        ("virtual_transport", "lmtp:unix:private/dovecot-lmtp"),
        ("smtpd_milters", "unix:/run/opendkim.sock, local:/run/x"),
    ]
    assert postfix_tables.named_tables(values) == {
        "texthash:/etc/postfix/own_domains": postfix_tables.ENTRIES,
        "proxy:mysql:/etc/postfix/aliases.cf": postfix_tables.AGE,
        "hash:/etc/aliases": postfix_tables.AGE,
    }
    lists = [
        ("relay_domains", "!static:x, /etc/postfix/relay unionmap:{hash:/a,ldap:/b}"),
        ("strict", "check_sender_access { hash:/etc/c, default_action=DUNNO }"),
        ("virtual_alias_domains", "hash:/etc/aliases"),
    ]
    assert postfix_tables.named_tables(lists, ["strict"]) == {
        "static:x": postfix_tables.ENTRIES,
        "/etc/postfix/relay": postfix_tables.ENTRIES,
        "unionmap:{hash:/a,ldap:/b}": postfix_tables.ENTRIES,
        "hash:/a": postfix_tables.AGE,
        "ldap:/b": postfix_tables.AGE,
        "hash:/etc/c": postfix_tables.ENTRIES,
        "hash:/etc/aliases": postfix_tables.ANSWERS,
    }


def facts_of(name: str, wanted: int, start: reader.Run = run) -> dict[str, t.Any]:
    """The facts of one table, and what was missing."""
    host = reader.Host(start)
    tables = postfix_tables.Reader(host, postfix_lists.stranger_keys(["example.org"]))
    return {**tables.read({name: wanted}), "missing": host.missing}


def test_reader_has_rows_of_an_evaluated_table_only(tmp_path: Path) -> None:
    table = tmp_path / "access"
    text = "# clients\n/a/ OK\n  # within\n/b c/i REJECT\n  not here\n"
    table.write_text(text, encoding="utf-8")
    name = f"pcre:{table}"
    facts = facts_of(name, postfix_tables.ENTRIES)
    assert facts[name]["rows"] == [["/a/", "OK"], ["/b c/i", "REJECT not here"]]
    assert "rows" not in facts_of(name, postfix_tables.AGE)[name]


def test_reader_follows_what_a_result_or_a_file_names(tmp_path: Path) -> None:
    inner, outer, listed = (tmp_path / name for name in ("inner", "outer", "listed"))
    inner.write_text("192.0.2.0/24 OK\n", encoding="utf-8")
    outer.write_text(f"example.org check_client_access cidr:{inner}\n", encoding="utf-8")
    listed.write_text(f"127.0.0.1, texthash:{outer}\n", encoding="utf-8")
    facts = facts_of(str(listed), postfix_tables.ENTRIES)
    assert facts[f"cidr:{inner}"]["rows"] == [["192.0.2.0/24", "OK"]]


def test_reader_says_what_was_cut(tmp_path: Path) -> None:
    table = tmp_path / "long"
    for count, cut in ((2000, False), (2001, True)):
        lines = (f"host{number}.example REJECT\n" for number in range(count))
        table.write_text("".join(lines), encoding="utf-8")
        found = facts_of(f"texthash:{table}", postfix_tables.ENTRIES)[f"texthash:{table}"]
        assert (len(found["rows"]), bool(found.get("cut"))) == (2000, cut)
        assert found["entries"] == count


def test_reader_asks_postfix_for_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader.Host, "which", lambda _host, *names: names[0])

    def answer(argv: list[str], given: str) -> tuple[int, str, str]:
        assert argv[-4:-1] == ["postmap", "-q", "-"]
        known = {"198.51.100.241": "OK", "example.org.example": "x"}
        found = [f"{key}\t{known[key]}" for key in given.splitlines() if key in known]
        return (0, "\n".join(found), "postmap: warning: skipping this rule")

    name = "proxy:unionmap:{static:x}"
    answers = facts_of(name, postfix_tables.ENTRIES, answer)[name]["answers"]
    assert answers["address"] == {"198.51.100.241": "OK"}
    assert answers["domain"] == {"example.org.example": "x"}
    failing = facts_of(name, postfix_tables.ENTRIES, lambda *_args: (1, "", "postmap: fatal: no"))
    assert "answers" not in failing[name]
    assert failing["missing"] == {name: "postmap cannot look keys up in it"}


@pytest.mark.parametrize("name", ["ldap:/etc/x", "proxy:mysql:/etc/x", "unionmap:{tcp:a:1}"])
def test_reader_notes_a_table_that_asks_a_server(name: str) -> None:
    facts = facts_of(name, postfix_tables.ENTRIES)
    assert facts["missing"] == {name: "the entries of such a table cannot be listed"}
