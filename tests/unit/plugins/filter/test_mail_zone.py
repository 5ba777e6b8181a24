# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter mail_zone: its forms, its errors, and what any variable can make of its records."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dns")
pytest.importorskip("cryptography")

import dns.zone

from ansible_collections.airtight.mail.plugins.filter.mail_zone import FORMS, mail_zone
from ansible_collections.airtight.mail.plugins.plugin_utils._records import options
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

ALL = mail_records.all_options()


def of(host: dict[str, Any], *arguments: Any, **more: Any) -> Any:
    return mail_zone(["mx1"], {"mx1": host}, *arguments, **more)


def test_each_form_has_the_same_records() -> None:
    data, zone, table = (of(ALL, form) for form in ("records", "zone", "table"))
    assert {tuple(record) for record in data} == {
        ("name", "type", "ttl", "value", "purpose", "why")
    }
    records = [line for line in zone.splitlines() if not line.startswith(";")]
    rows = table.splitlines()[2:]
    assert len(records) == len(rows) == len(data)
    for record, line, row in zip(data, records, rows, strict=True):
        assert line.startswith(f"{record['name']}. {record['ttl']} IN {record['type']} ")
        assert row.startswith(f"| `{record['name']}.` | {record['type']} | ")
    assert list(of(ALL, "policies")) == ["example.org", "xn--exmple-cua.net"]
    assert of(ALL, "left_out") == []
    assert of(ALL) == data


def test_hosts_are_names_in_the_inventory_or_one() -> None:
    hostvars = {"mx1": ALL}
    assert mail_zone("mx1", hostvars) == mail_zone(["mx1", "mx1"], hostvars) == of(ALL)
    assert mail_zone([], hostvars) == []
    for hosts in ("mx2", ["mx1", "mx2"]):
        with pytest.raises(AnsibleFilterError) as raised:
            mail_zone(hosts, hostvars)
        assert str(raised.value) == (
            "mail_zone: 'mx2' is no host of the inventory; give names of hosts in it."
        )


def test_zone_and_relative_names() -> None:
    names = {record["name"] for record in of(ALL, zone="exämple.net")}
    assert {name[-18:] for name in names} == {"xn--exmple-cua.net"}
    rows = of(ALL, "table", zone="example.org", relative=True).splitlines()
    assert rows[2].startswith("| `@` | MX | 3600 | `10 mx1.example.org.` |")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"form": "csv"}, f"mail_zone: form 'csv' is not one of {', '.join(FORMS)}."),
        ({"relative": True}, "mail_zone: relative needs a zone; write zone='example.org'."),
        (
            {"zone": "a b"},
            "mail_zone: zone: 'a b' is not a full name; write one such as example.org.",
        ),
    ],
)
def test_option_that_cannot_be_used_is_named(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        of(ALL, **arguments)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("option", options.OPTIONS, ids=lambda option: option.name)
def test_value_of_another_type_ends_in_one_sentence_that_names_it(option: options.Option) -> None:
    odd = object()
    for variable in option.variables:
        with pytest.raises(AnsibleFilterError) as raised:
            of({**ALL, **dict.fromkeys(option.variables), variable: odd})
        text = str(raised.value)
        assert text.startswith(f"mail_zone: mx1: {variable}")
        assert (text[-1], len(text.splitlines())) == (".", 1)


TEXTS = st.text(st.characters(exclude_categories=[]), max_size=12)
TEXTS |= st.text('a.-;" |`\\\n\r\u2028ä@:/%,!=()', max_size=12)
TEXTS |= TEXTS.map(lambda text: f"a{text}.example")


def changed(value: Any, data: st.DataObject) -> Any:
    """A value in which one text is another."""
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: changed(value[key], data)}
    if isinstance(value, list):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], changed(value[place], data), *value[place + 1 :]]
    text = data.draw(TEXTS)
    return data.draw(st.sampled_from([text, f"{value}{text}", f"{text}{value}"]))


@given(st.data())
def test_no_text_adds_a_line_a_record_or_a_field(data: st.DataObject) -> None:
    variable = data.draw(st.sampled_from(sorted(ALL)))
    host = {**ALL, variable: changed(ALL[variable], data)}
    problem = ""
    try:
        assert_sound(of(host), of(host, "zone"), of(host, "table"))
    except AnsibleFilterError as exc:
        problem = str(exc)
    assert re.fullmatch(r"|mail_zone: .+\.", problem)


def assert_sound(data: list[dict[str, Any]], zone: str, table: str) -> None:
    records = [line for line in zone.splitlines() if not line.startswith("; ")]
    assert len(records) == len(data)
    assert all(re.fullmatch(r"[!-~]+\. [0-9]+ IN [A-Z]+ [ -~]+", line) for line in records)
    assert len(table.splitlines()) == len(data) + 2
    assert {len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()} == {7}
    # One zone for the names below each top-level domain, as any of them may hold records here.
    for end in {record["name"].rpartition(".")[2] for record in data}:
        lines = [line for line in records if line.partition(". ")[0].endswith(f".{end}")]
        text = f"{end}. 1 IN SOA a. a. 1 1 1 1 1\n" + "\n".join(lines)
        read = dns.zone.from_text(f"{text}\n", f"{end}.", relativize=False, check_origin=False)
        assert len(list(read.iterate_rdatas())) == len(lines) + 1


def test_filter_is_idempotent() -> None:
    for form in FORMS:
        assert of(ALL, form) == of(dict(reversed(ALL.items())), form)
