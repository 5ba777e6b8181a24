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

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    NAMES,
    parents,
)

from .base import networks
from .postfix_scope import REJECTS_RELAYING, RELAYS, UNDECIDED, Outcome, Scope, is_top_level

#: Modifiers change the reply or the log, never the decision.
_MODIFIER = re.compile(
    r"^(message|log_message|logwrite|log_reject_target|control|delay|set|add_header|remove_header"
    r"|continue|endpass|udpsend)\b"
)
#: Whether something holds for an external client and a recipient elsewhere. FREELY: as the client
#: likes.
YES, NO, UNKNOWN, FREELY = "yes", "no", "unknown", "freely"
_NEGATED = {YES: NO, NO: YES, UNKNOWN: UNKNOWN, FREELY: FREELY}
#: Conditions about what a client states, and conditions that a client of good repute passes.
_STATED = ("senders", "sender_domains", "local_parts", "encrypted", "verify")
_REPUTATION = (
    *("dnslists", "ratelimit", "malware", "spam", "csa", "spf", "dkim_status", "dkim_signers"),
    *("mime_regex", "regex", "decode", "bmi_optin", "spf_guess", "dmarc_status", "seen"),
)
#: Lookups that have a network, or a pattern, as a key.
_LOOKUP = re.compile(r"^(net\d*-|partial\d*-)?\(?[\w*@]+\)?[\w*,=@-]*;")
#: Lookups of one name, in which strangers are not.
_EXACT_LOOKUP = re.compile(
    r"^[ln]?(search|db|dbm|dbmnz|cdb|dsearch|bm|ndbm)\b|^(dsearch|cdb|dbm)\b"
)
#: How many named lists may name one another.
MAX_LIST_DEPTH = 4


def split_list(text: str) -> list[str]:
    """The members of a list; a colon that belongs to a member is doubled, unless the list names
    another separator.
    """
    text = text.strip()
    if text.startswith("<") and len(text) > 1:
        return [member.strip() for member in text[2:].split(text[1]) if member.strip()]
    return [
        member.strip().replace("\0", ":")
        for member in text.replace("::", "\0").split(":")
        if member.strip()
    ]


class _Lists(t.NamedTuple):
    """What lists are read with. named: the named lists; files: what lists name, line by line."""

    named: t.Mapping[str, str]
    files: t.Mapping[str, t.Any]
    scope: Scope


def list_holds(kind: str, text: str, lists: _Lists, depth: int = 0) -> str:
    """Whether a list of hosts or domains has a stranger: the first member that matches decides."""
    members = split_list(text)
    doubt, widened = False, False
    for member in members:
        if member in ("+include_unknown", "+ignore_unknown", "+include_defer", "+ignore_defer"):
            widened = member == "+include_unknown" or (widened and member != "+ignore_unknown")
            continue
        bare = member.lstrip("! ")
        found = _member_holds(kind, bare, lists, depth)
        if widened and found == NO and kind == "hosts" and _is_host_name(bare):
            found = YES
        if found == YES and not doubt:
            return NO if member.startswith("!") else YES
        doubt = doubt or found != NO
    if doubt:
        return UNKNOWN
    return YES if members and members[-1].startswith("!") else NO


def _is_host_name(member: str) -> bool:
    """Whether a member of a list of hosts is looked up by name."""
    return not networks(member)[0] and not member.startswith(("@", "+"))


def _member_holds(kind: str, member: str, lists: _Lists, depth: int) -> str:
    """Whether one member of a list has a stranger."""
    if "$" in member or depth > MAX_LIST_DEPTH:
        return UNKNOWN
    if member.startswith("+"):
        named = lists.named.get(member[1:])
        if named is None:
            return UNKNOWN
        # A list that names itself cannot be told.
        inner = lists._replace(named={**lists.named, member[1:]: "$"})
        return list_holds(kind, named, inner, depth + 1)
    if member.startswith("/"):
        return _file_holds(kind, member, lists, depth)
    if member == "*":
        return YES
    if member.startswith("^"):
        return _pattern_holds(kind, member)
    if _LOOKUP.match(member):
        return _lookup_holds(kind, member, lists)
    return _host_holds(member, lists) if kind == "hosts" else _domain_holds(member)


