# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF records: reading one (RFC 7208 sections 4.5, 4.6, 5 and 12).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from . import spf_macros

_TERM = re.compile(r"([+?~-]?)([A-Za-z0-9]+)(?::([^/]+))?((?:/\d{1,2})?(?://\d{1,3})?)$")
_NETWORK = re.compile(r"([+?~-]?)(ip[46]):([0-9A-Fa-f:.]+)(?:/(\d{1,3}))?$", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(\S*)$")
_NEEDS_NAME, _MAY_HAVE_NAME = ("include", "exists"), ("a", "mx", "ptr")


class PermError(Exception):
    """The record is invalid (permerror, RFC 7208 section 2.6.7); the text says why."""


class Term(t.NamedTuple):
    """A mechanism: its qualifier, kind, name (or network) and prefix lengths for IPv4 and IPv6."""

    qualifier: str
    kind: str
    name: str = ""
    prefix4: int = 32
    prefix6: int = 128


class Record(t.NamedTuple):
    """A record: its mechanisms and its modifiers."""

    terms: tuple[Term, ...]
    modifiers: dict[str, str]


def is_record(text: str) -> bool:
    """Whether a TXT record is an SPF record (section 4.5); a blank before v=spf1 is not allowed."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(text: str) -> Record:
    """Read a record; raises PermError that names what cannot be read."""
    terms, modifiers = [], {}
    for word in text.split(" ")[1:]:
        modifier = _MODIFIER.match(word)
        if not word:
            continue
        if modifier:
            name = modifier.group(1).lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise PermError(f"{name}= is there twice")
            modifiers[name] = modifier.group(2)
            continue
        terms.append(_term(word))
    for name in ("redirect", "exp"):
        if name in modifiers and not modifiers[name]:
            raise PermError(f"{name}= has no value")
    names = [term.name for term in terms if term.kind not in ("ip4", "ip6")]
    for name in [*names, modifiers.get("redirect", ""), modifiers.get("exp", "")]:
        if not spf_macros.valid(name):
            raise PermError(f"{name!r} is no valid domain-spec")
    return Record(tuple(terms), modifiers)


def _term(word: str) -> Term:
    network = _NETWORK.match(word)
    if network:
        return _network(word, network)
    found = _TERM.match(word)
    kind = found.group(2).lower() if found else ""
    if not found or kind not in ("all", *_NEEDS_NAME, *_MAY_HAVE_NAME):
        raise PermError(f"{word!r} is no known mechanism")
    name, lengths = found.group(3) or "", found.group(4)
    if (
        (kind == "all" and (name or lengths))
        or (kind in _NEEDS_NAME and (not name or lengths))
        or (kind == "ptr" and lengths)
    ):
        raise PermError(f"{word!r} has a superfluous or missing part")
    short, _slashes, long = lengths.partition("//")
    prefix4, prefix6 = int(short[1:] or 32), int(long or 128)
    if prefix4 > 32 or prefix6 > 128:
        raise PermError(f"{word!r} has an invalid prefix length")
    return Term(found.group(1) or "+", kind, name, prefix4, prefix6)


def _network(word: str, found: re.Match[str]) -> Term:
    kind, version = found.group(2).lower(), int(found.group(2)[2])
    try:
        text = found.group(3) + ("/" + found.group(4) if found.group(4) else "")
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise PermError(f"{word!r} is no valid network") from None
    if network.version != version:
        raise PermError(f"{word!r} mixes IPv4 and IPv6")
    return Term(found.group(1) or "+", kind, str(network))


def term_text(term: Term) -> str:
    """A mechanism as it is written in a record, without prefix lengths."""
    qualifier = "" if term.qualifier == "+" else term.qualifier
    return f"{qualifier}{term.kind}:{term.name}" if term.name else f"{qualifier}{term.kind}"
