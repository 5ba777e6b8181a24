# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Questions that are asked more than once: which answers differ, and which do not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import repeats
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    attempt,
    relay,
)

TAKEN, DENIED = "250 2.1.5 Ok", "554 5.7.1 Relay access denied"


def found(*observations: dict[str, t.Any], service: str = "smtp") -> repeats.Differing | None:
    return repeats.differing(context(list(observations)), service, ADDRESS)


def rcpt(reply: str, form: str = "plain", **more: str) -> dict[str, t.Any]:
    """The observation of one connection with one recipient."""
    return relay([attempt("rcpt", reply, form, **more)], [])


@pytest.mark.parametrize("form", ["plain", "own_user", "unknown_at_domain", "percent_host@x.test"])
@pytest.mark.parametrize("replies", [(TAKEN, DENIED), (DENIED, TAKEN), (DENIED, DENIED, TAKEN)])
def test_recipient_that_is_accepted_and_rejected_has_differing_answers(
    form: str, replies: t.Sequence[str]
) -> None:
    differing = found(*(rcpt(reply, form) for reply in replies))
    assert differing is not None
    assert (differing.accepted.code, differing.rejected.code) == (250, 554)
    assert differing.sentence == (
        "The server answers the same question in different ways (MAIL FROM:<f> RCPT TO:<p>: 250 "
        "2.1.5 Ok; and another time 554 5.7.1 Relay access denied), so no rejection says anything "
        "about relaying."
    )


@pytest.mark.parametrize("denied", ["454 4.7.1 Relay access denied", "530 5.7.0 Login first"])
def test_rejection_for_now_differs_too(denied: str) -> None:
    differing = found(rcpt(denied), rcpt(DENIED), rcpt(TAKEN))
    assert differing is not None
    assert differing.rejected.reply_text == denied


def test_answer_of_a_repetition_up_to_data_counts() -> None:
    later = relay([attempt("rcpt", DENIED)], [], data=True)
    assert found(rcpt(TAKEN), later) is not None


@pytest.mark.parametrize(
    "other",
    [
        "450 4.7.1 Greylisted",
        "421 4.7.0 Too many errors",
        "553 5.1.8 Sender domain not found",
        "554 5.7.1 Blocked using zen.example.net",
        "530 5.7.0 Must issue a STARTTLS command first",
        "250 2.1.5 Ok too",
    ],
)
def test_reply_for_another_reason_does_not_differ(other: str) -> None:
    assert found(rcpt(TAKEN), rcpt(other), rcpt(TAKEN)) is None


@pytest.mark.parametrize("phase", ["helo", "mail", ""])
def test_reply_to_another_command_does_not_differ(phase: str) -> None:
    rejected = "530 5.7.0 Authentication required"
    assert found(rcpt(TAKEN), relay([attempt(phase, rejected)], [])) is None
    assert found(rcpt(TAKEN), rcpt(rejected)) is not None


@pytest.mark.parametrize(
    "elsewhere",
    [
        rcpt(DENIED, "second_stranger"),
        rcpt(DENIED, sender="null"),
        rcpt(DENIED, helo="HELO localhost"),
        relay([attempt("rcpt", DENIED)], [], state="starttls"),
        relay([attempt("rcpt", DENIED)], [], login=True),
        {**rcpt(DENIED), "service": "submission"},
        {**rcpt(DENIED), "address": "192.0.2.26"},
        {**rcpt(DENIED), "facts": {}},
    ],
    ids=["recipient", "sender", "helo", "state", "login", "service", "address", "no facts"],
)
def test_another_question_does_not_differ(elsewhere: dict[str, t.Any]) -> None:
    assert found(rcpt(TAKEN), elsewhere) is None
    assert found(elsewhere, rcpt(TAKEN)) is None
    assert found(rcpt(TAKEN), elsewhere, rcpt(DENIED)) is not None


def test_reply_is_read_as_that_of_its_service() -> None:
    client = "554 5.7.1 Client host rejected: Access denied"
    seen = [{**rcpt(reply), "service": "submission"} for reply in (TAKEN, client)]
    assert found(*seen, service="submission") is not None
    assert found(rcpt(TAKEN), rcpt(client)) is None


def met(*observations: dict[str, t.Any]) -> set[tuple[str, t.Any]]:
    return repeats.met_by_all(context(list(observations)), "smtp", ADDRESS, ())


UNKNOWN = "550 5.1.1 User unknown"


@pytest.mark.parametrize("own", ["unknown_at_domain", "second_unknown_at_domain"])
@pytest.mark.parametrize("external", ["plain", "second_stranger"])
def test_rejection_that_own_and_external_recipients_meet_is_met_by_all(
    own: str, external: str
) -> None:
    seen = [rcpt(UNKNOWN, own), rcpt(DENIED, own), rcpt(DENIED, external)]
    signature = ("rcpt", 554, "5.7.1", ("relay", "access", "denied"))
    assert met(*seen) == {("clear", signature)}
    assert met(*seen, rcpt(TAKEN, "own_user")) == set()
    assert len(met(*seen, rcpt(TAKEN, "plus_tag"))) == 1
    assert len(met(*seen, rcpt(DENIED, "own_user"))) == 1
    inside = relay([attempt("rcpt", TAKEN, "own_user")], [], state="starttls")
    assert len(met(*seen, inside)) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        rcpt(UNKNOWN, "unknown_at_domain"),
        rcpt(DENIED, "own_user"),
        rcpt(DENIED, "unknown_at_domain", sender="null"),
        rcpt(DENIED, "unknown_at_domain", helo="HELO localhost"),
        relay([attempt("rcpt", DENIED, "unknown_at_domain")], [], state="starttls"),
    ],
    ids=["reply", "recipient", "sender", "helo", "state"],
)
def test_rejection_in_another_state_is_not_met_by_all(elsewhere: dict[str, t.Any]) -> None:
    assert met(rcpt(DENIED), elsewhere) == set()
    assert len(met(elsewhere, rcpt(DENIED), rcpt(DENIED, "unknown_at_domain"))) == 1


def test_deferral_is_not_met_by_all() -> None:
    later = "450 4.7.1 Greylisted"
    assert met(rcpt(later), rcpt(later, "unknown_at_domain")) == set()
    denied = "454 4.7.1 Relay access denied"
    assert len(met(rcpt(denied), rcpt(denied, "unknown_at_domain"))) == 1
