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


def zone(*records: str, name: str = "_dmarc.example.org") -> dict[tuple[str, str], list[str]]:
    return {
        (name, "TXT"): list(records),
        ("example.org._report._dmarc.example.net", "TXT"): ["v=DMARC1"],
    }


@pytest.mark.parametrize(
    ("check", "record", "status", "words"),
    [
        ("dmarc_record", "v=DMARC1; p=reject; rua=;", FAIL, "rua= has no report address"),
        ("dmarc_record", "v=DMARC1; p=reject; rua=mailto:a@example.org,", FAIL, "or an empty one"),
        ("dmarc_record", "v=DMARC1;\u00a0p=reject", FAIL, "p= is missing"),
        ("dmarc_policy", "v=DMARC1;\u00a0p=reject", FAIL, "The policy is none"),
        ("dmarc_record", "v=DMARC1;\tp=reject ;", PASS, "applies"),
        ("dmarc_record", "v=DMARC1; p=reject; pct=\u00b2", FAIL, "is no number from 0 to 100"),
        ("dmarc_record", f"v=DMARC1; p=reject; pct={'9' * 4400}", FAIL, "is no number"),
        ("dmarc_policy", "v=DMARC1; p=reject; pct=\u00b2", PASS, "reject"),
        ("dmarc_policy", "v=DMARC1; p=reject; pct=099", FAIL, "pct=99"),
        ("dmarc_record", "v=DMARC1; p=reject; p=none", FAIL, "more than once"),
        ("dmarc_policy", "v=DMARC1; p=reject; p=none", FAIL, "The policy is none"),
        ("dmarc_record", "v=DMARC1; p=reject; rua=MAILTO:a@example.org!10m", PASS, "applies"),
        ("dmarc_record", "v=DMARC1; p=reject; rua=mailto:a@example.org!m", FAIL, "no valid report"),
        ("dmarc_record", "v=DMARC1; p=reject; rua=a@example.org", FAIL, "no valid report address"),
        ("dmarc_record", "v=DMARC1; sp=none; p=reject", PASS, "p= does not follow v="),
        ("dmarc_record", "v=DMARC1; p=reject; fo=1:d", PASS, "applies"),
        ("dmarc_record", "v=DMARC1; p=reject; fo=2", FAIL, "fo=2 is not of"),
        ("dmarc_record", "v=DMARC1; p=reject; sp", FAIL, "'sp' is no tag"),
        ("dmarc_record", " v=DMARC1; p=reject", FAIL, "does not begin with v=DMARC1"),
        ("dmarc_record", "p=reject; v=DMARC1", FAIL, "does not begin with v=DMARC1"),
        ("dmarc_reports", "v=DMARC1; p=reject; rua=mailto:a@example.net?subject=x", PASS, "author"),
        ("dmarc_reports", "v=DMARC1; p=reject; rua=MailTo:a@example.com!1k", FAIL, "example.com"),
        ("dmarc_reports", "v=DMARC1; p=reject; rua=", "not_applicable", "no report address"),
        ("dmarc_reports", "v=DMARC1; p=reject; rua=a@b.c", "not_applicable", "no report address"),
    ],
)
def test_record_is_evaluated_as_receivers_do(
    check: str, record: str, status: str, words: str
) -> None:
    found = dns_verdicts.status_of(check, zone(record))
    assert (found[0], words in found[1]) == (status, True), found
