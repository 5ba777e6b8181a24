# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SPF checks, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_record_that_permits_everybody_is_decisive() -> None:
    context = dns_verdicts.recorded("spf_record", FAIL)
    assert dns_verdicts.decisive_lines("spf_record", context) == [["TXT v=spf1 +all"]]


def test_void_lookups_are_decisive() -> None:
    context = dns_verdicts.recorded("spf_empty_lookups", FAIL)
    assert (
        dns_verdicts.decisive_lines("spf_empty_lookups", context)
        == [["no such name (NXDOMAIN)"] * 3] * 2
    )


def test_record_without_the_address_is_decisive() -> None:
    context = dns_verdicts.recorded("spf_egress", FAIL)
    assert dns_verdicts.decisive_lines("spf_egress", context) == [
        ["TXT v=spf1 ip4:198.51.100.21 -all"]
    ]


def test_too_many_lookups_are_shown_by_the_records_that_cause_them() -> None:
    context = dns_verdicts.recorded("spf_lookups", FAIL)
    (lines,) = dns_verdicts.decisive_lines("spf_lookups", context)
    assert [line[:10] for line in lines] == ["TXT v=spf1"] * 2


def test_pass_is_shown_by_question_and_record() -> None:
    context = dns_verdicts.recorded("spf_record", PASS)
    assert dns_verdicts.decisive_lines("spf_record", context) == [
        ["sound.names.test TXT", "TXT v=spf1 mx ip4:203.0.113.200/29 -all"]
    ]
