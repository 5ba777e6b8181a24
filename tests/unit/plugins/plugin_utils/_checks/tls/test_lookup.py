# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which observations of an endpoint count as handshakes and ClientHellos, and which lines of a
conversation show the capabilities, the answer and what came before TLS.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import lookup
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ADDRESS,
    context,
    observe,
)

OTHER_ADDRESS = "192.0.2.26"
SESSION = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})


def at_other_places(probe: str, facts: dict[str, t.Any], **params: t.Any) -> list[dict[str, t.Any]]:
    """The same observation at another address and of another service."""
    return [
        observe(probe, "smtp", facts, address=OTHER_ADDRESS, **params),
        observe(probe, "submission", facts, **params),
    ]


def test_handshakes_are_those_with_the_usual_certificate_of_this_endpoint() -> None:
    unchecked = observe("tls_certificate", "smtp", {})
    checked = observe("tls_trust", "smtp", {})
    others = [
        observe(probe, "smtp", {}) for probe in ("tls_alpn", "client_hello", "tls_sni", "starttls")
    ]
    elsewhere = at_other_places("tls_trust", {}) + at_other_places("tls_certificate", {})
    seen = context(SESSION, *elsewhere, unchecked, *others, checked)
    assert lookup.handshakes(seen, SESSION) == [checked, unchecked]


def test_completed_handshakes_have_a_version_and_may_be_asked_for_one() -> None:
    failed = observe("tls_trust", "smtp", {"verify_error": "self-signed certificate"})
    old = observe("tls_certificate", "smtp", {"version": "TLSv1.2"})
    new = observe("tls_certificate", "smtp", {"version": "TLSv1.3"})
    seen = context(SESSION, failed, old, new)
    assert lookup.completed_handshakes(seen, SESSION) == [old, new]
    assert lookup.completed_handshakes(seen, SESSION, "TLSv1.3") == [new]
    assert lookup.completed_handshakes(seen, SESSION, "TLSv1.1") == []


def test_client_hellos_are_those_of_one_purpose_to_this_endpoint_in_order() -> None:
    first, second = (
        observe("client_hello", "smtp", {}, purpose="control", turn=turn) for turn in (1, 0)
    )
    weak = observe("client_hello", "smtp", {}, purpose="weak_suites")
    elsewhere = at_other_places("client_hello", {}, purpose="control")
    seen = context(*elsewhere, first, weak, second)
    assert lookup.client_hellos(seen, SESSION, "control") == [first, second]
    assert lookup.client_hellos(seen, SESSION, "weak_suites") == [weak]


def test_accepted_client_hellos_got_a_server_hello_and_stand_by_purpose() -> None:
    hello = {"answer": "hello", "version": "TLSv1.2"}
    control, weak, legacy = (
        observe("client_hello", "smtp", hello, purpose=purpose)
        for purpose in ("control", "weak_suites", "legacy_versions")
    )
    refused = [
        observe("client_hello", "smtp", facts, purpose="control")
        for facts in ({"answer": "alert"}, {"answer": "closed"}, {"answer": "plain"}, {})
    ]
    seen = context(legacy, *refused, weak, control)
    accepted = lookup.accepted_client_hellos(seen, SESSION, "control", "weak_suites")
    assert accepted == [control, weak]
    assert lookup.accepted_client_hellos(seen, SESSION) == []


def test_endpoint_without_tls_is_no_subject() -> None:
    usual = lookup.no_tls(SESSION)
    assert (usual.status, usual.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert (usual.service, usual.address, usual.port) == ("smtp", ADDRESS, 25)
    assert usual.sentence == "TLS is not offered."
    assert lookup.no_tls(SESSION, "No.").sentence == "No."


def test_error_is_that_of_the_last_observation_or_else_of_the_session() -> None:
    session, *others = (
        observe("client_hello", "smtp", {}, error={"kind": "closed", "text": text})
        for text in ("session.", "first.", "second.", "last.")
    )
    assert lookup.last_error_text(others, session) == "last"
    assert lookup.last_error_text([], session) == "session"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250-mx1\r\n250 SIZE\r\n", "250-mx1"),
        ("\r\n 220 mx1 ESMTP\r\n", "220 mx1 ESMTP"),
        ("\r\n", ""),
        ("", ""),
    ],
)
def test_first_line_of_a_reply(text: str, expected: str) -> None:
    assert lookup.first_line(text) == expected


