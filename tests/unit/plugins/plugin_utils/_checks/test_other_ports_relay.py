# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying on ports beside the registered ones: what their sessions show."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    Observation,
    evaluated,
    findings,
    observed,
    port_scan,
    port_session,
    session,
    verdict,
)

GREETING = {"code": 220, "enhanced": "", "text": "mx1 ESMTP"}


@pytest.mark.parametrize(
    ("sessions", "status", "words"),
    [
        ([], UNKNOWN, "The port is open, but no session was tried."),
        (
            [port_session(25000, "garbled", kind=other_ports.OTHER)],
            NOT_APPLICABLE,
            "The service speaks neither SMTP nor LMTP: garbled.",
        ),
        (
            [port_session(25000, "timeout", kind=other_ports.NOTHING)],
            UNKNOWN,
            "whether it accepts mail is unknown: timeout.",
        ),
        (
            [
                port_session(25000, kind=other_ports.NOTHING),
                port_session(25000, "closed", kind=other_ports.NOTHING),
            ],
            UNKNOWN,
            "whether it accepts mail is unknown: closed.",
        ),
        (
            [port_session(25000, kind=other_ports.SMTP, greeting={"code": 554, "text": "no"})],
            UNKNOWN,
            "The server turns this client away in its greeting: 554 no. It may take others.",
        ),
        (
            [port_session(25000, kind=other_ports.SMTP, greeting={"code": 500, "text": "no"})],
            UNKNOWN,
            "The server turns this client away in its greeting: 500 no. It may take others.",
        ),
        (
            [port_session(25000, "closed", greeting={"code": 554, "text": "no"})],
            UNKNOWN,
            "whether it accepts mail is unknown: closed.",
        ),
        (
            [port_session(25000, kind=other_ports.SMTP, greeting={"code": 421, "text": "no"})],
            UNKNOWN,
            "whether it accepts mail is unknown",
        ),
        (
            [port_session(25000, kind=other_ports.LMTP, greeting=GREETING, extensions={})],
            UNKNOWN,
            "The server speaks LMTP, but relaying was not tested",
        ),
    ],
)
def test_session_with_an_open_port_gives_the_status(
    sessions: list[Observation], status: str, words: str
) -> None:
    observations = [session(), port_scan({25000: other_ports.OPEN}), *sessions]
    result = evaluated("relay_other_ports", observations)
    evidence = result["evidence"][0]
    assert (result["status"], words in evidence["sentence"]) == (status, True)
    endpoint = (evidence["service"], evidence["address"], evidence["port"], evidence["subject"])
    assert endpoint == ("other_port", ADDRESS, 25000, "")


def test_no_ports_to_scan_is_not_applicable() -> None:
    found = evaluated("relay_other_ports", [session()], other_ports=[])
    assert (found["status"], found["reason"]) == (NOT_APPLICABLE, NOT_REQUESTED)


def test_port_of_a_declared_other_service_has_nothing_to_test() -> None:
    for error, kind in (
        ("closed", other_ports.NOTHING),
        ("tls", other_ports.NOTHING),
        ("garbled", other_ports.OTHER),
    ):
        silent = port_session(25000, error, kind=kind)
        observations = [session(), port_scan({25000: other_ports.OPEN}), silent]
        found = evaluated("relay_other_ports", observations, extra_ports=[25000])
        assert (found["status"], found["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)


def test_relaying_behind_a_proxy_header_fails() -> None:
    silent = port_session(25000, "timeout", kind=other_ports.NOTHING)
    accepted = {"phase": "rcpt", "reply": {"code": 250, "enhanced": "", "text": "Ok"}}
    behind = {
        **observed("proxy_header", other_ports.SIDE, 25000, {}, source="203.0.113.66"),
        "facts": {"sent": "PROXY TCP4", "attempts": [accepted]},
    }
    observations = [session(), port_scan({25000: other_ports.OPEN}), silent, behind]
    found = evaluated("relay_other_ports", observations)
    assert found["status"] == FAIL
    assert "accepted 'PROXY TCP4' from an untrusted client" in found["sentence"]
    refused = {"phase": "rcpt", "reply": {"code": 554, "enhanced": "", "text": "no"}}
    behind["facts"]["attempts"] = [refused]
    assert verdict("relay_other_ports", observations)[0] == UNKNOWN
    for code, status in ((200, FAIL), (299, FAIL), (300, UNKNOWN)):
        behind["facts"]["attempts"] = [
            {"phase": "rcpt", "reply": {**accepted["reply"], "code": code}}
        ]
        assert verdict("relay_other_ports", observations)[0] == status
    del behind["facts"]["attempts"]
    assert verdict("relay_other_ports", observations)[0] == UNKNOWN


def test_relaying_behind_a_proxy_header_shows_the_reply_that_accepted() -> None:
    silent = port_session(25000, "timeout", kind=other_ports.NOTHING)
    accepted = {"phase": "rcpt", "reply": {"code": 250, "text": "Ok", "place": [1, 1]}}
    behind = {
        **observed("proxy_header", other_ports.SIDE, 25000, {}, source="203.0.113.66"),
        "facts": {"sent": "PROXY TCP4", "attempts": [accepted]},
        "transcript": [["C", "RCPT TO:<a@example.com>"], ["S", "250 Ok"]],
    }
    observations = [session(), port_scan({25000: other_ports.OPEN}), silent, behind]
    evidence = evaluated("relay_other_ports", observations)["evidence"][0]
    assert [evidence["transcript"][index][1] for index in evidence["decisive"]] == ["250 Ok"]
    elsewhere = {**behind, "address": "192.0.2.26"}
    assert verdict("relay_other_ports", [*observations[:3], elsewhere])[0] == UNKNOWN


def test_relaying_through_another_port_says_nothing_of_this_one() -> None:
    spoken = {"kind": other_ports.LMTP, "greeting": GREETING, "extensions": {}}
    accepted = {"phase": "rcpt", "reply": {"code": 250, "enhanced": "", "text": "Ok"}}
    relayed = port_session(25001, attempts=[{**accepted, "path": "<a@example.com>"}])
    observations = [
        session(),
        port_scan({25000: other_ports.OPEN, 24: other_ports.REFUSED}),
        port_session(25000, **spoken),
        {**relayed, "probe": "relay"},
    ]
    found = findings("relay_other_ports", observations)
    assert [(item.port, item.status) for item in found] == [(25000, UNKNOWN), (0, PASS)]


def test_decisive_line_of_a_rejecting_greeting_is_the_greeting() -> None:
    greeting = {"code": 554, "text": "no", "place": [0, 0]}
    sessions = [port_session(25000, kind=other_ports.SMTP, greeting=greeting)]
    observations = [session(), port_scan({25000: other_ports.OPEN}), *sessions]
    evidence = evaluated("relay_other_ports", observations)["evidence"][0]
    assert evidence["transcript"] == [["*", "x"]]
