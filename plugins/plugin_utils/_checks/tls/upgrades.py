# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe of STARTTLS stored: the attempts, the replies inside TLS, and the lines that show
them.

Decides nothing about them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import starttls

from ..base import AuditContext, Observation, finding, offers_tls, reply_text
from .lookup import LAST_LINE, last_error_text, no_tls, notes, server_lines


class SecondStarttls(t.NamedTuple):
    """The reply to STARTTLS inside TLS: its text, whether it permits TLS, and what shows it."""

    text: str
    accepted: bool
    decisive: list[t.Mapping[str, t.Any] | int]


def upgrades(
    context: AuditContext, session: Observation, inject: bool | None = None
) -> list[Observation]:
    """The attempts at STARTTLS, with or without an injected command where that is given."""
    return [
        attempt
        for attempt in context.of("starttls", session["service"], session["address"])
        if inject is None or attempt["params"]["inject"] is inject
    ]


def why_not_asked(context: AuditContext, session: Observation, probe: str) -> Finding | None:
    """Why there is nothing to evaluate; None where STARTTLS was answered."""
    if offers_tls(session) is False:
        return no_tls(session, "STARTTLS is not offered.")
    attempts = context.of(probe, session["service"], session["address"])
    if attempts and "starttls" in attempts[-1]["facts"]:
        return None
    return finding(
        UNKNOWN,
        f"STARTTLS was not answered: {last_error_text(attempts, session)}.",
        session,
        *attempts[-1:],
        decisive=(LAST_LINE,),
    )


def is_permitted(attempt: Observation) -> bool:
    """Whether the reply to STARTTLS permits the handshake."""
    reply = attempt["facts"].get("starttls", {})
    return reply.get("code") == 220 or reply.get("status") in ("OK", "+OK")


def is_completed(observation: Observation) -> bool:
    """Whether a handshake, or an attempt at STARTTLS, led to TLS."""
    return bool(observation["facts"].get("version") or observation["facts"].get("tls"))


def unsolicited_reply(attempt: Observation) -> str | None:
    """The reply inside TLS to a command from before it; empty for none, None where unknown."""
    return starttls.beyond(attempt["facts"], attempt["params"])


def lines_inside_tls(attempt: Observation) -> list[int]:
    """The server's lines inside TLS; the first note is the handshake."""
    return server_lines(attempt, notes(attempt)[0]) if notes(attempt) else []


def replies_inside_tls(attempt: Observation) -> list[t.Mapping[str, t.Any] | int]:
    """What shows all replies inside TLS: stored SMTP replies, or the lines of a mail store."""
    return list(attempt["facts"].get("answers") or lines_inside_tls(attempt))


def unsolicited_lines(attempt: Observation) -> list[t.Mapping[str, t.Any] | int]:
    """What shows the unsolicited reply: the first SMTP reply, or the line of a mail store."""
    facts = attempt["facts"]
    if "answers" in facts:
        return facts["answers"][:1]
    return _stored_line(attempt, facts["said"].index(unsolicited_reply(attempt)))


def _stored_line(attempt: Observation, number: int) -> list[t.Mapping[str, t.Any] | int]:
    """The line of the transcript for one of the lines that a mail store sent inside TLS."""
    return list(lines_inside_tls(attempt)[number : number + 1])


def second_starttls(attempt: Observation) -> SecondStarttls | None:
    """The reply to STARTTLS inside TLS; None where it was not seen."""
    facts = attempt["facts"]
    if "answers" in facts:
        if len(facts["answers"]) < 2:
            return None
        reply = facts["answers"][1]
        return SecondStarttls(reply_text(reply), reply["code"] < 300, [reply])
    protocol = attempt["params"]["protocol"]
    lines = facts.get("said", ())
    ends = (
        [number for number, line in enumerate(lines) if line.startswith("a2 ")]
        if protocol == "imap"
        else starttls.ends_of_replies(lines, protocol)
    )
    if not ends:
        return None
    line = lines[ends[0]]
    text = line.partition(" ")[2] if protocol == "imap" else line
    accepted = text.upper().startswith(("OK", "+OK"))
    return SecondStarttls(text, accepted, _stored_line(attempt, ends[0]))
