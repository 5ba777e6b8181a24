# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client identity probe saw, part by part, and what its plain relay attempt means.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import replies

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation, Reply

SERVICES = ("smtp", "submission", "submissions")
#: Replies about a word that the server did not make out, so that it did not consider the command.
SYNTAX_REFUSED = (501, 504, 555)
REJECTED = (replies.REFUSED, replies.REFUSED_FOR_NOW)


class Part(t.NamedTuple):
    """One part of the probe: the facts that it wrote down, or None, and the observation that has
    them; without facts, the observation that says why.
    """

    observation: Observation
    facts: t.Any

    @property
    def decisive(self) -> tuple[int, ...]:
        """The line of the transcript that names the error, where there is one."""
        return (-1,) if self.observation["error"] else ()


def is_positive(reply: Reply | None) -> bool:
    """Whether a reply is a 2yz."""
    return reply is not None and 200 <= reply["code"] < 300


def states(context: AuditContext, session: Observation) -> list[str]:
    """The states of the connection in which the probe was made on an endpoint."""
    observations = context.of("client_identity", session["service"], session["address"])
    return list(dict.fromkeys(observation["params"]["state"] for observation in observations))


def last_part(context: AuditContext, session: Observation, name: str, state: str = "") -> Part:
    """The last result of a part of the probe on an endpoint, in a state or in any."""
    observations = [
        observation
        for observation in context.of("client_identity", session["service"], session["address"])
        if not state or observation["params"]["state"] == state
    ]
    for observation in reversed(observations):
        if name in observation["facts"]:
            return Part(observation, observation["facts"][name])
    failed = [observation for observation in observations if observation["error"]]
    return Part((failed or [session])[-1], None)


def plain_attempt(observation: Observation) -> replies.View:
    """The plain relay attempt of the probe, as one of the relay probe."""
    refused, params = observation["facts"]["refused"], observation["params"]
    phase = "rcpt" if "rcpt" in refused else "mail"
    attempt = {
        "form": "plain",
        "path": params["recipient"],
        "sender": "stranger",
        "mail_from": params["sender"],
        "helo": "",
        "phase": phase,
        "reply": refused[phase],
    }
    return replies.View(attempt, replies.state(attempt, observation["service"]), observation)


def accepted_replies(observation: Observation) -> list[Reply]:
    """The replies that accepted a relay attempt as another client."""
    return [
        attempt["reply"]
        for attempt in observation["facts"].get("attempts", ())
        if replies.state(attempt) == replies.ACCEPTED
    ]
