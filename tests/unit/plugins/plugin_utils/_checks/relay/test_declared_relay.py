# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Networks that a host is declared to relay for, and which lines decide their check."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import declared_relay
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    VANTAGE,
    Observation,
    evaluated,
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


def context(**target: t.Any) -> base.AuditContext:
    host = _target.target({"name": "mx1.example.org", "addresses": [ADDRESS], **target})
    return base.AuditContext(host, (), policy.policy(), evaluate.moment(), (ADDRESS,))


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("mx1 Hello c [203.0.113.66]", "203.0.113.66"),
        ("mx1 Hello [IPv6:2001:db8::1] there", "2001:db8::1"),
        ("mx1 Hello c [203.0.113.999]", ""),
        ("[203.0.113.66]", ""),
        ("mx1", ""),
        (None, ""),
    ],
)
def test_server_names_the_client_after_its_own_name(said: str | None, address: str) -> None:
    facts = {} if said is None else {"client_as_seen": said}
    assert declared_relay.address_seen_by_server(observed("relay", "smtp", 25, facts)) == address


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (VANTAGE, {}, (VANTAGE, "", True)),
        ("", {}, ("", "", False)),
        ("", NETWORK, ("", "", False)),
        (VANTAGE, NETWORK, (VANTAGE, "203.0.113.64/28", True)),
        ("203.0.113.2", NETWORK, ("203.0.113.2", "", True)),
        ("10.1.2.3", NETWORK, ("10.1.2.3", "10.0.0.0/8", False)),
    ],
)
def test_position_is_address_network_and_certainty(
    source: str, target: Observation, expected: tuple[str, str, bool]
) -> None:
    seen = observed("relay", "smtp", 25, {}, source=source)
    assert declared_relay.position_of(context(**target), seen) == expected


def test_position_without_a_stored_source_is_not_known() -> None:
    seen = observed("relay", "smtp", 25, {})
    del seen["source"]
    assert declared_relay.position_of(context(**NETWORK), seen) == ("", "", False)


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [(VANTAGE, NOT_APPLICABLE, NOT_REQUIRED), ("10.1.2.3", UNKNOWN, "")],
)
def test_acceptance_from_a_declared_network_is_no_failure(
    source: str, status: str, reason: str
) -> None:
    seen = observed("relay", "smtp", 25, {}, source=source)
    found = declared_relay.permitted_finding(context(**NETWORK), seen, "It was accepted")
    assert found is not None
    assert (found.status, found.reason) == (status, reason)


def evidence(*seen: Observation, **target: t.Any) -> tuple[str, str, str]:
    """The status and sentence of the check, and the probe whose conversation it shows."""
    (item,) = evaluated("relay_as_declared", [session(), *seen], **{**NETWORK, **target})[
        "evidence"
    ]
    assert (item["service"], item["address"]) == ("smtp", ADDRESS)
    return item["status"], item["sentence"], item["probe"]


def without_control(seen: Observation) -> Observation:
    """The observation of the plain attempt alone."""
    facts = {**seen["facts"], "attempts": seen["facts"]["attempts"][:1]}
    return {**seen, "facts": facts}


@pytest.mark.parametrize(
    ("seen", "status", "sentence", "probe"),
    [
        (None, UNKNOWN, "No relay attempt was made: ", "smtp_session"),
        (
            without_control(attempt_observation(*REJECTED)),
            UNKNOWN,
            "No recipient of the host's own is known beside which 554 5.7.1 Relay access denied",
            "relay",
        ),
        (
            without_control(attempt_observation(*ACCEPTED)),
            PASS,
            "Mail to an external recipient is accepted: the host is declared to relay for",
            "relay",
        ),
        (
            attempt_observation(*REJECTED),
            FAIL,
            "RCPT TO:<u@example.com> was answered 554 5.7.1 Relay access denied, although the host",
            "relay",
        ),
        (
            attempt_observation(*REJECTED, source="203.0.113.2"),
            PASS,
            "declared to relay for, and relaying is rejected: 554 5.7.1 Relay access denied.",
            "relay",
        ),
        (
            without_control(attempt_observation(*ACCEPTED, source="203.0.113.2")),
            FAIL,
            "is in none of the networks that the host is declared to relay for.",
            "relay",
        ),
        (
            without_control(attempt_observation(*DEFERRED, source="203.0.113.2")),
            UNKNOWN,
            "No reply about relaying was seen: 450 4.2.0 Greylisted.",
            "relay",
        ),
    ],
)
def test_plain_attempt_is_compared_with_the_declared_networks(
    seen: Observation | None, status: str, sentence: str, probe: str
) -> None:
    found = evidence(*([seen] if seen else []))
    assert (found[0], found[2]) == (status, probe)
    assert sentence in found[1]
    assert "XX" not in found[1]


def inside_tls(seen: Observation) -> Observation:
    return {**seen, "params": {**seen["params"], "state": "starttls"}}


def test_acceptance_in_one_state_wins_over_a_rejection_without_a_control() -> None:
    outside = {"source": "203.0.113.2"}
    rejected = without_control(attempt_observation(*REJECTED, **outside))
    accepted = inside_tls(without_control(attempt_observation(*ACCEPTED, **outside)))
    assert evidence(rejected, accepted)[0] == FAIL


@pytest.mark.parametrize("near", ["same_host", "loopback"])
def test_acceptance_by_the_target_itself_is_unknown(near: str) -> None:
    seen = without_control(attempt_observation(*ACCEPTED, source="203.0.113.2"))
    seen["vantage"] = {**seen["vantage"], near: True}
    status, sentence, _probe = evidence(seen)
    assert (status, sentence.endswith("But the probe ran on the target itself.")) == (UNKNOWN, True)


def test_service_without_declared_networks_is_left_out() -> None:
    silent = session("submission", "timeout")
    seen = [session(), silent, attempt_observation(*ACCEPTED)]
    found = evaluated(
        "relay_as_declared",
        seen,
        services=["smtp", "submission"],
        relays_for={"smtp": NETWORK["relays_for"]},
    )
    assert [item["service"] for item in found["evidence"]] == ["smtp"]


def test_no_declared_network_leaves_nothing_to_compare() -> None:
    found = evaluated("relay_as_declared", [session(), attempt_observation(*ACCEPTED)])
    assert (found["status"], found["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)


def test_target_without_a_session_has_a_verdict() -> None:
    found = evaluated("relay_as_declared", [], **NETWORK)
    assert (found["status"], [item["service"] for item in found["evidence"]]) == (UNKNOWN, [""])
