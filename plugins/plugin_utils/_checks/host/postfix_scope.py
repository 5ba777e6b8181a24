# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides for an external client in Postfix: the outcomes, what they are derived from, and
lists of patterns (match_list), such as mynetworks and relay_domains.

An external client is not authenticated, is in no trusted network, and chooses its HELO name and its
sender freely.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config import postfix_lists
from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    MAX_DEPTH,
    PATTERNS,
    is_table,
    split_list,
    table_kind,
    unbraced,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import is_address

from .base import Network, is_within, networks

#: What a list does for an external client. REJECTS_ALL: rejects every recipient; REJECTS_RELAYING:
#: rejects recipients elsewhere; UNDECIDED: what decides cannot be read; RELAYS: permits relaying.
REJECTS_ALL, REJECTS_RELAYING = "rejects_all", "rejects_relaying"
UNDECIDED, RELAYS = "undecided", "relays"
#: Rejects external clients, or decides nothing.
MAY_REJECT = "may_reject"
#: Networks of at least this size have strangers in them, unless they are private.
LARGEST_TRUSTED = {4: 8, 6: 16}
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
#: A country code (all of two letters may be one), or an internationalised top-level domain.
_TOP_LEVEL = re.compile(r"(?:[a-z]{2}|xn--[a-z0-9-]{1,59})\Z", re.ASCII)
_PARAMETER = re.compile(r"\w+\Z")
#: Names of clients that are strangers; Postfix has "unknown" for those without a confirmed one.
HOSTS = (*(f"mail.{name}" for name in postfix_lists.NAMES), "unknown")
#: The domains of strangers, and those above them; other keys are domains like an own one.
_TRIED = {key for name in postfix_lists.NAMES for key in (name, *postfix_lists.parents(name))}
_ADDRESS_PREFIX = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}$")


class Outcome(t.NamedTuple):
    """What a list, a listener or an ACL does for an external client, and the reason.

    decided_by: the parameters of Postfix, or the index of Exim's statement, that decided.
    """

    state: str
    reason: str
    decided_by: tuple[str | int, ...] = ()


class Scope(t.NamedTuple):
    """What a list is read with.

    values: parameters; tables: as in the facts; own: own domains; trusted: networks that are the
    host's own or declared; client: a key of a table of clients that the client has; bare_table: how
    a table without a restriction before it is looked up; knows_own: whether own has all of them;
    not_yet: how the names of restrictions begin that the list is evaluated too early for.
    """

    values: t.Mapping[str, str]
    tables: t.Mapping[str, t.Mapping[str, t.Any]]
    own: t.Container[str] = ()
    trusted: tuple[Network, ...] = LOOPBACK
    client: str = ""
    bare_table: str = "check_recipient_access"
    knows_own: bool = True
    not_yet: tuple[str, ...] = ()

    @property
    def requires_helo(self) -> bool:
        """Whether a client that says no HELO is rejected; others skip what is about HELO."""
        return self.value("smtpd_helo_required").lower() == "yes"

    def value(self, parameter: str) -> str:
        """The value of a parameter; empty where it has none."""
        return self.values.get(parameter, "")

    def table(self, name: str) -> t.Mapping[str, t.Any]:
        """What was read of a table."""
        return self.tables.get(name, {})

    def answers(self, name: str, group: str) -> t.Mapping[str, str]:
        """What a table has for strangers, by their keys of a group."""
        found: t.Mapping[str, str] = (self.table(name).get("answers") or {}).get(group, {})
        return found

    def is_trusted(self, network: Network) -> bool:
        """Whether a network is the host's own, or declared."""
        return any(is_within(network, known) for known in self.trusted)

    def strangers(self) -> list[Network]:
        """Addresses that stand for those of strangers."""
        found = map(ipaddress.ip_network, postfix_lists.ADDRESSES)
        return [address for address in found if not self.is_trusted(address)]

    def has_strangers(self, network: Network) -> bool:
        """Whether a network has addresses of strangers in it."""
        if self.is_trusted(network):
            return False
        if any(is_within(address, network) for address in self.strangers()):
            return True
        return network.prefixlen <= LARGEST_TRUSTED[network.version] and not network.is_private