def _file_holds(kind: str, path: str, lists: _Lists, depth: int) -> str:
    """Whether a file of members has a stranger."""
    lines = lists.files.get(path)
    if lines is None:
        return UNKNOWN
    found = [_member_holds(kind, line.lstrip("! "), lists, depth + 1) for line in lines]
    if any(line.startswith("!") for line in lines) and YES in found:
        return UNKNOWN
    return YES if YES in found else UNKNOWN if UNKNOWN in found else NO


def _pattern_holds(kind: str, pattern: str) -> str:
    """Whether a regular expression matches a stranger's name; hosts choose theirs."""
    try:
        found = any(re.search(pattern, name, re.I) for name in NAMES)
    except (re.error, RecursionError, OverflowError):
        return UNKNOWN
    return YES if found else UNKNOWN if kind == "hosts" or not pattern.endswith("$") else NO


def _lookup_holds(kind: str, member: str, lists: _Lists) -> str:
    """Whether a lookup finds a stranger."""
    method, _semicolon, path = member.partition(";")
    if kind == "domains" and _EXACT_LOOKUP.match(method) and "*" not in method:
        return NO
    if "lsearch" not in method or "wild" in method or "nwild" in method or "*" in method:
        return UNKNOWN
    lines = lists.files.get(path.strip())
    if lines is None:
        return UNKNOWN
    keys = [re.split(r"[:\s]", line.strip('"'), maxsplit=1)[0] for line in lines]
    if method.startswith(("net", "iplsearch")):
        keys = [line.rpartition(":")[0] or line for line in lines]
        return UNKNOWN if any(networks(key)[1] for key in keys) else _any_host(keys, lists)
    if kind == "hosts":  # looked up by the name of the client, not by its address
        return _any_host([key for key in keys if not networks(key)[0]], lists)
    held = {form for name in NAMES for form in parents(name)}
    return YES if held & {key.strip("*.").lower() for key in keys} else NO


def _any_host(keys: t.Iterable[str], lists: _Lists) -> str:
    return YES if any(_host_holds(key, lists) == YES for key in keys) else NO


def _host_holds(member: str, lists: _Lists) -> str:
    """Whether an address, network or name is that of a stranger."""
    found, _others = networks(member)
    if found:
        return YES if any(map(lists.scope.has_strangers, found)) else NO
    name = member.lstrip("*.").lower()
    wide = member.startswith("*") and "." not in name
    return YES if wide else NO


def _domain_holds(member: str) -> str:
    """Whether a domain, or all below one, is a stranger's."""
    if member.startswith("@mx_"):
        return UNKNOWN
    if member.startswith("*"):
        ending = member[1:].lower()
        if ending.startswith(".") and is_top_level(ending):
            return YES
        return YES if any(name.endswith(ending) for name in NAMES) else NO
    return YES if member.lower() in NAMES else NO


def _holds(condition: str, lists: _Lists) -> str:
    """Whether a condition holds for an external client and a recipient elsewhere."""
    name, _equals, value = (part.strip() for part in condition.partition("="))
    if name.startswith("!"):
        return _NEGATED[_holds(condition.lstrip("! "), lists)]
    if name == "authenticated":
        return NO
    if name in ("hosts", "domains"):
        return list_holds(name, value, lists)
    if name in _STATED:
        return UNKNOWN if "$" in value or ";" in value else FREELY
    if name in _REPUTATION:
        return FREELY if condition.startswith("!") else UNKNOWN
    return UNKNOWN


def _may_close(condition: str) -> bool:
    """Whether a condition that is not known can be one about relaying."""
    name = condition.lstrip("! ").partition("=")[0].strip()
    return name not in (*_STATED, *_REPUTATION)


def _statement_outcome(verb: str, statement: t.Sequence[str], lists: _Lists) -> Outcome | None:
    """What one statement of the ACL does for an external client; None where the next decides."""
    conditions = [entry for entry in statement if not _MODIFIER.match(entry)]
    results = [_holds(entry, lists) for entry in conditions]
    text = " ".join((verb, *conditions)).strip()
    if verb in ("deny", "drop", "defer"):
        return _deny_outcome(text, conditions, results)
    if verb == "require":
        return _require_outcome(conditions, results)
    if verb in ("accept", "discard") and NO not in results:
        reason = text.replace(verb, "accept", 1) if conditions else "accept, without a condition"
        return Outcome(UNDECIDED if UNKNOWN in results else RELAYS, reason)
    return None


