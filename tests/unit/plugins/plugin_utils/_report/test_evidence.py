# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The evidence that decided: where it was found, and which lines reports show."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import evidence
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    mixed,
    verdicts,
)

OPENING = [["S", "220 mx1 ESMTP"], ["C", "EHLO me"], ["S", "250-mx1"], ["S", "250 STARTTLS"]]


def test_commands_by_reply_of_pipelined_commands() -> None:
    sent = ["MAIL FROM:<a@example.com>", "RCPT TO:<x@example.com>", "RCPT TO:<b@example.com>"]
    lines = [*OPENING, *(["C", text] for text in sent), ["S", "250 Ok"], ["S", "554 no"], ["S", "250 Ok"]]
    assert evidence.commands_by_reply(lines) == {3: 1, 7: 4, 8: 5, 9: 6}


def test_deciding_line_of_pipelined_commands_is_the_quoted_reply() -> None:
    sent = ["MAIL FROM:<a@example.com>", "RCPT TO:<x@example.com>", "RCPT TO:<b@example.com>", "RCPT TO:<c@example.com>"]
    replies = ["250 Ok", "554 no", "250 Ok", "250 Ok"]
    lines = [*OPENING, *(["C", text] for text in sent), *(["S", text] for text in replies)]
    sentence = "MAIL FROM:<a@example.com> RCPT TO:<b@example.com> was answered 250 Ok: taken."
    assert evidence.deciding_line(lines, sentence) == len(OPENING) + 6


def test_excerpt_marks_the_line_that_decided() -> None:
    (verdict,) = verdicts("mx1.example.org", ["relay_third_party"], BAD)
    shown = evidence.excerpt(verdict)
    assert [line.text for line in shown if line.decisive] == ["< 250 2.1.5 Ok"]
    assert len(shown) < len(evidence.all_lines(verdict)) == 10


def test_places_are_those_of_the_deciding_evidence() -> None:
    found = {item["check"]: item for item in mixed()}
    assert evidence.places(found["relay_third_party"]) == ["smtp 198.18.0.25:25"]
    waived = found["auth_hidden_before_tls"]
    assert (waived["status"], evidence.status_before_waiver(waived)) == ("waived", "fail")
    assert evidence.places(waived) == ["smtp 198.18.0.25:25"]


@pytest.mark.parametrize(("subject", "host"), [("smtp 192.0.2.25:25", "192.0.2.25"), ("smtp [2001:db8::25]:25", "[2001:db8::25]")])
def test_parsed_endpoint_writes_its_host_as_in_a_url(subject: str, host: str) -> None:
    endpoint = evidence.parsed_endpoint(subject)
    assert endpoint
    assert (endpoint.service, endpoint.host, endpoint.port) == ("smtp", host, 25)


@pytest.mark.parametrize("subject", ["", "example.org", "postfix mynetworks", "smtp 192.0.2.25"])
def test_parsed_endpoint_of_another_subject_is_none(subject: str) -> None:
    assert evidence.parsed_endpoint(subject) is None
