# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The replies to a claimed identity: their status, and which lines decide."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    decisive_lines,
    observations,
    reply,
    status_of,
    with_fact,
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
