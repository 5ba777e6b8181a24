# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a server answers the same question in the same way each time, and goes on to tell
recipients apart.

The audit asks some questions more than once: the experiment in other wordings (RFC 5321 section
2.4), and what was accepted once more up to DATA. Pure functions over stored replies.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import controls, replies

if t.TYPE_CHECKING:
    from ..base import AuditContext
    from .replies import View

_REJECTED = (replies.REFUSED, replies.REFUSED_FOR_NOW)


class Differing(t.NamedTuple):
    """A recipient that was accepted once and rejected another time, under the same sender and HELO
    name in the same state of the connection.
    """

    accepted: View
    rejected: View

    @property
    def sentence(self) -> str:
        """The two replies, as a sentence."""
        return (
            f"The server answers the same question in different ways ({self.accepted.commands}: "
            f"{self.accepted.reply_text}; and another time {self.rejected.reply_text}), so no "
            "rejection says anything about relaying."
        )


def differing(context: AuditContext, service: str, address: str) -> Differing | None:
    """The first recipient of an endpoint with differing answers; None where there is none. A reply
    that is temporary, or about the sender, the client or TLS, is no answer.
    """
    found: dict[tuple[str, replies.Key], View] = {}
    for view in _answered(context, service, address):
        key = replies.key_of(view.observation, view.attempt)
        state = replies.REFUSED if view.state in _REJECTED else view.state
        found.setdefault((state, key), view)
        accepted, rejected = (replies.ACCEPTED, key), (replies.REFUSED, key)
        if accepted in found and rejected in found:
            return Differing(found[accepted], found[rejected])
    return None


def met_by_all(
    context: AuditContext, service: str, address: str, ours: t.Container[str]
) -> set[tuple[str, controls.Signature | None]]:
    """The rejections that an unknown user and an external recipient met under the usual sender at
    any time, with the state of the connection; not where a recipient of the host's own was
    accepted. By then the client may be turned away. ours: the words of the names that were sent.
    """
    taken = set[str]()
    own, external = (set[tuple[str, "controls.Signature | None"]]() for _side in range(2))
    for view in _answered(context, service, address):
        form = view.attempt["form"]
        if view.attempt["sender"] != "stranger" or view.attempt["helo"]:
            continue
        if form in controls.OWN and view.state == replies.ACCEPTED:
            taken.add(view.connection_state)
        sides = ((own, replies.UNKNOWN_USERS), (external, replies.STRANGERS))
        for side, names in sides:
            if form in names and view.state in _REJECTED:
                side.add((view.connection_state, controls.signature(view, ours)))
    return {(state, seen) for state, seen in own & external if state not in taken}


def _answered(context: AuditContext, service: str, address: str) -> t.Iterator[View]:
    """Every reply to RCPT that an endpoint gave, those to repetitions too; not after a login."""
    for observation in context.of("relay", service, address):
        if observation["params"].get("login"):
            continue
        for attempt in observation["facts"].get("attempts", ()):
            if attempt["phase"] == "rcpt":
                state = replies.state(attempt, service)
                yield replies.View(attempt, state, observation)
