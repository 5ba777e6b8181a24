# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: STARTTLS with an argument, and a command in clear where TLS should begin (RFC 3207, 9051,
2595, 5804).

The probe writes down what it observed and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import imap_pop3_sieve, smtp
from .._scan.conversation import Steps, Talk, WireError, text
from .starttls import ALERT, LINGER_SECONDS
from .starttls_dialects import DIALECTS
from .tls_handshake import kind

#: Octets of the head of a record.
_RECORD = 5


class StarttlsGarbageFacts(t.TypedDict, total=False):
    """What a server does with an argument of STARTTLS, and with a command where TLS should begin.

    argument: the reply to STARTTLS with an argument (SMTP).
    starttls: the reply to STARTTLS.
    early: what came in clear after that reply.
    kind: what came back to the command: nothing, mail (a reply in clear), alert or other.
    said: its text.
    again: what came back to the same command once more, where that was a reply in clear.
    """

    argument: smtp.StoredReply
    starttls: smtp.StoredReply | imap_pop3_sieve.StoredAnswer
    early: str
    kind: str
    said: str
    again: str


def garbage(talk: Talk, facts: StarttlsGarbageFacts, params: dict[str, t.Any]) -> Steps:
    """Send STARTTLS with an argument (SMTP only), then STARTTLS and, where TLS should begin, a
    command in clear.

    params: protocol, helo.
    """
    if params["protocol"] == "smtp":
        clear = "EHLO " + params["helo"]
        yield from smtp.greeting(talk)
        yield from smtp.ehlo(talk, params["helo"])
        said = yield from smtp.command(talk, "STARTTLS now")
        facts["argument"] = said.to_dict()
        if said.code != 220:
            said = yield from smtp.command(talk, "STARTTLS")
        facts["starttls"] = said.to_dict()
        go_on = said.code == 220
    else:
        dialect = DIALECTS[params["protocol"]]
        clear = dialect.clear
        yield from talk.read(dialect.greeting)
        yield from talk.send(dialect.upgrade.encode("ascii") + b"\r\n")
        answer = yield from talk.read(dialect.answer)
        facts["starttls"] = answer.to_dict()
        go_on = answer.status == dialect.go_ahead
    if go_on:
        yield from _in_clear(talk, facts, clear)


def _in_clear(talk: Talk, facts: StarttlsGarbageFacts, words: str) -> Steps:
    """The command, and whatever comes back, which may be the end; the same again where that was in
    clear, as it may have lost its head.

    facts: early (what came before it), kind and said (of what came back), again (what came back the
    second time).
    """
    early = yield from talk.linger(0)
    if early:
        facts["early"] = text(early)[:200]
    said = yield from _answer(talk, words)
    facts["kind"], facts["said"] = kind(said), text(said)[:200]
    if facts["kind"] == "mail":
        again = yield from _answer(talk, words)
        facts["again"] = text(again)[:200]


def _answer(talk: Talk, words: str) -> t.Generator[t.Any, t.Any, bytes]:
    """The reply to a command in clear, without the alerts of the failed handshake."""
    try:
        yield from talk.send(words.encode("ascii") + b"\r\n")
        data = yield from talk.linger(LINGER_SECONDS)
    except WireError as exc:
        if exc.kind != "closed":
            raise
        talk.note("*", exc.text)
        data = yield from talk.linger(0)
    return _behind_alerts(data) or data


def _behind_alerts(data: bytes) -> bytes:
    """What follows the alerts of a handshake that failed: Courier goes on in clear after them."""
    while data[:2] == ALERT + b"\x03" and len(data) >= _RECORD:
        data = data[_RECORD + int.from_bytes(data[3:_RECORD], "big") :]
    return data
