# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: lets a server take small messages to the canary where it took a stranger's recipient, and
chooses which.

Sends mail, so only where it was asked for by name. Writes down each reply and judges none (RFC 5321
section 3.3).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .. import _model
from .._protocols import smtp, smtp_reply_text
from .._scan.conversation import Steps, Talk, TlsFacts, WireError
from . import open_relay, relay_addresses, relay_batches

#: How many messages a target may be left with, and how many of them where only rewritten recipients
#: were taken.
MAX_QUEUED, MAX_REWRITTEN = 6, 2
#: The control whose acceptance asks whether the host bounces what it cannot deliver.
UNKNOWN_USER = "unknown_at_domain"
#: What ends the local part of a sender, so that a bounce can be told from a message that was passed
#: on.
BACK = "-back"
#: What a connection is told to reach the same state again.
KEPT = ("helo", "server_name", "protocol", "implicit_tls", "state", "implicit", "lmtp")
STATES = ("clear", "implicit", "starttls", "certificate", "resumed")
_QUEUED_AS = re.compile(
    r"queued as ([\w.-]+)|\bid=([\w-]+)|^\d\.\d\.\d ([\w-]{8,}) Message accepted", re.I
)

FORMS = {
    form.id: form
    for form in (
        *relay_addresses.FORMS,
        *relay_addresses.ROLES,
        *relay_addresses.CONTROLS,
        relay_addresses.INTERNATIONAL,
    )
}
Message = t.Dict[str, t.Any]
Key = t.Tuple[str, str, str]


class DeliveryFacts(t.TypedDict, total=False):
    """What becomes of messages to the canary that a server accepted.

    extensions: keyword to parameters of the extensions in the reply to EHLO.
    tls: the handshake, without the certificate.
    messages: each message with its parameters, and phase, reply and queue_id: how it ended.
    waited: seconds that were waited for messages to arrive.
    arrivals: what arrived at the canary: recipient, sender, peer, helo and head.
    """

    extensions: t.Dict[str, str]
    tls: TlsFacts
    messages: t.List[Message]
    waited: float
    arrivals: t.List[t.Dict[str, t.Any]]


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


def put_off(seen: _model.Observation) -> list[Message]:
    """The messages that met a mere delay, so that it is worth while to come back with them; none
    once enough were taken.
    """
    entries = seen["facts"].get("messages", ())
    late = {
        entry["token"]
        for entry in entries
        if smtp_reply_text.put_off(entry["phase"], entry["reply"])
    }
    enough = sum(taken(entry) for entry in entries) >= seen["params"]["enough"]
    return [
        message for message in seen["params"]["messages"] if message["token"] in late and not enough
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
        said = yield from smtp.command(talk, words)
        _answer(entry, phase, said)
        if not (said.code == 354 if phase == "data" else said.ok):
            if phase != "helo":
                yield from smtp.command(talk, "RSET")
            return
    yield from talk.send(content + b".\r\n", f"the message, {len(content)} octets")
    said = yield from talk.read(smtp.reply)
    match = _QUEUED_AS.search(" ".join(said.lines))
    entry["queue_id"] = next((word for word in match.groups() if word), "") if match else ""
    _answer(entry, "end", said)
    if not said.ok:  # Postfix keeps the transaction open
        yield from smtp.command(talk, "RSET")


def _answer(entry: Message, phase: str, said: smtp.Reply) -> None:
    entry["phase"], entry["reply"] = phase, said.to_dict()
    if said.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(said.lines)}")


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
    """Whether what arrived is a message of ours: by its recipient, or by its header where the
    recipient is a role.
    """
    return message["token"] in arrival[
        "recipient"
    ] or f"X-Airtight-Token: {message['token']}\n" in arrival["head"].replace("\r", "")


def deliverable(form: str) -> bool:
    """Whether a form, taken, could bring a message to the canary."""
    path = FORMS[form].path if form in FORMS else ""
    return "{stranger}" in path.lower() and ".{stranger}" not in path


def accepted(attempt: t.Mapping[str, t.Any]) -> bool:
    """Whether a recipient was taken."""
    return (
        attempt["phase"] == "rcpt"
        and attempt["reply"] is not None
        and 200 <= attempt["reply"]["code"] < 300
    )


class Endpoint(t.NamedTuple):
    """What was taken in one state of one service: the connections to make one after the other, and
    when it is enough.
    """

    jobs: list[_model.Job]
    enough: int


