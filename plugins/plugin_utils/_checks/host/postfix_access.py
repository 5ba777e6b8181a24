# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Postfix's lists of restrictions as Postfix does: their result for an external client that
wants to relay.

An external client is not authenticated, is in no trusted network, and chooses its HELO name and
its sender freely.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

#: What a list does for an external client. REJECTS_ALL: rejects every recipient; REJECTS_RELAYING:
#: rejects recipients elsewhere; UNDECIDED: what decides cannot be read; RELAYS: permits relaying.
REJECTS_ALL, REJECTS_RELAYING = "rejects_all", "rejects_relaying"
UNDECIDED, RELAYS = "undecided", "relays"
LISTS = ("client", "helo", "sender", "relay", "recipient")
RESTRICTION_PARAMETERS = tuple(f"smtpd_{name}_restrictions" for name in LISTS)
_TAKES_ARGUMENT = re.compile(r"^(check_\w+|reject_(rbl|rhsbl)_\w+|permit_(dnswl|rhswl)_\w+|sleep)$")
_REJECTS_ALL = ("reject", "defer")
_REJECTS_RELAYING = ("reject_unauth_destination", "defer_unauth_destination")
_PERMITS = {
    "permit": "permit accepts every client",
    "permit_tls_all_clientcerts": (
        "permit_tls_all_clientcerts permits every client certificate, and anybody can create one"
    ),
    "permit_naked_ip_address": (
        "permit_naked_ip_address permits clients whose HELO is a bare address"
    ),
    "permit_dnswl_client": "permit_dnswl_client permits clients on an allowlist of others",
    "permit_rhswl_client": "permit_rhswl_client permits clients on an allowlist of others",
}
#: Tables that are looked up by what an external client cannot choose.
_CLIENT_ACCESS = re.compile(r"^check_(client|ccert|sasl)_access$")
#: A table without a restriction before it: Postfix takes it for check_xxx_access.
_BARE_TABLE = re.compile(r"^(proxy:)?\w+:/")
#: How many restriction classes may name one another.
MAX_CLASS_DEPTH = 8
_MAP = re.compile(r"^(?:proxy:)?(\w+):(.*)$", re.S)
_PATTERN_MAPS = ("regexp", "pcre")


class Outcome(t.NamedTuple):
    """What a list, a listener or an ACL does for an external client, and the reason.

    decided_by: the parameters of Postfix, or the index of Exim's statement, that decided.
    """

    state: str
    reason: str
    decided_by: tuple[str | int, ...] = ()


class Scope(t.NamedTuple):
    """What a list is read with. values: parameters; tables: as in the facts; own: own domains."""

    values: t.Mapping[str, str]
    tables: t.Mapping[str, t.Mapping[str, t.Any]]
    own: t.Container[str]


def split_list(text: str) -> list[str]:
    """The members of a list; what stands in braces is one member."""
    members, depth, member = [], 0, ""
    for letter in text + " ":
        depth += (letter == "{") - (letter == "}")
        if depth == 0 and (letter.isspace() or letter == ","):
            if member:
                members.append(member)
            member = ""
        else:
            member += letter
    return members


def _permits(result: str) -> bool:
    """Whether the right side of an access table permits (access(5))."""
    first = result.split(None, 1)[0].upper() if result.split() else ""
    if first in ("OK", "RELAY") or first.startswith("PERMIT"):
        return True
    return first.isdigit() and not re.match(r"[45]\d\d$", first)


def _is_own_recipient(key: str, own: t.Container[str]) -> bool:
    """Whether a key of a recipient table is of an own domain, or of no domain."""
    return key.endswith("@") or key.rpartition("@")[2].lower() in own


def _literal_results(kind: str, text: str) -> list[str]:
    """The right sides of a static: or inline: table."""
    if kind == "static":
        return [text]
    return [part.partition("=")[2].strip() for part in split_list(text.strip("{} "))]