#: The lines up to a ClientHello, its answer and its certificate, and plaintext before it.
UP_TO_TLS = [["S", "220 mx1"], ["C", "EHLO a"], ["S", "250 STARTTLS"], ["C", "STARTTLS"]]
GO, EARLY = ["S", "220 go"], ["S", "250 injected"]
ANSWERED = [["*", "ClientHello"], ["*", "ServerHello"], ["*", "Certificate"]]


def test_answer_of_a_client_hello_is_its_second_note() -> None:
    lines = [*UP_TO_TLS, GO, *ANSWERED]
    hello = observe("client_hello", "smtp", {}, lines)
    assert lookup.notes(hello) == [5, 6, 7]
    assert lookup.answer_lines(hello) == [6]
    assert lookup.answer_lines(observe("client_hello", "smtp", {}, lines[:6])) == []


def test_outcome_of_a_handshake_is_its_last_line() -> None:
    handshake = observe("tls_trust", "smtp", {}, [*UP_TO_TLS, GO, ["*", "TLS: TLSv1.3"]])
    assert lookup.answer_lines(handshake) == [-1]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*UP_TO_TLS, GO, *ANSWERED], [GO]),
        ([*UP_TO_TLS, GO, EARLY, ["S", "250 more"], *ANSWERED], [EARLY, ["S", "250 more"]]),
        ([*UP_TO_TLS, GO, EARLY, ["*", "TLS"], ["C", "QUIT"], ["S", "221 bye"]], [EARLY]),
        ([*UP_TO_TLS, GO, EARLY], [EARLY]),
        ([*UP_TO_TLS, GO], [GO]),
        (UP_TO_TLS, []),
        (ANSWERED, []),
        ([GO, *ANSWERED], [GO]),
        ([GO, EARLY, *ANSWERED], [EARLY]),
    ],
)
def test_lines_before_tls_are_what_follows_the_reply_to_starttls_or_that_reply(
    lines: list[list[str]], expected: list[list[str]]
) -> None:
    observed = observe("client_hello", "smtp", {}, lines)
    assert [lines[index] for index in lookup.lines_before_tls(observed)] == expected


def test_lines_of_either_side_are_told_apart() -> None:
    observed = observe("starttls", "smtp", {}, [*UP_TO_TLS, GO, EARLY, *ANSWERED])
    assert lookup.command_lines(observed) == [1, 3]
    assert lookup.server_lines(observed, 0) == [0, 2, 4, 5]
    assert lookup.server_lines(observed, 2) == [2, 4, 5]
    assert lookup.server_lines(observed, 1, 5) == [2, 4]
    assert lookup.server_lines(observed, -4) == [5]


EHLO_REPLY = {"code": 250, "text": "mx1", "enhanced": "", "place": [2, 2]}


@pytest.mark.parametrize(
    ("service", "facts", "lines", "expected"),
    [
        ("smtp", {"ehlo": EHLO_REPLY}, UP_TO_TLS, [EHLO_REPLY]),
        ("smtp", {}, UP_TO_TLS, [2]),
        ("imap", {}, [["S", "* OK"], ["C", "a1"], ["S", "*"], ["S", "a1"], ["C", "a2"]], [2, 3]),
        ("imap", {}, [["S", "* OK"], ["C", "a1"], ["S", "*"], ["S", "a1 OK"]], [2, 3]),
        ("imap", {}, [["S", "* OK"]], []),
        ("pop3", {}, [["S", "+OK"], ["C", "CAPA"], ["S", "+OK"], ["C", "QUIT"], ["S", "+OK"]], [2]),
        ("sieve", {}, [["S", '"SIEVE"'], ["S", "OK"], ["C", "NOOP"], ["S", "OK"]], [0, 1]),
        ("sieve", {}, [["S", '"SIEVE"'], ["S", "OK"]], [0, 1]),
        ("sieve", {}, [], []),
        ("imap", {}, [], []),
    ],
)
def test_lines_that_show_the_capabilities(
    service: str,
    facts: dict[str, t.Any],
    lines: list[list[str]],
    expected: list[t.Any],
) -> None:
    probe = "smtp_session" if service == "smtp" else "mailstore_session"
    assert lookup.capability_lines(observe(probe, service, facts, lines)) == expected
