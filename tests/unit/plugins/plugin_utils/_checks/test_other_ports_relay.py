# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying on ports beside the registered ones: what their sessions show."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    Observation,
    evaluated,
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
            NOT_APPLICABLE,
            "The service accepts no mail from the audit",
        ),
        (
            [port_session(25000, kind=other_ports.SMTP, greeting={"code": 554, "text": "no"})],
            PASS,
            "The server rejects the client in its greeting: 554 no.",
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
    assert verdict("relay_other_ports", [session()], other_ports=[])[0] == NOT_APPLICABLE


def test_decisive_line_of_a_rejecting_greeting_is_the_greeting() -> None:
    greeting = {"code": 554, "text": "no", "place": [0, 0]}
    sessions = [port_session(25000, kind=other_ports.SMTP, greeting=greeting)]
    observations = [session(), port_scan({25000: other_ports.OPEN}), *sessions]
    evidence = evaluated("relay_other_ports", observations)["evidence"][0]
    assert evidence["transcript"] == [["*", "x"]]
