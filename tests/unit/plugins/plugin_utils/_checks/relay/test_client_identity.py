# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The replies to a claimed identity: their status, and which lines decide."""

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
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import client_identity
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


@pytest.mark.parametrize("check", ["relay_xclient", "relay_xforward"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(220), FAIL),
        (reply(250), FAIL),
        (reply(550), PASS),
        (reply(502), PASS),
        (reply(501), UNKNOWN),
        (reply(451), UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_reply_to_xclient_or_xforward_has_a_status(
    check: str, answer: t.Any, expected: str
) -> None:
    assert (
        status_of(check, with_fact(check, "client_identity", check[len("relay_") :], to=answer))
        == expected
    )


@pytest.mark.parametrize("check", ["relay_xclient", "relay_xforward", "relay_proxy_header"])
@pytest.mark.parametrize(("turn", "expected"), [(250, UNKNOWN), (502, FAIL)])
def test_acceptance_says_nothing_where_every_command_is_accepted(
    check: str, turn: int, expected: str
) -> None:
    seen = observations(check, FAIL)
    facts = {"verbs": {"DEBUG": reply(250), "TURN": reply(turn)}}
    commands = {**seen[0], "probe": "smtp_commands", "service": "smtp", "facts": facts}
    assert status_of(check, [*seen, commands]) == expected


@pytest.mark.parametrize(
    "check",
    ["relay_xclient", "relay_xforward", "relay_proxy_header", "relay_client_certificate"],
)
def test_acceptance_counts_only_from_an_untrusted_vantage(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}}
        for seen in observations(check, FAIL)
    ]
    assert status_of(check, near, untrusted=False) == UNKNOWN
    assert status_of(check, near) == FAIL


@pytest.mark.parametrize(
    ("facts", "error", "expected"),
    [
        ({"sent": "x", "greeting": reply(220), "header": reply(500)}, None, PASS),
        ({"sent": "x", "greeting": reply(554)}, None, PASS),
        ({"sent": "x"}, CLOSED, PASS),
        ({"sent": "x", "greeting": reply(421)}, None, UNKNOWN),
        ({"sent": "x"}, {"kind": "timeout", "text": "no whole answer"}, UNKNOWN),
        ({}, CLOSED, UNKNOWN),
        ({"sent": "x", "greeting": reply(220), "ehlo": reply(250), "extensions": {}}, None, FAIL),
    ],
)
def test_reply_to_a_proxy_header_has_a_status(
    facts: dict[str, t.Any], error: t.Any, expected: str
) -> None:
    seen = [
        {**entry, "facts": facts, "error": error} if entry["probe"] == "proxy_header" else entry
        for entry in observations("relay_proxy_header", PASS)
    ]
    assert status_of("relay_proxy_header", seen) == expected


def test_relay_proxy_header_without_a_header_is_unknown_or_not_applicable() -> None:
    (session, _proxy) = observations("relay_proxy_header", PASS)
    assert status_of("relay_proxy_header", [session]) == UNKNOWN
    assert (
        status_of("relay_proxy_header", [{**session, "service": "submissions", "port": 465}])
        == NOT_APPLICABLE
    )


