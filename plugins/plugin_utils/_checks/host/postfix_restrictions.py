# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Postfix's lists of restrictions as Postfix does: what they answer to a stranger who wants
to relay.

A stranger is not logged in, is in no trusted network, and says whatever name and sender he likes.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

#: SHUT: takes nothing from strangers; CLOSED: relays nothing for them; UNSURE: what decides cannot
#: be read; OPEN: relays.
SHUT, CLOSED, UNSURE, OPEN = "shut", "closed", "unsure", "open"
LISTS = ("client", "helo", "sender", "relay", "recipient")
_ARGUMENT = re.compile(r"^(check_\w+|reject_(rbl|rhsbl)_\w+|permit_(dnswl|rhswl)_\w+|sleep)$")
_SHUT = ("reject", "defer")
_CLOSED = ("reject_unauth_destination", "defer_unauth_destination")
_LETS_IN = {
    "permit": "permit lets everybody in",
    "permit_tls_all_clientcerts": "permit_tls_all_clientcerts lets in whoever has a certificate, and anybody can make one",
    "permit_naked_ip_address": "permit_naked_ip_address lets in whoever says an address as his name",
    "permit_dnswl_client": "permit_dnswl_client lets in whoever a list of others names",
    "permit_rhswl_client": "permit_rhswl_client lets in whoever a list of others names",
}
#: Tables that are looked up by what a stranger cannot choose.
_CLIENT = re.compile(r"^check_(client|ccert|sasl)_access$")
#: A table without a restriction before it: Postfix takes it for check_xxx_access.
_BARE = re.compile(r"^(proxy:)?\w+:/")
#: How many restriction classes may name one another.
DEEPEST = 8
_MAP = re.compile(r"^(?:proxy:)?(\w+):(.*)$", re.S)


class Outcome(t.NamedTuple):
    """What a list, or a listener, answers to a stranger, and because of what."""

    state: str
    why: str


class Setting(t.NamedTuple):
    """What a list is read with. values: parameters; tables: as in the facts; own: domains that are
    served here.
    """

    values: t.Mapping[str, str]
    tables: t.Mapping[str, t.Mapping[str, t.Any]]
    own: t.Container[str]


def words(text: str) -> list[str]:
    """The words of a list; what stands in braces is one word."""
    found, depth, word = [], 0, ""
    for letter in text + " ":
        depth += (letter == "{") - (letter == "}")
        if depth == 0 and (letter.isspace() or letter == ","):
            if word:
                found.append(word)
            word = ""
        else:
            word += letter
    return found


def _permits(result: str) -> bool:
    """Whether the right side of an access table lets in (access(5))."""
    first = result.split(None, 1)[0].upper() if result.split() else ""
    return (
        first in ("OK", "RELAY")
        or first.startswith("PERMIT")
        or (first.isdigit() and not re.match(r"[45]\d\d$", first))
    )


def _served(key: str, own: t.Container[str]) -> bool:
    """Whether a key of a recipient table is of a domain that is served here, or of no domain."""
    domain = key.rpartition("@")[2].lower()
    return key.endswith("@") or domain in own


def _lookup(word: str, name: str, setting: Setting) -> Outcome | None:
    """What an access table does for a stranger; None where it lets nobody in."""
    if name.startswith("{"):
        name = next(iter(words(name.strip("{}"))), "")
    kind = _MAP.match(name)
    if kind and kind[1] in ("static", "inline"):
        results = (
            [kind[2]]
            if kind[1] == "static"
            else [part.partition("=")[2].strip() for part in words(kind[2].strip("{} "))]
        )
        return Outcome(OPEN, f"{word} {name} lets in") if any(map(_permits, results)) else None
    rows = setting.tables.get(name, {}).get("rows")
    if rows is None:
        return Outcome(UNSURE, f"the table of {word} {name} cannot be read")
    letting = [key for key, result in rows if _permits(result)]
    if word == "check_recipient_access":
        letting = [key for key in letting if not _served(key, setting.own)]
    if not letting or (_CLIENT.match(word) and kind and kind[1] not in ("regexp", "pcre")):
        world = [key for key in letting if key in ("0.0.0.0/0", "::/0")]
        return Outcome(OPEN, f"{word} {name} lets in {world[0]}") if world else None
    if kind and kind[1] in ("regexp", "pcre") and _CLIENT.match(word):
        return Outcome(UNSURE, f"{word} {name} lets in clients by a pattern")
    return Outcome(OPEN, f"{word} {name} lets in whoever says {letting[0]}")


def _restrictions(text: str) -> t.Iterator[tuple[str, str]]:
    """The restrictions of a list with their arguments; those that only warn are left out."""
    queue = words(text)
    while queue:
        word = queue.pop(0)
        warns = word == "warn_if_reject" and bool(queue)
        word = queue.pop(0) if warns else word
        argument = queue.pop(0) if _ARGUMENT.match(word) and queue else ""
        if not warns:
            yield word, argument


def _one(word: str, argument: str, setting: Setting, depth: int) -> Outcome | None:
    """What one restriction answers to a stranger; None where it passes him on to the next."""
    if word in _SHUT or word in _CLOSED:
        return Outcome(SHUT if word in _SHUT else CLOSED, word)
    if word in _LETS_IN:
        return Outcome(OPEN, _LETS_IN[word])
    if word == "permit_mx_backup" and not setting.values.get("permit_mx_backup_networks"):
        return Outcome(OPEN, "permit_mx_backup relays for whoever names this host in an MX record")
    if word == "permit_mynetworks" and _everybody(setting):
        return Outcome(OPEN, "permit_mynetworks lets in the whole Internet (mynetworks)")
    if word == "check_policy_service":
        return Outcome(UNSURE, f"check_policy_service {argument} may let in whom it likes")
    if word in words(setting.values.get("smtpd_restriction_classes", "")) and depth < DEEPEST:
        inner = walk(setting.values.get(word, ""), setting, depth + 1)
        return inner if inner.why else None
    if word.startswith("check_"):
        return _lookup(word, argument, setting)
    return _lookup("check_recipient_access", word, setting) if _BARE.match(word) else None


def walk(text: str, setting: Setting, depth: int = 0) -> Outcome:
    """What a list of restrictions answers to a stranger."""
    unsure: Outcome | None = None
    for word, argument in _restrictions(text):
        found = _one(word, argument, setting, depth)
        if found and found.state == UNSURE:
            unsure = unsure or found
        elif found:
            return unsure or found
    return unsure or Outcome(OPEN, "")


def _everybody(setting: Setting) -> bool:
    return any(
        re.match(r"\[?(0\.0\.0\.0|::)\]?/0$", word)
        for word in words(setting.values.get("mynetworks", ""))
    )


def listener(setting: Setting) -> Outcome:
    """What a listener answers to a stranger who wants to relay: one list that refuses is enough."""
    found = [
        (name, walk(setting.values.get(f"smtpd_{name}_restrictions", ""), setting))
        for name in LISTS
    ]
    for state in (SHUT, CLOSED):
        for name, outcome in found:
            if outcome.state == state:
                return Outcome(state, f"smtpd_{name}_restrictions has {outcome.why}")
    for state in (UNSURE, OPEN):
        for name, outcome in found:
            if outcome.state == state and outcome.why:
                return Outcome(state, f"smtpd_{name}_restrictions: {outcome.why}")
    return Outcome(OPEN, "none of its lists of restrictions refuses to relay")
