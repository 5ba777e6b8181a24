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

_MACRO = re.compile(
    r"%(?:([%_-])|\{([slodiphcrtv])([0-9]*)(r?)([.+,/_=-]*)\})", re.IGNORECASE | re.ASCII
)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]*\Z")
#: The last label of a domain-spec that ends in no macro; it is not all digits (section 7.1).
_TOP_LABEL = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
#: More labels than a name can have.
_MAX_DIGITS = 3
MAX_LABEL = 63
#: Macros that only the text of exp= may have (section 7.2).
_EXPLANATION_ONLY = {"c", "r", "t"}


def valid_text(text: str) -> bool:
    """Whether a text consists of visible characters and known macros (macro-string)."""
    return bool(_LITERAL.match(_MACRO.sub(_invalid_part, text)))


def valid(name: str) -> bool:
    """Whether a name is a domain-spec, whose labels are neither empty nor too long."""
    letters = {(found.group(2) or "").lower() for found in _MACRO.finditer(name)}
    labels = valid_labels(_MACRO.sub("x", name))
    return labels and valid_text(name) and _valid_end(name) and not letters & _EXPLANATION_ONLY


def _valid_end(name: str) -> bool:
    """Whether a name ends in a macro, or in a dot and a last label."""
    if any(found.end() == len(name) for found in _MACRO.finditer(name)):
        return True
    _others, dot, label = name.removesuffix(".").rpartition(".")
    return bool(dot and _TOP_LABEL.match(label))


def valid_labels(name: str) -> bool:
    """Whether no label of a name is empty or too long."""
    labels = name.removesuffix(".").split(".")
    return all(0 < len(label) <= MAX_LABEL for label in labels)


def _invalid_part(macro: re.Match[str]) -> str:
    """A per cent sign in place of a macro that keeps no label, else nothing."""
    digits = macro.group(3)
    return "%" if digits and not digits.strip("0") else ""


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
        kept = parts[-int(digits) :] if 0 < len(digits) <= _MAX_DIGITS else parts
        text = ".".join(kept)
        return urllib.parse.quote(text, safe="-._~") if letter.isupper() else text

    result = _MACRO.sub(replace, name).rstrip(".")
    while len(result) > 253 and "." in result:
        result = result.partition(".")[2]
    return result