def _deny_outcome(
    text: str, conditions: t.Sequence[str], results: t.Sequence[str]
) -> Outcome | None:
    """What a statement that rejects does; a client avoids what it states."""
    if all(result == YES for result in results):
        return Outcome(REJECTS_RELAYING, text)
    if NO in results or FREELY in results:
        return None
    unknown = [
        entry for entry, result in zip(conditions, results, strict=True) if result == UNKNOWN
    ]
    return Outcome(UNDECIDED, text) if all(map(_may_close, unknown)) else None


def _require_outcome(conditions: t.Sequence[str], results: t.Sequence[str]) -> Outcome | None:
    """What a require statement does: one condition that does not hold is enough to reject."""
    pairs = list(zip(conditions, results, strict=True))
    for condition, result in pairs:
        if result == NO:
            return Outcome(REJECTS_RELAYING, f"require {condition}")
    for condition, result in pairs:
        if result == UNKNOWN and _may_close(condition):
            return Outcome(UNDECIDED, f"require {condition}")
    return None


def acl_outcome(exim: t.Mapping[str, t.Any], scope: Scope | None = None) -> Outcome:
    """What Exim does for an external client that wants to relay."""
    name = exim["settings"].get("acl_smtp_rcpt")
    if not name:
        reason = "acl_smtp_rcpt is not set, so Exim accepts no recipient from the network"
        return Outcome(REJECTS_RELAYING, reason)
    if not exim["acl"]:
        return Outcome(UNDECIDED, f"the ACL {name} was not found")
    lists = _Lists(exim["lists"], exim.get("files", {}), scope or Scope({}, {}, ()))
    # A statement that may accept leaves a rejection after it undecided, and one that may reject an
    # acceptance.
    doubts: dict[str, Outcome] = {}
    for index, (verb, *statement) in enumerate(exim["acl"]):
        outcome = _statement_outcome(verb, statement, lists)
        if outcome is None:
            continue
        outcome = outcome._replace(decided_by=(index,))
        if outcome.state == UNDECIDED:
            rejects = verb in ("require", "deny", "drop", "defer")
            doubts.setdefault(RELAYS if rejects else REJECTS_RELAYING, outcome)
        else:
            return doubts.get(outcome.state, outcome)
    implicit_deny = Outcome(REJECTS_RELAYING, "an ACL that ends without a verdict rejects")
    return doubts.get(REJECTS_RELAYING, implicit_deny)


def relay_host_lists(exim: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Lists of hosts that may relay: those that the ACL accepts by, and those that have the names
    that Debian and Exim's own example give them.
    """
    found = {
        name: value
        for name, value in exim["lists"].items()
        if re.search(r"relay.*hosts|relay_nets", name)
    }
    lists = _Lists(exim["lists"], exim.get("files", {}), Scope({}, {}, ()))
    for verb, *statement in exim["acl"]:
        conditions = [entry for entry in statement if not _MODIFIER.match(entry)]
        others = [_holds(entry, lists) for entry in conditions if not _hosts_of(entry)]
        if verb == "accept" and NO not in others:
            for text in filter(None, map(_hosts_of, conditions)):
                found.update(_named_hosts(text, exim["lists"]))
    return found


def _hosts_of(condition: str) -> str:
    """The list of a condition about hosts; empty for another one."""
    match = re.match(r"hosts\s*=\s*(.*)$", condition, re.S)
    return match[1] if match else ""


def _named_hosts(text: str, named: t.Mapping[str, str]) -> dict[str, str]:
    """The lists that a condition about hosts names, or the condition itself."""
    members = split_list(text)
    names = [member[1:] for member in members if member.startswith("+")]
    if names and len(names) == len(members) and all(name in named for name in names):
        return {name: named[name] for name in names}
    return {"hosts": text} if members else {}


def list_members(exim: t.Mapping[str, t.Any], text: str, depth: int = 0) -> list[str]:
    """The members of a list of hosts, with those of the lists and files that it names."""
    found = []
    for member in split_list(text):
        named = exim["lists"].get(member[1:]) if member.startswith("+") else None
        lines = exim.get("files", {}).get(member)
        if depth < MAX_LIST_DEPTH and named is not None:
            found += list_members(exim, named, depth + 1)
        elif depth < MAX_LIST_DEPTH and lines is not None:
            found += lines
        elif not member.startswith("!"):
            found.append(member)
    return found
