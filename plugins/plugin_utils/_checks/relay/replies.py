# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server's answer to a relay attempt means: the states of RFC 2505 reasoning, one attempt at
a time.

Pure functions over stored replies. A refusal that is not about relaying (a blocklist, greylisting,
a sender's domain, a lost reply) proves nothing about relaying and gets a state of its own.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

from . import outcomes

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

ACCEPTED, REFUSED, REFUSED_FOR_NOW, DEFERRED = "accepted", "refused", "refused_for_now", "deferred"
SENDER_REFUSED, HELO_REFUSED, NOT_EXERCISED, LOST = (
    "sender_refused",
    "helo_refused",
    "not_exercised",
    "lost",
)
#: What a message showed of an acceptance: it was passed on, or it was refused or bounced in the
#: end.
RELAYED, LATE_REFUSED, BOUNCED = outcomes.RELAYED, outcomes.LATE_REFUSED, outcomes.BOUNCED
TAKEN, CLOSED_LATE = (ACCEPTED, RELAYED), (LATE_REFUSED, BOUNCED)
#: What is worth another attempt: a delay, and a HELO name that came too late to be considered.
ASKED_AGAIN = (DEFERRED, NOT_EXERCISED)
#: Nothing is taken before TLS, so nothing is known of what is taken inside it.
TLS_FIRST = "tls_first"

#: The state that is asked for by name only: whoever shows a certificate is let in by some, and that
#: is another story.
CERTIFICATE = "certificate"
KINDS = {
    form.id: form
    for form in (
        *relay_addresses.FORMS,
        *relay_addresses.ROLES,
        *relay_addresses.CONTROLS,
        relay_addresses.INTERNATIONAL,
        relay_addresses.NOTICES,
    )
}

_TLS_FIRST = re.compile(
    (
        r"starttls|(encryption|tls) (is )?(required|needed)|(require|need|must)\w* "
        r".{0,20}(tls|encrypt)"
    ),
    re.I,
)
_SENDER_CODES = ("5.1.7", "5.1.8", "5.7.23", "5.7.26", "5.7.27")
_CLIENT = re.compile(r"client host rejected", re.I)
_NO_DOMAIN = re.compile(
    r"null ?mx|not accept mail|domain not found|unknown domain|domain (does not|doesn't) "
    r"exist|unrouteable|no such domain|host not found|"
    r"undeliverable|unverified|callout",
    re.I,
)
#: The command itself was not understood or came out of turn, so what it asks for was not
#: considered.
_OUT_OF_TURN = (500, 502, 503)


class View(t.NamedTuple):
    """An attempt with its state and the observation that it stands in."""

    attempt: dict[str, t.Any]
    state: str
    seen: Observation
    outcome: outcomes.Outcome | None = None

    @property
    def reply(self) -> str:
        """The reply as it stood on the wire, or why there is none."""
        if self.outcome:
            return self.outcome.reply
        reply = self.attempt["reply"]
        if reply is None:
            return (self.seen["error"] or {"text": "no answer"})["text"]
        return f"{reply['code']} {reply['text']}"

    @property
    def words(self) -> str:
        """The commands that were answered."""
        if self.outcome:
            return self.outcome.words
        return f"MAIL FROM:{self.attempt['mail_from']} RCPT TO:{self.attempt['path']}"


def state(attempt: t.Mapping[str, t.Any], service: str = "smtp") -> str:
    """The state of one attempt on a service, from the phase it ended in and the reply."""
    reply = attempt["reply"]
    if reply is None or reply["code"] == 421:
        return LOST
    code, enhanced, text = (
        reply["code"],
        reply["enhanced"],
        smtp_reply_text.ECHO.sub("", reply["text"]),
    )
    if 200 <= code < 300:
        return ACCEPTED if attempt["phase"] == "rcpt" else LOST
    if not 400 <= code < 600:
        return NOT_EXERCISED
    if _TLS_FIRST.search(text):
        return TLS_FIRST
    if "helo command rejected" in text.lower():
        return HELO_REFUSED
    if service == "smtp" and _CLIENT.search(text):
        return NOT_EXERCISED if code >= 500 else DEFERRED
    if code < 500:
        return _for_now(attempt, text)
    return _PHASES[attempt["phase"]](attempt, code, enhanced, text)


def _for_now(attempt: t.Mapping[str, t.Any], text: str) -> str:
    """A 4yz: a mere delay, a sender that is not taken, or a soft relay denial (Postfix's 454
    4.7.1).
    """
    if smtp_reply_text.put_off(attempt["phase"], attempt["reply"]):
        return DEFERRED
    return SENDER_REFUSED if smtp_reply_text.SENDER.search(text) else REFUSED_FOR_NOW


def _helo(_attempt: t.Mapping[str, t.Any], code: int, _enhanced: str, text: str) -> str:
    """A 5yz to HELO: about the name, unless the client is blocked or the command came out of turn."""
    return (
        NOT_EXERCISED
        if code in _OUT_OF_TURN or smtp_reply_text.BLOCKED.search(text)
        else HELO_REFUSED
    )


def _mail(_attempt: t.Mapping[str, t.Any], code: int, _enhanced: str, text: str) -> str:
    """A 5yz to MAIL: a login is asked for, which holds for every recipient; or it is about the
    client or the sender.
    """
    if code == 530 or (
        smtp_reply_text.LOGIN.search(text) and not smtp_reply_text.SENDER.search(text)
    ):
        return REFUSED
    return (
        NOT_EXERCISED
        if code in _OUT_OF_TURN or smtp_reply_text.BLOCKED.search(text)
        else SENDER_REFUSED
    )


def _rcpt(attempt: t.Mapping[str, t.Any], code: int, enhanced: str, text: str) -> str:
    """A 5yz to RCPT: about the sender, the client, the stranger's domain, or about relaying."""
    if smtp_reply_text.SENDER.search(text) or enhanced in _SENDER_CODES:
        return SENDER_REFUSED
    if smtp_reply_text.DENIED.search(text):
        return REFUSED
    if smtp_reply_text.BLOCKED.search(text):
        return NOT_EXERCISED
    if smtp_reply_text.RELAY.search(text):
        return REFUSED
    remote = (
        KINDS[attempt["form"]].kind == relay_addresses.REMOTE if attempt["form"] in KINDS else True
    )
    if code in _OUT_OF_TURN or (
        remote and (enhanced in ("5.1.2", "5.1.10", "5.4.4") or _NO_DOMAIN.search(text))
    ):
        return NOT_EXERCISED
    return REFUSED


_PHASES = {"helo": _helo, "mail": _mail, "rcpt": _rcpt}


def views(
    context: AuditContext,
    service: str,
    address: str,
    states: t.Sequence[str] = (),
    login: bool = False,
) -> list[View]:
    """Every attempt on an endpoint; where something was asked again, the second answer stands for
    the first.
    """
    latest: dict[t.Any, View] = {}
    for seen in context.of("relay", service, address):
        params = seen["params"]
        if bool(params.get("login")) != login or (
            params["state"] not in states if states else params["state"] == CERTIFICATE
        ):
            continue
        for attempt in seen["facts"].get("attempts", ()) or _unsaid(params):
            view = View(attempt, state(attempt, service), seen)
            key = (params["state"], attempt["helo"], attempt["sender"], attempt["form"])
            if (
                key not in latest
                or latest[key].state == LOST
                or (latest[key].state in ASKED_AGAIN and view.state != LOST)
            ):
                latest[key] = view
        for attempt in _unsaid(params):
            key = (params["state"], attempt["helo"], attempt["sender"], attempt["form"])
            latest.setdefault(key, View(attempt, LOST, seen))
    return _followed(context, service, address, latest)


def _followed(
    context: AuditContext, service: str, address: str, latest: dict[t.Any, View]
) -> list[View]:
    """The views, where messages were sent with what became of them.

    Where the plain way was passed on, whatever else was taken for a stranger there is taken to be
    passed on too. What has no sender cannot be seen to bounce; where the same recipient bounced to
    another sender, it is taken to do so.
    """
    sent = outcomes.outcomes(context, service, address)
    sent = {
        **{
            (*key[:2], "null", key[3]): entry
            for key, entry in sent.items()
            if entry.state == BOUNCED
        },
        **sent,
    }
    proven = any(
        entry.state == RELAYED and key[1:] == ("", "stranger", "plain")
        for key, entry in sent.items()
    )
    return [_with_outcome(view, sent.get(key), proven) for key, view in latest.items()]


def _with_outcome(view: View, outcome: outcomes.Outcome | None, proven: bool) -> View:
    """An accepted attempt with what became of the message that was sent after it."""
    if view.state != ACCEPTED:
        return view
    if outcome and outcome.state in (RELAYED, *CLOSED_LATE):
        return view._replace(state=outcome.state, outcome=outcome)
    if proven and KINDS[view.attempt["form"]].kind == relay_addresses.REMOTE:
        return view._replace(state=RELAYED)
    return view._replace(outcome=outcome) if outcome and outcome.state == outcomes.QUEUED else view


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
