# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message as it stood on the wire: lines that were doubled for their dot, header fields, the body
(RFC 5321 section 4.5.2, RFC 5322).

Reads stored octets only and passes no judgement.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t


class Field(t.NamedTuple):
    """One header field. name: as it was written; raw: all its octets with the last line break."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """What is behind the colon, on one line."""
        return " ".join(self.raw.partition(b":")[2].decode("utf-8", "replace").split())


class Letter(t.NamedTuple):
    """A message, taken apart."""

    fields: tuple[Field, ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of every field of a name."""
        return [field.value for field in self.fields if field.name.lower() == name.lower()]

    def first(self, name: str) -> str:
        """The value of the first field of a name, or nothing."""
        return (self.all(name) or [""])[0]


def unstuffed(raw: bytes) -> bytes:
    """The octets that were meant, without the dots that the wire adds."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in raw.split(b"\r\n"))


def letter(content: bytes) -> Letter:
    """Take a message apart; what is no header field ends the header."""
    fields: list[Field] = []
    rest = content
    while rest:
        line, mark, after = rest.partition(b"\n")
        line += mark
        if line.rstrip(b"\r\n") == b"":
            return Letter(tuple(fields), after)
        name, colon, _value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = Field(fields[-1].name, fields[-1].raw + line)
        elif colon and name.strip() and b" " not in name.strip():
            fields.append(Field(name.strip().decode("ascii", "replace"), line))
        else:
            return Letter(tuple(fields), rest)
        rest = after
    return Letter(tuple(fields), b"")


def author(value: str) -> str:
    """The domain of the address in a From field, in lower case; empty where there is none."""
    address = value.rpartition("<")[2].partition(">")[0] if "<" in value else value
    return address.rpartition("@")[2].strip().lower()
