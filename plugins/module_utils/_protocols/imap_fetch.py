# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP answers to LIST, SEARCH and FETCH, as far as reading back a message needs them (RFC 9051
section 7).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._scan.conversation import Parser, WireError, line, text
from .numbers import number

_LITERAL = re.compile(rb"\{(\d+)\+?\}$")
_LIST = re.compile(
    r'\* LIST \(([^)]*)\) (?:NIL|"(?:[^"\\]|\\.)*") ("(?:[^"\\\r\n]|\\.)*"|[^\s"{}()*%]+)\s*$', re.I
)
_QUOTED = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.I)
MAX_OCTETS, MAX_LINES = 65536, 1000
#: The greatest number of a message (RFC 9051 section 9, nz-number).
MAX_SEQUENCE = 2**32 - 1


def folders(lines: t.Iterable[str]) -> list[str]:
    """Names of folders that can be selected, as LIST wrote them; INBOX first."""
    matches = [match for match in map(_LIST.match, lines) if match]
    names = [
        match.group(2)
        for match in matches
        if not {"\\noselect", "\\nonexistent"} & set(match.group(1).lower().split())
    ]
    return sorted(names, key=lambda name: name.strip('"').upper() != "INBOX")


def found(lines: t.Iterable[str]) -> list[int]:
    """The numbers that SEARCH found."""
    words = [entry.split()[2:] for entry in lines if entry.upper().startswith("* SEARCH")]
    numbers = [number(word, MAX_SEQUENCE) for entry in words for word in entry]
    return [one for one in numbers if one is not None]


def fetched(tag: str) -> Parser:
    """Parser: everything up to the tagged line; the value is the octets of the last literal or
    quoted body, empty where there is none.
    """

    def parse(buffer: bytes) -> tuple[bytes, int] | None:
        used, body = 0, b""
        for _number in range(MAX_LINES):
            one = line(buffer[used:])
            if one is None:
                return None
            content, length = one
            used += length
            if content.startswith(tag.encode("ascii") + b" "):
                return body, used
            literal = _LITERAL.search(content)
            if literal:
                size = number(literal.group(1), MAX_OCTETS)
                if size is None:
                    raise WireError(
                        "too_long",
                        f"a literal of {text(literal.group(1)[:20])} octets was announced",
                    )
                if len(buffer) < used + size:
                    return None
                body, used = buffer[used : used + size], used + size
            elif _QUOTED.search(content):
                body = _QUOTED.findall(content)[0]
        raise WireError("too_long", f"an answer of more than {MAX_LINES} lines")

    return parse
