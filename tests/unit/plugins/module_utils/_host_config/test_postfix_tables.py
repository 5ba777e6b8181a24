# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Tables are found in parameters, and read only where checks need their entries."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
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
        "texthash:/etc/postfix/own_domains": True,
        "proxy:mysql:/etc/postfix/aliases.cf": False,
        "hash:/etc/aliases": False,
    }


def test_table_facts_has_rows_of_an_evaluated_table_only(tmp_path: Path) -> None:
    table = tmp_path / "access"
    table.write_text("# clients\n/a/ OK\n/b/ REJECT\n  not here\n", encoding="utf-8")
    host = reader.Host(run)
    facts = postfix_tables.table_facts(host, f"pcre:{table}", evaluated=True)
    assert facts["rows"] == [["/a/", "OK"], ["/b/", "REJECT not here"]]
    assert "rows" not in postfix_tables.table_facts(host, f"pcre:{table}", evaluated=False)


def test_table_facts_notes_a_table_that_cannot_be_listed() -> None:
    host = reader.Host(run)
    postfix_tables.table_facts(host, "ldap:/etc/postfix/x", evaluated=True)
    assert host.missing == {"ldap:/etc/postfix/x": "the entries of such a table cannot be listed"}
