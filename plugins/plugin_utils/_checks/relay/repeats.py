# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a server answers the same question in the same way each time.

The audit asks some questions more than once: the experiment in other wordings (RFC 5321 section
2.4), and what was accepted once more up to DATA. Pure functions over stored replies.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import replies

if t.TYPE_CHECKING:
    from ..base import AuditContext
    from .replies import View


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
        rejects = view.state in (replies.REFUSED, replies.REFUSED_FOR_NOW)
        found.setdefault((replies.REFUSED if rejects else view.state, key), view)
        accepted, rejected = ((state, key) for state in (replies.ACCEPTED, replies.REFUSED))
        if accepted in found and rejected in found:
            return Differing(found[accepted], found[rejected])
    return None


def _answered(context: AuditContext, service: str, address: str) -> t.Iterator[View]:
    """Every reply to RCPT that an endpoint gave, those to repetitions too; not after a login."""
    for observation in context.of("relay", service, address):
        if observation["params"].get("login"):
            continue
        for attempt in observation["facts"].get("attempts", ()):
            if attempt["phase"] == "rcpt":
                state = replies.state(attempt, service)
                yield replies.View(attempt, state, observation)
