# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Exim's ACL for recipients, and whom Exim trusts, as far as that can be decided without
running it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .postfix_restrictions import CLOSED, OPEN, UNSURE, Outcome

#: Modifiers change what is said or logged, never who is let in.
_MODIFIER = re.compile(
    r"^(message|log_message|logwrite|log_reject_target|control|delay|set|add_header|remove_header|continue|endpass|udpsend)\b"
)
_WORLD = re.compile(r"(^|[:;<\s])\s*(\*|0\.0\.0\.0/0|::/0|::::/0)\s*($|[:;\s])")


def words(text: str) -> list[str]:
    """The members of a list; a colon that belongs to a member is doubled, unless the list names
    another separator.
    """
    if text.startswith("<") and len(text) > 1:
        return [word.strip() for word in text[2:].split(text[1]) if word.strip()]
    return [
        word.strip().replace("\0", ":")
        for word in text.replace("::", "\0").split(":")
        if word.strip()
    ]


def _members(text: str, lists: t.Mapping[str, str], depth: int = 0) -> str:
    """A list with the named lists in it written out."""
    if depth > 4:
        return text
    return re.sub(
        r"\+(\w+)",
        lambda match: _members(lists.get(match[1], "+" + match[1]), lists, depth + 1),
        text,
    )


def _stranger(condition: str, lists: t.Mapping[str, str]) -> bool | None:
    """Whether a condition holds for a stranger and a recipient elsewhere; None where that cannot be
    told.
    """
    name, _equals, value = condition.partition("=")
    name, value = name.strip(), value.strip()
    if name.startswith("!"):
        inner = _stranger(condition.lstrip("! "), lists)
        return None if inner is None else not inner
    if name == "authenticated":
        return False
    if name in ("hosts", "domains"):
        members = _members(value, lists)
        if members.strip() in (":", ""):
            return False
        if re.search(r"[!$]|(wild|partial)[\w*-]*search|\+\w", members):
            return None
        return bool(_WORLD.search(members))
    return None


def _statement(
    verb: str, conditions: t.Sequence[str], lists: t.Mapping[str, str]
) -> Outcome | None:
    """What one statement of the ACL does to a stranger; None where it passes him on."""
    real = [entry for entry in conditions if not _MODIFIER.match(entry)]
    held = [_stranger(entry, lists) for entry in real]
    if verb in ("deny", "drop", "defer"):
        return Outcome(CLOSED, " ".join((verb, *real)).strip()) if all(held) else None
    if verb == "require":
        closed = [entry for entry, state in zip(real, held) if state is False]
        asked = [
            entry
            for entry, state in zip(real, held)
            if state is None and entry.startswith(("domains", "hosts"))
        ]
        return (
            Outcome(CLOSED if closed else UNSURE, "require " + (closed or asked)[0])
            if closed or asked
            else None
        )
    if verb in ("accept", "discard") and False not in held:
        words = " ".join(("accept", *real)).strip()
        return Outcome(
            OPEN if None not in held else UNSURE, words if real else "accept, without a condition"
        )
    return None


def recipients(exim: t.Mapping[str, t.Any]) -> Outcome:
    """What Exim answers to a stranger who wants to relay."""
    lists = exim["lists"]
    if not exim["settings"].get("acl_smtp_rcpt"):
        return Outcome(
            CLOSED, "acl_smtp_rcpt is not set, so no recipient is taken from the network"
        )
    if not exim["acl"]:
        return Outcome(UNSURE, f"the ACL {exim['settings']['acl_smtp_rcpt']} was not found")
    # A statement that may let in leaves a refusal after it in doubt, and one that may refuse an
    # acceptance.
    doubts: dict[str, Outcome] = {}
    for verb, *conditions in exim["acl"]:
        found = _statement(verb, conditions, lists)
        if found and found.state == UNSURE:
            doubts.setdefault(OPEN if verb == "require" else CLOSED, found)
        elif found:
            return doubts.get(found.state, found)
    return doubts.get(CLOSED, Outcome(CLOSED, "an ACL that ends without a verdict refuses"))


def trusted(exim: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Lists of hosts that may relay, by the name that Debian and Exim's own example give them."""
    return {
        name: value
        for name, value in exim["lists"].items()
        if re.search(r"relay.*hosts|relay_nets", name)
    }
