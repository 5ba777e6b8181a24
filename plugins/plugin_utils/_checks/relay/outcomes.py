# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each test message: relayed to the canary, bounced, rejected after RCPT, or queued
with nothing seen.

Pure functions over stored observations.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    delivery,
    open_relay,
    plan_delivery,
    relay_addresses,
    relay_data,
)

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

RELAYED = "relayed"
BOUNCED = "bounced"
LATE_REFUSED = "late_refused"
LATE_DEFERRED = "late_deferred"
QUEUED = "queued"
#: DATA was answered 354, and nothing was sent.
TAKEN = "taken"
#: The transaction ended before DATA: its sender or recipient was rejected this time, or the
#: connection ended.
UNTRIED = "untried"
_WORDINGS = {
    open_relay.LOWER_CASE: "in lower case",
    open_relay.AFTER_OTHERS: "after NOOP, HELP, VRFY and EXPN",
}
#: State of the connection, HELO command, sender and form.
Key = tuple[str, str, str, str]


class Outcome(t.NamedTuple):
    """One test message and what became of it."""

    state: str
    message: dict[str, t.Any]
    arrival: dict[str, t.Any] | None
    observation: Observation

    @property
    def has_message(self) -> bool:
        """Whether a message was to follow; else the transaction was to end at DATA."""
        return "token" in self.message

    @property
    def reply_text(self) -> str:
        """The last reply of the transaction, without a full stop at its end."""
        reply = self.message["reply"]
        return f"{reply['code']} {reply['text']}".strip().rstrip(".") if reply else "no reply"

    @property
    def commands(self) -> str:
        """The commands that were sent, and the queue id where the server gave one."""
        queued = f" (queued as {self.message['queue_id']})" if self.message["queue_id"] else ""
        helo = f"{self.message['helo']}, " if self.message["helo"] else ""
        commands = f"{helo}MAIL FROM:{self.message['sender']} RCPT TO:{self.message['path']}"
        said = f"{commands} {'with a message' if self.has_message else 'DATA'}{queued}"
        return said + wording(self.observation)

    @property
    def seconds(self) -> float:
        """How long the probe waited for an arrival."""
        return float(self.observation["facts"].get("waited", 0))


def wording(observation: Observation) -> str:
    """How the commands of a connection differed from the usual ones, to stand behind them."""
    words = observation["params"].get("wording", ())
    return "".join(f" {_WORDINGS[word]}" for word in words if word in _WORDINGS)


def outcomes(context: AuditContext, service: str = "", address: str = "") -> dict[Key, Outcome]:
    """The outcome of every test message that was sent to an endpoint."""
    found = _after_data(context, service, address)
    for observation in context.of("delivery", service, address):
        state = observation["params"]["state"]
        for message in observation["facts"].get("messages", ()):
            key = (state, message["helo"], message["sender_id"], message["form"])
            outcome = _outcome(message, observation)
            if outcome.state != UNTRIED or key not in found:
                found[key] = outcome
    return found


def is_own(form: str) -> bool:
    """Whether a form is that of a recipient of the host's own, tried up to DATA as a control."""
    return relay_addresses.base(form) in relay_data.OWN


def _after_data(context: AuditContext, service: str, address: str) -> dict[Key, Outcome]:
    """What became of DATA, where it was said and no message was sent."""
    found = {}
    for observation in context.of("relay", service, address):
        for attempt in observation["facts"].get("attempts", ()):
            if "data" in attempt and not is_own(attempt["form"]):
                key = (
                    observation["params"]["state"],
                    attempt["helo"],
                    attempt["sender"],
                    attempt["form"],
                )
                message = {
                    **attempt,
                    "sender": attempt["mail_from"],
                    "queue_id": "",
                    "phase": "data",
                    "reply": attempt["data"],
                }
                state = _state_without_arrival(message)
                found[key] = Outcome(state, message, None, observation)
    return found


def _outcome(message: dict[str, t.Any], observation: Observation) -> Outcome:
    arrivals = [
        arrival
        for arrival in observation["facts"].get("arrivals", ())
        if delivery.is_of(arrival, message)
    ]
    relayed = [arrival for arrival in arrivals if not _is_bounce(arrival, message)]
    if relayed:
        return Outcome(RELAYED, message, relayed[0], observation)
    if arrivals and (
        plan_delivery.deliverable(message["form"]) or message["form"] == plan_delivery.UNKNOWN_USER
    ):
        return Outcome(BOUNCED, message, arrivals[0], observation)
    return Outcome(_state_without_arrival(message), message, None, observation)


def _state_without_arrival(message: dict[str, t.Any]) -> str:
    reply = message["reply"]
    if reply is None or reply["code"] == 421 or message["phase"] not in ("data", "end"):
        return UNTRIED
    if delivery.taken(message):
        return QUEUED
    if reply["code"] < 400:
        return TAKEN
    return LATE_REFUSED if reply["code"] >= 500 else LATE_DEFERRED


def _is_bounce(arrival: dict[str, t.Any], message: dict[str, t.Any]) -> bool:
    """Whether an arrival is a bounce: it is addressed to the sender of the message, or has the null
    sender although the message had another.
    """
    return delivery.BACK + "@" in arrival["recipient"] or (
        not arrival["sender"] and message["sender"] != "<>"
    )
