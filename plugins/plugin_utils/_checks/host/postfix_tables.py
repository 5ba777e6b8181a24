# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What access tables of Postfix do for an external client: its strangers are looked up, and every
entry that can be read counts as well.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    ADDRESSES,
    NAMES,
    PATTERNS,
    USERS,
    table_kind,
    table_of,
)

from .base import Network, is_within
from .postfix_scope import (
    MAY_REJECT,
    REJECTS_ALL,
    RELAYS,
    UNDECIDED,
    Outcome,
    Scope,
    is_looked_up,
    key_network,
    rows,
)

#: What a result of a table does: an outcome, or None where the next restriction decides.
Follow = t.Callable[[str], Outcome | None]
#: The keys of strangers that a restriction looks up; for others, the client chooses a name freely.
_GROUPS = {
    "check_client_access": ("address", "hostname"),
    "check_recipient_access": ("mail",),
    "check_sender_access": ("mail", "null"),
    "check_ccert_access": ("certificate",),
}
#: A key of each group for every stranger.
_EVERY_STRANGER = {
    "address": ADDRESSES,
    "hostname": tuple(f"mail.{name}" for name in NAMES),
    "name": tuple(f"mail.{name}" for name in NAMES),
    "mail": tuple(f"{USERS[0]}@{name}" for name in NAMES),
}
_CHOSEN = ("name", "address", "hostname")
#: Tables that are looked up by what the DNS says of a recipient elsewhere.
_DNS = re.compile(r"_(a|mx|ns)_access$")
_RECIPIENT_DNS = re.compile(r"^check_recipient_(a|mx|ns)_access$")
_REJECTING = ("REJECT", "DEFER", "DISCARD")
_NEUTRAL = (
    *("DUNNO", "HOLD", "INFO", "WARN", "FILTER", "REDIRECT", "BCC", "PREPEND"),
    *("DEFER_IF_REJECT",),
)
_LOCAL_NAMES = ("localhost", "localdomain")


def result_outcome(result: str, scope_list: Follow) -> Outcome | None:
    """What the right side of an access table does (access(5)). scope_list: reads restrictions."""
    words = result.upper().split()
    if not words:
        return None
    first = words[0]
    if first in ("OK", "RELAY") or (len(words) == 1 and first.isascii() and first.isdigit()):
        return Outcome(RELAYS, "permits")
    if re.match(r"[45][0-9]{2}$", first) or first in _REJECTING:
        return Outcome(REJECTS_ALL, result)
    if first == "DEFER_IF_PERMIT":
        return Outcome(REJECTS_ALL, result)
    return None if first in _NEUTRAL else scope_list(result)


class _Access(t.NamedTuple):
    """An access table in a list of restrictions."""

    restriction: str
    table: str
    scope: Scope
    follow: Follow

    @property
    def kind(self) -> str:
        """The type of the table."""
        return table_kind(self.table)[0]

    def has(self, key: str) -> bool:
        """Whether a key is one that Postfix looks up, where it begins with a dot."""
        is_name = key.startswith(".") and self.kind not in PATTERNS
        return not is_name or is_looked_up(key, self.scope, "smtpd_access_maps")

    def says(self, key: str) -> str:
        """The reason for what a key does."""
        return f"{self.restriction} {self.table} permits {key}"


def access_outcome(restriction: str, table: str, scope: Scope, follow: Follow) -> Outcome | None:
    """What an access table does for an external client; None where the next restriction decides."""
    table = table_of(table)
    access = _Access(restriction, table, scope, follow)
    if restriction in ("check_sasl_access", "check_etrn_access"):
        return None
    kind, definition = table_kind(table)
    if kind == "static":
        found = follow(definition.strip("{} "))
        if found is None or (found.state != RELAYS and _is_avoidable(restriction, scope)):
            return None
        return found._replace(reason=f"{restriction} {table}")
    if scope.client and restriction == "check_client_access":
        return _client_outcome(access)
    return _stranger_outcome(access)


def _is_avoidable(restriction: str, scope: Scope) -> bool:
    """Whether a client can have nothing to look up: it says no HELO, shows no certificate, has the
    null sender, or no records in the DNS.
    """
    if restriction.startswith("check_helo_") and not scope.requires_helo:
        return True
    if restriction == "check_ccert_access":
        return True
    return bool(_DNS.search(restriction)) and not _RECIPIENT_DNS.match(restriction)


def _client_outcome(access: _Access) -> Outcome | None:
    """What a table does for a client with a key of its own."""
    if access.scope.client == access.table:
        return Outcome(RELAYS, f"an entry of {access.table} that was not read")
    found = rows(access.table, access.scope) or []
    result = next((value for key, value in found if key == access.scope.client), None)
    return access.follow(result) if result is not None else None


