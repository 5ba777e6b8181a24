# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""IMAP, POP3 and ManageSieve answers are told apart however they arrive, and what is none is called
so.
"""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import imap_pop3_sieve
from ansible_collections.airtight.mail.plugins.module_utils._protocols.imap_pop3_sieve import Answer
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    Parser,
    WireError,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import play, segments

IMAP = imap_pop3_sieve.imap("a1")
CAPA = imap_pop3_sieve.pop3(multiline=True)
ANSWERS = {
    "IMAP greeting": (imap_pop3_sieve.imap("*"), b"* OK ready\r\n", Answer("OK", "ready", ())),
    "IMAP preauth": (
        imap_pop3_sieve.imap("*"),
        b"* preauth hello\r\n",
        Answer("PREAUTH", "hello", ()),
    ),
    "IMAP tagged": (
        IMAP,
        b"* BAD [ALERT] tut\r\na1 NO [X] no\r\n",
        Answer("NO", "[X] no", ("* BAD [ALERT] tut",)),
    ),
    "IMAP tagged alone": (IMAP, b"a1 OK\r\n", Answer("OK", "", ())),
    "IMAP continuation": (IMAP, b"+ \r\n", Answer("+", "", ())),
    "IMAP bare continuation": (IMAP, b"+\r\n", Answer("+", "", ())),
    "IMAP literal": (
        IMAP,
        b"* X {5}\r\na1 OK b\r\na1 OK y\r\n",
        Answer("OK", "y", ("* X {5}a1 OK b",)),
    ),
    "IMAP not UTF-8": (IMAP, b"* \xff\r\na1 OK\n", Answer("OK", "", ("* \ufffd",))),
    "POP3 line": (imap_pop3_sieve.pop3(), b"+OK hi\r\n", Answer("+OK", "hi", ())),
    "POP3 refusal": (CAPA, b"-ERR [AUTH] no\r\n", Answer("-ERR", "[AUTH] no", ())),
    "POP3 continuation": (imap_pop3_sieve.pop3(), b"+ \r\n", Answer("+", "", ())),
    "POP3 list": (CAPA, b"+OK\r\nSTLS\r\nSASL\r\n.\r\n", Answer("+OK", "", ("STLS", "SASL"))),
    "POP3 empty list": (CAPA, b"+OK\r\n.\r\n", Answer("+OK", "", ())),
    "sieve": (
        imap_pop3_sieve.sieve,
        b'"A" "b"\r\n"STARTTLS"\r\nOK "hi"\r\n',
        Answer("OK", '"hi"', ('"A" "b"', '"STARTTLS"')),
    ),
    "sieve no text": (imap_pop3_sieve.sieve, b"ok\r\n", Answer("OK", "", ())),
    "sieve code": (
        imap_pop3_sieve.sieve,
        b'NO (ENCRYPT-NEEDED) "x"\r\n',
        Answer("NO", '(ENCRYPT-NEEDED) "x"', ()),
    ),
    "sieve code at once": (imap_pop3_sieve.sieve, b"BYE(X)\r\n", Answer("BYE", "(X)", ())),
    "sieve literal": (
        imap_pop3_sieve.sieve,
        b"NO {6}\r\nOK\r\nno\r\n",
        Answer("NO", "{6}OK\r\nno", ()),
    ),
    "sieve challenge": (imap_pop3_sieve.sieve_sasl, b'""\r\n', Answer("+", '""', ())),
    "sieve literal challenge": (
        imap_pop3_sieve.sieve_sasl,
        b"{4}\r\nabcd\r\n",
        Answer("+", "{4}abcd", ()),
    ),
    "sieve no challenge": (imap_pop3_sieve.sieve_sasl, b"NO\r\n", Answer("NO", "", ())),
}


@pytest.mark.parametrize(("parser", "data", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answer(parser: Parser, data: bytes, answer: Answer) -> None:
    assert parser(data) == (answer, len(data))
    assert parser(data + b"x OK\r\n") == (answer, len(data)), "two answers in one segment"
    for first, _rest in segments(data):
        assert parser(first) is None


@pytest.mark.parametrize(
    ("parser", "data"),
    [
        (IMAP, b"220 mx1 ESMTP\r\n"),
        (IMAP, b"a2 OK\r\n"),
        (IMAP, b"\r\n"),
        (imap_pop3_sieve.pop3(), b"* OK IMAP\r\n"),
        (imap_pop3_sieve.pop3(), b"+ok\r\n"),
        (imap_pop3_sieve.sieve, b"HTTP/1.1 400 Bad\r\n"),
        (imap_pop3_sieve.sieve, b"OKAY\r\n"),
        (imap_pop3_sieve.sieve_sasl, b"+ \r\n"),
        (imap_pop3_sieve.sieve, b"\xff\xff\n"),
    ],
)
def test_no_answer(parser: Parser, data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        parser(data)
    assert caught.value.kind == "garbled"


@pytest.mark.parametrize(
    ("parser", "data"),
    [
        (IMAP, b"* x\r\n" * 1001),
        (IMAP, b"* {65537}\r\n"),
        (CAPA, b"+OK\r\n" + b"x\r\n" * 1001),
        (imap_pop3_sieve.sieve, b'"x"\r\n' * 1001),
        (imap_pop3_sieve.sieve, b"OK {99999999}\r\n"),
    ],
)
def test_endless_answer(parser: Parser, data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        parser(data)
    assert caught.value.kind == "too_long"


def test_sieve_capabilities() -> None:
    lines = (
        '"Implementation" {7}Dovecot',
        '"SASL" ""',
        '"SIEVE" "fileinto reject"',
        '"STARTTLS"',
        '"X" "a\\"b"',
    )
    assert imap_pop3_sieve.sieve_capabilities(Answer("OK", "", (*lines, "{3}Odd", "junk"))) == {
        "IMPLEMENTATION": "Dovecot",
        "SASL": "",
        "SIEVE": "fileinto reject",
        "STARTTLS": "",
        "X": 'a\\"b',
        "ODD": "",
    }


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("* OK x", "* CAPABILITY IMAP4rev1 StartTLS"), ["IMAP4REV1", "STARTTLS"]),
        (("* capability",), []),
        (("* OK x",), []),
        ((), []),
    ],
)
def test_imap_capabilities(lines: tuple[str, ...], found: list[str]) -> None:
    assert imap_pop3_sieve.imap_capabilities(Answer("OK", "", lines)) == found


STARTTLS = {
    "imap": (
        imap_pop3_sieve.starttls_imap,
        b"* OK\r\n",
        b"t1 STARTTLS\r\n",
        b"t1 OK\r\n",
        b"t1 BAD no\r\n",
    ),
    "pop3": (imap_pop3_sieve.starttls_pop3, b"+OK\r\n", b"STLS\r\n", b"+OK\r\n", b"-ERR no\r\n"),
    "sieve": (
        imap_pop3_sieve.starttls_sieve,
        b'"STARTTLS"\r\nOK\r\n',
        b"STARTTLS\r\n",
        b"OK\r\n",
        b"NO no\r\n",
    ),
}


@pytest.mark.parametrize(
    ("steps", "greeting", "command", "yes", "no"), STARTTLS.values(), ids=STARTTLS
)
def test_starttls(steps: object, greeting: bytes, command: bytes, yes: bytes, no: bytes) -> None:
    taken = play(lambda talk, _facts, _params: steps(talk), {}, [greeting, yes])
    assert taken.error is None
    assert taken.sent == [command]
    refused = play(lambda talk, _facts, _params: steps(talk), {}, [greeting, no])
    assert refused.error is not None
    assert refused.error.kind == "tls"
    assert "was answered" in refused.error.text
