# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The evidence that decided: where it was found, and which lines reports show."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import evidence
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    entry,
    mixed,
    verdicts,
)


def with_evidence(*entries: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"status": "fail", "evidence": list(entries)}


def lines(*texts: str) -> list[list[str]]:
    return [["S", text] for text in texts]


def test_excerpt_marks_the_decisive_line_and_shows_those_around_it() -> None:
    (verdict,) = verdicts("mx1.example.org", ["relay_third_party"], BAD)
    shown = evidence.excerpt(verdict)
    assert [line.text for line in shown if line.decisive] == ["< 250 2.1.5 Ok"]
    assert len(shown) == evidence.LINES_BEFORE + 1 + evidence.LINES_AFTER
    assert len(evidence.all_lines(verdict)) == 10


def test_excerpt_of_distant_decisive_lines_marks_the_gap() -> None:
    verdict = with_evidence(entry(transcript=lines(*"abcdefghijklmnopqrst"), decisive=[0, 15]))
    shown = [line.text.lstrip("< ") for line in evidence.excerpt(verdict)]
    assert shown == ["a", "b", evidence.LEFT_OUT, *"lmnopq"]


def test_excerpt_of_too_many_lines_keeps_the_decisive_ones() -> None:
    decisive = list(range(0, 60, 6))
    verdict = with_evidence(entry(transcript=lines(*map(str, range(60))), decisive=decisive))
    shown = [line for line in evidence.excerpt(verdict) if line.text != evidence.LEFT_OUT]
    assert len(shown) == evidence.MAX_LINES
    assert sum(line.decisive for line in shown) == len(decisive)


def test_excerpt_without_a_decisive_line_shows_the_end() -> None:
    verdict = with_evidence(entry(transcript=lines(*"abcdefgh"), decisive=[]))
    assert [line.text for line in evidence.excerpt(verdict)] == ["< d", "< e", "< f", "< g", "< h"]
    assert evidence.excerpt(with_evidence(entry())) == []


def test_proof_lines_are_the_decisive_lines_of_all_endpoints() -> None:
    first = entry(status="pass", transcript=lines("a", "b"), decisive=[1])
    second = entry(status="pass", transcript=lines("c"), decisive=[0], port=587)
    found = {"status": "pass", "evidence": [first, second, first]}
    assert evidence.proof_lines(found) == ["< b", "< c"]
    many = entry(status="pass", transcript=lines(*"abcdefgh"), decisive=list(range(8)))
    assert evidence.proof_lines({"status": "pass", "evidence": [many]})[-1] == evidence.LEFT_OUT


def test_marked_text_marks_decisive_lines_only() -> None:
    assert evidence.Line("< 250 Ok", decisive=True).marked_text == "< 250 Ok [decisive]"
    assert evidence.Line("< 250 Ok", decisive=False).marked_text == "< 250 Ok"


def test_places_are_those_of_the_deciding_evidence() -> None:
    found = {item["check"]: item for item in mixed()}
    assert evidence.places(found["relay_third_party"]) == ["smtp 198.18.0.25:25"]
    waived = found["auth_hidden_before_tls"]
    assert (waived["status"], evidence.status_before_waiver(waived)) == ("waived", "fail")
    assert evidence.places(waived) == ["smtp 198.18.0.25:25"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "smtp 192.0.2.25:25"),
        ({"address": "2001:db8::25"}, "smtp [2001:db8::25]:25"),
        ({"subject": "example.org"}, "example.org"),
        (
            {"service": "host", "address": "", "port": 0, "subject": "postfix mynetworks"},
            "postfix mynetworks",
        ),
        ({"service": "", "port": 0}, "192.0.2.25"),
        ({"service": "", "address": "", "port": 0}, ""),
    ],
)
def test_place_is_an_endpoint_a_subject_or_nothing(fields: dict[str, t.Any], place: str) -> None:
    assert evidence.place(entry(**fields)) == place


@pytest.mark.parametrize(
    "fields", [{"service": "a b"}, {"address": "999.0.2.25"}, {"port": 0}, {"port": 65536}]
)
def test_endpoint_of_an_impossible_place_is_none(fields: dict[str, t.Any]) -> None:
    assert evidence.endpoint(entry(**fields)) is None


def test_title_of_a_failure_is_what_was_found() -> None:
    found = {item["check"]: item for item in mixed()}
    for check in ("relay_third_party", "auth_hidden_before_tls"):
        assert evidence.title(found[check]) == found[check]["title_failed"]
    for check in ("imap_login_disabled", "mx_takes_cleartext"):
        assert evidence.title(found[check]) == found[check]["title"]
