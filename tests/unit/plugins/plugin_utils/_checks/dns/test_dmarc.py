# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DMARC checks, on recorded answers and on a small DNS."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dmarc
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dmarc as dmarc_records
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


@pytest.mark.parametrize(
    ("domain", "zone", "mentioned"),
    [
        ("a.example.com", {"_dmarc.example.com": "v=DMARC1; p=reject"}, False),
        ("b.a.example.com", {"_dmarc.a.example.com": "v=DMARC1; p=reject"}, True),
        (
            "a.example.co.uk",
            {
                "_dmarc.example.co.uk": "v=DMARC1; p=reject",
                "_dmarc.co.uk": "v=DMARC1; psd=y; p=reject",
            },
            False,
        ),
    ],
)
def test_public_suffix_list_is_mentioned_only_where_it_may_differ(
    domain: str, zone: dict[str, str], mentioned: bool
) -> None:
    def answer(question: queries.Question) -> queries.Answer:
        text = zone.get(question.name)
        return queries.Answer(
            question, queries.RECORDS if text else queries.NXDOMAIN, (text,) if text else ()
        )

    walk = queries.replay(dmarc_records.walk(domain), answer)
    differences = dmarc.differences(walk, domain)
    assert any("public suffix list" in text for text in differences) is mentioned


def test_missing_record_is_decisive() -> None:
    context = dns_verdicts.recorded("dmarc_record", FAIL)
    assert dns_verdicts.decisive_lines("dmarc_record", context) == [["no such name (NXDOMAIN)"]]


def test_weaker_policy_is_shown_by_the_record() -> None:
    context = dns_verdicts.recorded("dmarc_policy", FAIL)
    assert dns_verdicts.decisive_lines("dmarc_policy", context) == [
        ["TXT v=DMARC1; p=reject; sp=none"]
    ]


def test_missing_authorization_is_decisive() -> None:
    context = dns_verdicts.recorded("dmarc_reports", FAIL)
    assert dns_verdicts.decisive_lines("dmarc_reports", context) == [["no such name (NXDOMAIN)"]]


def test_only_the_dmarc_record_among_other_texts_is_decisive() -> None:
    context = dns_verdicts.recorded("dmarc_policy", PASS)
    changed = dns_verdicts.with_records(context, "TXT", ["other", "v=DMARC1; p=none"])
    assert dns_verdicts.decisive_lines("dmarc_policy", changed) == [["TXT v=DMARC1; p=none"]]
