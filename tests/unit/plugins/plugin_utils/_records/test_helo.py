# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Reverse names and names in HELO are named, with who can change them."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.plugin_utils._records import helo
from ansible_collections.airtight.mail.plugins.plugin_utils._records.record import Record
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records

RECORDS = mail_records.records_of(mail_records.few())
NAME, POINTER = mail_records.NAME, "25.2.0.192.in-addr.arpa"
OTHER = f"2001:db8::25 and {NAME}, its name in HELO, lead to each other."
REMEDY = "ask whoever has the address, mostly the provider, for the PTR record"


def lines(*entries: tuple[str, str, str]) -> list[str]:
    found: dict[str, Any] = {
        result: [] for result in ("missing", "different", "surplus", "unknown")
    }
    for result, name, kind in entries:
        found[result].append({"name": name, "type": kind})
    return helo.lines(RECORDS, found)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "lead to each other."),
        ([("surplus", NAME, "A")], "lead to each other."),
        ([("missing", "example.org", "MX")], "lead to each other."),
        (
            [("missing", POINTER, "PTR")],
            f"do not lead to each other (PTR missing); {REMEDY}.",
        ),
        (
            [("surplus", POINTER, "PTR")],
            f"do not lead to each other (PTR surplus); {REMEDY}.",
        ),
        ([("different", NAME, "A")], f"do not lead to each other ({NAME} A different)."),
        (
            [("different", POINTER, "PTR"), ("unknown", POINTER, "PTR"), ("missing", NAME, "A")],
            f"do not lead to each other (PTR different, {NAME} A missing); {REMEDY}.",
        ),
    ],
)
def test_address_and_name_are_compared(entries: list[tuple[str, str, str]], words: str) -> None:
    assert lines(*entries) == [f"192.0.2.25 and {NAME}, its name in HELO, {words}", OTHER]


@pytest.mark.parametrize("entry", [("unknown", POINTER, "PTR"), ("unknown", NAME, "A")])
def test_what_was_not_seen_is_unknown(entry: tuple[str, str, str]) -> None:
    first, second = lines(entry)
    assert (
        first == f"Whether 192.0.2.25 and {NAME}, its name in HELO, lead to each other is unknown."
    )
    assert second == OTHER


def test_reverse_name_without_an_address_is_shown_as_it_is() -> None:
    odd = Record("25.0-127.2.0.192.in-addr.arpa", "PTR", 60, f"{NAME}.", "reverse")
    found: dict[str, Any] = {"missing": [], "different": [], "surplus": [], "unknown": []}
    assert helo.lines([odd], found)[0].startswith(f"{odd.name} and {NAME}, ")