def _stranger_outcome(access: _Access) -> Outcome | None:
    """The best that an external client can get from a table."""
    results = [*_answered(access), *_listed(access)]
    for state in (RELAYS, UNDECIDED):
        for key, outcome in results:
            if outcome.state == state:
                reason = access.says(key) if state == RELAYS else outcome.reason
                return outcome._replace(reason=reason)
    reason = _unread(access)
    if reason:
        return Outcome(UNDECIDED, reason)
    if _rejects_strangers(access):
        return Outcome(MAY_REJECT, f"{access.restriction} {access.table} rejects some clients")
    return None


def _rejects_strangers(access: _Access) -> bool:
    """Whether every stranger that was looked up is rejected."""
    for group in _GROUPS.get(access.restriction, _CHOSEN):
        keys = _EVERY_STRANGER.get(group, ())
        found = access.scope.answers(access.table, group)
        results = [access.follow(found[key]) for key in keys if key in found]
        if keys and len(results) == len(keys):
            return all(result and result.state == REJECTS_ALL for result in results)
    return False


def _unread(access: _Access) -> str:
    """Why a table may have an entry that was not seen; empty where all of it was read."""
    name = f"{access.restriction} {access.table}"
    if rows(access.table, access.scope) is None:
        return f"the table of {name} cannot be read"
    if access.scope.table(access.table).get("cut"):
        return f"only the beginning of the table of {name} was read"
    return ""


def _answered(access: _Access) -> t.Iterator[tuple[str, Outcome]]:
    """What Postfix found for strangers in the table."""
    strangers = {str(address.network_address) for address in access.scope.strangers()}
    for group in _GROUPS.get(access.restriction, _CHOSEN):
        for key, value in access.scope.answers(access.table, group).items():
            trusted = key in ADDRESSES and key not in strangers
            outcome = access.follow(value) if access.has(key) and not trusted else None
            if outcome:
                yield key, outcome


def _listed(access: _Access) -> t.Iterator[tuple[str, Outcome]]:
    """What the entries of the table do for some external client."""
    earlier: list[Network] = []
    by_condition = any(
        key.lower() == "if" for key, _value in rows(access.table, access.scope) or ()
    )
    for key, value in rows(access.table, access.scope) or ():
        network = key_network(key) if access.kind == "cidr" else None
        if network and any(is_within(network, other) for other in earlier):
            continue
        if network and not by_condition:
            earlier.append(network)
        outcome = access.follow(value) if key.lower() != "if" and access.has(key) else None
        if outcome is None or outcome.state == REJECTS_ALL:
            continue
        reach = UNDECIDED if by_condition else _reach(access, key)
        if reach == UNDECIDED:
            reason = f"{access.restriction} {access.table} permits some by {key}"
            yield key, Outcome(UNDECIDED, reason)
        elif reach:
            yield key, outcome


def _reach(access: _Access, key: str) -> str:
    """Whether an external client gets the result of a key: RELAYS, UNDECIDED, or empty."""
    by_pattern = access.kind in ("regexp", "pcre")
    if access.restriction == "check_client_access":
        if by_pattern:
            return UNDECIDED
        is_prefix = access.kind != "cidr" and "/" in key  # a plain table has none
        return "" if is_prefix else _client_reach(key, access.scope)
    if access.restriction == "check_recipient_access":
        if by_pattern:
            return UNDECIDED
        if _is_own_recipient(key, access.scope.own):
            return ""
        return RELAYS if access.scope.knows_own or key.endswith("@") else UNDECIDED
    if access.restriction == "check_ccert_access":
        return UNDECIDED if by_pattern else ""
    return UNDECIDED if _RECIPIENT_DNS.match(access.restriction) else RELAYS


def _client_reach(key: str, scope: Scope) -> str:
    """Whether strangers have the address or the host name that a key stands for."""
    if key.startswith("!"):
        return RELAYS
    network = key_network(key)
    if network:
        return RELAYS if scope.has_strangers(network) else ""
    name = key.strip(".").lower()
    return "" if "." in name or name in _LOCAL_NAMES else RELAYS


def _is_own_recipient(key: str, own: t.Container[str]) -> bool:
    """Whether a key of a table of recipients is of an own domain, or of a part of one. A key with
    no domain (user@) is of every domain.
    """
    domain = key.rpartition("@")[2].strip(".").lower()
    if domain.startswith("["):
        return True
    labels = domain.split(".")
    return any(".".join(labels[index:]) in own for index in range(len(labels)))


def client_keys(table: str, scope: Scope) -> list[str]:
    """The keys of a table of clients that are neither the host's own nor declared; the name of the
    table for entries that were not read.
    """
    listed = rows(table, scope)
    unread = listed is None and table_kind(table)[0] != "static"
    found = [table] if unread or scope.table(table).get("cut") else []
    for key, _value in listed or ():
        if "/" in key and table_kind(table)[0] not in PATTERNS:
            continue  # such a table is not looked up by prefix
        network = key_network(key)
        if network is None or not scope.is_trusted(network):
            found.append(key)
    return found
