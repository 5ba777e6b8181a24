# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SMTP replies are told apart however they arrive, and what is no reply is called so."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, play, segments

EHLO = (
    b"250-mx1.example.org\r\n250-STARTTLS\r\n250-AUTH=PLAIN\r\n250-AUTH LOGIN\r\n250 SIZE 1000\r\n"
)
REPLIES = {
    "one line": (b"220 mx1.example.org ESMTP\r\n", smtp.Reply(220, "", ("mx1.example.org ESMTP",))),
    "code alone": (b"354\r\n", smtp.Reply(354, "", ("",))),
    "bare line feed": (b"250 ok\n", smtp.Reply(250, "", ("ok",))),
    "enhanced": (b"554 5.7.1 no\r\n", smtp.Reply(554, "5.7.1", ("5.7.1 no",))),
    "enhanced alone": (b"250 2.1.0\r\n", smtp.Reply(250, "2.1.0", ("2.1.0",))),
    "lines": (
        b"550-5.1.1 who\r\n550 5.1.1 is it\r\n",
        smtp.Reply(550, "5.1.1", ("5.1.1 who", "5.1.1 is it")),
    ),
    "ends without text": (b"250-a\r\n250\r\n", smtp.Reply(250, "", ("a", ""))),
    "not UTF-8": (b"250 caf\xe9\r\n", smtp.Reply(250, "", ("caf\ufffd",))),
}


@pytest.mark.parametrize(("data", "reply"), REPLIES.values(), ids=REPLIES)
def test_reply(data: bytes, reply: smtp.Reply) -> None:
    assert smtp.reply(data) == (reply, len(data))
    assert smtp.reply(data + b"221 bye\r\n") == (reply, len(data)), "two replies in one segment"
    for first, _rest in segments(data):
        assert smtp.reply(first) is None


@pytest.mark.parametrize(
    "data",
    [
        *(b"\r\n", b"2\r\n", b"25\r\n", b"250+x\r\n", b"2500 x\r\n", b"abc d\r\n"),
        *(b"250-a\r\n251 b\r\n", b"* OK IMAP\r\n", b"\xff\xfe\n"),
    ],
)
def test_no_reply(data: bytes) -> None:
    with pytest.raises(WireError, match="not an SMTP reply") as caught:
        smtp.reply(data)
    assert caught.value.kind == "garbled"


def test_endless_reply() -> None:
    with pytest.raises(WireError) as caught:
        smtp.reply(b"250-more\r\n" * 1001)
    assert caught.value.kind == "too_long"


def test_keywords() -> None:
    found = smtp.reply(EHLO)
    assert found is not None
    assert smtp.keywords(found[0]) == {"STARTTLS": "", "AUTH": "PLAIN LOGIN", "SIZE": "1000"}


@pytest.mark.parametrize(
    ("script", "kind", "text"),
    [
        ([b"554 no\r\n"], "closed", "greeted with 554 no"),
        ([b"220 hi\r\n", b"250 mx1\r\n"], "tls", "STARTTLS is not offered"),
        ([b"220 hi\r\n", b"502 what\r\n", b"250 mx1\r\n"], "tls", "STARTTLS is not offered"),
        ([b"220 hi\r\n", EHLO, b"454 4.7.0 not now\r\n"], "tls", "answered 454"),
        ([b"220 hi\r\n", EHLO, EOF], "closed", "closed"),
    ],
)
def test_starttls_does_not_come_about(script: list[object], kind: str, text: str) -> None:
    played = play(lambda talk, _facts, _params: smtp.starttls(talk, "me.example.net"), {}, script)
    assert played.error is not None
    assert played.error.kind == kind
    assert text in played.error.text


def test_starttls() -> None:
    script = [b"220 hi\r\n", EHLO[:30], EHLO[30:], b"220 2.0.0 go\r\n"]
    played = play(lambda talk, _facts, _params: smtp.starttls(talk, "me.example.net"), {}, script)
    assert played.error is None
    assert played.sent == [b"EHLO me.example.net\r\n", b"STARTTLS\r\n"]
