# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The mailbox probe against scripts of sound, careless and broken servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes.mailstore_session import session
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    play,
    without_places,
)

HANDSHAKE = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
PRIVACY = (
    b"[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."
)
NO_AUTHENTICATE = b"a2 NO " + PRIVACY + b"\r\n"
NO_LOGIN = b"* BAD [ALERT] tut\r\na3 NO " + PRIVACY + b"\r\n"
LITERAL = [b"+ OK\r\n", b"a3 BAD Error in IMAP command LOGIN\r\n"]
CAPABILITY = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK\r\n"
SIEVE = b'"IMPLEMENTATION" "Dovecot"\r\n"SASL" "%s"\r\n"STARTTLS"\r\nOK "hi"\r\n'


def params(protocol: str, implicit_tls: bool = False, **more: bool) -> dict[str, t.Any]:
    return {
        "protocol": protocol,
        "implicit_tls": implicit_tls,
        "server_name": "mx1.example.org",
        **more,
    }


class Case(t.NamedTuple):
    """A server's script, and what is to come of it."""

    script: list[Item]
    facts: dict[str, t.Any]
    sent: list[bytes]
    error: str = ""


IMAP_FACTS = {
    "greeting": "OK hi",
    "preauth": False,
    "capabilities": ["IMAP4REV1", "STARTTLS", "LOGINDISABLED"],
    "starttls_offered": True,
}
_REFUSED = {"status": "NO", "rest": PRIVACY.decode()}
IMAP_REFUSED = {"authenticate": _REFUSED, "mechanisms": {"LOGIN": _REFUSED}}
IMAP_LITERAL = {
    "login_literal": {"status": "+", "rest": "OK"},
    "login_literal_end": {"status": "BAD", "rest": "Error in IMAP command LOGIN"},
}
IMAP_WORDS = [
    b"a1 CAPABILITY\r\n",
    b"a2 AUTHENTICATE PLAIN\r\n",
    b"a2 AUTHENTICATE LOGIN\r\n",
    b"a3 LOGIN {0}\r\n",
    b"\r\n",
]
IMAP = {
    "sound": Case(
        [
            b"* OK hi\r\n",
            CAPABILITY,
            NO_AUTHENTICATE,
            NO_AUTHENTICATE,
            *LITERAL,
            b"a4 NO later\r\n",
            b"* BYE\r\na9 OK\r\n",
        ],
        {**IMAP_FACTS, **IMAP_REFUSED, **IMAP_LITERAL},
        [*IMAP_WORDS, b"a4 STARTTLS\r\n", b"a9 LOGOUT\r\n"],
    ),
    "careless": Case(
        [
            b"* OK hi\r\n",
            CAPABILITY,
            b"+ \r\n",
            b"a2 BAD cancelled\r\n",
            *LITERAL,
            b"a4 BAD\r\n",
            b"a9 OK\r\n",
        ],
        {
            **IMAP_FACTS,
            "authenticate": {"status": "+", "rest": ""},
            "mechanisms": {},
            **IMAP_LITERAL,
        },
        [*IMAP_WORDS[:2], b"*\r\n", *IMAP_WORDS[3:], b"a4 STARTTLS\r\n", b"a9 LOGOUT\r\n"],
    ),
    "preauth": Case(
        [b"* PREAUTH root\r\n", b"a1 OK\r\n", EOF],
        {
            "greeting": "PREAUTH root",
            "preauth": True,
            "capabilities": [],
            "starttls_offered": False,
        },
        [b"a1 CAPABILITY\r\n", b"a9 LOGOUT\r\n"],
    ),
    "unwilling": Case(
        [b"* BYE full\r\n"], {"greeting": "BYE full", "preauth": False}, [], "closed"
    ),
    "closes after AUTHENTICATE": Case(
        [b"* OK hi\r\n", CAPABILITY, NO_AUTHENTICATE, EOF],
        {**IMAP_FACTS, "authenticate": _REFUSED, "mechanisms": {}},
        IMAP_WORDS[:3],
        "closed",
    ),
    "silent": Case(
        [b"* OK hi\r\n", TIMEOUT],
        {"greeting": "OK hi", "preauth": False},
        IMAP_WORDS[:1],
        "timeout",
    ),
    "no IMAP": Case([b"220 mx1 ESMTP\r\n"], {}, [], "garbled"),
}

