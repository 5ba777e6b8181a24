# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Logins before TLS, from sessions with scripted servers: what decides, beside which control."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    TIMEOUT,
    findings,
    mailstore_decisive_lines,
    observed,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    observe,
    played,
    verdict,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

    Script = t.Sequence[Item]

CAPABILITY = b"* CAPABILITY IMAP4rev1%s\r\na1 OK\r\n"
HELLO = [b"* OK hi\r\n", CAPABILITY % b" STARTTLS"]
PRIVACY = b"NO [PRIVACYREQUIRED] no\r\n"
REFUSED = [b"a2 " + PRIVACY, b"a2 " + PRIVACY]
UPGRADE: list[Item] = [b"a4 OK\r\n", TLS13, b"a5 OK\r\n"]
TAKEN = [b"+ \r\n", b"a7 BAD aborted\r\n"]
BYE = b"a9 OK\r\n"
IMAP_ACCEPTS = [*HELLO, b"+ \r\n", b"a2 BAD aborted\r\n", b"a3 BAD no\r\n", b"a4 NO\r\n", BYE]
IMAP_LOGIN = [*HELLO, b"a2 NO no\r\n", b"+ \r\n", b"a2 BAD aborted\r\n", *IMAP_ACCEPTS[4:]]
IMAP_PREAUTH = [b"* PREAUTH root\r\n", b"a1 OK\r\n", BYE]
POP3 = [b"+OK hi\r\n", b"+OK\r\nSTLS\r\n.\r\n"]
POP3_TLS: list[Item] = [b"+OK\r\n", TLS13, b"+OK\r\n.\r\n"]
POP3_ERR = [b"-ERR user\r\n", b"-ERR plain\r\n", b"-ERR login\r\n"]
POP3_OK = [b"+ \r\n", b"-ERR aborted\r\n", b"+OK user\r\n"]
POP3_REJECTS = [*POP3, *POP3_ERR, *POP3_TLS, *POP3_OK, b"+OK\r\n"]
POP3_AUTH = [*POP3, *POP3_ERR[:2], b"+ \r\n", b"-ERR aborted\r\n", *POP3_TLS, *POP3_OK, b"+OK\r\n"]
SIEVE = b'"STARTTLS"\r\nOK "hi"\r\n'
SIEVE_TLS: list[Item] = [b"OK\r\n", TLS13, b"OK\r\n"]
SIEVE_OK = [b'""\r\n', b'NO "aborted"\r\n', b"OK\r\n"]
SIEVE_CODE = [SIEVE, *[b'NO (ENCRYPT-NEEDED) "tls"\r\n'] * 2, *SIEVE_TLS, *SIEVE_OK]


def imap(
    before: t.Sequence[bytes], literal: t.Sequence[bytes], inside: t.Sequence[bytes]
) -> Script:
    """A session with STARTTLS: replies to AUTHENTICATE and to LOGIN, and what follows inside."""
    return [*HELLO, *before, *literal, *UPGRADE, *inside, BYE]


def status(check: str, service: str, script: Script, **params: bool) -> str:
    """The status of a check on a session with this server."""
    session = played("mailstore_session", service, script, **params)
    return str(verdict(check, session)["status"])


@pytest.mark.parametrize(
    ("check", "service", "status", "script", "lines"),
    [
        (
            "imap_authenticate_refused",
            "imap",
            PASS,
            imap(REFUSED, [b"a3 BAD\r\n"], [*TAKEN, b"a8 BAD\r\n"]),
            ["a2 NO [PRIVACYREQUIRED] no"],
        ),
        ("imap_authenticate_refused", "imap", FAIL, IMAP_ACCEPTS, ["+ "]),
        ("imap_authenticate_refused", "imap", FAIL, IMAP_LOGIN, ["+ "]),
        ("imap_no_preauth", "imap", PASS, IMAP_ACCEPTS, ["* OK hi"]),
        ("imap_no_preauth", "imap", FAIL, IMAP_PREAUTH, ["* PREAUTH root"]),
        ("pop3_user_refused", "pop3", PASS, POP3_REJECTS, ["-ERR user", "+OK user"]),
        (
            "pop3_user_refused",
            "pop3",
            FAIL,
            [*POP3, b"+OK yes\r\n", *POP3_REJECTS[3:]],
            ["+OK yes"],
        ),
        ("pop3_user_refused", "pop3", FAIL, POP3_AUTH, ["+ "]),
        (
            "sieve_authenticate_refused",
            "sieve",
            PASS,
            SIEVE_CODE,
            ['NO (ENCRYPT-NEEDED) "tls"'],
        ),
        (
            "sieve_authenticate_refused",
            "sieve",
            FAIL,
            [SIEVE, b'""\r\n', b'NO "aborted"\r\n', b"NO\r\n", b"OK\r\n"],
            ['""'],
        ),
    ],
)
def test_decisive_line_is_the_reply_to_the_login_command(
    check: str, service: str, status: str, script: Script, lines: list[str]
) -> None:
    assert mailstore_decisive_lines(check, status, service, script) == lines


LITERAL = [b"+ \r\n", b"a3 BAD no name\r\n"]


@pytest.mark.parametrize(
    ("replies", "inside", "wanted"),
    [
        ([b"+ \r\n", b"a3 BAD no name\r\n"], [], UNKNOWN),
        ([b"+ \r\n", b"a3 NO [PRIVACYREQUIRED] no\r\n"], [], PASS),
        ([b"+ \r\n", b"a3 OK welcome\r\n"], [], FAIL),
        ([b"a3 NO [PRIVACYREQUIRED] no\r\n"], [b"a8 BAD\r\n"], PASS),
        ([b"a3 NO Login failed.\r\n"], [b"a8 NO Login failed.\r\n"], UNKNOWN),
        ([b"a3 NO use TLS\r\n"], [b"+ \r\n", b"a8 BAD no name\r\n"], PASS),
        ([b"a3 BAD no\r\n"], [b"+ \r\n", b"a8 BAD no name\r\n"], PASS),
        ([b"a3 BAD no\r\n"], [b"a8 BAD no\r\n"], UNKNOWN),
    ],
)
def test_announced_literal_decides_by_code_or_beside_the_same_inside_tls(
    replies: list[bytes], inside: list[bytes], wanted: str
) -> None:
    script = imap(REFUSED, replies, [*TAKEN, *inside])
    assert status("imap_login_refused", "imap", script) == wanted


@pytest.mark.parametrize(
    ("before", "inside", "wanted"),
    [
        (b"NO Login failed.", b"NO Login failed.", FAIL),
        (b"NO Login of u1@a.example failed (1).", b"NO Login of u2@b.example failed (2).", FAIL),
        (b"NO LOGIN failed.", b"NO Login failed.", FAIL),
        (b"NO Login failed (17).", b"NO Login failed", FAIL),
        (b"NO Login failed.", b"NO [AUTHENTICATIONFAILED] wrong", UNKNOWN),
        (b"NO [AUTHENTICATIONFAILED] wrong", b"NO [AUTHENTICATIONFAILED] wrong", FAIL),
        (b"NO [PRIVACYREQUIRED] no", b"NO [AUTHENTICATIONFAILED] wrong", PASS),
        (b"BAD LOGIN is disabled", b"NO wrong", PASS),
        (b"OK welcome", b"OK welcome", FAIL),
    ],
)
def test_made_up_login_is_compared_with_the_same_inside_tls(
    before: bytes, inside: bytes, wanted: str
) -> None:
    replies = [b"a3 " + before + b"\r\n"], [*TAKEN, b"a8 " + inside + b"\r\n"]
    script = imap(REFUSED, *replies)
    assert status("imap_login_refused", "imap", script, login=True) == wanted


def test_made_up_login_without_the_same_inside_tls_is_unknown() -> None:
    script = [*HELLO, *REFUSED, b"a3 NO Login failed.\r\n", b"a4 NO later\r\n", BYE]
    assert status("imap_login_refused", "imap", script, login=True) == UNKNOWN


def test_accepted_authenticate_says_nothing_of_login() -> None:
    script = [*IMAP_ACCEPTS[:4], *LITERAL, b"a4 NO\r\n", BYE]
    assert status("imap_login_refused", "imap", script) == UNKNOWN


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[A-Za-z .,:'()-]{0,60}", fullmatch=True))
def test_free_text_of_a_refusal_never_passes(words: str) -> None:
    text = words.lstrip("([ ").encode()
    no = b"NO " + text + b"\r\n"
    refused = imap([b"a2 " + no] * 2, [b"a3 " + no], [b"a7 " + no, b"a8 " + no])
    assert status("imap_authenticate_refused", "imap", refused) == UNKNOWN
    assert status("imap_login_refused", "imap", refused) == UNKNOWN
    err = b"-ERR " + text + b"\r\n"
    pop3 = [*POP3, err, err, err, *POP3_TLS, err, err, b"+OK\r\n"]
    assert status("pop3_user_refused", "pop3", pop3) == UNKNOWN
    sieve = [SIEVE, no, no, *SIEVE_TLS, no, b"OK\r\n"]
    assert status("sieve_authenticate_refused", "sieve", sieve) == UNKNOWN


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("imap_login_refused", ("login_tls", "login_literal_tls")),
        ("imap_authenticate_refused", ("authenticate_tls",)),
        ("pop3_user_refused", ("user_tls", "auth_tls")),
        ("sieve_authenticate_refused", ("authenticate_tls",)),
    ],
)
def test_refusal_without_its_control_is_unknown(check: str, facts: tuple[str, ...]) -> None:
    entry = recorded(check)[PASS]
    observations = []
    for seen in entry["observations"]:
        kept = {
            name: {**fact, "status": "-ERR" if fact["status"] == "-ERR" else "NO", "rest": "no"}
            if isinstance(fact, dict) and "status" in fact
            else fact
            for name, fact in seen["facts"].items()
            if name not in facts
        }
        observations.append({**seen, "facts": kept})
    found = evaluate.evaluate(context_of(entry, observations), evaluate.choose([check]))
    assert found[0]["status"] == UNKNOWN