def _access_outcome(restriction: str, table: str, scope: Scope) -> Outcome | None:
    """What an access table does for an external client; None where it permits none."""
    if table.startswith("{"):
        table = next(iter(split_list(table.strip("{}"))), "")
    match = _MAP.match(table)
    kind = match[1] if match else ""
    if match and kind in ("static", "inline"):
        permits = any(map(_permits, _literal_results(kind, match[2])))
        return Outcome(RELAYS, f"{restriction} {table} permits") if permits else None
    rows = scope.tables.get(table, {}).get("rows")
    if rows is None:
        return Outcome(UNDECIDED, f"the table of {restriction} {table} cannot be read")
    keys = [key for key, result in rows if _permits(result)]
    if restriction == "check_recipient_access":
        keys = [key for key in keys if not _is_own_recipient(key, scope.own)]
    if not keys:
        return None
    if not _CLIENT_ACCESS.match(restriction) or not kind:
        return Outcome(RELAYS, f"{restriction} {table} permits clients that state {keys[0]}")
    if kind in _PATTERN_MAPS:
        return Outcome(UNDECIDED, f"{restriction} {table} permits clients by a pattern")
    internet = [key for key in keys if key in ("0.0.0.0/0", "::/0")]
    return Outcome(RELAYS, f"{restriction} {table} permits {internet[0]}") if internet else None


def _restrictions(text: str) -> t.Iterator[tuple[str, str]]:
    """The restrictions of a list with their arguments, without those that only warn."""
    queue = split_list(text)
    while queue:
        restriction = queue.pop(0)
        warns = restriction == "warn_if_reject" and bool(queue)
        if warns:
            restriction = queue.pop(0)
        argument = queue.pop(0) if _TAKES_ARGUMENT.match(restriction) and queue else ""
        if not warns:
            yield restriction, argument


def _restriction_outcome(
    restriction: str, argument: str, scope: Scope, depth: int
) -> Outcome | None:
    """What one restriction does for an external client; None where the next one decides."""
    if restriction in _REJECTS_ALL:
        return Outcome(REJECTS_ALL, restriction)
    if restriction in _REJECTS_RELAYING:
        return Outcome(REJECTS_RELAYING, restriction)
    if restriction == "check_policy_service":
        return Outcome(UNDECIDED, f"check_policy_service {argument} can permit any client")
    if restriction in split_list(scope.values.get("smtpd_restriction_classes", "")):
        if depth >= MAX_CLASS_DEPTH:
            return None
        inner = list_outcome(scope.values.get(restriction, ""), scope, depth + 1)
        return inner if inner.reason else None
    if restriction.startswith("check_"):
        return _access_outcome(restriction, argument, scope)
    if _BARE_TABLE.match(restriction):
        return _access_outcome("check_recipient_access", restriction, scope)
    return _permit_outcome(restriction, scope)


def _permit_outcome(restriction: str, scope: Scope) -> Outcome | None:
    """What a restriction that permits does for an external client; None where it permits none."""
    if restriction in _PERMITS:
        return Outcome(RELAYS, _PERMITS[restriction])
    if restriction == "permit_mx_backup" and not scope.values.get("permit_mx_backup_networks"):
        reason = "permit_mx_backup relays to every domain whose MX record names this host"
        return Outcome(RELAYS, reason, ("permit_mx_backup_networks",))
    if restriction == "permit_mynetworks" and _mynetworks_is_internet(scope):
        reason = "permit_mynetworks permits the whole Internet (mynetworks)"
        return Outcome(RELAYS, reason, ("mynetworks",))
    return None


def list_outcome(text: str, scope: Scope, depth: int = 0) -> Outcome:
    """What a list of restrictions does for an external client that wants to relay."""
    undecided: Outcome | None = None
    for restriction, argument in _restrictions(text):
        outcome = _restriction_outcome(restriction, argument, scope, depth)
        if outcome and outcome.state == UNDECIDED:
            undecided = undecided or outcome
        elif outcome:
            return undecided or outcome
    return undecided or Outcome(RELAYS, "")


def _mynetworks_is_internet(scope: Scope) -> bool:
    members = split_list(scope.values.get("mynetworks", ""))
    return any(re.match(r"\[?(0\.0\.0\.0|::)\]?/0$", member) for member in members)


def listener_outcome(scope: Scope) -> Outcome:
    """What a listener does for an external client that wants to relay: one list that rejects is
    enough.
    """
    outcomes = [
        (name, list_outcome(scope.values.get(name, ""), scope)) for name in RESTRICTION_PARAMETERS
    ]
    for state in (REJECTS_ALL, REJECTS_RELAYING):
        for name, outcome in outcomes:
            if outcome.state == state:
                return Outcome(state, f"{name} has {outcome.reason}", (name,))
    for state in (UNDECIDED, RELAYS):
        for name, outcome in outcomes:
            if outcome.state == state and outcome.reason:
                return Outcome(state, f"{name}: {outcome.reason}", (name, *outcome.decided_by))
    return Outcome(
        RELAYS, "none of its lists of restrictions rejects relaying", RESTRICTION_PARAMETERS
    )