def literal_rows(table: str) -> list[list[str]] | None:
    """The entries of a table that is written out in the configuration; None for another one."""
    kind, rest = table_kind(table)
    if kind != "inline":
        return None
    parts = (unbraced(part).partition("=") for part in split_list(unbraced(rest)))
    return [[key.strip(), value.strip()] for key, _equals, value in parts]


def rows(table: str, scope: Scope) -> list[list[str]] | None:
    """The entries of a table; None where they cannot be read."""
    found = literal_rows(table)
    return scope.table(table).get("rows") if found is None else found


def key_network(key: str) -> Network | None:
    """The network that a key of a table of clients stands for; None for a name or a pattern."""
    if _ADDRESS_PREFIX.match(key):
        octets = key.split(".")
        key = ".".join([*octets, *["0"] * (4 - len(octets))]) + f"/{8 * len(octets)}"
    elif re.match(r"[0-9a-fA-F:]+$", key) and ":" in key and "::" not in key:
        words = key.removesuffix(":").split(":")
        key = key if len(words) == 8 else f"{':'.join(words)}::/{16 * len(words)}"
    found, _others = networks(key)
    return found[0] if found else None


class Match(t.NamedTuple):
    """What a list of patterns says about strangers. state: RELAYS where it has one, UNDECIDED, or
    empty; member: the one that decided.
    """

    state: str
    member: str = ""


NO_MATCH = Match("")


class _Matcher(t.NamedTuple):
    """How strangers are matched. groups: of the keys that Postfix was asked; forms: a stranger to
    the keys that a table may have for it; matches: the strangers that a plain member stands for.
    """

    groups: tuple[str, ...]
    forms: t.Mapping[str, t.Collection[str]]
    matches: t.Callable[[str], set[str]]


def network_match(text: str, scope: Scope) -> Match:
    """Whether a list of networks has strangers in it. Postfix matches the name of a client too,
    which is "unknown" where its address and its name do not confirm each other.
    """
    strangers = scope.strangers()
    hosts = {name: _keys(name, scope, "mynetworks") for name in HOSTS}

    def matches(member: str) -> set[str]:
        found = networks(member)[0]
        if not found:
            return _named(member, hosts, scope, "mynetworks")
        within = {
            str(address.network_address)
            for address in strangers
            for network in found
            if is_within(address, network)
        }
        # A large network has strangers, if none of those that were made up.
        return within or {member for network in found if scope.has_strangers(network)}

    addresses = [str(address.network_address) for address in strangers]
    forms = {**{address: (address,) for address in addresses}, **hosts}
    return _list_match(text, scope, _Matcher(("address", "hostname"), forms, matches))


def domain_match(text: str, scope: Scope, below: bool = False) -> Match:
    """Whether a list of domains has those of strangers in it. below: whether a domain in it stands
    for those below it, too, so that a top-level domain has strangers.
    """
    forms = {
        name: _keys(name, scope, "relay_domains") if below else (name,)
        for name in postfix_lists.NAMES
    }

    def matches(member: str) -> set[str]:
        if below:
            return _named(member, forms, scope, "relay_domains")
        return {member.lower()} & set(forms)

    return _list_match(text, scope, _Matcher(("domain",), forms, matches))


def _named(
    member: str, forms: t.Mapping[str, t.Collection[str]], scope: Scope, parameter: str
) -> set[str]:
    """The strangers that a name in a list stands for, which may be that of a top-level domain."""
    found = {name for name, keys in forms.items() if member.lower() in keys}
    wide = is_top_level(member) and is_looked_up(member, scope, parameter)
    return found or ({member} if wide else set())


def _keys(name: str, scope: Scope, parameter: str) -> tuple[str, ...]:
    """The keys by which a name is looked up in a list."""
    above = [key for key in postfix_lists.parents(name) if is_looked_up(key, scope, parameter)]
    return (name, *above)


def is_looked_up(parent: str, scope: Scope, parameter: str) -> bool:
    """Whether a list has domains with their subdomains in this way, with a dot before them or
    without one; both count where parent_domain_matches_subdomains is not known.
    """
    listed = scope.values.get("parent_domain_matches_subdomains")
    members = None if listed is None else split_list(listed)
    if members is None or not all(map(_PARAMETER.match, members)):
        return True
    return parent.startswith(".") != (parameter in members)


