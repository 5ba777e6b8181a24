# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The parts of the client identity probe, and its plain relay attempt."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import (
    probe_parts,
    replies,
)
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import CLOSED, reply
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context

SESSION = relay_attempts.session()
CLIENT = "Client host rejected: Access denied"


def identity(
    facts: dict[str, t.Any], error: dict[str, str] | None = None, **more: t.Any
) -> dict[str, t.Any]:
    """What the probe wrote down."""
    return {**SESSION, "probe": "client_identity", "facts": facts, "error": error, **more}


@pytest.mark.parametrize(
    ("code", "expected"), [(199, False), (200, True), (299, True), (300, False), (554, False)]
)
def test_2yz_is_positive(code: int, expected: bool) -> None:
    assert probe_parts.is_positive(reply(code)) is expected


def test_no_reply_is_not_positive() -> None:
    assert not probe_parts.is_positive(None)


def test_last_observation_with_a_part_is_taken() -> None:
    first, second = identity({"xclient": reply(550)}), identity({"xclient": reply(250)})
    seen = [
        first,
        second,
        identity({}, CLOSED),
        identity({"xclient": reply(220)}, address="192.0.2.26"),
        identity({"xclient": reply(221)}, service="submission"),
    ]
    part = probe_parts.last_part(context(seen), SESSION, "xclient")
    assert part == (second, reply(250))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], SESSION),
        ([identity({})], SESSION),
        ([identity({}, CLOSED), identity({})], identity({}, CLOSED)),
        ([identity({}, CLOSED), identity({"mixed": {}}, CLOSED)], identity({"mixed": {}}, CLOSED)),
    ],
)
def test_without_the_part_the_last_error_says_why(
    seen: list[dict[str, t.Any]], expected: dict[str, t.Any]
) -> None:
    assert probe_parts.last_part(context(seen), SESSION, "xclient") == (expected, None)


def test_line_of_the_error_decides() -> None:
    assert probe_parts.Part(identity({}, CLOSED), None).decisive == (-1,)
    assert probe_parts.Part(identity({}), None).decisive == ()


@pytest.mark.parametrize(
    ("refused", "phase", "state"),
    [
        ({"mail": reply(250), "rcpt": reply(554, "Relay denied")}, "rcpt", replies.REFUSED),
        ({"mail": reply(530, "Log in")}, "mail", replies.REFUSED),
        ({"mail": reply(250), "rcpt": reply(554, CLIENT)}, "rcpt", replies.NOT_EXERCISED),
    ],
)
def test_refused_part_is_a_plain_attempt_from_the_usual_sender(
    refused: dict[str, t.Any], phase: str, state: str
) -> None:
    params = {"sender": "<s@example.com>", "recipient": "<r@example.com>"}
    view = probe_parts.plain_attempt(identity({"refused": refused}, params=params))
    assert view.attempt == {
        "form": "plain",
        "path": "<r@example.com>",
        "sender": "stranger",
        "mail_from": "<s@example.com>",
        "helo": "",
        "phase": phase,
        "reply": refused[phase],
    }
    assert view.state == state


def test_service_decides_what_a_rejection_of_the_client_means() -> None:
    refused = {"mail": reply(250), "rcpt": reply(554, CLIENT)}
    params = {"sender": "", "recipient": ""}
    seen = identity({"refused": refused}, params=params, service="submission")
    assert probe_parts.plain_attempt(seen).state == replies.REFUSED


def test_accepted_attempts_give_their_replies() -> None:
    attempts = [relay_attempts.attempt("rcpt", text) for text in ("250 Ok", "554 no", "251 Ok")]
    found = probe_parts.accepted_replies(identity({"attempts": attempts}))
    assert found == [attempts[0]["reply"], attempts[2]["reply"]]
    assert probe_parts.accepted_replies(identity({})) == []
