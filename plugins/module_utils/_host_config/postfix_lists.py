# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in parameters of Postfix, the tables in them, and the keys that stand for strangers.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import string
import typing as t

#: Types of table whose entries postmap lists, and types that are read as a file, line by line.
LISTABLE = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash")
PATTERNS = ("regexp", "pcre", "cidr")
#: Types whose definition is their content, or names other tables; and others on the host itself.
LITERAL = ("static", "inline")
COMPOSITE = ("unionmap", "pipemap", "randmap")
LOCAL = ("environ", "fail", "internal", "sqlite", "unix")
#: Types that ask a server.
REMOTE = (
    *("ldap", "mysql", "pgsql", "mongodb", "memcache", "redis", "tcp", "socketmap"),
    *("netinfo", "nis", "nisplus"),
)
KINDS = (*LISTABLE, *PATTERNS, *LITERAL, *COMPOSITE, *LOCAL, *REMOTE)
#: How deep braces and files are followed.
MAX_DEPTH = 4
_TABLE = re.compile(r"(?:proxy:)*([a-z]+):(.+)", re.S)
#: Services that are written as tables are.
_SERVICE = re.compile(r"unix:(?!passwd\.byname$|group\.byname$)")
#: Addresses and names that no host has (RFC 5737, 3849, 6761); they are looked up in tables of the
#: host alone.
ADDRESSES = ("192.0.2.241", "198.51.100.241", "203.0.113.241", "2001:db8::f1f1")
TLDS = ("example", "com", "net", "org", "info", "biz", "eu", "de", "fr", "uk", "us", "ru", "cn")
#: Domains of two labels below which strangers have domains.
SUFFIXES = ("co.uk", "org.uk", "com.au", "com.br", "co.jp", "co.za", "co.nz", "com.tr", "co.in")
NAMES = (
    *(f"no-such-stranger.{suffix}" for suffix in (*TLDS, *SUFFIXES)),
    *(f"{letter}-stranger.example" for letter in string.ascii_lowercase + string.digits),
)
USERS = ("no-such-user", "postmaster", "abuse", "hostmaster", "webmaster", "root", "info", "mail")
FINGERPRINT = ":".join(("4E", "2A", "9C", "D1") * 8)
#: How many own domains similar names are made of.
MAX_OWN = 20


def split_list(text: str) -> list[str]:
    """The members of a list; what stands in braces is one member."""
    members, depth, member = [], 0, ""
    for letter in text + " ":
        if letter == "{":
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        if depth == 0 and (letter.isspace() or letter == ","):
            if member:
                members.append(member)
            member = ""
        else:
            member += letter
    return members if not member.strip() else [*members, member.strip()]


def unbraced(text: str) -> str:
    """A text without the braces around it."""
    return text[1:-1] if text.startswith("{") else text


def table_kind(name: str) -> tuple[str, str]:
    """The type of a table and what defines it; both empty where a member of a list is no table."""
    match = _TABLE.match(name)
    if match is None or match[1] not in KINDS or _SERVICE.match(name):
        return "", ""
    return match[1], match[2]


def is_table(name: str) -> bool:
    """Whether a member of a list is a table."""
    return any(table_kind(name))


def tables_in(text: str, files: bool = False, depth: int = 0) -> list[str]:
    """The tables that a list names, also in braces. files: and the files of a list of patterns."""
    found = []
    for member in map(_positive, split_list(text)):
        if is_table(member) or (files and member.startswith("/")):
            found.append(member)
        elif member.startswith("{") and depth < MAX_DEPTH:
            found += tables_in(member[1:-1], files, depth + 1)
    return found


def _positive(member: str) -> str:
    return member.lstrip("!")


def table_of(argument: str) -> str:
    """The table that an argument of a restriction names, also before its options in braces."""
    return next(iter(split_list(unbraced(argument))), "")


def inner_tables(name: str) -> list[str]:
    """The tables that a table is made of."""
    kind, rest = table_kind(name)
    return tables_in(rest) if kind in COMPOSITE else []


def is_remote(name: str, depth: int = 0) -> bool:
    """Whether a table asks a server, itself or by one that it is made of."""
    kind, _rest = table_kind(name)
    return kind in REMOTE or (
        depth < MAX_DEPTH and any(is_remote(inner, depth + 1) for inner in inner_tables(name))
    )


def parents(name: str) -> list[str]:
    """The parent domains of a name, with and without the dot before them (access(5))."""
    labels = name.split(".")
    found = [".".join(labels[index:]) for index in range(1, len(labels))]
    return [form for parent in found for form in (parent, f".{parent}")]


def prefixes(address: str) -> list[str]:
    """The networks of whole octets, or words, that an address is in (access(5))."""
    separator = ":" if ":" in address else "."
    found, rest = [], address
    while separator in rest:
        rest = rest.rpartition(separator)[0].rstrip(separator)
        found.append(rest)
    return found


class Keys(t.NamedTuple):
    """Keys that Postfix looks up for strangers. full: in every table; partial: not in patterns."""

    full: list[str]
    partial: list[str]

    @property
    def all(self) -> list[str]:
        """Every key, each once."""
        return list(dict.fromkeys([*self.full, *self.partial]))


def similar_domains(own: t.Sequence[str]) -> list[str]:
    """Domains of strangers that a pattern without an anchor takes for an own domain."""
    tried = own[:MAX_OWN]
    within = [f"stranger{domain}" for domain in tried if domain.count(".") == 1]
    return [*within, *(f"{domain}.example" for domain in tried)]


def stranger_keys(own: t.Sequence[str] = ()) -> dict[str, Keys]:
    """The keys that stand for strangers, by what Postfix looks up. own: the own domains."""
    domains = [*NAMES, *similar_domains(own)]
    mails = [f"{USERS[0]}@{domain}" for domain in domains]
    mails += [f"{user}@{NAMES[0]}" for user in USERS]
    above = [key for domain in NAMES for key in parents(domain)]
    hosts = [f"mail.{domain}" for domain in NAMES]
    above_hosts = [key for host in hosts for key in parents(host)]
    literals = [f"[{address}]" for address in ADDRESSES]
    networks = [key for address in ADDRESSES for key in prefixes(address)]
    locals_ = [f"{user}@" for user in USERS]
    return {
        "address": Keys(list(ADDRESSES), networks),
        "hostname": Keys([*hosts, "unknown"], above_hosts),
        "name": Keys([*hosts, *literals], above_hosts),
        "domain": Keys(domains, above),
        "mail": Keys(mails, [*NAMES, *above, *locals_]),
        "null": Keys(["<>"], []),
        "certificate": Keys([FINGERPRINT], []),
    }
