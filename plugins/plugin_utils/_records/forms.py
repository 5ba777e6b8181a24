# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS records as text: a zone file for a name server, a table for the form of a provider.

Whatever a value holds, it stays in its field of its line.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._dkim_key import STRING_LENGTH

from .._dns.queries import within

if t.TYPE_CHECKING:
    from .record import Record

_TICKS = re.compile("`+")
_HEADS = ("Name", "Type", "TTL", "Value", "Why")


def zone_file(records: t.Sequence[Record]) -> str:
    """A master file (RFC 1035 section 5.1) of absolute names, a record a line; a comment says what
    the records below it are for.
    """
    lines: list[str] = []
    before = ""
    for record in records:
        if record.purpose != before:
            lines.append(f"; {record.why}")
        before = record.purpose
        value = quoted(record.value) if record.type == "TXT" else record.value
        lines.append(f"{record.name}. {record.ttl} IN {record.type} {value}")
    return "".join(f"{line}\n" for line in lines)


def quoted(text: str) -> str:
    """A text as character-strings of at most 255 octets (RFC 1035 sections 3.3 and 5.1)."""
    octets = text.encode("utf-8")
    parts = [octets[at : at + STRING_LENGTH] for at in range(0, len(octets), STRING_LENGTH)]
    return " ".join(f'"{"".join(map(_escaped, part))}"' for part in parts or [b""])


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{octet:c}"
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def table(records: t.Sequence[Record], zone: str = "", split: bool = False) -> str:
    """A Markdown table. zone: names are relative to it, @ for itself, where they are in it. split:
    a TXT value is cut into strings in quotes, else it is whole and without quotes.
    """
    rows = [
        (
            _code(_relative(record.name, zone)),
            record.type,
            record.ttl,
            _code(quoted(record.value) if split and record.type == "TXT" else record.value),
            record.why,
        )
        for record in records
    ]
    lines = [_HEADS, ("---",) * len(_HEADS), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _relative(name: str, zone: str) -> str:
    if not zone or not within(name, zone):
        return f"{name}."
    return name.removesuffix(zone).removesuffix(".") or "@"


def _code(text: str) -> str:
    """A text as code in one cell: no run of backticks closes it (CommonMark 0.31 section 6.1)."""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    space = " " if "`" in (text[:1], text[-1:]) else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")
