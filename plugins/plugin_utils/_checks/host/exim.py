# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Exim's ACL for recipients, and the hosts that Exim trusts, as far as that can be decided
without running it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .postfix_scope import REJECTS_RELAYING, RELAYS, UNDECIDED, Outcome

#: Modifiers change the reply or the log, never the decision.
_MODIFIER = re.compile(
    r"^(message|log_message|logwrite|log_reject_target|control|delay|set|add_header|remove_header"
    r"|continue|endpass|udpsend)\b"
)
_INTERNET = re.compile(r"(^|[:;<\s])\s*(\*|0\.0\.0\.0/0|::/0|::::/0)\s*($|[:;\s])")
_LOOKUP_OR_NEGATION = re.compile(r"[!$]|(wild|partial)[\w*-]*search|\+\w")
#: How many named lists may name one another.
MAX_LIST_DEPTH = 4


def split_list(text: str) -> list[str]:
    """The members of a list; a colon that belongs to a member is doubled, unless the list names
    another separator.
    """
    if text.startswith("<") and len(text) > 1:
        return [member.strip() for member in text[2:].split(text[1]) if member.strip()]
    return [
        member.strip().replace("\0", ":")
        for member in text.replace("::", "\0").split(":")
        if member.strip()
    ]


def _expanded(text: str, lists: t.Mapping[str, str], depth: int = 0) -> str:
    """A list with the named lists in it written out."""
    if depth > MAX_LIST_DEPTH:
        return text
    return re.sub(
        r"\+(\w+)",
        lambda match: _expanded(lists.get(match[1], f"+{match[1]}"), lists, depth + 1),
        text,
    )


def _holds(condition: str, lists: t.Mapping[str, str]) -> bool | None:
    """Whether a condition holds for an external client and a recipient elsewhere; None where that
    cannot be told.
    """
    name, _equals, value = (part.strip() for part in condition.partition("="))
    if name.startswith("!"):
        inner = _holds(condition.lstrip("! "), lists)
        return None if inner is None else not inner
    if name == "authenticated":
        return False
    if name not in ("hosts", "domains"):
        return None
    members = _expanded(value, lists)
    if members.strip() in (":", ""):
        return False
    if _LOOKUP_OR_NEGATION.search(members):
        return None
    return bool(_INTERNET.search(members))


def _statement_outcome(
    verb: str, statement: t.Sequence[str], lists: t.Mapping[str, str]
) -> Outcome | None:
    """What one statement of the ACL does for an external client; None where the next decides."""
    conditions = [entry for entry in statement if not _MODIFIER.match(entry)]
    results = [_holds(entry, lists) for entry in conditions]
    text = " ".join((verb, *conditions)).strip()
    if verb in ("deny", "drop", "defer"):
        return Outcome(REJECTS_RELAYING, text) if all(results) else None
    if verb == "require":
        return _require_outcome(conditions, results)
    if verb in ("accept", "discard") and False not in results:
        reason = text.replace(verb, "accept", 1) if conditions else "accept, without a condition"
        return Outcome(RELAYS if None not in results else UNDECIDED, reason)
    return None


def _require_outcome(
    conditions: t.Sequence[str], results: t.Sequence[bool | None]
) -> Outcome | None:
    """What a require statement does: one condition that does not hold is enough to reject."""
    pairs = list(zip(conditions, results, strict=True))
    for condition, result in pairs:
        if result is False:
            return Outcome(REJECTS_RELAYING, f"require {condition}")
    for condition, result in pairs:
        if result is None and condition.startswith(("domains", "hosts")):
            return Outcome(UNDECIDED, f"require {condition}")
    return None


def acl_outcome(exim: t.Mapping[str, t.Any]) -> Outcome:
    """What Exim does for an external client that wants to relay."""
    name = exim["settings"].get("acl_smtp_rcpt")
    if not name:
        reason = "acl_smtp_rcpt is not set, so Exim accepts no recipient from the network"
        return Outcome(REJECTS_RELAYING, reason)
    if not exim["acl"]:
        return Outcome(UNDECIDED, f"the ACL {name} was not found")
    # A statement that may accept leaves a rejection after it undecided, and one that may reject an
    # acceptance.
    doubts: dict[str, Outcome] = {}
    for index, (verb, *statement) in enumerate(exim["acl"]):
        outcome = _statement_outcome(verb, statement, exim["lists"])
        if outcome is None:
            continue
        outcome = outcome._replace(decided_by=(index,))
        if outcome.state == UNDECIDED:
            doubts.setdefault(RELAYS if verb == "require" else REJECTS_RELAYING, outcome)
        else:
            return doubts.get(outcome.state, outcome)
    implicit_deny = Outcome(REJECTS_RELAYING, "an ACL that ends without a verdict rejects")
    return doubts.get(REJECTS_RELAYING, implicit_deny)


def relay_host_lists(exim: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Lists of hosts that may relay, by the names that Debian and Exim's own example give them."""
    return {
        name: value
        for name, value in exim["lists"].items()
        if re.search(r"relay.*hosts|relay_nets", name)
    }