POP3_FACTS = {"greeting": "+OK hi", "capa": ["STLS", "SASL"], "starttls_offered": True}
POP3_REFUSED = {"user": {"status": "-ERR", "rest": "[AUTH] no"}}
_AUTH = {"status": "-ERR", "rest": "[AUTH] no"}
POP3_WORDS = [
    b"CAPA\r\n",
    b"USER airtight-nobody\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN\r\n",
]
POP3 = {
    "sound": Case(
        [
            b"+OK hi\r\n",
            b"+OK\r\nSTLS\r\nSASL\r\n.\r\n",
            b"-ERR [AUTH] no\r\n",
            b"-ERR [AUTH] no\r\n",
            b"-ERR [AUTH] no\r\n",
            b"-ERR later\r\n",
            b"+OK\r\n",
        ],
        {**POP3_FACTS, **POP3_REFUSED, "auth": _AUTH, "mechanisms": {"LOGIN": _AUTH}},
        [*POP3_WORDS, b"STLS\r\n", b"QUIT\r\n"],
    ),
    "careless": Case(
        [b"+OK hi\r\n", b"-ERR what\r\n", b"+OK\r\n", b"+ \r\n", b"-ERR cancelled\r\n", b"+OK\r\n"],
        {
            "greeting": "+OK hi",
            "capa": None,
            "starttls_offered": False,
            "user": {"status": "+OK", "rest": ""},
            "auth": {"status": "+", "rest": ""},
            "mechanisms": {},
        },
        [*POP3_WORDS[:3], b"*\r\n", b"QUIT\r\n"],
    ),
    "closes after USER": Case(
        [b"+OK hi\r\n", b"+OK\r\nSTLS\r\nSASL\r\n.\r\n", b"-ERR [AUTH] no\r\n", EOF],
        {**POP3_FACTS, **POP3_REFUSED},
        POP3_WORDS[:3],
        "closed",
    ),
    "unwilling": Case([b"-ERR full\r\n"], {"greeting": "-ERR full"}, [], "closed"),
    "list without an end": Case(
        [b"+OK hi\r\n", b"+OK\r\nSTLS\r\n", EOF], {"greeting": "+OK hi"}, [b"CAPA\r\n"], "closed"
    ),
}

SIEVE_FACTS = {
    "greeting": 'OK "hi"',
    "capabilities": {"IMPLEMENTATION": "Dovecot", "SASL": "", "STARTTLS": ""},
    "starttls_offered": True,
    "sasl": "",
}
SIEVE_WORDS = [b'AUTHENTICATE "PLAIN"\r\n', b'AUTHENTICATE "LOGIN"\r\n']
_ENCRYPT = {"status": "NO", "rest": '(ENCRYPT-NEEDED) "no"'}
SIEVES = {
    "sound": Case(
        [SIEVE % b"", *[b'NO (ENCRYPT-NEEDED) "no"\r\n'] * 2, b"NO\r\n", b"OK\r\n"],
        {**SIEVE_FACTS, "authenticate": _ENCRYPT, "mechanisms": {"LOGIN": _ENCRYPT}},
        [*SIEVE_WORDS, b"STARTTLS\r\n", b"LOGOUT\r\n"],
    ),
    "careless": Case(
        [SIEVE % b"PLAIN", b'""\r\n', b'NO "cancelled"\r\n', b"NO\r\n", b"OK\r\n"],
        {
            **SIEVE_FACTS,
            "capabilities": {"IMPLEMENTATION": "Dovecot", "SASL": "PLAIN", "STARTTLS": ""},
            "sasl": "PLAIN",
            "authenticate": {"status": "+", "rest": '""'},
            "mechanisms": {},
        },
        [SIEVE_WORDS[0], b'"*"\r\n', b"STARTTLS\r\n", b"LOGOUT\r\n"],
    ),
    "without SASL": Case(
        [b"OK\r\n", b"BYE\r\n", EOF],
        {
            "greeting": "OK ",
            "capabilities": {},
            "starttls_offered": False,
            "sasl": None,
            "authenticate": {"status": "BYE", "rest": ""},
            "mechanisms": {},
        },
        [SIEVE_WORDS[0], b"LOGOUT\r\n"],
    ),
    "unwilling": Case([b'BYE "full"\r\n'], {"greeting": 'BYE "full"'}, [], "closed"),
    "closes": Case([SIEVE % b"", EOF], SIEVE_FACTS, SIEVE_WORDS[:1], "closed"),
}