@pytest.mark.parametrize(
    ("tls", "error", "expected"),
    [
        ({"certificate_requested": False}, None, NOT_APPLICABLE),
        ({"certificate_requested": True}, None, UNKNOWN),
        ({}, None, UNKNOWN),
        (
            {"certificate_requested": True},
            {"kind": "tls", "text": "TLS broke: TLSV1_ALERT_UNKNOWN_CA"},
            PASS,
        ),
        (
            {"certificate_requested": True},
            {"kind": "tls", "text": "TLS broke: UNEXPECTED_EOF_WHILE_READING"},
            UNKNOWN,
        ),
        ({"certificate_requested": True}, CLOSED, UNKNOWN),
    ],
)
def test_relay_client_certificate_without_replies_has_a_status(
    tls: dict[str, t.Any], error: t.Any, expected: str
) -> None:
    session, shown = observations("relay_client_certificate", PASS)
    session = {**session, "facts": {**session["facts"], "tls": tls}}
    lost = [{**shown, "facts": {"attempts": []}, "error": error}] if error else []
    assert status_of("relay_client_certificate", [session, *lost]) == expected


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_xclient",
            FAIL,
            [
                "xclient -> 220 mx1.example.org ESMTP Postfix",
                "RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok",
            ],
        ),
        ("relay_xclient", PASS, ["550 5.7.0 Error: insufficient authorization"]),
        ("relay_xforward", FAIL, ["xforward -> 250 2.0.0 Ok"]),
        ("relay_xforward", PASS, ["550 5.7.0 Error: insufficient authorization"]),
        (
            "relay_proxy_header",
            FAIL,
            [
                (
                    "ehlo -> 250 mx1.example.org PIPELINING SIZE 10240000 ETRN STARTTLS "
                    "ENHANCEDSTATUSCODES 8BITMIME DSN SMTPUTF8 CHUNKING"
                ),
                "RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok",
            ],
        ),
        ("relay_proxy_header", PASS, ["500 5.5.2 Error: command not recognized"]),
        (
            "relay_client_certificate",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_client_certificate",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


Observation = dict[str, t.Any]
SESSION = with_transcript(relay_attempts.session({"ehlo": reply(250, "hello")}))
STRANGER = relay_attempts.attempt("rcpt", "250 2.1.5 Ok")
DENIED = {"mail": reply(250), "rcpt": reply(554, "Relay access denied")}


def written(probe: str, facts: Observation, **more: t.Any) -> Observation:
    """What a probe wrote down at port 25, where the server then closed the connection."""
    params = {"state": "clear", "sender": "<s>", "recipient": "<r>"}
    seen = {**SESSION, "probe": probe, "params": params, "facts": facts, "error": CLOSED, **more}
    return with_transcript(seen)


def lines(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


def xclient(*seen: Observation) -> Finding:
    (found,) = client_identity.relay_xclient(context([SESSION, *seen], untrusted=True), SESSION)
    return found


@pytest.mark.parametrize(
    ("facts", "status", "sentence", "decided"),
    [
        ({}, UNKNOWN, "XCLIENT was not answered: the server closed", [CLOSED["text"]]),
        (
            {"xclient": reply(220, "XX..")},
            FAIL,
            "was answered 220 XX: the server treats the client as a host that may relay.",
            ["220 XX.."],
        ),
        (
            {"xclient": reply(220, "yes"), "attempts": [STRANGER]},
            FAIL,
            "may relay, and mail to an external recipient was then accepted.",
            ["220 yes", "250 2.1.5 Ok"],
        ),
        ({"xclient": reply(500, "XX.")}, PASS, "XCLIENT is refused: 500 XX.", ["500 XX."]),
        ({"xclient": reply(502, "no")}, PASS, "XCLIENT is refused: 502 no.", ["502 no"]),
        ({"xclient": reply(499, "no")}, UNKNOWN, "was not considered: 499 no.", ["499 no"]),
        ({"xclient": reply(550, "no")}, UNKNOWN, "was not seen to consider", ["550 no"]),
        (
            {"xclient": reply(550, "no"), "refused": DENIED},
            UNKNOWN,
            "was not seen to consider",
            ["550 no"],
        ),
        (
            {"xclient": reply(550, "no"), "refused": {**DENIED, "rcpt": reply(250, "Ok")}},
            PASS,
            "XCLIENT is refused: 550 no.",
            ["550 no"],
        ),
    ],
)
def test_reply_to_xclient_decides(
    facts: Observation, status: str, sentence: str, decided: list[str]
) -> None:
    found = xclient(written("client_identity", facts))
    assert (found.status, found.probe, lines(found)) == (status, "client_identity", decided)
    assert sentence in found.sentence


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (relay_attempts.experiment(), PASS),
        ([relay_attempts.attempt("rcpt", "250 Ok")], PASS),
        ([relay_attempts.attempt("rcpt", "250 Ok", "percent_host")], UNKNOWN),
        ([relay_attempts.attempt("rcpt", "450 4.2.0 Greylisted")], UNKNOWN),
        ([relay_attempts.attempt("rcpt", "554 5.7.1 Relay access denied")], UNKNOWN),
    ],
)
def test_refusal_of_xclient_counts_where_the_plain_recipient_was_considered(
    attempts: list[Observation], expected: str
) -> None:
    refused = written("client_identity", {"xclient": reply(550, "no")})
    forms = [attempt["form"] for attempt in attempts]
    assert xclient(refused, relay_attempts.relay(attempts, forms)).status == expected


@pytest.mark.parametrize(
    ("facts", "elsewhere", "expected"),
    [
        ({"verbs": {"TURN": reply(250)}}, {}, UNKNOWN),
        ({"verbs": {"TURN": reply(250)}}, {"address": "192.0.2.26"}, FAIL),
        ({}, {}, FAIL),
    ],
)
def test_acceptance_is_weighed_beside_obsolete_commands_of_that_address(
    facts: Observation, elsewhere: Observation, expected: str
) -> None:
    accepted = written("client_identity", {"xclient": reply(220)})
    commands = {**SESSION, "probe": "smtp_commands", "facts": facts, **elsewhere}
    assert xclient(accepted, commands).status == expected


def proxy(*seen: Observation, session: Observation = SESSION) -> list[Finding]:
    return client_identity._evaluate_session(context([session, *seen], untrusted=True), session)


@pytest.mark.parametrize(
    ("attempts", "end", "decided"),
    [
        ([], "continued the session.", ["250 hello"]),
        (
            [STRANGER],
            "continued the session and accepted mail to an external recipient.",
            ["250 hello", "250 2.1.5 Ok"],
        ),
    ],
)
def test_session_after_a_proxy_header_fails(
    attempts: list[Observation], end: str, decided: list[str]
) -> None:
    facts = {"sent": "PROXY", "ehlo": reply(250, "hello"), "attempts": attempts}
    rejected = written("proxy_header", {"sent": "PROXY", "header": reply(500)})
    elsewhere = written("proxy_header", facts, address="192.0.2.26")
    (found,) = proxy(rejected, written("proxy_header", facts), elsewhere)
    assert (found.status, found.address, lines(found)) == (FAIL, SESSION["address"], decided)
    assert found.sentence == f"The server accepted 'PROXY' from an untrusted client, {end}"


