# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: what a server takes for the end of a message (RFC 5321 sections 2.3.8 and 4.1.1.4), and
whether a client may send commands in the same segment.

The probes send the text of a message to the postmaster of the target. Most servers reject it
wherever it ends: its header has too many Received fields (RFC 5321 section 6.3), and a line of it
is too long (section 4.5.3.1.6). The sender is empty, so that nothing comes back. The probe writes
down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, WireError

if t.TYPE_CHECKING:
    from .. import _model

_PIECES = {
    "CR": b"\r",
    "LF": b"\n",
    "CRLF": b"\r\n",
    "NUL": b"\0",
    "SP": b" ",
    "TAB": b"\t",
    "VT": b"\v",
    "FF": b"\f",
    "NEL": b"\xc2\x85",
    "LS": b"\xe2\x80\xa8",
}
#: What could be taken for CR LF . CR LF, in the words of _PIECES. By what tells them apart: who can
#: have them sent.
BARE_LF = ("LF . LF", "LF . CRLF", "LF . CR", "LF CR . LF CR")
BARE_CR = ("CR . CR", "CR . LF", "CR . CRLF")
OTHER_BREAKS = ("CRLF NUL . CRLF", "CRLF TAB . CRLF", "NEL . NEL", "VT . VT", "FF . FF", "LS . LS")
STUFFED = (
    "CRLF . LF",
    "CRLF . CR",
    "CRLF . CR CRLF",
    "CR CRLF . CR CRLF",
    "CRLF . NUL CRLF",
    "CRLF . SP CRLF",
)
VARIANTS = BARE_LF + BARE_CR + OTHER_BREAKS + STUFFED
#: Variants for each connection; one that is answered is asked retry_batches, alone.
TOGETHER = 4
#: Seconds of silence after which a variant has ended nothing. What comes later is noticed at the
#: end.
PAUSE = 1.5
_LAST = 60.0
_HOP = b"Received: from airtight.invalid by airtight.invalid; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
_HOPS = 120
_LONG = 1200
_HEAD = (
    _HOP * _HOPS
    + b"From: audit@airtight.invalid\r\n"
    + b"Subject: audit of this mail server: what ends a message?\r\n"
    + b"\r\n"
    + (
        b"Somebody asked this server, with the audit of airtight.mail, what it takes for the end "
        b"of a message.\r\n"
    )
    + b"x" * _LONG
    + b"\r\n"
)
_END = b"the end of the text\r\n.\r\n"


class Refused(t.TypedDict, total=False):
    """Why the text of a message could not be sent.

    command: the command that was rejected.
    reply: the reply to it.
    """

    command: str
    reply: smtp.StoredReply


class SmuggleFacts(t.TypedDict, total=False):
    """Which sequences a server takes for the end of a message.

    variants: sequence to the reply that came behind it, None for silence.
    next: the reply to NOOP after such a reply; None where the server has gone.
    end: the reply to the true end.
    quit: the reply to QUIT after it; None where the server has gone.
    refused: why no text could be sent.
    """

    variants: dict[str, smtp.StoredReply | None]
    next: smtp.StoredReply | None
    end: smtp.StoredReply
    quit: smtp.StoredReply | None
    refused: Refused


class SmuggleSyncFacts(t.TypedDict, total=False):
    """How a server answers to a second message in the same segment.

    replies: the replies, up to that to DATA of the second message.
    closed: whether the server then closed the connection.
    refused: why no text could be sent.
    """

    replies: list[smtp.StoredReply]
    closed: bool
    refused: Refused


def smuggle(talk: Talk, facts: SmuggleFacts, params: dict[str, t.Any]) -> Steps:
    """Send one message with sequences in its text that a server might take for its end.

    params: helo, tls (bool), server_name, recipient, variants (some of VARIANTS).
    """
    facts["variants"] = {}
    if not (yield from _begin(talk, facts, params)):
        return
    yield from talk.send(
        _HEAD, shown=f"a message with {_HOPS} lines Received and a line of {_LONG} octets"
    )
    for variant in params["variants"]:
        yield from talk.send(b"some text" + ending(variant), shown="some text, then " + variant)
        reply = yield from _answer(talk, PAUSE)
        facts["variants"][variant] = reply
        if reply:
            facts["next"] = yield from _ask(talk, "NOOP")
            return
    yield from talk.send(_END, shown="some text, then CRLF . CRLF")
    facts["end"] = (yield from talk.read(smtp.reply, _LAST)).to_dict()
    facts["quit"] = yield from _ask(talk, "QUIT")