CASES = {
    f"{protocol} {label}": (protocol, case)
    for protocol, cases in (("imap", IMAP), ("pop3", POP3), ("sieve", SIEVES))
    for label, case in cases.items()
}


@pytest.mark.parametrize(("protocol", "case"), CASES.values(), ids=CASES)
def test_in_clear(protocol: str, case: Case) -> None:
    bytewise = [
        item[at : at + 1]
        for item in case.script
        if isinstance(item, bytes)
        for at in range(len(item))
    ]
    for script in (
        case.script,
        [*bytewise, *(item for item in case.script if not isinstance(item, bytes))],
    ):
        played = play(session, params(protocol), script)
        assert without_places(played.facts) == case.facts
        assert played.sent == case.sent
        assert (played.error.kind if played.error else "") == case.error


@pytest.mark.parametrize(
    ("protocol", "script", "sent"),
    [
        (
            "imap",
            [b"* OK hi\r\n", b"* CAPABILITY AUTH=PLAIN\r\na1 OK\r\n", b"a9 OK\r\n"],
            [b"a1 CAPABILITY\r\n", b"a9 LOGOUT\r\n"],
        ),
        ("pop3", [b"+OK hi\r\n", b"+OK\r\nUSER\r\n.\r\n", b"+OK\r\n"], [b"CAPA\r\n", b"QUIT\r\n"]),
        ("sieve", [SIEVE % b"PLAIN", b"OK\r\n"], [b"LOGOUT\r\n"]),
    ],
)
def test_inside_tls_nobody_logs_in(protocol: str, script: list[Item], sent: list[bytes]) -> None:
    played = play(session, params(protocol, implicit_tls=True), [HANDSHAKE, *script])
    assert played.error is None
    assert played.sent == sent
    assert not {"authenticate", "login", "user", "auth"} & set(played.facts)


@pytest.mark.parametrize(
    ("protocol", "clear", "go", "inside", "fact", "wanted"),
    [
        (
            "imap",
            [b"* OK hi\r\n", CAPABILITY, *[NO_AUTHENTICATE] * 2, *LITERAL],
            b"a4 OK\r\n",
            [
                b"* CAPABILITY AUTH=PLAIN\r\na5 OK\r\n",
                b"+ \r\n",
                b"a7 BAD aborted\r\n",
                b"a9 OK\r\n",
            ],
            "capabilities_tls",
            ["AUTH=PLAIN"],
        ),
        (
            "pop3",
            [b"+OK hi\r\n", b"+OK\r\nSTLS\r\n.\r\n", *[b"-ERR\r\n"] * 3],
            b"+OK\r\n",
            [
                b"+OK\r\nSASL PLAIN\r\n.\r\n",
                b"+ \r\n",
                b"-ERR aborted\r\n",
                b"+OK\r\n",
                b"+OK\r\n",
            ],
            "capa_tls",
            ["SASL PLAIN"],
        ),
        (
            "sieve",
            [SIEVE % b"", b"NO\r\n", b"NO\r\n"],
            b"OK\r\n",
            [b'"SASL" "PLAIN"\r\nOK\r\n', b'""\r\n', b"NO aborted\r\n", b"OK\r\n"],
            "capabilities_tls",
            {"SASL": "PLAIN"},
        ),
    ],
)
def test_what_is_offered_inside_tls(
    protocol: str, clear: list[Item], go: bytes, inside: list[Item], fact: str, wanted: t.Any
) -> None:
    played = play(session, params(protocol), [*clear, go, HANDSHAKE, *inside])
    assert played.error is None
    assert played.facts[fact] == wanted
    failed = play(session, params(protocol), [*clear, go, WireError("tls", "no shared cipher")])
    assert (failed.facts["tls_error"], fact in failed.facts) == ("no shared cipher", False)


