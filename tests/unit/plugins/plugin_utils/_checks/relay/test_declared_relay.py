# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Networks that a host is declared to relay for, and which lines decide their check."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    VANTAGE,
    Observation,
    observed,
    session,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines

NETWORK = {"relays_for": ["10.0.0.0/8", "203.0.113.64/28"]}


def attempt_observation(code: int, text: str, **more: t.Any) -> Observation:
    """One plain attempt on port 25."""
    attempt = {
        "form": "plain",
        "path": "<u@example.com>",
        "sender": "stranger",
        "mail_from": "<u@example.com>",
        "helo": "",
    }
    reply = {"code": code, "enhanced": text.partition(" ")[0], "text": text}
    recipients = [{"form": "plain", "path": "<u@example.com>"}]
    unknown = {"code": 550, "enhanced": "5.1.1", "text": "5.1.1 User unknown"}
    control = [
        {**attempt, "form": name, "phase": "rcpt", "reply": unknown if "unknown" in name else reply}
        for name in ("unknown_at_domain", "second_stranger", "second_unknown_at_domain")
    ]
    transactions = [
        {"helo": "", "sender_id": "stranger", "sender": "<u@example.com>", "recipients": recipients}
    ]
    facts = {
        "attempts": [{**attempt, "phase": "rcpt", "reply": reply}, *control],
        "client_as_seen": more.pop("seen_as", ""),
    }
    return observed(
        "relay", "smtp", 25, facts, params={"state": "clear", "transactions": transactions}, **more
    )


ACCEPTED, REJECTED, DEFERRED = (
    (250, "2.1.5 Ok"),
    (554, "5.7.1 Relay access denied"),
    (450, "4.2.0 Greylisted"),
)


@pytest.mark.parametrize(
    ("answer", "where", "target", "matrix", "third_party"),
    [
        # no network is declared
        (ACCEPTED, {}, {}, NOT_APPLICABLE, FAIL),
        (REJECTED, {}, {}, NOT_APPLICABLE, PASS),
        # inside a declared network
        (ACCEPTED, {}, NETWORK, PASS, NOT_APPLICABLE),
        (REJECTED, {}, NETWORK, FAIL, PASS),
        (DEFERRED, {}, NETWORK, UNKNOWN, UNKNOWN),
        # outside
        (ACCEPTED, {"source": "203.0.113.2"}, NETWORK, FAIL, FAIL),
        (REJECTED, {"source": "203.0.113.2"}, NETWORK, PASS, PASS),
        (ACCEPTED, {"source": "203.0.113.2", "on_link": True}, NETWORK, FAIL, UNKNOWN),
        # the address that the server reports precedes that of the vantage
        (
            ACCEPTED,
            {"source": "203.0.113.2", "seen_as": "mx1 Hello c [203.0.113.66]"},
            NETWORK,
            PASS,
            NOT_APPLICABLE,
        ),
        (ACCEPTED, {"seen_as": "mx1 Hello c [198.51.100.7]"}, NETWORK, FAIL, FAIL),
        # a private address that may be translated on the way
        (ACCEPTED, {"source": "10.1.2.3"}, NETWORK, UNKNOWN, UNKNOWN),
        (
            ACCEPTED,
            {"source": "10.1.2.3", "seen_as": "mx1 Hello c [10.1.2.3]"},
            NETWORK,
            PASS,
            NOT_APPLICABLE,
        ),
        (ACCEPTED, {"source": "10.1.2.3", "address": "10.0.0.25"}, NETWORK, PASS, NOT_APPLICABLE),
        # declared for another service only
        (ACCEPTED, {}, {"relays_for": {"submission": ["203.0.113.64/28"]}}, UNKNOWN, FAIL),
    ],
)
def test_client_network_and_reply_give_the_status(
    answer: tuple[int, str], where: Observation, target: Observation, matrix: str, third_party: str
) -> None:
    address = where.get("address", ADDRESS)
    more = {"on_link": where.get("on_link", False)}
    seen = [
        session(address=address, **more),
        attempt_observation(*answer, **{"source": VANTAGE, **where}),
    ]
    options = {"addresses": [address], **target}
    assert verdict("relay_as_declared", seen, **options)[0] == matrix
    assert verdict("relay_third_party", seen, **options)[0] == third_party


def test_client_in_a_declared_network_makes_relay_checks_not_applicable() -> None:
    seen = [session(), attempt_observation(*ACCEPTED)]
    for check in (
        "relay_vantage",
        "relay_every_address",
        "relay_refusal_is_permanent",
        "relay_third_party",
    ):
        assert (check, verdict(check, seen, **NETWORK)[0]) == (check, NOT_APPLICABLE)


def test_server_that_accepts_every_recipient_is_unknown() -> None:
    attempts = attempt_observation(*ACCEPTED, source="203.0.113.2")
    control = {
        **attempts["facts"]["attempts"][0],
        "form": "unknown_at_host",
        "path": "<nobody@mx1.example.org>",
    }
    attempts["facts"]["attempts"].append(control)
    found = verdict("relay_as_declared", [session(), attempts], **NETWORK)
    assert (found[0], "It accepts every recipient at RCPT" in found[1]) == (UNKNOWN, True)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_as_declared",
            FAIL,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 554 5.7.1 "
                    "<airtight-X@example.com>: Relay access denied"
                )
            ],
        ),
        ("relay_as_declared", PASS, ["250 2.1.5 Ok"]),
        (
            "relay_as_declared",
            UNKNOWN,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 451 4.3.0 "
                    "<airtight-X@example.com>: Temporary lookup failure"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
