# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macros in the names of SPF records (RFC 7208 section 7).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .queries import reversed_labels

if t.TYPE_CHECKING:
    import ipaddress

_MACRO = re.compile(r"%(?:([%_-])|\{([slodiphcrtv])(\d*)(r?)([.+,/_=-]*)\})", re.IGNORECASE)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]*\Z")


def valid(name: str) -> bool:
    """Whether a name consists of visible characters and known macros; c, r and t are for exp=
    only.
    """
    return bool(_LITERAL.match(_MACRO.sub(_invalid_part, name)))


def _invalid_part(macro: re.Match[str]) -> str:
    """A per cent sign in place of a macro that a name may not have, else nothing."""
    invalid = (macro.group(2) or "").lower() in ("c", "r", "t") or macro.group(3) == "0"
    return "%" if invalid else ""


def depends_on_client(name: str) -> bool:
    """Whether the expansion of a name depends on the client, so that a walk cannot know it."""
    return any((found.group(2) or "").lower() not in ("", "d") for found in _MACRO.finditer(name))


def expand(
    name: str,
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None,
    sender: str,
    domain: str,
    helo: str,
) -> str:
    """A name with its macros expanded; if it has more than 253 characters, labels on the left are
    removed.
    """
    local, _at, sender_domain = sender.rpartition("@")
    dotted = str(address or "")
    if address is not None and address.version == 6:
        dotted = ".".join(reversed(reversed_labels(str(address)).split(".")))
    values = {
        "s": sender,
        "l": local or "postmaster",
        "o": sender_domain,
        "d": domain,
        "i": dotted,
        "p": "unknown",
        "h": helo,
        "v": "ip6" if address is not None and address.version == 6 else "in-addr",
    }

    def replace(found: re.Match[str]) -> str:
        if found.group(1):
            return {"%": "%", "_": " ", "-": "%20"}[found.group(1)]
        _escape, letter, digits, reverse, delimiters = found.groups()
        parts = re.split(f"[{re.escape(delimiters or '.')}]", values.get(letter.lower(), ""))
        if reverse:
            parts.reverse()
        text = ".".join(parts[-int(digits) :] if digits else parts)
        return urllib.parse.quote(text, safe="-._~") if letter.isupper() else text

    result = _MACRO.sub(replace, name).rstrip(".")
    while len(result) > 253 and "." in result:
        result = result.partition(".")[2]
    return result
