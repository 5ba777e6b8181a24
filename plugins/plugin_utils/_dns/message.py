# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message as it was sent: dot-stuffed lines, header fields, the body (RFC 5321 section 4.5.2, RFC
5322).

Reads stored octets only and evaluates nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import email.utils
import typing as t


class Field(t.NamedTuple):
    """One header field. name: as it was written; raw: all its octets with the last line break."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """The text after the colon, unfolded."""
        return " ".join(self.raw.partition(b":")[2].decode("utf-8", "replace").split())


class Letter(t.NamedTuple):
    """A message: its header fields and its body."""

    fields: tuple[Field, ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of every field of a name."""
        return [field.value for field in self.fields if field.name.lower() == name.lower()]

    def first(self, name: str) -> str:
        """The value of the first field of a name, or nothing."""
        return (self.all(name) or [""])[0]


def unstuffed(raw: bytes) -> bytes:
    """The octets of a message without the dots that SMTP adds (RFC 5321 section 4.5.2)."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in raw.split(b"\r\n"))


def letter(content: bytes) -> Letter:
    """Parse a message; the first line that is no header field ends the header."""
    fields: list[Field] = []
    remaining = content
    while remaining:
        line, line_break, following = remaining.partition(b"\n")
        line += line_break
        if line.rstrip(b"\r\n") == b"":
            return Letter(tuple(fields), following)
        name, colon, _value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = Field(fields[-1].name, fields[-1].raw + line)
        elif colon and name.strip() and b" " not in name.strip():
            fields.append(Field(name.strip().decode("ascii", "replace"), line))
        else:
            return Letter(tuple(fields), remaining)
        remaining = following
    return Letter(tuple(fields), b"")


def author(value: str) -> str:
    """The domain of the only author in a From field, in lower case; empty if there is none, or
    more than one.

    Releases of Python differ where a field has no clear author: older ones return several
    addresses, newer ones the pair ("", ""). Both count as several authors, so no domain is taken
    for a field that mail programs may show differently.
    """
    pairs = email.utils.getaddresses([" ".join(value.split())])
    if len(pairs) != 1 or "@" not in pairs[0][1]:
        return ""
    return pairs[0][1].rpartition("@")[2].strip().lower()
