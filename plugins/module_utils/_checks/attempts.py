# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server's answer to a relay attempt means: the states of RFC 2505 reasoning, one attempt at a time.

Pure functions over stored replies. A refusal that is not about relaying (a blocklist, greylisting, a sender's
domain, a lost reply) proves nothing about relaying and gets a state of its own.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._probes import forms

if t.TYPE_CHECKING:
    from .scene import Observation, Scene

ACCEPTED, REFUSED, REFUSED_FOR_NOW, DEFERRED = "accepted", "refused", "refused_for_now", "deferred"
SENDER_REFUSED, HELO_REFUSED, NOT_EXERCISED, LOST = "sender_refused", "helo_refused", "not_exercised", "lost"

KINDS = {form.id: form for form in forms.FORMS + forms.ROLES + forms.CONTROLS}

_SENDER = re.compile(r"sender address rejected|sender.{0,40}(rejected|refused|denied|not allowed|does not exist|verif)|null sender", re.I)
_GREYLIST = re.compile(r"gr[ea]y ?-?list|try (again )?later|come back|encryption is required", re.I)
_BLOCKED = re.compile(
    r"blocked using|blocklist|blacklist|dnsbl|\brbl\b|spamhaus|reputation|reverse (dns|host)|no ptr|cannot find your", re.I
)
_NO_DOMAIN = re.compile(
    r"null ?mx|domain not found|unknown domain|domain (does not|doesn't) exist|unrouteable|no such domain|host not found", re.I
)
_RELAY = re.compile(r"relay|not (permitted|authori[sz]ed|local)|authenticat|access denied", re.I)
_AUTH = re.compile(r"authenticat|auth ", re.I)


class View(t.NamedTuple):
    """An attempt with its state and the observation that it stands in."""

    attempt: dict[str, t.Any]
    state: str
    seen: Observation

    @property
    def reply(self) -> str:
        """The reply as it stood on the wire, or why there is none."""
        reply = self.attempt["reply"]
        if reply is None:
            return (self.seen["error"] or {"text": "no answer"})["text"]
        return "%d %s" % (reply["code"], reply["text"])

    @property
    def words(self) -> str:
        """The command that was answered."""
        return "MAIL FROM:%s RCPT TO:%s" % (self.attempt["mail_from"], self.attempt["path"])


def state(attempt: t.Mapping[str, t.Any]) -> str:
    """The state of one attempt, from the phase it ended in and the reply."""
    reply = attempt["reply"]
    if reply is None:
        return LOST
    code, enhanced, text = reply["code"], reply["enhanced"], reply["text"]
    if 200 <= code < 300:
        return ACCEPTED if attempt["phase"] == "rcpt" else LOST
    if code == 421:
        return LOST
    if 400 <= code < 500:
        return _for_now(attempt, enhanced, text)
    if attempt["phase"] == "helo" or "helo command rejected" in text.lower():
        return HELO_REFUSED
    if attempt["phase"] == "mail":
        return REFUSED if code == 530 or _AUTH.search(text) else SENDER_REFUSED
    return _refusal(attempt, enhanced, text)


def _for_now(attempt: t.Mapping[str, t.Any], enhanced: str, text: str) -> str:
    """A 4yz: a sender or HELO name that is not taken, a soft relay denial (Postfix's 454 4.7.1), or a mere delay."""
    if _SENDER.search(text):
        return SENDER_REFUSED
    if "helo command rejected" in text.lower():
        return HELO_REFUSED
    denial = enhanced == "4.7.1" or _RELAY.search(text)
    return (
        REFUSED_FOR_NOW if attempt["phase"] == "rcpt" and denial and not _BLOCKED.search(text) and not _GREYLIST.search(text) else DEFERRED
    )


def _refusal(attempt: t.Mapping[str, t.Any], enhanced: str, text: str) -> str:
    """A 5yz to RCPT: about the sender, the client, the stranger's domain, or about relaying."""
    if _SENDER.search(text) or enhanced in ("5.1.7", "5.1.8", "5.7.27"):
        return SENDER_REFUSED
    if _BLOCKED.search(text):
        return NOT_EXERCISED
    remote = KINDS[attempt["form"]].kind == forms.REMOTE if attempt["form"] in KINDS else True
    if remote and (enhanced in ("5.1.2", "5.1.10", "5.4.4") or _NO_DOMAIN.search(text)):
        return NOT_EXERCISED
    return REFUSED


def views(scene: Scene, service: str, address: str, states: t.Sequence[str] = (), login: bool = False) -> list[View]:
    """Every attempt on an endpoint; where a broken connection was tried again, the second answer stands for the first."""
    latest: dict[t.Any, View] = {}
    for seen in scene.of("relay", service, address):
        params = seen["params"]
        if bool(params.get("login")) != login or (states and params["state"] not in states):
            continue
        for attempt in seen["facts"].get("attempts", ()) or _unsaid(params):
            view = View(attempt, state(attempt), seen)
            key = (params["state"], attempt["helo"], attempt["sender"], attempt["form"])
            if key not in latest or latest[key].state == LOST:
                latest[key] = view
        for attempt in _unsaid(params):
            key = (params["state"], attempt["helo"], attempt["sender"], attempt["form"])
            latest.setdefault(key, View(attempt, LOST, seen))
    return list(latest.values())


def _unsaid(params: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The attempts that a connection was meant for, as if none had been answered."""
    return [
        {
            "form": item["form"],
            "path": item["path"],
            "sender": entry["sender_id"],
            "mail_from": entry["sender"],
            "helo": entry["helo"],
            "phase": "",
            "reply": None,
        }
        for entry in params["transactions"]
        for item in entry["recipients"]
    ]
