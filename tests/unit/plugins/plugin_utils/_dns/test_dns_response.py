# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Facts of responses whose records hold anything."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dns_response
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import Question

message = pytest.importorskip("dns.message")
exception = pytest.importorskip("dns.exception")

NAME = b"\x01a\x07example\x00"
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "SRV": 33, "DS": 43, "TLSA": 52}
KINDS = {**TYPES, "CAA": 257}


def response(kind: int, records: list[bytes], flags: int = 0x81A0) -> bytes:
    """A response with records of one type, as it stands on the wire."""
    head = struct.pack("!6H", 7, flags, 1, len(records), 0, 0)
    question = NAME + struct.pack("!2H", kind, 1)
    answer = b"".join(
        NAME + struct.pack("!2HIH", kind, 1, 60, len(data)) + data for data in records
    )
    return head + question + answer


def test_tlsa_record_without_data_has_facts() -> None:
    facts, failure = dns_response.response_facts(
        message.from_wire(response(TYPES["TLSA"], [b"\x03\x01\x00"]))
    )
    assert (facts["state"], facts["ad"], failure) == ("records", True, None)


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    records=st.lists(st.binary(max_size=40), max_size=3),
    flags=st.sampled_from([0x8180, 0x81A0, 0x8182, 0x8183, 0x8380, 0x818F]),
)
def test_whatever_comes_has_facts_or_is_no_answer(
    kind: str, records: list[bytes], flags: int
) -> None:
    try:
        parsed = message.from_wire(response(KINDS[kind], records, flags))
        facts, failure = dns_response.response_facts(parsed)
    except exception.DNSException:
        return
    assert bool(facts) is (failure is None)
    found = failure or dns_response.Failure("", "")
    assert dns_response.transcript(Question("a.example", kind), facts, found)
