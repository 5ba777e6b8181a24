# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of messages that were sent to the canary: passed on, bounced, refused after all, or
nothing seen.

Pure functions over stored observations.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import delivery

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

RELAYED, BOUNCED, LATE_REFUSED, LATE_DEFERRED, QUEUED = (
    "relayed",
    "bounced",
    "late_refused",
    "late_deferred",
    "queued",
)
#: The message was not tried: its recipient or sender was refused this time, or the connection ended
#: before.
UNTRIED = "untried"
#: State of the connection, HELO command, sender and form.
Key = tuple[str, str, str, str]


class Outcome(t.NamedTuple):
    """One message and what became of it. seconds: how long it was waited for."""

    state: str
    message: dict[str, t.Any]
    arrival: dict[str, t.Any] | None
    seen: Observation

    @property
    def reply(self) -> str:
        """The last reply of the transaction as it stood on the wire."""
        reply = self.message["reply"]
        return (f"{reply['code']} {reply['text']}").strip() if reply else "no answer"

    @property
    def words(self) -> str:
        """What was sent, and as what it was queued."""
        name = f" (queued as {self.message['queue_id']})" if self.message["queue_id"] else ""
        return (
            f"MAIL FROM:{self.message['sender']} RCPT TO:{self.message['path']} with a "
            f"message{name}"
        )

    @property
    def seconds(self) -> float:
        """How long something was waited for."""
        return float(self.seen["facts"].get("waited", 0))


def outcomes(context: AuditContext, service: str = "", address: str = "") -> dict[Key, Outcome]:
    """What became of every message on an endpoint."""
    found = {}
    for seen in context.of("delivery", service, address):
        for message in seen["facts"].get("messages", ()):
            key = (seen["params"]["state"], message["helo"], message["sender_id"], message["form"])
            found[key] = _outcome(message, seen)
    return found


def _outcome(message: dict[str, t.Any], seen: Observation) -> Outcome:
    reply = message["reply"]
    arrivals = [
        entry for entry in seen["facts"].get("arrivals", ()) if delivery.is_of(entry, message)
    ]
    passed_on = [entry for entry in arrivals if not _is_bounce(entry, message)]
    if passed_on or (
        arrivals
        and (delivery.deliverable(message["form"]) or message["form"] == delivery.UNKNOWN_USER)
    ):
        return Outcome(RELAYED if passed_on else BOUNCED, message, (passed_on or arrivals)[0], seen)
    if reply is None or reply["code"] == 421 or message["phase"] not in ("data", "end"):
        return Outcome(UNTRIED, message, None, seen)
    state = (
        QUEUED
        if delivery.taken(message)
        else LATE_REFUSED
        if reply["code"] >= 500
        else LATE_DEFERRED
    )
    return Outcome(state, message, None, seen)


def _is_bounce(arrival: dict[str, t.Any], message: dict[str, t.Any]) -> bool:
    """To the sender, or from nobody although the message had a sender; what the host itself
    bounced, not what another refused.
    """
    return delivery.BACK + "@" in arrival["recipient"] or (
        not arrival["sender"] and message["sender"] != "<>"
    )
