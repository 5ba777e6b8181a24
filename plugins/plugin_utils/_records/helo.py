# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each address that a host sends from leads to the host's name, which it says in HELO, and
back. Receivers compare all three (RFC 1912 section 2.1, RFC 5321 section 4.1.4).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import ipaddress
import typing as t

with contextlib.suppress(ImportError):  # resolver says so
    import dns.exception
    import dns.name
    import dns.reversename

from .compare import DIFFERENT, MISSING, SURPLUS, UNKNOWN

if t.TYPE_CHECKING:
    from .record import Record

_PTR_OWNER = "ask whoever has the address, mostly the provider, for the PTR record"


def lines(records: t.Iterable[Record], found: t.Mapping[str, t.Any]) -> list[str]:
    """A line for each wanted PTR record. found: the differences, by result."""
    states: dict[tuple[str, str], str] = {}
    for result in (UNKNOWN, SURPLUS, DIFFERENT, MISSING):  # the last one is the gravest
        for entry in found[result]:
            states[entry["name"], entry["type"]] = result
    return [_line(one, states) for one in records if one.type == "PTR"]


def _line(record: Record, states: t.Mapping[tuple[str, str], str]) -> str:
    name = record.value.rstrip(".")
    address = _address(record.name)
    kind = "AAAA" if ":" in address else "A"
    back, there = states.get((record.name, "PTR")), states.get((name, kind))
    there = "" if there == SURPLUS else there
    subject = f"{address} and {name}, its name in HELO,"
    wrong = [
        f"{one} {result}"
        for one, result in (("PTR", back), (f"{name} {kind}", there))
        if result not in (None, "", UNKNOWN)
    ]
    if wrong:
        remedy = f"; {_PTR_OWNER}" if back not in (None, UNKNOWN) else ""
        return f"{subject} do not lead to each other ({', '.join(wrong)}){remedy}."
    if UNKNOWN in (back, there):
        return f"Whether {subject} lead to each other is unknown."
    return f"{subject} lead to each other."


def _address(pointer: str) -> str:
    """The address of a reverse name; the name itself where it has none (RFC 2317)."""
    try:
        text = dns.reversename.to_address(dns.name.from_text(f"{pointer}."))
        return str(ipaddress.ip_address(text))
    except (dns.exception.DNSException, ValueError):
        return pointer
