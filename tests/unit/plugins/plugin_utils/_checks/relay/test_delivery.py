# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The checks with a test message: verdicts on small servers, and the lines that decide."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import delivery
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.delivery_server import survey_server
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    decisive_lines,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context,
    with_transcript,
)
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    arrival,
    attempt,
    experiment,
    message,
    relay,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_delivery",
            FAIL,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as B6E6228A43F"],
        ),
        (
            "relay_delivery",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        (
            "relay_delivery",
            UNKNOWN,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as C3E1428A472"],
        ),
        (
            "relay_backscatter",
            FAIL,
            ["message to <airtight-X@example.org> -> 250 2.0.0 Ok: queued as B736A28A452"],
        ),
        (
            "relay_backscatter",
            PASS,
            [
                (
                    "550 5.1.1 <airtight-X@example.org>: Recipient address rejected: User "
                    "unknown in local recipient table"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


def audit(
    monkeypatch: pytest.MonkeyPatch, kind: str, here: bool = True, wait: float = 0.5
) -> tuple[dict[str, str], dict[str, str], int]:
    """Status and sentence of each relay check, and how many messages were left with the server."""
    surveyed = survey_server(monkeypatch, kind, here, wait)
    context = base.AuditContext(
        _target.target(surveyed.target),
        tuple(surveyed.observations),
        policy.policy(),
        evaluate.moment(),
        ("127.0.0.1",),
        True,
        ("deliver",),
    )
    found = evaluate.evaluate(context, evaluate.choose(groups=["relay"]))
    return (
        {one["check"]: one["status"] for one in found},
        {one["check"]: one["sentence"] for one in found},
        surveyed.taken,
    )


def test_what_arrives_is_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays")
    assert (status["relay_delivery"], status["relay_third_party"]) == ("fail", "fail")
    assert "(queued as ABC2) reached the canary, from 127.0.0.1 (mx1)" in sentence["relay_delivery"]
    assert taken == 2  # one of them for nobody


def test_what_is_refused_after_the_message_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "late")
    checks = (
        "relay_delivery",
        "relay_backscatter",
        "relay_third_party",
        "relay_sender_forms",
        "relay_every_address",
    )
    assert {status[name] for name in checks} == {"pass"}
    assert "of them only after DATA" in sentence["relay_third_party"]
    assert taken == 0


def test_what_rejects_every_message_alike_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "late_for_all")
    checks = ("relay_third_party", "relay_sender_forms", "relay_every_address")
    assert {status[name] for name in checks} == {"unknown"}
    assert "no message for a recipient of its own was seen to fare" in sentence["relay_third_party"]
    assert taken == 0


def test_a_honeypot_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "keeps", wait=0.1)
    assert (status["relay_delivery"], status["relay_third_party"], status["relay_backscatter"]) == (
        "unknown",
    ) * 3
    assert "nothing reached the canary within 0.1 s" in sentence["relay_delivery"]
    assert taken <= 6


def test_a_bounce_is_not_relaying_but_backscatter(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "bounces")
    assert (status["relay_backscatter"], status["relay_null_sender"], taken) == (
        "fail",
        "unknown",
        2,
    )
    assert "fail" not in (status["relay_delivery"], status["relay_third_party"])


def test_a_sound_server_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "sound", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == ("pass", "pass", 0)


def test_without_a_way_back_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == (
        "unknown",
        "unknown",
        0,
    )
    assert sentence["relay_delivery"].endswith("no message was sent: it leads elsewhere.")


Observation = dict[str, t.Any]
SESSION = relay_attempts.session()
NOWHERE = {"relays_for": {}}
WITHIN = {"relays_for": {"smtp": ("198.51.100.0/24",)}}
ACCEPTED = attempt("rcpt", "250 2.1.5 Ok.")
#: A recipient that the host may deliver itself, so that no message to it would be relayed.
LOCAL = attempt("rcpt", "250 2.1.5 mine", "postmaster")


def delivered(
    attempts: list[Observation],
    messages: list[Observation] | None = None,
    arrivals: list[Observation] | None = None,
    target: Observation | None = None,
    **more: t.Any,
) -> Finding:
    """The finding on attempts and on the messages that followed them."""
    seen = [SESSION, with_transcript(relay(attempts, []))]
    if messages is not None:
        sent = relay_attempts.delivery(messages, arrivals or [])
        seen.append(with_transcript({**sent, **more}))
    evaluated = context(seen, untrusted=True, opt_in=["deliver"])
    evaluated = dataclasses.replace(
        evaluated, target=dataclasses.replace(evaluated.target, **(target or NOWHERE))
    )
    (found,) = delivery.relay_delivery(evaluated, SESSION)
    return found


def lines(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


#: Another message, which is not the one that reaches the canary.
OTHER: Observation = {"form": "percent_host", "token": "airtight-1b", "path": "<1b>"}
SENT = message("250 queued.", queue_id="Q1")
TO_NOBODY = message("250 nobody", "unknown_at_domain")
CANARY = arrival("airtight-0a@canary.example", "airtight-0a-back@canary.example")
BOUNCE = arrival("airtight-0a-back@canary.example")
COMMANDS = "MAIL FROM:<airtight-0a-back@canary.example> RCPT TO:<airtight-0a@canary.example>"
QUEUED = f"{COMMANDS} with a message (queued as Q1)"


@pytest.mark.parametrize(
    ("messages", "arrivals", "status", "sentence", "decided"),
    [
        (
            [message("250 first.", **OTHER), SENT],
            [CANARY],
            FAIL,
            (
                f"{QUEUED} reached the canary, from 192.0.2.25 (mx1): the host relays mail of "
                "external clients."
            ),
            "250 queued.",
        ),
        (
            [message("554 no", **OTHER), SENT],
            [],
            UNKNOWN,
            (
                f"SUSPECTED OPEN RELAY: {QUEUED} was answered 250 queued; nothing reached the "
                "canary within 1 s. A slow relay"
            ),
            "250 queued.",
        ),
        (
            [message("554 no", **OTHER), SENT],
            [BOUNCE],
            PASS,
            f"{QUEUED} was bounced, not relayed.",
            "250 queued.",
        ),
        (
            [
                message("554 later."),
                message("554 last", "percent_host"),
                message("550 No such user", "unknown_at_domain"),
            ],
            [],
            PASS,
            (
                "What is accepted at RCPT is rejected later (2 of 5 attempts), for example "
                f"{COMMANDS} with a message: 554 later."
            ),
            "554 later.",
        ),
        (
            [
                message("554 later."),
                message("554 last", "percent_host"),
                message("554 later.", "unknown_at_domain"),
            ],
            [],
            UNKNOWN,
            (
                f"{COMMANDS} with a message was answered 554 later, and no message for a recipient "
                "of its own was seen to fare better"
            ),
            "554 later.",
        ),
    ],
)
def test_what_became_of_a_message_decides(
    messages: list[Observation],
    arrivals: list[Observation],
    status: str,
    sentence: str,
    decided: str,
) -> None:
    rejected = [attempt("rcpt", "554 no", f"percent_host@{n}") for n in range(3)]
    attempts = [ACCEPTED, attempt("rcpt", "250 Ok", "percent_host"), *rejected]
    found = delivered(attempts, messages, arrivals)
    assert (found.status, found.probe, lines(found)) == (status, "delivery", [decided])
    assert found.sentence.startswith(sentence)


LIMIT = "the limit of messages for one host was reached, or the canary's address was rejected"


@pytest.mark.parametrize(
    ("attempts", "messages", "more", "sentence", "decided"),
    [
        ([ACCEPTED], None, {}, f"no test message was accepted after it: {LIMIT}.", "250 2.1.5 Ok."),
        ([ACCEPTED], [], {}, f"no test message was accepted after it: {LIMIT}.", "250 2.1.5 Ok."),
        (
            [attempt("rcpt", "554 no", "percent_host"), LOCAL, ACCEPTED],
            [],
            {"error": {"kind": "closed", "text": "closed."}},
            (
                "MAIL FROM:<f> RCPT TO:<p> was answered 250 2.1.5 Ok, but no test message was "
                "accepted after it: closed."
            ),
            "250 2.1.5 Ok.",
        ),
        (
            [ACCEPTED],
            [],
            {"error": CLOSED, "address": "192.0.2.26"},
            f"no test message was accepted after it: {LIMIT}.",
            "250 2.1.5 Ok.",
        ),
        (
            [ACCEPTED],
            [],
            {"error": CLOSED, "service": "submission"},
            f"no test message was accepted after it: {LIMIT}.",
            "250 2.1.5 Ok.",
        ),
        (
            [*experiment(), attempt("rcpt", "450 4.2.0 Greylisted.", "percent_host")],
            None,
            {},
            "Not every relay attempt was answered: 450 4.2.0 Greylisted.",
            "450 4.2.0 Greylisted.",
        ),
    ],
)
def test_acceptance_without_a_message_after_it_is_unknown(
    attempts: list[Observation],
    messages: list[Observation] | None,
    more: Observation,
    sentence: str,
    decided: str,
) -> None:
    found = delivered(attempts, messages, **more)
    assert (found.status, found.probe, lines(found)) == (UNKNOWN, "relay", [decided])
    assert found.sentence.endswith(sentence)


@pytest.mark.parametrize(
    ("attempts", "messages", "status", "sentence", "decided"),
    [
        (
            experiment("554 5.7.1 Relay access denied."),
            None,
            PASS,
            "None of 4 attempts was accepted for a recipient that can be relayed to.",
            "554 5.7.1 Relay access denied.",
        ),
        (
            [*experiment(), LOCAL],
            [TO_NOBODY],
            PASS,
            "None of 5 attempts was accepted for a recipient that can be relayed to.",
            "554 5.7.1 Relay access denied",
        ),
        (
            [attempt("rcpt", "554 5.7.1 Relay access denied"), LOCAL],
            None,
            UNKNOWN,
            (
                "No recipient of the host's own is known beside which 554 5.7.1 Relay access "
                "denied would say something about relaying"
            ),
            "",
        ),
        ([LOCAL], None, UNKNOWN, "No rejection of relaying was seen.", ""),
        (
            experiment("550 5.1.2 Domain not found"),
            None,
            UNKNOWN,
            "No rejection of relaying was seen.",
            "",
        ),
        ([], None, UNKNOWN, "No relay attempt was made: the conversation ended", ""),
    ],
)
def test_rejection_of_every_recipient_passes_beside_a_control(
    attempts: list[Observation],
    messages: list[Observation] | None,
    status: str,
    sentence: str,
    decided: str,
) -> None:
    found = delivered(attempts, messages)
    assert (found.status, "".join(lines(found))) == (status, decided)
    assert found.sentence.startswith(sentence)


def test_attempt_that_was_not_answered_leaves_delivery_unknown() -> None:
    seen = with_transcript({**relay(experiment(), ["percent_host"]), "error": CLOSED})
    (found,) = delivery.relay_delivery(context([SESSION, seen], untrusted=True), SESSION)
    assert (found.status, found.probe, lines(found)) == (UNKNOWN, "relay", [CLOSED["text"]])
    assert found.sentence.startswith("Not every relay attempt was answered: the server closed")


@pytest.mark.parametrize(
    ("attempts", "messages", "target", "status"),
    [
        ([ACCEPTED], None, WITHIN, NOT_APPLICABLE),
        ([attempt("rcpt", "250 Ok", "postmaster")], [SENT], WITHIN, NOT_APPLICABLE),
        ([], [SENT], WITHIN, UNKNOWN),
        (experiment(), None, WITHIN, PASS),
        ([*experiment(), LOCAL], None, WITHIN, PASS),
        ([ACCEPTED], None, NOWHERE, UNKNOWN),
    ],
)
def test_declared_network_may_relay(
    attempts: list[Observation],
    messages: list[Observation] | None,
    target: Observation,
    status: str,
) -> None:
    found = delivered(attempts, messages, target=target)
    assert (found.status, found.service) == (status, "smtp")
    assert found.reason == (NOT_REQUIRED if status == NOT_APPLICABLE else "")
    permitted = "Relaying is permitted here: the host is declared to relay for 198.51.100.0/24"
    assert found.sentence.startswith(permitted) == (status == NOT_APPLICABLE)


def test_attempts_and_messages_at_other_endpoints_do_not_count() -> None:
    elsewhere = [
        {**seen, **place}
        for place in ({"address": "192.0.2.26"}, {"service": "submission"})
        for seen in (relay([ACCEPTED], []), relay_attempts.delivery([SENT], [CANARY]))
    ]
    seen = [SESSION, relay(experiment(), []), *elsewhere]
    (found,) = delivery.relay_delivery(context(seen, untrusted=True), SESSION)
    assert found.status == PASS


@pytest.mark.parametrize(
    ("reply", "status", "sentence"),
    [
        ("554 no", PASS, "Mail to an unknown recipient is rejected after DATA: 554 no."),
        ("250 kept", UNKNOWN, "no bounce came within 1 s: the host keeps the message"),
    ],
)
def test_message_to_an_unknown_recipient_stands_for_every_address(
    reply: str, status: str, sentence: str
) -> None:
    """A target is sent one such message, at one of its addresses."""
    accepted = relay([attempt("rcpt", "250 Ok", "unknown_at_domain")], [])
    sent = relay_attempts.delivery([message(reply, "unknown_at_domain")], [])
    seen = [SESSION, accepted, with_transcript({**sent, "address": "192.0.2.26"})]
    (found,) = delivery.relay_backscatter(context(seen, untrusted=True), SESSION)
    assert (found.status, found.address, lines(found)) == (status, SESSION["address"], [reply])
    assert sentence in found.sentence