def test_proxy_header_is_judged_by_the_last_one_at_that_address() -> None:
    seen = [
        written("proxy_header", {"sent": "PROXY"}, error=None),
        written("proxy_header", {"sent": "PROXY", "header": reply(500, "no")}),
        written("proxy_header", {"sent": "PROXY"}, error=None, address="192.0.2.26"),
    ]
    assert [item.status for item in proxy(*seen)] == [PASS]


@pytest.mark.parametrize(
    ("facts", "error", "status", "sentence", "decided"),
    [
        (
            {"sent": "x", "header": reply(500, "no.")},
            CLOSED,
            PASS,
            "is rejected: 500 no.",
            "500 no.",
        ),
        ({"sent": "x"}, CLOSED, PASS, "closes the connection after a PROXY", CLOSED["text"]),
        (
            {"sent": "x", "greeting": reply(421, "XX.")},
            {"kind": "busy", "text": "busy"},
            UNKNOWN,
            "The reply to a PROXY header was not seen: 421 XX.",
            "421 XX.",
        ),
        (
            {"sent": "x"},
            {"kind": "timeout", "text": "XX."},
            UNKNOWN,
            "The reply to a PROXY header was not seen: XX.",
            "XX.",
        ),
    ],
)
def test_reply_to_a_proxy_header_decides(
    facts: Observation, error: Observation, status: str, sentence: str, decided: str
) -> None:
    (found,) = proxy(written("proxy_header", facts, error=error))
    assert (found.status, found.probe, lines(found)) == (status, "proxy_header", [decided])
    assert sentence in found.sentence
    assert not found.sentence.endswith("..")


def test_session_that_broke_before_ehlo_leaves_the_header_unknown() -> None:
    broken = written("smtp_session", {"greeting": reply(220)})
    (found,) = proxy(session=broken)
    assert (found.status, found.service, lines(found)) == (UNKNOWN, "smtp", [CLOSED["text"]])


def test_service_that_begins_with_tls_waits_for_no_header() -> None:
    (found,) = proxy(session={**SESSION, "service": "submissions"})
    assert (found.status, found.reason) == (NOT_APPLICABLE, NO_SUBJECT)


def test_silent_service_is_looked_at_once() -> None:
    silent = written("smtp_session", {})
    header = written("proxy_header", {"sent": "PROXY", "ehlo": reply(250)})
    found = client_identity.relay_proxy_header(context([silent, header], untrusted=True))
    assert [item.status for item in found].count(FAIL) == 1


def certificate(*seen: Observation, **session: t.Any) -> Finding:
    here = with_transcript({**SESSION, **session})
    evaluated = context([here, *seen], untrusted=True)
    (found,) = client_identity.relay_client_certificate(evaluated, here)
    return found


@pytest.mark.parametrize(
    ("service", "facts", "status", "decided"),
    [
        ("smtp", {"extensions": {}}, NOT_APPLICABLE, ["250 hello"]),
        ("submissions", {"extensions": {}}, UNKNOWN, []),
        ("smtp", {"extensions": {"STARTTLS": ""}}, UNKNOWN, []),
        ("smtp", {}, UNKNOWN, []),
        ("smtp", {"tls": {"certificate_requested": False}}, NOT_APPLICABLE, []),
    ],
)
def test_certificate_that_was_not_shown_is_unknown_where_one_could_be(
    service: str, facts: Observation, status: str, decided: list[str]
) -> None:
    found = certificate(service=service, facts={"ehlo": reply(250, "hello"), **facts})
    assert (found.status, found.service, lines(found)) == (status, service, decided)
    assert found.reason == (NO_SUBJECT if status == NOT_APPLICABLE else "")


ALERT = {"kind": "tls", "text": "TLS broke: TLSV1_ALERT_UNKNOWN_CA"}


def shown(*attempts: Observation, error: Observation | None = None) -> Observation:
    seen = relay_attempts.relay(list(attempts), ["plain"], state="certificate")
    return with_transcript({**seen, "error": error})


def test_alert_after_the_certificate_is_its_rejection() -> None:
    found = certificate(shown(error=ALERT))
    assert (found.status, found.probe, lines(found)) == (PASS, "relay", [ALERT["text"]])


def test_alert_beside_a_reply_is_no_rejection() -> None:
    rejected = relay_attempts.attempt("rcpt", "554 no", "percent_host")
    assert certificate(shown(rejected, error=ALERT)).status == UNKNOWN


@pytest.mark.parametrize(
    ("reply_to_rcpt", "status", "is_named"),
    [("250 Ok", FAIL, True), ("530 Log in", UNKNOWN, False)],
)
def test_verdict_names_the_certificate(reply_to_rcpt: str, status: str, is_named: bool) -> None:
    found = certificate(shown(relay_attempts.attempt("rcpt", reply_to_rcpt)))
    begins = found.sentence.startswith("With a self-signed client certificate: ")
    assert (found.status, begins) == (status, is_named)
