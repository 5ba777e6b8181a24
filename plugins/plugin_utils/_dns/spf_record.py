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

_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z0-9]+)(?:([:/])(.*))?\Z", re.ASCII | re.DOTALL)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)\Z", re.ASCII | re.DOTALL)
#: A length of a prefix has no leading zeros (section 12).
_LENGTH4, _LENGTH6 = r"/(0|[1-9][0-9]?)", r"/(0|[1-9][0-9]{0,2})"
_DUAL = re.compile(rf"(.*?)(?:{_LENGTH4})?(?:/{_LENGTH6})?\Z", re.DOTALL)
_NETWORKS = {
    "ip4": re.compile(rf"([0-9.]+)(?:{_LENGTH4})?\Z"),
    "ip6": re.compile(rf"([0-9A-Fa-f:.]+)(?:{_LENGTH6})?\Z"),
}
_VERSIONS = {"ip4": 4, "ip6": 6}
_NEEDS_NAME, _MAY_HAVE_NAME = ("include", "exists"), ("a", "mx", "ptr")
_MECHANISMS = ("all", *_NEEDS_NAME, *_MAY_HAVE_NAME, *_NETWORKS)
#: Characters of a term that a sentence shows.
_MAX_SHOWN = 80
_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE | re.ASCII)


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
    return bool(_VERSION.match(text))


def parse(text: str) -> Record:
    """Read a record by the grammar of section 12; raises PermError that names what cannot be
    read.
    """
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in filter(None, text.split(" ")[1:]):
        modifier = _MODIFIER.match(word)
        if modifier:
            _add_modifier(modifiers, modifier.group(1).lower(), modifier.group(2))
        else:
            terms.append(_term(word))
    return Record(tuple(terms), modifiers)


def _add_modifier(modifiers: dict[str, str], name: str, value: str) -> None:
    known = name in ("redirect", "exp")
    if known and name in modifiers:
        raise PermError(f"{name}= is there twice")
    if not (spf_macros.valid(value) if known else spf_macros.valid_text(value)):
        raise PermError(f"{name}={_shown(value)} has no valid domain-spec")
    modifiers[name] = value


def _term(word: str) -> Term:
    found = _DIRECTIVE.match(word)
    kind = found.group(2).lower() if found else ""
    if not found or kind not in _MECHANISMS:
        raise PermError(f"{_shown(word)} is no known mechanism")
    qualifier, mark = found.group(1) or "+", found.group(3) or ""
    rest = found.group(4) or ""
    if kind in _NETWORKS:
        return Term(qualifier, kind, _network(word, kind, rest if mark == ":" else ""))
    prefix4, prefix6 = 32, 128
    if kind in ("a", "mx"):
        mark, rest, prefix4, prefix6 = _dual(word, mark, rest)
    wrong = mark == "/" or bool(mark and kind == "all") or bool(not mark and kind in _NEEDS_NAME)
    if wrong:
        raise PermError(f"{_shown(word)} has a superfluous or missing part")
    if mark and not spf_macros.valid(rest):
        raise PermError(f"{_shown(word)} has no valid domain-spec")
    return Term(qualifier, kind, rest, prefix4, prefix6)


def _dual(word: str, mark: str, rest: str) -> tuple[str, str, int, int]:
    """What is left of a term without its lengths of prefixes, and those lengths."""
    found = _DUAL.match("/" + rest if mark == "/" else rest)
    name, short, long = found.groups() if found else (rest, None, None)
    prefix4, prefix6 = int(short or 32), int(long or 128)
    if prefix4 > 32 or prefix6 > 128:
        raise PermError(f"{_shown(word)} has an invalid prefix length")
    if mark == "/" and not name:
        mark = ""
    return mark, name, prefix4, prefix6


def _network(word: str, kind: str, rest: str) -> str:
    found = _NETWORKS[kind].match(rest)
    try:
        if not found:
            raise ValueError
        length = f"/{found.group(2)}" if found.group(2) else ""
        network = ipaddress.ip_network(found.group(1) + length, strict=False)
    except ValueError:
        raise PermError(f"{_shown(word)} is no valid network") from None
    if network.version != _VERSIONS[kind]:
        raise PermError(f"{_shown(word)} mixes IPv4 and IPv6")
    return str(network)


def _shown(word: str) -> str:
    """A part of a record as sentences show it."""
    return repr(word if len(word) <= _MAX_SHOWN else word[:_MAX_SHOWN] + "...")


def term_text(term: Term) -> str:
    """A mechanism as it is written in a record, without prefix lengths that say nothing."""
    qualifier = "" if term.qualifier == "+" else term.qualifier
    name = f":{term.name}" if term.name else ""
    short = f"/{term.prefix4}" if term.prefix4 != 32 else ""
    long = f"//{term.prefix6}" if term.prefix6 != 128 else ""
    return f"{qualifier}{term.kind}{name}{short}{long}"