def without_dot(variant: str) -> str:
    """The same octets with a letter in place of the dot, which end nothing: a server that answers
    them in the same way rejects the octets and not an end.
    """
    return variant.replace(" . ", " x ")


def _controls(observation: _model.Observation, variants: list[str]) -> list[list[str]]:
    """What shows why a server left after the first variant."""
    facts = observation["facts"]
    early = facts.get("variants", {}).get(variants[0])
    left = (facts.get("next") if early else facts.get("quit")) or {"code": 421}
    asked = early or (len(variants) == 1 and "end" in facts)
    control = without_dot(variants[0])
    return [[control]] if asked and left["code"] == 421 and control != variants[0] else []


def ending(variant: str) -> bytes:
    """The octets of a variant."""
    return b"".join(
        _PIECES[piece] if piece in _PIECES else piece.encode("ascii") for piece in variant.split()
    )


def batches() -> list[list[str]]:
    """All variants, dealt out over connections."""
    return [list(VARIANTS[start : start + TOGETHER]) for start in range(0, len(VARIANTS), TOGETHER)]


def retry_batches(observation: _model.Observation, variants: list[str]) -> list[list[str]]:
    """The variants to repeat: each alone after an early reply, all after a broken connection. A
    reply to the first variant needs no repetition.
    """
    facts = observation["facts"]
    if facts.get("refused"):
        return []
    if any(facts.get("variants", {}).values()):
        left = variants[1:] if facts["variants"][variants[0]] else variants
        return [[variant] for variant in left] + _controls(observation, variants)
    if "end" in facts and (facts.get("quit") or {}).get("code") != 221:
        return [[variant] for variant in variants]
    return [variants] if observation["error"] else []


def control_batches(observation: _model.Observation, variants: list[str]) -> list[list[str]]:
    """What a variant that was sent alone asks for next."""
    return [] if observation["facts"].get("refused") else _controls(observation, variants)


def sync(talk: Talk, facts: SmuggleSyncFacts, params: dict[str, t.Any]) -> Steps:
    """Send the end of a message and a second message in the same segment.

    params: helo, tls (bool), server_name, recipient.
    """
    if not (yield from _begin(talk, facts, params)):
        return
    second = f"MAIL FROM:<>\r\nRCPT TO:{params['recipient']}\r\nDATA\r\nSubject: a second one\r\n"
    yield from talk.send(
        _HEAD + _END + second.encode("utf-8"),
        shown="a message, and at once: " + second.replace("\r\n", " / "),
    )
    facts["replies"] = []
    try:
        while len(facts["replies"]) < 4:
            facts["replies"].append((yield from talk.read(smtp.reply)).to_dict())
            if facts["replies"][-1]["code"] == 354:
                return
    except WireError as exc:
        if exc.kind != "closed" or not facts["replies"]:
            raise
        facts["closed"] = True
        talk.note("*", exc.text)


def _begin(talk: Talk, facts: SmuggleFacts | SmuggleSyncFacts, params: dict[str, t.Any]) -> Steps:
    """Come to where the text may be sent; else say in facts['refused'] what hindered. params: helo,
    tls (bool), server_name, recipient.
    """
    if params["tls"]:
        yield from smtp.starttls(talk, params["helo"])
        yield from talk.upgrade(params["server_name"])
    else:
        yield from smtp.greeting(talk)
    yield from smtp.ehlo(talk, params["helo"])
    for words in ("MAIL FROM:<>", "RCPT TO:" + params["recipient"], "DATA"):
        reply = yield from smtp.command(talk, words)
        if not reply.ok and reply.code != 354:
            facts["refused"] = {"command": words, "reply": reply.to_dict()}
            yield from smtp.quit_(talk)
            return False
    return True


def _answer(talk: Talk, seconds: float) -> Steps:
    """The reply that comes unasked within some seconds, or None for silence."""
    try:
        return (yield from talk.read(smtp.reply, seconds)).to_dict()
    except WireError as exc:
        if exc.kind != "timeout":
            raise
        return None


def _ask(talk: Talk, words: str) -> Steps:
    """The reply to a command, or None where the server has gone."""
    try:
        return (yield from smtp.command(talk, words)).to_dict()
    except WireError as exc:
        if exc.kind != "closed":
            raise
        talk.note("*", exc.text)
        return None
