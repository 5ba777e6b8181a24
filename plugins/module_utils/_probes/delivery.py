# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: small messages to the canary, where the server accepted a recipient of another domain (RFC
5321 section 3.3).

Sends mail, so it runs only with an opt-in. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._protocols import smtp, smtp_reply_text
from .._scan.conversation import Steps, Talk, TlsFacts, WireError
from . import open_relay

if t.TYPE_CHECKING:
    from .. import _model

#: What ends the local part of a sender, so that a bounce can be told from a message that was passed
#: on.
BACK = "-back"
_QUEUED_AS = re.compile(
    r"queued as ([\w.-]+)|\bid=([\w-]+)|^\d\.\d\.\d ([\w-]{8,}) Message accepted", re.I
)

Message = t.Dict[str, t.Any]


class DeliveryFacts(t.TypedDict, total=False):
    """What becomes of messages to the canary that a server accepted.

    extensions: keyword to parameters of the extensions in the reply to EHLO.
    tls: the handshake, without the certificate.
    messages: each message with its parameters, and phase, reply and queue_id: how it ended.
    waited: seconds that were waited for messages to arrive.
    arrivals: what arrived at the canary: recipient, sender, peer, helo and head.
    """

    extensions: dict[str, str]
    tls: TlsFacts
    messages: list[Message]
    waited: float
    arrivals: list[dict[str, t.Any]]


def deliver(talk: Talk, facts: DeliveryFacts, params: dict[str, t.Any]) -> Steps:
    """Send messages to the canary, until as many as wanted were accepted.

    params: those of relay for the state; canary (domain), enough (how many), messages (a list of
    helo, sender_id, sender, form, path, token).
    """
    facts["messages"] = []
    _hello, facts["extensions"] = yield from open_relay.reach(talk, facts, params)
    queued = 0
    for message in params["messages"]:
        if queued == params["enough"]:
            break
        entry = {**message, "phase": "", "reply": None, "queue_id": ""}
        facts["messages"].append(entry)
        yield from _message(talk, entry, _text(message, params), bool(params.get("hello")))
        queued += taken(entry)
    yield from smtp.quit_(talk)


def taken(entry: Message) -> bool:
    """Whether the server took responsibility for a message."""
    return (
        entry["phase"] == "end"
        and entry["reply"] is not None
        and 200 <= entry["reply"]["code"] < 300
    )


def deferred_messages(observation: _model.Observation) -> list[Message]:
    """The messages that were deferred and are worth a second attempt; none once enough were
    accepted.
    """
    entries = observation["facts"].get("messages", ())
    late = {
        entry["token"]
        for entry in entries
        if smtp_reply_text.is_deferred(entry["phase"], entry["reply"])
    }
    enough = sum(taken(entry) for entry in entries) >= observation["params"]["enough"]
    return [
        message
        for message in observation["params"]["messages"]
        if message["token"] in late and not enough
    ]


def _message(talk: Talk, entry: Message, content: bytes, greeted: bool) -> Steps:
    """One transaction as far as it goes; greeted: its HELO name was given already."""
    commands = [("helo", entry["helo"])] if entry["helo"] and not greeted else []
    commands += [
        ("mail", "MAIL FROM:" + entry["sender"]),
        ("rcpt", "RCPT TO:" + entry["path"]),
        ("data", "DATA"),
    ]
    for phase, words in commands:
        reply = yield from smtp.command(talk, words)
        _answer(entry, phase, reply)
        if not (reply.code == 354 if phase == "data" else reply.ok):
            if phase != "helo":
                yield from smtp.command(talk, "RSET")
            return
    yield from talk.send(content + b".\r\n", f"the message, {len(content)} octets")
    reply = yield from talk.read(smtp.reply)
    match = _QUEUED_AS.search(" ".join(reply.lines))
    entry["queue_id"] = next((word for word in match.groups() if word), "") if match else ""
    _answer(entry, "end", reply)
    if not reply.ok:  # Postfix keeps the transaction open
        yield from smtp.command(talk, "RSET")


def _answer(entry: Message, phase: str, reply: smtp.Reply) -> None:
    entry["phase"], entry["reply"] = phase, reply.to_dict()
    if reply.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(reply.lines)}")


def _text(message: Message, params: dict[str, t.Any]) -> bytes:
    """A message that says what it is; it holds nothing that a filter could mind."""
    address = f"{message['token']}@{params['canary']}"
    return (
        f"From: <{message['token']}{BACK}@{params['canary']}>\r\nTo: <{address}>\r\nSubject: "
        f"Relay test {message['token']}\r\nMessage-ID: <{address}>\r\nAuto-Submitted: "
        f"auto-generated\r\nX-Airtight-Token: {message['token']}\r\n\r\nA test by airtight.mail, "
        f"made by the owner of this mail server or on their behalf\r\nfrom {params['helo']}: does "
        "the server pass on mail that is not for it?\r\nNobody has to do anything.\r\n"
    ).encode("ascii")


def is_of(arrival: dict[str, t.Any], message: Message) -> bool:
    """Whether an arrival is this message: by its recipient, or by its header where the recipient
    is a role.
    """
    return message["token"] in arrival[
        "recipient"
    ] or f"X-Airtight-Token: {message['token']}\n" in arrival["head"].replace("\r", "")
