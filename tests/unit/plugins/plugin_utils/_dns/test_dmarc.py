# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DMARC records, and the walk up the tree of RFC 9989."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dmarc, queries


def walk(domain: str, zone: dict[str, str]) -> tuple[dmarc.Walk, list[str]]:
    asked: list[str] = []

    def answer(question: queries.Question) -> queries.Answer:
        asked.append(question.name)
        text = zone.get(question.name)
        return queries.Answer(
            question, queries.RECORDS if text else queries.NXDOMAIN, (text,) if text else ()
        )

    return queries.replay(dmarc.walk(domain), answer), asked


@pytest.mark.parametrize(
    ("domain", "zone", "organizational", "applies"),
    [
        ("a.example.com", {}, "a.example.com", None),
        (
            "a.example.com",
            {"_dmarc.example.com": "v=DMARC1; p=reject"},
            "example.com",
            "example.com",
        ),
        (
            "a.b.example.com",
            {"_dmarc.b.example.com": "v=DMARC1", "_dmarc.example.com": "v=DMARC1"},
            "example.com",
            "example.com",
        ),
        (
            "a.b.example.com",
            {"_dmarc.b.example.com": "v=DMARC1; psd=n", "_dmarc.example.com": "v=DMARC1"},
            *["b.example.com"] * 2,
        ),
        ("a.example.com", {"_dmarc.com": "v=DMARC1; psd=y; p=reject"}, "example.com", "com"),
        (
            "a.example.com",
            {"_dmarc.a.example.com": "v=DMARC1; p=none"},
            "a.example.com",
            "a.example.com",
        ),
    ],
)
def test_walk_finds_the_record_that_applies(
    domain: str, zone: dict[str, str], organizational: str, applies: str | None
) -> None:
    found, _asked = walk(domain, zone)
    assert (found.organizational, found.applies and found.applies.domain) == (
        organizational,
        applies,
    )


def test_walk_of_a_long_name_skips_labels() -> None:
    _found, asked = walk("a.b.c.d.e.f.g.h.i.example.com", {})
    names = list(dict.fromkeys(asked))
    assert (len(names), names[0], names[1]) == (
        8,
        "_dmarc.a.b.c.d.e.f.g.h.i.example.com",
        "_dmarc.e.f.g.h.i.example.com",
    )


def test_policy_for_domain_subdomains_and_missing_names() -> None:
    rua = "rua=mailto:a@example.net!10m, mailto:b@example.org"
    record = dmarc.parse(
        "example.org", "v=DMARC1; p=reject; sp=quarantine; np=none; t=y; pct=20; " + rua
    )
    assert (record.policy(), record.policy(True), record.policy(True, True)) == (
        "reject",
        "quarantine",
        "none",
    )
    assert (record.testing, record.percent, record.problems) == (True, 20, ())
    assert dmarc.external(record, "example.org") == [("mailto:a@example.net!10m", "example.net")]
    assert dmarc.parse("example.org", "v=DMARC1; p=refuse").policy() == "none"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=DMARC1; p=refuse", "p=refuse is not one of"),
        ("v=DMARC1; rua=mailto:a@b", "p= is missing"),
        ("v=DMARC1; p=none; p=reject", "p= is there more than once"),
        ("v=DMARC1; p=none; rua=a@b.example", "is no valid report address"),
    ],
)
def test_invalid_record_has_a_problem(text: str, words: str) -> None:
    assert words in "; ".join(dmarc.parse("example.org", text).problems)


def test_record_begins_with_the_version_whose_name_alone_has_no_case() -> None:
    assert [
        dmarc.is_record(text)
        for text in (
            "v=DMARC1",
            "v=DMARC1;p=none",
            "V = DMARC1 ;p=none",
            "v=dmarc1; p=none",
            " v=DMARC1",
            "v=DMARC10; p=none",
        )
    ] == [
        *(True, True, True),
        *(False, False, False),
    ]


PARTS = ["v=DMARC1", ";", "p=", "rua=", "mailto:", "@", ",", "!", "pct=", "²", "9" * 4400, "\u00a0"]


@given(st.lists(st.one_of(st.sampled_from([*PARTS, "sp=none", "a.example"]), st.text())))
def test_any_record_is_parsed(parts: list[str]) -> None:
    record = dmarc.parse("example.org", "".join(parts))
    assert record.policy() in dmarc.POLICIES
    assert 0 <= record.percent <= 100
    assert dmarc.external(record, "example.org") is not None
