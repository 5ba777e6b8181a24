# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of records that are shared by several: lists of tags, MX and SRV records, numbers.

Whatever a record holds, these raise nothing but RecordError.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import collections
import re
import typing as t

#: Blanks between the tags of a record; other kinds of space are no blanks.
BLANKS = " \t"
#: In fields of messages, and in records by RFC 6376, lines may be folded.
FOLDING_BLANKS = " \t\r\n"
_NUMBER = re.compile(r"[0-9]{1,12}\Z")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_VALUE = re.compile(r"[\t\r\n\x20-\x7e]*\Z")
_MAX_SHOWN = 40


class RecordError(Exception):
    """A record cannot be read; the text says why."""


class Mx(t.NamedTuple):
    """An MX record; a null MX has an empty host."""

    preference: int
    host: str


class Srv(t.NamedTuple):
    """An SRV record; an empty host says that there is no such service."""

    priority: int
    weight: int
    port: int
    host: str


def number(text: str, maximum: int) -> int | None:
    """A number in ASCII digits from zero to a maximum; None for anything else."""
    value = int(text) if _NUMBER.match(text) else maximum + 1
    return value if value <= maximum else None


def _fields(record: str, kind: str, numbers: int) -> tuple[list[int], str]:
    words = record.split(" ")
    values = [number(word, 65535) for word in words[:numbers]]
    known = [value for value in values if value is not None]
    if len(words) != numbers + 1 or not words[-1] or len(known) != numbers:
        raise RecordError(f"{shown(record)} is no {kind} record")
    return known, words[-1].rstrip(".")


def mx_fields(record: str) -> Mx:
    """Read an MX record; raises RecordError."""
    (preference,), host = _fields(record, "MX", 1)
    return Mx(preference, host)


def srv_fields(record: str) -> Srv:
    """Read an SRV record; raises RecordError."""
    (priority, weight, port), host = _fields(record, "SRV", 3)
    return Srv(priority, weight, port, host)


def shown(text: str) -> str:
    """A part of a record as sentences show it."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """A text that is not too long for a sentence."""
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "..."


def tag_values(record: str, blanks: str = BLANKS) -> list[tuple[str, str]]:
    """The tag=value pairs of a record such as DKIM's or DMARC's, in order; a part without = has an
    empty value.
    """
    pairs = (part.partition("=") for part in record.split(";") if part.strip(blanks))
    return [(name.strip(blanks), value.strip(blanks)) for name, _mark, value in pairs]


def list_problems(record: str, blanks: str = BLANKS) -> list[str]:
    """Why a list of tags is invalid as a whole (RFC 6376 section 3.2), in words."""
    parts = record.split(";")
    if len(parts) > 1 and not parts[-1].strip(blanks):
        parts.pop()
    names = [part.partition("=")[0].strip(blanks) for part in parts]
    problems = [
        f"{name}= is there more than once, so the whole record is invalid"
        for name, count in collections.Counter(names).items()
        if count > 1 and _TAG.match(name)
    ]
    problems += [
        f"{shown(part.strip(blanks))} is no tag"
        for part, name in zip(parts, names, strict=True)
        if "=" not in part or not _TAG.match(name)
    ]
    if not _VALUE.match(record) and not problems:
        problems.append("it has characters that are not ASCII")
    return problems


def without_blanks(text: str) -> str:
    """A value without the blanks that RFC 6376 permits within it."""
    return "".join(character for character in text if character not in FOLDING_BLANKS)
