# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Recipients that must be accepted or rejected: replies beyond the recordings, decisive lines."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    evaluated,
    observed,
    reply,
    status_beside_session,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded_decisive_lines,
)

OK = {"mail": reply(250)}
GOOD = {
    "bare": reply(250),
    "postmaster": reply(250),
    "unknown": reply(550, "5.1.1 User unknown", "5.1.1"),
    "stranger": reply(554, "5.7.1 Relay access denied", "5.7.1"),
    "second_stranger": reply(554, "5.7.1 Relay access denied", "5.7.1"),
    "second_unknown": reply(550, "5.1.1 User unknown", "5.1.1"),
}


@pytest.mark.parametrize(
    ("check", "probe", "facts", "status"),
    [
        (
            "postmaster_accepted",
            "smtp_conformance",
            {**OK, "rcpt": {**GOOD, "bare": reply(501, "5.1.3 Bad recipient address syntax")}},
            FAIL,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {**OK, "rcpt": {**GOOD, "bare": reply(554, "5.7.1 Client host blocked")}},
            UNKNOWN,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {"mail": reply(550, "5.7.1 null sender refused")},
            UNKNOWN,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {"mail": reply(530, "5.7.0 Must issue a STARTTLS command first")},
            UNKNOWN,
        ),
        ("postmaster_accepted", "smtp_conformance", OK, UNKNOWN),
        ("abuse_accepted", "smtp_conformance", {**OK, "rcpt": GOOD}, NOT_APPLICABLE),
        (
            "unknown_users_refused",
            "smtp_conformance",
            {**OK, "rcpt": {"unknown": reply(421)}},
            UNKNOWN,
        ),
    ],
)
def test_reply_to_a_recipient_gives_the_status(
    check: str, probe: str, facts: dict[str, t.Any], status: str
) -> None:
    assert status_beside_session(check, probe, facts) == status


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [("550 5.1.1 User unknown", PASS), ("250 2.1.5 Ok", FAIL), ("554 5.7.1 Relay denied", UNKNOWN)],
)
def test_unknown_user_of_the_relay_probe_counts_where_the_connection_ended_before(
    unknown: str, expected: str
) -> None:
    session = observed("smtp_session", {"greeting": reply(220)})
    error = {"kind": "closed", "text": "the server closed the connection"}
    ended = observed("smtp_conformance", {**OK, "rcpt": {"bare": reply(250)}}, error, tls=False)
    tried = relay_attempts.experiment("554 5.7.1 Relay denied", unknown, "null")
    relay = relay_attempts.relay(tried, ["plain"])
    assert evaluated("unknown_users_refused", session, ended)[0] == UNKNOWN
    assert evaluated("unknown_users_refused", session, ended, relay)[0] == expected


def test_unknown_user_of_an_open_relay_is_told_apart() -> None:
    rcpt = {**GOOD, "stranger": reply(250), "second_stranger": reply(250)}
    facts = {**OK, "rcpt": rcpt}
    assert status_beside_session("unknown_users_refused", "smtp_conformance", facts) == PASS


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "postmaster_accepted",
            FAIL,
            ["550 5.7.1 <postmaster@example.org>: Recipient address reject"],
        ),
        ("postmaster_accepted", PASS, ["250 2.1.5 Ok"]),
        ("abuse_accepted", FAIL, ["550 5.1.1 <abuse@mx1.example.org>... User unknown"]),
        ("abuse_accepted", PASS, ["250 2.1.5 Ok"]),
        ("unknown_users_refused", FAIL, ["250 2.1.5 Ok"]),
        (
            "unknown_users_refused",
            PASS,
            ["550 5.1.1 <airtight-nobody-33d0b55b@example.org>: Recipient "],
        ),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines
