# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Attempts at STARTTLS: which were answered, permitted and completed; and replies to an injected
command, which are told from those that were asked for, in every protocol.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import upgrades
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ADDRESS,
    TAG,
    TLS13,
    context,
    observe,
)

SIEVE = ['"SIEVE" "fileinto"', 'OK "TLS"']
SIEVE_NOOP = f'OK (TAG "{TAG}") "done"'


def reply(code: int, lines: int = 1) -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": "words", "lines": lines}


def replies(*codes: int) -> dict[str, t.Any]:
    return {"answers": [reply(code) for code in codes]}


CASES: dict[str, tuple[str, dict[str, t.Any], str | None]] = {
    "smtp, one reply for each command": ("smtp", replies(503, 554, 221), ""),
    "smtp, one reply too many": ("smtp", replies(250, 503, 554, 221), "250 words"),
    "smtp, EHLO answered, then closed": ("smtp", {"answers": [reply(250, 5)]}, "250 words"),
    "smtp, closed after 503": ("smtp", replies(503), ""),
    "smtp, closed after 554": ("smtp", replies(554), None),
    "smtp, no reply": ("smtp", replies(), None),
    "imap, no tag": ("imap", {"said": ["a2 BAD active", "* BYE", "a3 OK"]}, ""),
    "imap, tag": ("imap", {"said": [f"{TAG} OK done", "a2 BAD active", "a3 OK"]}, f"{TAG} OK done"),
    "pop3, no listing": ("pop3", {"said": ["-ERR active", "+OK bye"]}, ""),
    "pop3, listing": ("pop3", {"said": ["+OK", "TOP", ".", "-ERR active", "+OK bye"]}, "+OK"),
    "sieve, capabilities": ("sieve", {"said": [*SIEVE, "NO active", "OK bye"]}, ""),
    "sieve, no capabilities": ("sieve", {"said": ["NO active", "OK bye"]}, ""),
    "sieve, tag": ("sieve", {"said": [*SIEVE, SIEVE_NOOP, "NO active", "OK"]}, SIEVE_NOOP),
    "sieve, rejection without a tag": (
        "sieve",
        {"said": [*SIEVE, 'NO "what?"', "NO active", "OK bye"]},
        'NO "what?"',
    ),
    "no facts": ("sieve", {}, None),
    "no line": ("pop3", {"said": []}, None),
}


@pytest.mark.parametrize(("protocol", "facts", "expected"), CASES.values(), ids=CASES)
def test_unsolicited_reply_is_told_from_expected_ones(
    protocol: str, facts: dict[str, t.Any], expected: str | None
) -> None:
    attempt = {"facts": facts, "params": {"protocol": protocol, "tag": TAG}}
    assert upgrades.unsolicited_reply(attempt) == expected


SESSION = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
LOST = {"kind": "timeout", "text": "no whole answer within 20 s."}


def test_attempts_are_those_at_this_endpoint_with_or_without_an_injected_command() -> None:
    injected = observe("starttls", "smtp", {}, inject=True)
    plain = observe("starttls", "smtp", {}, inject=False)
    others = [
        observe("starttls", "smtp", {}, address="192.0.2.26", inject=True),
        observe("starttls", "submission", {}, inject=True),
        observe("starttls_garbage", "smtp", {}, inject=True),
    ]
    seen = context(SESSION, *others, plain, injected)
    assert upgrades.upgrades(seen, SESSION) == [plain, injected]
    assert upgrades.upgrades(seen, SESSION, inject=True) == [injected]
    assert upgrades.upgrades(seen, SESSION, inject=False) == [plain]


def test_endpoint_without_starttls_is_not_asked() -> None:
    bare = observe("smtp_session", "smtp", {"extensions": {}})
    found = upgrades.why_not_asked(context(bare), bare, "starttls")
    assert found is not None
    assert (found.status, found.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert (found.service, found.address) == ("smtp", ADDRESS)


@pytest.mark.parametrize("probe", ["starttls", "starttls_garbage"])
def test_last_attempt_of_a_probe_says_whether_starttls_was_answered(probe: str) -> None:
    answered = observe(probe, "smtp", {"starttls": reply(220)})
    lost = observe(probe, "smtp", {"mail": reply(250)}, error=LOST)
    other = "starttls_garbage" if probe == "starttls" else "starttls"
    elsewhere = [
        observe(other, "smtp", {"starttls": reply(220)}),
        observe(probe, "submission", {"starttls": reply(220)}),
        observe(probe, "smtp", {"starttls": reply(220)}, address="192.0.2.26"),
    ]
    for attempts in ([answered], [lost, answered], [lost, lost, answered]):
        seen = context(SESSION, *attempts, *elsewhere)
        assert upgrades.why_not_asked(seen, SESSION, probe) is None
    for attempts in ([lost], [answered, lost], [answered, answered, lost]):
        found = upgrades.why_not_asked(context(SESSION, *attempts, *elsewhere), SESSION, probe)
        assert found is not None
        assert (found.status, found.service, found.address) == (UNKNOWN, "smtp", ADDRESS)
        assert found.probe == probe
        assert found.sentence == "STARTTLS was not answered: no whole answer within 20 s."


def test_without_an_attempt_the_session_says_why_starttls_was_not_answered() -> None:
    session = observe("smtp_session", "smtp", {"greeting": reply(220)}, error=LOST)
    found = upgrades.why_not_asked(context(session), session, "starttls")
    assert found is not None
    assert (found.status, found.probe) == (UNKNOWN, "smtp_session")
    assert found.sentence == "STARTTLS was not answered: no whole answer within 20 s."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"code": 220}, True),
        ({"code": 221}, False),
        ({"code": 454}, False),
        ({"status": "OK", "rest": "go"}, True),
        ({"status": "+OK", "rest": "go"}, True),
        ({"status": "NO", "rest": "OK"}, False),
        ({"status": "-ERR", "rest": ""}, False),
        ({}, False),
        (None, False),
    ],
)
def test_reply_to_starttls_that_permits_tls(answer: dict[str, t.Any], expected: bool) -> None:
    facts = {} if answer is None else {"starttls": answer}
    assert upgrades.is_permitted(observe("starttls", "smtp", facts)) is expected


@pytest.mark.parametrize(
    ("probe", "facts", "expected"),
    [
        ("tls_trust", {"version": "TLSv1.3"}, True),
        ("tls_trust", {"verify_error": "self-signed certificate"}, False),
        ("starttls", {"tls": TLS13}, True),
        ("starttls", {"starttls": {"code": 220}, "tls_error": "EOF"}, False),
    ],
)
def test_handshake_or_attempt_that_led_to_tls(
    probe: str, facts: dict[str, t.Any], expected: bool
) -> None:
    assert upgrades.is_completed(observe(probe, "smtp", facts)) is expected


#: The conversations of a mail server and of a mail store, with a line before TLS that looks alike.
SMTP_LINES = [
    *(["S", "220 mx1"], ["C", "STARTTLS"], ["S", "220 go"], ["*", "TLS: TLSv1.3"]),
    *(["C", "RCPT"], ["S", "503 no"], ["*", "closed"]),
]
POP3_LINES = [
    *(["S", "+OK"], ["C", "STLS"], ["S", "+OK go"], ["*", "TLS: TLSv1.3"], ["C", "STLS"]),
    *(["S", "+OK"], ["S", "TOP"], ["S", "."], ["S", "-ERR active"], ["S", "+OK bye"]),
]
POP3_SAID = [text for _who, text in POP3_LINES[5:]]


def test_lines_inside_tls_are_those_of_the_server_behind_the_handshake() -> None:
    assert upgrades.lines_inside_tls(observe("starttls", "smtp", {}, SMTP_LINES)) == [5]
    assert upgrades.lines_inside_tls(observe("starttls", "smtp", {}, SMTP_LINES[:3])) == []


def test_replies_inside_tls_are_stored_ones_or_lines() -> None:
    answers = [reply(503), reply(554)]
    smtp = observe("starttls", "smtp", {"answers": answers}, SMTP_LINES)
    assert upgrades.replies_inside_tls(smtp) == answers
    silent = observe("starttls", "smtp", {"answers": []}, SMTP_LINES)
    assert upgrades.replies_inside_tls(silent) == [5]
    pop3 = observe("starttls", "pop3", {"said": POP3_SAID}, POP3_LINES)
    assert upgrades.replies_inside_tls(pop3) == [5, 6, 7, 8, 9]


def test_unsolicited_reply_is_shown_by_its_own_line() -> None:
    first, *others = replies(250, 503, 554, 221)["answers"]
    smtp = observe("starttls", "smtp", {"answers": [first, *others]}, SMTP_LINES)
    assert upgrades.unsolicited_lines(smtp) == [first]
    pop3 = observe("starttls", "pop3", {"said": POP3_SAID}, POP3_LINES)
    assert upgrades.unsolicited_lines(pop3) == [5]
    said = ["* OK hi", f"{TAG} OK done", "a2 BAD active", "a3 OK"]
    lines = [*POP3_LINES[:5], *(["S", text] for text in said)]
    imap = observe("starttls", "imap", {"said": said}, lines)
    assert upgrades.unsolicited_lines(imap) == [6]


SECOND: dict[str, tuple[str, list[str], tuple[str, bool, int] | None]] = {
    "imap, rejected": ("imap", ["* OK", "a2 BAD active", "a3 OK"], ("BAD active", False, 1)),
    "imap, accepted": ("imap", ["a2 ok begin", "a3 OK"], ("ok begin", True, 0)),
    "imap, not answered": ("imap", ["* BYE", "a3 OK bye", "a22 OK"], None),
    "pop3, rejected": ("pop3", ["-ERR active", "+OK bye"], ("-ERR active", False, 0)),
    "pop3, accepted": ("pop3", ["+OK begin"], ("+OK begin", True, 0)),
    "pop3, status behind another line": ("pop3", ["x", "-ERR", "+OK bye"], ("-ERR", False, 1)),
    "sieve, rejected": ("sieve", [*SIEVE, "NO active", "OK bye"], ("NO active", False, 2)),
    "sieve, accepted": ("sieve", [*SIEVE, "OK", "OK bye"], ("OK", True, 2)),
    "sieve, no capabilities": ("sieve", ["NO active", "OK bye"], ("NO active", False, 0)),
    "sieve, capabilities alone": ("sieve", SIEVE, None),
    "no line": ("sieve", [], None),
}


@pytest.mark.parametrize(("protocol", "said", "expected"), SECOND.values(), ids=SECOND)
def test_reply_of_a_mail_store_to_starttls_inside_tls(
    protocol: str, said: list[str], expected: tuple[str, bool, int] | None
) -> None:
    lines = [*POP3_LINES[:5], *(["S", text] for text in said)]
    found = upgrades.second_starttls(observe("starttls", protocol, {"said": said}, lines))
    assert found == (expected and (*expected[:2], [5 + expected[2]]))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((503, 220, 221), ("220 words", True)),
        ((503, 299, 221), ("299 words", True)),
        ((503, 300, 221), ("300 words", False)),
        ((503, 554), ("554 words", False)),
        ((503,), None),
        ((), None),
    ],
)
def test_reply_of_a_mail_server_to_starttls_inside_tls(
    codes: tuple[int, ...], expected: tuple[str, bool] | None
) -> None:
    facts = replies(*codes)
    found = upgrades.second_starttls(observe("starttls", "smtp", facts, SMTP_LINES))
    assert found == (expected and (*expected, [facts["answers"][1]]))


def test_reply_to_starttls_inside_tls_is_not_seen_without_tls() -> None:
    assert upgrades.second_starttls(observe("starttls", "imap", {"starttls": {}})) is None