def is_top_level(name: str) -> bool:
    """Whether a name is that of a top-level domain, below which strangers have domains."""
    return bool(_TOP_LEVEL.match(name.strip(".").lower()))


def _list_match(text: str, scope: Scope, matcher: _Matcher) -> Match:
    """The first member that has strangers who are not excluded before it, else one that cannot be
    read.
    """
    doubt, excluded = NO_MATCH, set[str]()
    for excludes, member in _members(text, scope):
        is_unread, found = _member_match(member, scope, matcher)
        if excludes:
            excluded |= found
        elif found - excluded:
            return Match(RELAYS, member)
        elif is_unread and not doubt.state:
            doubt = Match(UNDECIDED, member)
    return doubt


def _members(text: str, scope: Scope, depth: int = 0) -> t.Iterator[tuple[bool, str]]:
    """The members of a list of patterns, with those of the files that it names, and whether what
    each one stands for is excluded: twice excluded is not.
    """
    for written in split_list(text):
        member = written.lstrip("!")
        excludes = len(written) % 2 != len(member) % 2
        lines = rows(member, scope) if member.startswith("/") and depth < MAX_DEPTH else None
        if lines is None:
            yield excludes, member
            continue
        for is_excluded, inner in _members(
            " ".join(key for key, _value in lines), scope, depth + 1
        ):
            yield is_excluded != excludes, inner
        if scope.table(member).get("cut"):
            yield False, f"{member}:end"


def _member_match(member: str, scope: Scope, matcher: _Matcher) -> tuple[bool, set[str]]:
    """Whether a part of a member cannot be read, and the strangers that it stands for."""
    if "$" in member or member.startswith("/"):
        return True, set()
    if is_table(member):
        return _table_match(member, scope, matcher)
    return False, matcher.matches(member)


def _table_match(table: str, scope: Scope, matcher: _Matcher) -> tuple[bool, set[str]]:
    """Whether a part of a table cannot be read, and the strangers that it has, whatever their
    values are.
    """
    kind, _rest = table_kind(table)
    if kind == "static":
        return False, set(matcher.forms)
    facts, found = scope.table(table), rows(table, scope)
    asked = {key for group in matcher.groups for key in scope.answers(table, group)}
    matched = {
        name for name, forms in matcher.forms.items() if any(form in asked for form in forms)
    }
    if matcher.groups == ("domain",):
        matched |= asked - _TRIED
    if found is not None and kind not in ("regexp", "pcre"):
        for key, _value in found:
            if kind == "cidr" or "/" not in key:  # other tables are not looked up by prefix
                matched |= matcher.matches(key)
    is_unasked = kind in PATTERNS and facts.get("answers") is None
    return found is None or bool(facts.get("cut") or (found and is_unasked)), matched


def listed_networks(text: str, scope: Scope) -> tuple[list[Network], list[str]]:
    """The networks of a list of patterns, without excluded ones, and its members that are not
    known.
    """
    found: list[Network] = []
    excluded: list[Network] = []
    others: list[str] = []
    for excludes, member in _members(text, scope):
        inner, unknown = _member_networks(member, scope)
        if excludes:
            excluded += inner
            continue
        others += unknown
        found += [
            network for network in inner if not any(is_within(network, out) for out in excluded)
        ]
    return found, others


def _member_networks(member: str, scope: Scope) -> tuple[list[Network], list[str]]:
    """The networks that a member of a list stands for, or the member where that is not known."""
    kind, _rest = table_kind(member)
    if not kind:
        return networks(member)
    is_pattern = kind in ("regexp", "pcre")
    if kind == "static" or (is_pattern and scope.answers(member, "address")):
        return networks("0.0.0.0/0 ::/0")[0], []
    listed = rows(member, scope)
    if listed is None or scope.table(member).get("cut"):
        return [], [member]
    found: list[Network] = []
    others: list[str] = []
    for key, _value in listed:
        network = key_network(key)
        if network and kind != "cidr" and not is_address(key):
            continue  # such a table is looked up by whole addresses alone
        if network:
            found.append(network)
        elif key.lower() not in ("if", "endif"):
            others.append(f"{member} {key}")
    return found, others
