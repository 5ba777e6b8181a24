# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One DNS question as a vantage without any library asks it: the MX records of a domain (RFC 1035
section 4).

Bytes out, bytes in; opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import struct

MX, IN = 15, 1
MAX_JUMPS = 20
MAX_LABEL = 63


class DnsError(Exception):
    """The answer cannot be used; the text says why."""


def question(name: str, ident: int) -> bytes:
    """A recursive query for the MX records of a name in ASCII; raise DnsError for what is none."""
    try:
        labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    except UnicodeEncodeError as exc:
        raise DnsError("the name is not ASCII") from exc
    if not all(0 < len(label) <= MAX_LABEL for label in labels):
        raise DnsError("a label of the name is empty or too long")
    encoded = b"".join(struct.pack("!B", len(label)) + label for label in labels) + b"\0"
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + encoded + struct.pack("!2H", MX, IN)


def exchangers(data: bytes, ident: int) -> list[tuple[int, str]]:
    """(preference, host) of the MX records in an answer, best first; raise DnsError for what is no
    such answer.
    """
    try:
        return sorted(_exchangers(data, ident))
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise DnsError("the answer is malformed") from exc


def _exchangers(data: bytes, ident: int) -> list[tuple[int, str]]:
    got, flags, questions, answers = struct.unpack("!4H", data[:8])
    if got != ident or not flags & 0x8000:
        raise DnsError("this is no answer to the question")
    if flags & 0x0200:
        raise DnsError("the answer is too long for UDP")
    if flags & 0x000F not in (0, 3):
        raise DnsError(f"the name server answered with error {flags & 15}")
    at = 12
    for _count in range(questions):
        at = _name(data, at)[1] + 4
    found = []
    for _count in range(answers):
        at = _name(data, at)[1]
        kind, _class, _ttl, length = struct.unpack("!2HIH", data[at : at + 10])
        at += 10
        if kind == MX:
            found.append((struct.unpack("!H", data[at : at + 2])[0], _name(data, at + 2)[0]))
        at += length
    return found


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A name and where the next field begins; compression is followed a bounded number of times."""
    labels: list[str] = []
    end = jumps = 0
    while True:
        length = data[at]
        if length & 0xC0:
            end = end or at + 2
            at = struct.unpack("!H", data[at : at + 2])[0] & 0x3FFF
            jumps += 1
            if jumps > MAX_JUMPS:
                raise DnsError("the answer goes in circles")
            continue
        at += 1
        if not length:
            return ".".join(labels), end or at
        label = data[at : at + length].decode("ascii")
        if not re.match(r"[A-Za-z0-9_-]+\Z", label):
            raise DnsError("a name in the answer is no host name")
        labels.append(label)
        at += length
