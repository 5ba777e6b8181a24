# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the replies of a mail store stand in the transcript of its session.

A mailstore session keeps capabilities as lists, so the lines are found by the command that the
probe sent before them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

if t.TYPE_CHECKING:
    from .base import Observation

#: The command that lists capabilities: at first, and after STARTTLS or STLS.
_CAPABILITY_COMMANDS = {"imap": ("a1 CAPABILITY", "a5 CAPABILITY"), "pop3": ("CAPA", "CAPA")}


def reply_lines(session: Observation, command: str, last: bool = False) -> tuple[int, ...]:
    """The lines of the reply to a command; last: to the last of several such commands."""
    sent = [
        index for index, line in enumerate(session["transcript"]) if tuple(line) == ("C", command)
    ]
    if not sent:
        return ()
    return _server_lines(session, sent[-1 if last else 0] + 1)


def greeting_lines(session: Observation) -> tuple[int, ...]:
    """The lines of the greeting, which a handshake may precede."""
    first = next(
        (index for index, line in enumerate(session["transcript"]) if line[0] == "S"), None
    )
    return () if first is None else _server_lines(session, first)


def capability_lines(session: Observation, after_starttls: bool = False) -> tuple[int, ...]:
    """The lines that list the capabilities; of ManageSieve, the greeting or what follows TLS."""
    protocol = _model.SERVICES[session["service"]].protocol
    if protocol in _CAPABILITY_COMMANDS:
        command = _CAPABILITY_COMMANDS[protocol][after_starttls]
        return reply_lines(session, command, last=after_starttls)
    if not after_starttls:
        return greeting_lines(session)
    handshakes = [
        index
        for index, line in enumerate(session["transcript"])
        if line[0] == "*" and line[1].startswith("TLS: ")
    ]
    return _server_lines(session, handshakes[-1] + 1) if handshakes else ()


def _server_lines(session: Observation, start: int) -> tuple[int, ...]:
    """The lines that the server sent from an index on, until something else follows."""
    following = session["transcript"][start:]
    others = (index for index, line in enumerate(following, start) if line[0] != "S")
    return tuple(range(start, next(others, len(session["transcript"]))))
