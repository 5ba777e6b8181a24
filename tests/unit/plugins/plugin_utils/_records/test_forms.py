# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Zone files are read back by the parser of dnspython, tables by a parser of Markdown."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dns")

import dns.rdatatype
import dns.rrset
import dns.zone
from markdown_it import MarkdownIt

from ansible_collections.airtight.mail.plugins.plugin_utils._records import forms
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import Record
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

RECORDS = mail_records.records_of(mail_records.all_options())
#: What a zone needs beside: who serves it.
HEAD = "example.org. 60 IN SOA ns.example.org. root.example.org. 1 60 60 60 60\n"
HEAD += "example.org. 60 IN NS ns.example.net.\n"
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)


def read_back(text: str) -> set[tuple[str, str, int, str]]:
    """Name, type, TTL and value of each record in a zone file; texts whole."""
    zone = dns.zone.from_text(text, "example.org.", relativize=False)
    return {
        (
            name.to_text(omit_final_dot=True),
            dns.rdatatype.to_text(one.rdtype),
            ttl,
            b"".join(one.strings).decode("utf-8") if one.rdtype == dns.rdatatype.TXT else str(one),
        )
        for name, ttl, one in zone.iterate_rdatas()
        if dns.rdatatype.to_text(one.rdtype) not in ("SOA", "NS")
    }


def cells(table: str) -> list[list[str]]:
    """The text of each cell of a Markdown table, a row a list."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(table):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def test_zone_file_is_read_back_in_full() -> None:
    own = [record for record in RECORDS if record.name.endswith("example.org")]
    kinds = {record.type for record in own}
    assert kinds == {"MX", "A", "AAAA", "TXT", "CAA", "TLSA", "SRV", "CNAME"}
    found = read_back(HEAD + forms.zone_file(own))
    assert found == {(one.name, one.type, one.ttl, one.value) for one in own}


def test_zone_file_has_a_record_a_line_after_what_it_is_for() -> None:
    lines = forms.zone_file(RECORDS).splitlines()
    assert len([line for line in lines if line[0] != ";"]) == len(RECORDS)
    assert lines[0] == f"; {RECORDS[0].why}"
    assert not [line for line, after in itertools.pairwise(lines) if line == after]
    assert not [line for line in lines if not re.fullmatch(r"; .*|\S+\. [0-9]+ IN .+", line)]


def test_strings_of_a_text_have_at_most_255_octets() -> None:
    (value,) = mail_records.values(RECORDS, "mail._domainkey.example.org", "TXT")
    assert [len(part) for part in re.findall('"([^"]*)"', forms.quoted(value))] == [255, 165]
    assert forms.quoted("") == '""'
    assert [len(part) for part in forms.quoted("a" * 510).split(" ")] == [257, 257]


@given(VALUES)
def test_any_text_stays_one_record_and_is_read_back(value: str) -> None:
    record = Record("example.org", "TXT", 60, value, "spf")
    text = forms.zone_file([record])
    assert len(text.splitlines()) == 2
    assert text.isascii()
    assert read_back(HEAD + text) == {("example.org", "TXT", 60, value)}


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=80))
def test_any_visible_text_stays_in_its_cell(value: str) -> None:
    record = Record("example.org", "TXT", 60, value, "spf")
    table = forms.table([record])
    assert len(table.splitlines()) == 3
    heads, row = cells(table)
    assert (len(heads), len(row)) == (5, 5)
    assert row[3].strip() == value


def test_names_of_a_table_are_relative_to_a_zone_or_absolute() -> None:
    names = ["example.org", "_dmarc.example.org", "notexample.org"]
    records = [Record(name, "TXT", 60, "x", "spf") for name in names]
    relative = [row[0] for row in cells(forms.table(records, "example.org"))]
    assert relative == ["Name", "@", "_dmarc", "notexample.org."]
    absolute = [row[0] for row in cells(forms.table(records))]
    assert absolute == ["Name", *(f"{name}." for name in names)]


def test_table_has_texts_whole() -> None:
    rows = cells(forms.table(RECORDS, "example.org"))
    assert rows[0] == ["Name", "Type", "TTL", "Value", "Why"]
    assert {row[4] for row in rows[1:]} == {record.why for record in RECORDS}
    shown = {(row[1], row[3]) for row in rows[1:]}
    assert shown == {(record.type, record.value) for record in RECORDS}


def test_table_has_texts_in_strings_where_a_form_wants_them() -> None:
    rows = cells(forms.table(RECORDS, "example.org", split=True))
    assert {(row[1], row[3]) for row in rows[1:]} == {
        (one.type, forms.quoted(one.value) if one.type == "TXT" else one.value) for one in RECORDS
    }
    assert any('" "' in row[3] for row in rows), "a key is longer than one string"


def test_forms_do_not_depend_on_the_order_of_the_inventory() -> None:
    names = ["mx1", "mx2", "mx3"]
    hosts = {
        name: mail_records.few(
            mail_hostname=f"{name}.example.org", records_addresses=[f"192.0.2.{at}"]
        )
        for at, name in enumerate(names, 1)
    }
    zones = set()
    for seed in range(6):
        mixed = random.Random(seed).sample(names, 3)
        zones.add(forms.zone_file(mail_records.records_of(*(hosts[name] for name in mixed))))
    assert len(zones) == 1