def endpoints(
    observations: t.Iterable[_model.Observation],
    known: t.Callable[[str], dict[str, str]],
    canary: str,
    token: t.Callable[[], str],
) -> list[Endpoint]:
    """What to send to one target, after all that it accepted.

    known: the names for forms at an address; token: makes a local part that nobody can guess.
    """
    found: dict[tuple[int, str, str, int], dict[Key, tuple[_model.Observation, Message]]] = {}
    unknown = []
    for seen in observations:
        for attempt in (
            seen["facts"].get("attempts", ())
            if seen["probe"] == "relay" and not seen["params"].get("login")
            else ()
        ):
            if not accepted(attempt):
                continue
            if attempt["form"] == UNKNOWN_USER and seen["service"] == "smtp":
                unknown.append((seen, attempt))
            elif attempt["form"] in FORMS:
                place = (
                    STATES.index(seen["params"]["state"]),
                    seen["service"],
                    seen["address"],
                    seen["port"],
                )
                key = (attempt["helo"], attempt["sender"], attempt["form"])
                found.setdefault(place, {}).setdefault(key, (seen, attempt))
    lone = [_endpoint([unknown[0]], known, canary, token, 1)] if unknown else []
    return lone + [
        _endpoint(sorted(found[place].values(), key=_rank), known, canary, token)
        for place in sorted(found)
    ]


def _rank(entry: tuple[_model.Observation, Message]) -> tuple[bool, bool, bool, int, int]:
    """The plain way first, then other recipients, other senders, other HELO names; then what a host
    may keep under a name of its own, and last, where all was refused, what cannot arrive."""
    attempt = entry[1]
    place = (
        list(relay_addresses.SENDERS).index(attempt["sender"]),
        list(FORMS).index(attempt["form"]),
    )
    return (
        not deliverable(attempt["form"]),
        FORMS[attempt["form"]].kind != relay_addresses.REMOTE,
        bool(attempt["helo"]),
        *place,
    )


def _endpoint(
    entries: t.Sequence[tuple[_model.Observation, Message]],
    known: t.Callable[[str], dict[str, str]],
    canary: str,
    token: t.Callable[[], str],
    enough: int = 0,
) -> Endpoint:
    seen = entries[0][0]
    names = {**known(seen["address"]), "stranger": canary, "STRANGER": canary.upper()}
    messages = [
        (entry["params"].get("hello", ""), _filled(attempt, names, token()))
        for entry, attempt in entries
    ]
    kinds = {
        FORMS[attempt["form"]].kind for _seen, attempt in entries if deliverable(attempt["form"])
    }
    enough = enough or (MAX_REWRITTEN if kinds == {relay_addresses.REWRITTEN} else 1)
    kept = {key: value for key, value in seen["params"].items() if key in KEPT}
    params = {**kept, "canary": canary, "enough": enough}
    jobs = [
        _model.Job(
            "delivery",
            seen["target"],
            seen["service"],
            seen["address"],
            seen["port"],
            {**params, **batch},
        )
        for batch in _batches(messages)
    ]
    return Endpoint(jobs, enough)


def _batches(messages: t.Sequence[tuple[str, Message]]) -> list[dict[str, t.Any]]:
    """The messages of each connection, and the HELO command that it has to begin with, if any."""
    found = []
    for hello in dict.fromkeys(hello for hello, _message in messages):
        mine = [message for first, message in messages if first == hello]
        groups = [
            mine[at : at + relay_batches.MAX_REFUSALS]
            for at in range(0, len(mine), relay_batches.MAX_REFUSALS)
        ]
        found += [{"messages": group, **({"hello": hello} if hello else {})} for group in groups]
    return found


def _filled(attempt: Message, names: dict[str, str], token: str) -> Message:
    """An accepted attempt, with the canary in the stranger's place and a token in the user's."""
    form = FORMS[attempt["form"]]
    sender = (
        "<{user}@{stranger}>"
        if form.id == UNKNOWN_USER
        else relay_addresses.SENDERS[attempt["sender"]]
    )
    path = (
        relay_addresses.fill(
            form.path,
            {
                **names,
                "user": token,
                **({"token": token} if form.kind == relay_addresses.REMOTE else {}),
            },
        )
        or ""
    )
    back = relay_addresses.fill(sender, {**names, "user": token + BACK}) or "<>"
    return {
        "helo": attempt["helo"],
        "sender_id": attempt["sender"],
        "sender": path if attempt["sender"] == "same_as_recipient" else back,
        "form": form.id,
        "path": path,
        "token": token,
    }
