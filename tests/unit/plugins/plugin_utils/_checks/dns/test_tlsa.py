# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLSA records as clients read them."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import tlsa
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import (
    RECORDS,
    Answer,
    Question,
)

OCTETS = "ab" * 32


@pytest.mark.parametrize(
    ("records", "usable"),
    [
        ([f"3 1 1 {OCTETS}"], [0]),
        ([f"2 0 1 {OCTETS[:32]} {OCTETS[32:]}"], [0]),
        ([f"3 1 2 {OCTETS * 2}", f"2 1 2 {OCTETS * 2}"], [0, 1]),
        ([f"3 1 2 {OCTETS}", f"3 1 1 {OCTETS * 2}", f"3 1 1 {OCTETS[2:]}"], []),
        (["3 0 0 30", "2 1 0 3000"], [0, 1]),
        (["3 0 0", "3 1 1"], []),
        ([f"{usage} 1 1 {OCTETS}" for usage in range(5)], [2, 3]),
        ([f"3 {selector} 1 {OCTETS}" for selector in range(3)], [0, 1]),
        ([f"3 1 3 {OCTETS}", f"3 1 4 {OCTETS}"], []),
        ([f"3 1 1 {OCTETS}", f"3 1 2 {OCTETS * 2}", "3 1 0 30"], [1, 2]),
        ([f"3 1 1 {OCTETS}", f"3 0 2 {OCTETS * 2}", f"2 1 2 {OCTETS * 2}"], [0, 1, 2]),
    ],
)
def test_records_of_known_numbers_and_lengths_are_usable(
    records: list[str], usable: list[int]
) -> None:
    found = tlsa.usable(Answer(Question("_25._tcp.example.org", "TLSA"), RECORDS, tuple(records)))
    assert [entry.record for entry in found] == [records[number] for number in usable]
    assert ["".join(map(str, entry[:3])) + entry.data.hex() for entry in found] == [
        "".join(entry.record.split()) for entry in found
    ]


@pytest.mark.parametrize("usage", range(5))
def test_usages_beside_those_of_senders_are_taken_where_they_are_asked_for(usage: int) -> None:
    answer = Answer(Question("_993._tcp.example.org", "TLSA"), RECORDS, (f"{usage} 1 1 {OCTETS}",))
    found = tlsa.usable(answer, (tlsa.PKIX_TA, tlsa.PKIX_EE))
    assert [entry.usage for entry in found] == [usage] * (usage < 2)
    assert [entry.of_authority for entry in found] == [usage == 0] * (usage < 2)


def test_record_matches_no_certificate_that_cannot_be_read() -> None:
    record = tlsa.Tlsa(3, 1, 0, b"\x30\x00")
    assert not tlsa.is_matching(record, b"\x30\x00")
    assert tlsa.is_matching(record._replace(selector=0), b"\x30\x00")
