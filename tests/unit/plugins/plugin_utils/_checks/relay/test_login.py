# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying after a failed or cancelled login: the status, and which lines decide."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import login
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    decisive_lines,
    observations,
    reply,
    status_of,
    with_fact,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context,
    with_transcript,
)


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        (("cancelled", "end"), reply(235), FAIL),
        (("cancelled", "end"), None, UNKNOWN),
        (("cancelled",), None, UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
    ],
)
def test_reply_to_a_cancelled_login_has_a_status(
    path: tuple[str, ...], answer: t.Any, expected: str
) -> None:
    assert (
        status_of(
            "relay_after_cancelled_login",
            with_fact("relay_after_cancelled_login", "client_identity", *path, to=answer),
        )
        == expected
    )


def test_cancelled_login_without_auth_is_not_applicable() -> None:
    assert (
        status_of("relay_after_cancelled_login", observations("relay_xclient", PASS))
        == NOT_APPLICABLE
    )


@pytest.mark.parametrize(
    "check",
    ["relay_after_cancelled_login"],
)
def test_acceptance_counts_only_from_an_untrusted_vantage(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}}
        for seen in observations(check, FAIL)
    ]
    assert status_of(check, near, untrusted=False) == UNKNOWN
    assert status_of(check, near) == FAIL


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_after_cancelled_login", FAIL, ["rcpt -> 250 2.1.5 Ok"]),
        (
            "relay_after_cancelled_login",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Recipient address rejected: Access denied"],
        ),
        (
            "relay_after_failed_login",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_after_failed_login",
            PASS,
            [
                (
                    "554 5.7.1 <host.containers.internal[198.18.0.1]>: Client host rejected: "
                    "Access denied"
                ),
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


OFFER = {"AUTH": "PLAIN"}
EHLO, EHLO_TLS = reply(250, "before"), reply(250, "inside")
NEITHER = {"ehlo": EHLO, "extensions": {}}


def session(facts: dict[str, t.Any], error: dict[str, str] | None = None) -> dict[str, t.Any]:
    return with_transcript(relay_attempts.session({"banner": "220 x", **facts}, error=error))


def lines(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


@pytest.mark.parametrize(
    ("facts", "status", "sentence", "decided"),
    [
        ({}, UNKNOWN, "Whether AUTH is offered was not seen: ", []),
        ({"ehlo": EHLO, "extensions": OFFER}, UNKNOWN, "AUTH is offered, but no login was", []),
        (
            {**NEITHER, "ehlo_tls": EHLO_TLS, "extensions_tls": OFFER},
            UNKNOWN,
            "AUTH is offered, but no login was",
            [],
        ),
        (NEITHER, NOT_APPLICABLE, "AUTH is not offered.", ["250 before"]),
        (
            {**NEITHER, "extensions": OFFER, "ehlo_tls": EHLO_TLS, "extensions_tls": {"SIZE": ""}},
            NOT_APPLICABLE,
            "AUTH is not offered.",
            ["250 inside"],
        ),
    ],
)
def test_without_a_failed_login_the_offer_decides(
    facts: dict[str, t.Any], status: str, sentence: str, decided: list[str]
) -> None:
    seen = session(facts)
    (found,) = login.relay_after_failed_login(context([seen]), seen)
    assert (found.status, found.service, lines(found)) == (status, "smtp", decided)
    assert found.sentence.startswith(sentence)
    assert found.reason == (NO_SUBJECT if status == NOT_APPLICABLE else "")


@pytest.mark.parametrize(
    ("elsewhere", "expected"),
    [
        ({}, UNKNOWN),
        ({"service": "submission"}, FAIL),
        ({"address": "192.0.2.26"}, FAIL),
    ],
)
def test_acceptance_after_a_failed_login_is_weighed_beside_that_endpoint(
    elsewhere: dict[str, str], expected: str
) -> None:
    here = session({})
    accepted = relay_attempts.attempt("rcpt", "250 Ok")
    unknown = relay_attempts.attempt("rcpt", "250 Ok", "unknown_at_host")
    seen = [
        here,
        relay_attempts.relay([accepted], ["plain"], login=True),
        {**relay_attempts.relay([unknown], ["unknown_at_host"]), **elsewhere},
    ]
    (found,) = login.relay_after_failed_login(context(seen, untrusted=True), here)
    assert found.status == expected


@pytest.mark.parametrize(
    ("facts", "error", "status", "decided"),
    [
        ({}, None, UNKNOWN, []),
        ({}, CLOSED, UNKNOWN, [CLOSED["text"]]),
        (NEITHER, None, NOT_APPLICABLE, ["250 before"]),
        (NEITHER, CLOSED, UNKNOWN, [CLOSED["text"]]),
        (
            {**NEITHER, "ehlo_tls": EHLO_TLS, "extensions_tls": {"SIZE": ""}},
            CLOSED,
            NOT_APPLICABLE,
            ["250 inside"],
        ),
    ],
)
def test_without_a_cancelled_login_the_offer_decides(
    facts: dict[str, t.Any], error: dict[str, str] | None, status: str, decided: list[str]
) -> None:
    seen = session(facts, error)
    (found,) = login.relay_after_cancelled_login(context([seen]), seen)
    assert (found.status, found.service, lines(found)) == (status, "smtp", decided)
    assert found.reason == (NO_SUBJECT if status == NOT_APPLICABLE else "")


BEGUN = {"auth": reply(334, ""), "end": reply(501, "aborted")}
REJECTED = {"mail": reply(250), "rcpt": reply(554, "Relay access denied")}


def after_cancelling(*more: dict[str, t.Any], **facts: t.Any) -> Finding:
    """The finding about submission, and what the probe wrote down of a cancelled login there."""
    here = {**session({"ehlo": EHLO, "extensions": OFFER}), "service": "submission"}
    probe = {**here, "probe": "client_identity", "facts": facts, "error": CLOSED}
    probe["params"] = {"state": "clear", "sender": "<s>", "recipient": "<r>"}
    seen = [here, with_transcript(probe), *more]
    (found,) = login.relay_after_cancelled_login(context(seen, untrusted=True), here)
    assert (found.service, found.probe) == ("submission", "client_identity")
    return found


@pytest.mark.parametrize(
    ("facts", "status", "sentence", "decided"),
    [
        ({}, UNKNOWN, "could be cancelled: the server closed the connection.", CLOSED["text"]),
        (
            {"cancelled": {"auth": reply(504, "no.")}},
            UNKNOWN,
            "could be cancelled: 504 no.",
            "504 no.",
        ),
        (
            {"cancelled": {**BEGUN, "end": reply(235, "yes.")}},
            FAIL,
            "A cancelled AUTH exchange was answered 235 yes.",
            "235 yes.",
        ),
        ({"cancelled": BEGUN}, UNKNOWN, "not answered: the server closed", CLOSED["text"]),
        (
            {"cancelled": BEGUN, "refused": {**REJECTED, "rcpt": reply(250, "Ok.")}},
            FAIL,
            "After a cancelled AUTH exchange, mail to an external recipient was answered 250 Ok.",
            "250 Ok.",
        ),
        (
            {"cancelled": BEGUN, "refused": REJECTED},
            UNKNOWN,
            "No recipient of the host's own is known",
            "554 Relay access denied",
        ),
        (
            {"cancelled": BEGUN, "refused": {**REJECTED, "rcpt": reply(530, "Log in")}},
            PASS,
            "After a cancelled AUTH exchange, mail to an external recipient is rejected: 530 Log",
            "530 Log in",
        ),
        (
            {"cancelled": BEGUN, "refused": {**REJECTED, "rcpt": reply(450, "Later")}},
            UNKNOWN,
            "The relay attempt was rejected for another reason: 450 Later.",
            "450 Later",
        ),
    ],
)
def test_what_follows_a_cancelled_login_decides(
    facts: dict[str, t.Any], status: str, sentence: str, decided: str
) -> None:
    found = after_cancelling(**facts)
    assert (found.status, lines(found)) == (status, [decided])
    assert sentence in found.sentence
    assert not found.sentence.endswith("..")
