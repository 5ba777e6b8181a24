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

from .base import Network, networks
from .postfix_scope import (
    LOOPBACK,
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
    Outcome,
    Scope,
    is_top_level,
)

#: Modifiers change the reply or the log, never the decision.
_MODIFIER = re.compile(
    r"^(message|log_message|logwrite|log_reject_target|control|delay|set|add_header|remove_header"
    r"|continue|endpass|udpsend)\b"
)
#: Whether something holds for external clients and recipients elsewhere. FREELY: for some of them,
#: or as the client likes.
YES, NO, UNKNOWN, FREELY = "yes", "no", "unknown", "freely"
_NEGATED = {YES: NO, NO: YES, UNKNOWN: UNKNOWN, FREELY: FREELY}
#: Whether a host is in the list whose name cannot be found, after these members of it.
_WITHOUT_NAME = {
    "+include_unknown": FREELY,
    "+ignore_unknown": NO,
    "+include_defer": "",
    "+ignore_defer": "",
}
#: Conditions about what a client states, and conditions that a client of good repute passes.
_STATED = ("senders", "sender_domains", "local_parts", "encrypted", "verify")
_REPUTATION = (
    *("dnslists", "ratelimit", "malware", "spam", "csa", "spf", "dkim_status", "dkim_signers"),
    *("mime_regex", "regex", "decode", "bmi_optin", "spf_guess", "dmarc_status", "seen"),
)
#: A condition: whether it is negated, its name and its value.
_CONDITION = re.compile(r"(!?)[!\s]*([^=]*)=?\s*(.*)", re.S)
#: A lookup: its type, and the file or the query.
_LOOKUP = re.compile(r"((?:net\d*-|partial\d*-)?\(?[\w*@]+\)?[\w*,=@-]*);\s*(.*)\Z", re.S)
#: Lookups of one name, in which strangers are not.
_EXACT_LOOKUP = re.compile(
    r"^[ln]?(search|db|dbm|dbmnz|cdb|dsearch|bm|ndbm)\b|^(dsearch|cdb|dbm)\b"
)
#: How many labels the shortest name has that a partial lookup tries; 2 where it does not say.
_PARTIAL = re.compile(r"^partial([0-9]{0,3})")
#: The key of a line of a file.
_KEY = re.compile(r'"?([^:\s"]*)')
#: Names of all hosts, or of all below one top-level domain.
_WIDE = re.compile(r"\*\.?[^.]*\Z")
#: Verbs by which no message is delivered.
_REJECTING = ("deny", "drop", "defer", "discard")
#: The networks that a list of everybody stands for.
EVERYBODY = ("0.0.0.0/0", "::/0")
#: What lists are read with, beside the networks that are trusted.
_SCOPE = Scope({}, {}, ())
#: How many named lists may name one another.
MAX_LIST_DEPTH = 8


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


class Lists(t.NamedTuple):
    """What lists are read with. named: the named lists; files: what lists name, line by line;
    logins: the authenticators that accept every login, None where another ACL decides.
    """

    named: t.Mapping[str, str]
    files: t.Mapping[str, t.Any]
    scope: Scope
    logins: t.Sequence[str] | None = ()


def list_holds(kind: str, text: str, lists: Lists, depth: int = 0) -> str:
    """Whether a list of hosts or domains has strangers: the first member that matches decides."""
    members = _with_lines(text, lists.files)
    without_name, some = NO, set[bool]()
    for member in members:
        if member in _WITHOUT_NAME:
            without_name = _WITHOUT_NAME[member] or without_name
            continue
        bare, included = member.lstrip("! "), not member.startswith("!")
        found = _member_holds(kind, bare, lists, depth)
        if found == NO and kind == "hosts" and _is_host_name(bare):
            found = without_name
        if found == UNKNOWN:
            return FREELY if True in some else UNKNOWN
        if found == YES:
            return _held(some, included)
        if found != NO:
            some.add(included)
    # All others are in a list that ends with an exclusion.
    return _held(some, bool(members) and members[-1].startswith("!"))