def test_login_in_clear_on_a_port_for_tls_fails() -> None:
    facts = {"preauth": False, "authenticate": {"status": "+", "rest": ""}, "mechanisms": {}}
    clear = observe("mailstore_session", "imaps", facts, implicit_tls=True, implicit=False)
    closed = observe("mailstore_session", "imap", {})
    found = verdict("imap_authenticate_refused", closed, clear)
    assert (found["status"], found["evidence"][0]["service"]) == (FAIL, "imaps")


def answer(status: str, rest: str = "") -> dict[str, str]:
    return {"status": status, "rest": rest}


def found(check: str, service: str, facts: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Status and sentence of each finding of a check on a session that ended in a timeout."""
    session = observed("mailstore_session", {"greeting": "hi", **facts}, TIMEOUT, service)
    judged = findings(check, session)
    assert {item.service for item in judged} == {service}
    return [(item.status, item.sentence) for item in judged]


@pytest.mark.parametrize(
    ("check", "service", "words"),
    [
        ("imap_login_refused", "imap", "LOGIN was not answered before TLS"),
        ("imap_authenticate_refused", "imap", "AUTHENTICATE PLAIN was not answered before TLS"),
        ("pop3_user_refused", "pop3", "USER was not answered before TLS"),
        ("sieve_authenticate_refused", "sieve", 'AUTHENTICATE "PLAIN" was not answered before TLS'),
        ("imap_no_preauth", "imap", "The server sent no greeting"),
    ],
)
def test_session_that_ends_before_the_command_is_unknown(
    check: str, service: str, words: str
) -> None:
    assert found(check, service, {})[0] == (UNKNOWN, f"{words}: no whole answer within 20 s.")


def test_login_mechanism_that_was_not_tried_is_unknown_beside_a_refused_plain() -> None:
    refused = {"authenticate": answer("NO", "[PRIVACYREQUIRED] no.")}
    assert found("imap_authenticate_refused", "imap", refused) == [
        (PASS, "AUTHENTICATE PLAIN before TLS was answered NO [PRIVACYREQUIRED] no."),
        (UNKNOWN, "AUTHENTICATE LOGIN was not answered before TLS: no whole answer within 20 s."),
    ]
    taken = {"authenticate": answer("+")}
    assert found("imap_authenticate_refused", "imap", taken) == [
        (FAIL, "AUTHENTICATE PLAIN before TLS was answered +."),
    ]


def test_mechanism_beside_plain_that_is_taken_fails_by_its_name() -> None:
    facts = {"authenticate": answer("NO", "no"), "mechanisms": {"LOGIN": answer("+", "VXNlcg==")}}
    assert found("sieve_authenticate_refused", "sieve", facts)[1:] == [
        (FAIL, 'AUTHENTICATE "LOGIN" before TLS was answered + VXNlcg==.'),
    ]


@pytest.mark.parametrize(
    ("before", "inside", "status", "words"),
    [
        (answer("BYE", "[PRIVACYREQUIRED] no"), None, PASS, "answered BYE [PRIVACYREQUIRED] no."),
        (answer("BYE", "no"), answer("+"), UNKNOWN, "since inside TLS it was answered +."),
        (answer("NO", "no"), answer("+"), PASS, "inside TLS the same was answered +."),
        (answer("NO", "no X."), answer("NO", "no."), UNKNOWN, "inside TLS it was answered NO no."),
        (answer("NO", "no X."), None, UNKNOWN, "answered NO no X; whether for lack of TLS"),
        (answer("NO", "no"), None, UNKNOWN, "since inside TLS it was not answered."),
    ],
)
def test_refusal_of_a_command_is_compared_with_the_answer_inside_tls(
    before: dict[str, str], inside: dict[str, str] | None, status: str, words: str
) -> None:
    facts = {"authenticate": before, "authenticate_tls": inside, "mechanisms": {"LOGIN": before}}
    ((seen, sentence),) = found("imap_authenticate_refused", "imap", facts)
    assert (seen, words in sentence) == (status, True), sentence