def test_login_that_was_agreed_to_is_sent_in_clear_and_inside_tls() -> None:
    script: list[Item] = [
        b"* OK hi\r\n",
        CAPABILITY,
        NO_AUTHENTICATE,
        NO_AUTHENTICATE,
        NO_LOGIN,
        b"a4 OK\r\n",
        HANDSHAKE,
        b"a5 OK\r\n",
        b"+ \r\n",
        b"a7 BAD aborted\r\n",
        b"a8 NO [AUTHENTICATIONFAILED] wrong\r\n",
        b"a9 OK\r\n",
    ]
    played = play(session, params("imap", login=True), script)
    assert played.error is None
    assert [line for line in played.sent if b"LOGIN " in line] == [
        b"a3 LOGIN airtight-nobody airtight-nobody\r\n",
        b"a8 LOGIN airtight-nobody airtight-nobody\r\n",
    ]
    assert played.facts["login"]["rest"] == PRIVACY.decode()
    assert played.facts["login_tls"]["rest"] == "[AUTHENTICATIONFAILED] wrong"


def test_refused_literal_is_announced_again_inside_tls() -> None:
    script: list[Item] = [
        b"* OK hi\r\n",
        CAPABILITY,
        NO_AUTHENTICATE,
        NO_AUTHENTICATE,
        b"a3 NO never\r\n",
        b"a4 OK\r\n",
        HANDSHAKE,
        b"a5 OK\r\n",
        b"+ \r\n",
        b"a7 BAD aborted\r\n",
        b"+ go on\r\n",
        b"a8 BAD no name\r\n",
        b"a9 OK\r\n",
    ]
    played = play(session, params("imap"), script)
    assert played.error is None
    assert played.facts["login_literal_tls"]["status"] == "+"
    assert "login_literal_end" not in played.facts


def test_mechanisms_that_are_offered_in_clear_are_tried_until_one_is_taken() -> None:
    script: list[Item] = [
        b"* OK hi\r\n",
        b"* CAPABILITY AUTH=SCRAM-SHA-256 AUTH=CRAM-MD5 AUTH=XOAUTH2\r\na1 OK\r\n",
        *[b"a2 NO no\r\n"] * 2,
        b"+ \r\n",
        b"a2 BAD aborted\r\n",
        b"a3 NO no\r\n",
        b"a9 OK\r\n",
    ]
    played = play(session, params("imap"), script)
    assert played.error is None
    assert {name: said["status"] for name, said in played.facts["mechanisms"].items()} == {
        "LOGIN": "NO",
        "XOAUTH2": "+",
    }


@pytest.mark.parametrize(
    ("protocol", "script"),
    [
        ("imap", [b"* OK hi\r\n", b"a1 OK\r\n", b"+ \r\n", b"a2 NO\r\n", *LITERAL, EOF]),
        ("pop3", [b"+OK hi\r\n", b"-ERR\r\n", b"+OK\r\n", b"+ \r\n", b"-ERR\r\n", EOF]),
    ],
)
def test_service_for_tls_that_is_looked_at_in_clear_is_asked_for_logins(
    protocol: str, script: list[Item]
) -> None:
    played = play(session, params(protocol, implicit_tls=True, implicit=False), script)
    assert {"authenticate", "auth"} & set(played.facts)


def test_imap_says_who_it_is() -> None:
    script: list[Item] = [
        b"* OK hi\r\n",
        b"* CAPABILITY ID\r\na1 OK\r\n",
        b'* ID ("name" "Dovecot")\r\na6 OK\r\n',
        b"a9 OK\r\n",
    ]
    played = play(session, params("imap", implicit_tls=True), [HANDSHAKE, *script])
    assert played.facts["id"] == '* ID ("name" "Dovecot")'


def test_failed_handshake() -> None:
    played = play(
        session, params("imap", implicit_tls=True), [WireError("tls", "no shared cipher")]
    )
    assert played.error is not None
    assert played.facts == {}