def _held(some: t.Container[bool], others: bool) -> str:
    """Whether strangers are in a list. some: whether some of them are, or are not; others: whether
    all others are.
    """
    if (not others) in some:
        return FREELY
    return YES if others else NO


def _with_lines(text: str, files: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """The members of a list, with the lines of a file in its place; an exclamation mark before the
    file negates each of them.
    """
    found = []
    for member in split_list(text):
        bare = member.lstrip("! ")
        for line in files.get(bare, [bare]):
            negated = member.startswith("!") != line.startswith("!")
            found.append(("!" if negated else "") + line.lstrip("! "))
    return found


def _is_host_name(member: str) -> bool:
    """Whether a member of a list of hosts is looked up by name."""
    return not networks(member)[0] and not member.startswith(("@", "+"))


def _member_holds(kind: str, member: str, lists: Lists, depth: int) -> str:
    """Whether one member of a list has a stranger."""
    if member.startswith("+"):
        named = lists.named.get(member[1:])
        # A list that names itself cannot be told.
        if named is None or depth >= MAX_LIST_DEPTH:
            return UNKNOWN
        return list_holds(kind, named, lists, depth + 1)
    if "$" in member or member.startswith("/"):
        return UNKNOWN
    if member == "*":
        return YES
    if member.startswith("^"):
        return _pattern_holds(member)
    lookup = _LOOKUP.match(member)
    if lookup:
        return _lookup_holds(kind, lookup[1], lists.files.get(lookup[2]), lists)
    if ";" in member:
        return UNKNOWN
    return _host_holds(member, lists) if kind == "hosts" else _domain_holds(member)


def _pattern_holds(pattern: str) -> str:
    """Whether a regular expression matches the names of strangers; one that matches none of some
    names may match others.
    """
    try:
        found = {bool(re.search(pattern, name, re.I)) for name in NAMES}
    except (re.error, RecursionError, OverflowError):
        return UNKNOWN
    return YES if found == {True} else FREELY if True in found else UNKNOWN


def _lookup_holds(kind: str, method: str, lines: t.Sequence[str] | None, lists: Lists) -> str:
    """Whether a lookup finds a stranger. lines: of its file, where that could be read."""
    if kind == "domains" and _EXACT_LOOKUP.match(method) and "*" not in method:
        return NO
    if "lsearch" not in method or "wild" in method or "*" in method or lines is None:
        return UNKNOWN
    if method.startswith("iplsearch"):  # it is asked for a name, which fails
        return UNKNOWN
    if method.startswith("net"):
        keys = [line.rpartition(":")[0] or line for line in lines]
        if any(networks(key)[1] for key in keys):
            return UNKNOWN
        return _any_held(_host_holds(key, lists) for key in keys)
    keys = [_KEY.findall(line)[0] for line in lines]
    if kind == "hosts":  # looked up by the name of the client, not by its address
        return _any_held(map(_name_holds, keys))
    held = {form for name in NAMES for form in parents(name)}
    least = int(_PARTIAL.findall(method)[0] or 2)
    if least == 0 and "*" in keys:
        return FREELY
    found = {key[1:].lower() for key in keys if key.startswith("*.") and key.count(".") >= least}
    return FREELY if held & found else NO


def _any_held(found: t.Iterable[str]) -> str:
    return FREELY if FREELY in found else NO


def _host_holds(member: str, lists: Lists) -> str:
    """Whether an address, network or name is that of a stranger."""
    found, _others = networks(member)
    if found:
        return FREELY if any(map(lists.scope.has_strangers, found)) else NO
    return _name_holds(member)


def _name_holds(member: str) -> str:
    """Whether the name of a host, or all below one, is a stranger's."""
    return FREELY if _WIDE.match(member) else _domain_holds(member)


def _domain_holds(member: str) -> str:
    """Whether a domain, or all below one, is a stranger's."""
    if member.startswith("@mx_"):
        return UNKNOWN
    if not member.startswith("*"):
        return NO
    ending = member.removeprefix("*").lower()
    wide = is_top_level(ending) or any(name.endswith(ending) for name in NAMES)
    return FREELY if wide else NO


def _parts(condition: str) -> tuple[bool, str, str]:
    """Whether a condition is negated, its name and its value."""
    match = t.cast("re.Match[str]", _CONDITION.match(condition))
    return bool(match[1]), match[2].strip(), match[3]


def _holds(condition: str, lists: Lists) -> str:
    """Whether a condition holds for an external client and a recipient elsewhere."""
    negated, name, value = _parts(condition)
    if name in _REPUTATION:
        return FREELY if negated else UNKNOWN
    found = UNKNOWN
    if name == "authenticated":
        found = _login_holds(value, lists.logins)
    elif name in ("hosts", "domains"):
        found = list_holds(name, value, lists)
    elif _is_stated(name, value) and "$" not in value and ";" not in value:
        found = FREELY
    return _NEGATED[found] if negated else found


def _login_holds(value: str, logins: t.Sequence[str] | None) -> str:
    """Whether a client without an account of its own is authenticated by one of these methods."""
    if logins is None:
        return UNKNOWN
    wanted = {member.lower() for member in split_list(value)}
    if logins and any(member.startswith("!") for member in wanted):
        return UNKNOWN
    return FREELY if logins and wanted & {"*", *(name.lower() for name in logins)} else NO


def _may_close(condition: str) -> bool:
    """Whether a condition that is not known can be one about relaying."""
    _negated, name, value = _parts(condition)
    return not _is_stated(name, value) and name not in _REPUTATION


def _is_stated(name: str, value: str) -> bool:
    """Whether a condition is about what a client states; a certificate shows who it is."""
    return name in _STATED and not (name == "verify" and value.strip() == "certificate")


def _statement_outcome(verb: str, statement: t.Sequence[str], lists: Lists) -> Outcome | None:
    """What one statement of the ACL does for an external client; None where the next decides."""
    held = {entry: _holds(entry, lists) for entry in statement if not _MODIFIER.match(entry)}
    if verb in _REJECTING:
        return _deny_outcome(" ".join((verb, *held)), held)
    if verb == "require":
        return _require_outcome(held)
    if verb == "accept" and _ends_in_rejection(statement, held):
        return Outcome(REJECTS_RELAYING, " ".join(("accept", *statement)))
    if verb == "accept" and NO not in held.values():
        reason = " ".join(("accept", *held)) if held else "accept, without a condition"
        logins = [entry for entry in held if _parts(entry)[:2] == (False, "authenticated")]
        if lists.logins and any(held[entry] == FREELY for entry in logins):
            reason += f" (every login is accepted by {', '.join(lists.logins)})"
        return Outcome(UNDECIDED if UNKNOWN in held.values() else RELAYS, reason)
    return None


def _ends_in_rejection(statement: t.Sequence[str], held: t.Mapping[str, str]) -> bool:
    """Whether all conditions before endpass hold, and one after it does not: that rejects."""
    if "endpass" not in statement:
        return False
    place = statement.index("endpass")
    before = [held[entry] for entry in statement[:place] if entry in held]
    after = [held[entry] for entry in statement[place:] if entry in held]
    return all(result == YES for result in before) and NO in after


def _deny_outcome(text: str, held: t.Mapping[str, str]) -> Outcome | None:
    """What a statement that rejects does; a client avoids what it states."""
    if all(result == YES for result in held.values()):
        return Outcome(REJECTS_RELAYING, text)
    if NO in held.values() or FREELY in held.values():
        return None
    unknown = [entry for entry, result in held.items() if result == UNKNOWN]
    return Outcome(UNDECIDED, text) if all(map(_may_close, unknown)) else None


def _require_outcome(held: t.Mapping[str, str]) -> Outcome | None:
    """What a require statement does: one condition that does not hold is enough to reject."""
    for condition, result in held.items():
        if result == NO:
            return Outcome(REJECTS_RELAYING, f"require {condition}")
    for condition, result in held.items():
        if result == UNKNOWN and _may_close(condition):
            return Outcome(UNDECIDED, f"require {condition}")
    return None


def lists_of(exim: t.Mapping[str, t.Any], trusted: t.Sequence[Network]) -> Lists:
    """What the lists of an Exim are read with."""
    scope = _SCOPE._replace(trusted=tuple(trusted))
    logins = exim.get("open_authenticators", ())
    decided = not logins or not exim["settings"].get("acl_smtp_auth")
    return Lists(exim["lists"], exim.get("files", {}), scope, logins if decided else None)


def acl_outcome(exim: t.Mapping[str, t.Any], trusted: t.Sequence[Network] = LOOPBACK) -> Outcome:
    """What Exim's ACL for recipients does for an external client that wants to relay. trusted: the
    networks that are the host's own or declared.
    """
    name = exim["settings"].get("acl_smtp_rcpt")
    if not name:
        reason = "acl_smtp_rcpt is not set, so Exim accepts no recipient from the network"
        return Outcome(REJECTS_RELAYING, reason)
    if not exim["acl"]:
        return Outcome(UNDECIDED, f"the ACL {name} was not found")
    return statements_outcome(exim["acl"], lists_of(exim, trusted))


def statements_outcome(statements: t.Iterable[t.Sequence[str]], lists: Lists) -> Outcome:
    """What the statements of an ACL do for an external client; decided_by is the index of the one
    that decides. In an ACL that comes before the one for recipients, RELAYS is to let it pass.
    """
    # A statement that may accept leaves a rejection after it undecided, and one that may reject an
    # acceptance.
    doubts: dict[str, Outcome] = {}
    for index, (verb, *statement) in enumerate(statements):
        outcome = _statement_outcome(verb, statement, lists)
        if outcome is None:
            continue
        outcome = outcome._replace(decided_by=(index,))
        if outcome.state == UNDECIDED:
            rejects = verb == "require" or verb in _REJECTING
            doubts.setdefault(RELAYS if rejects else REJECTS_RELAYING, outcome)
        else:
            return doubts.get(outcome.state, outcome)
    implicit_deny = Outcome(REJECTS_RELAYING, "an ACL that ends without a verdict rejects")
    return doubts.get(REJECTS_RELAYING, implicit_deny)


def relay_host_lists(exim: t.Mapping[str, t.Any]) -> list[tuple[str, str]]:
    """Lists of hosts that may relay, by name: those that the ACL accepts by, and those that have
    the names that Debian and Exim's own example give them.
    """
    named = exim["lists"]
    found = [pair for pair in named.items() if re.search(r"relay.*hosts|relay_nets", pair[0])]
    lists = lists_of(exim, LOOPBACK)
    for verb, *statement in exim["acl"]:
        conditions = [entry for entry in statement if not _MODIFIER.match(entry)]
        others = [_holds(entry, lists) for entry in conditions if not _hosts_of(entry)]
        if verb == "accept" and NO not in others:
            for text in filter(None, map(_hosts_of, conditions)):
                found += _named_hosts(text, named)
    return list(dict.fromkeys(found))


def _hosts_of(condition: str) -> str:
    """The list of a condition about hosts; empty for another one."""
    negated, name, value = _parts(condition)
    return value if name == "hosts" and not negated else ""


def _named_hosts(text: str, named: t.Mapping[str, str]) -> list[tuple[str, str]]:
    """The lists that a condition about hosts names, or the condition itself."""
    members = split_list(text)
    if all(member.startswith("+") and member[1:] in named for member in members):
        return [(member[1:], named[member[1:]]) for member in members]
    return [("hosts", text)]


def list_members(exim: t.Mapping[str, t.Any], text: str, depth: int = 0) -> list[str]:
    """The members of a list of hosts, with those of the lists and files that it names."""
    found = []
    members = _with_lines(text, exim.get("files", {}))
    for member in members:
        named = exim["lists"].get(member[1:]) if member.startswith("+") else None
        if depth < MAX_LIST_DEPTH and named is not None:
            found += list_members(exim, named, depth + 1)
        elif member == "*":
            found += EVERYBODY
        elif not member.startswith("!"):
            found.append(member)
    # All that a list that ends with an exclusion does not exclude is in it.
    return [*found, *EVERYBODY] if members and members[-1].startswith("!") else found
