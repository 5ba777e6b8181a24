# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expands parameters of main.cf for a service of master.cf that overrides what they name.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

MAX_DEPTH = 10
_NAME = re.compile(r"\$(?:(\w+)|\((\w+)\))")
_NAMED = re.compile(r"\$[({]?\s*(\w+)")
_CONDITION = re.compile(r"\s*(\w+)\s*([?:])?\s*(.*)$", re.S)


def expanded(text: str, values: t.Mapping[str, str], depth: int = 0) -> str:
    """A value with $name, ${name}, ${name?yes} and ${name:no} written out (postconf(5)); what is
    not known stays as it is.
    """
    if depth > MAX_DEPTH:
        return text
    found, end = "", 0
    for position, letter in enumerate(text):
        if position < end:
            continue
        match = _NAME.match(text, position)
        if text.startswith("${", position):
            closing = _closing(text, position + 1)
            found += _conditional(text[position + 2 : closing], values, depth)
            end = closing + 1
        elif match:
            name = match[1] or match[2]
            found += expanded(values[name], values, depth + 1) if name in values else match[0]
            end = match.end()
        else:
            found += letter
    return found


def _closing(text: str, start: int) -> int:
    """The place of the brace that closes the one at a place; the end where none does."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)


def _conditional(inner: str, values: t.Mapping[str, str], depth: int) -> str:
    """What stands for ${...}; the text itself where its form is not known."""
    unknown = "${" + inner + "}"
    match = _CONDITION.match(inner)
    if match is None or (match[2] is None and match[3]):
        return unknown
    name, operator, rest = match[1], match[2], match[3]
    if operator is None:
        return expanded(values[name], values, depth + 1) if name in values else unknown
    yes, no = _branches(rest) if operator == "?" else ("", rest)
    chosen = yes if values.get(name) else no
    return expanded(_unbraced(chosen), values, depth + 1)


def _branches(rest: str) -> tuple[str, str]:
    """The two texts of ${name?{yes}:{no}} or ${name?yes}."""
    if not rest.startswith("{"):
        return rest, ""
    end = _closing(rest, 0)
    after = rest[end + 1 :].lstrip()
    return rest[: end + 1], after[1:].lstrip() if after.startswith(":") else ""


def _unbraced(text: str) -> str:
    """A branch without its braces, and without the blanks within them."""
    return text.rstrip()[1:-1].strip() if text.startswith("{") else text


def overridden(
    main: t.Mapping[str, str], effective: t.Mapping[str, str], own: t.Mapping[str, str]
) -> dict[str, str]:
    """The values of a service.

    main: parameters as written in main.cf; effective: as Postfix expanded them; own: the ones that
    the service has.
    """
    values = {**main, **effective, **own}
    if not own:
        return values
    unexpanded = {**values, **main, **own}
    for name, text in main.items():
        if name not in own and _names(text, main) & set(own):
            values[name] = expanded(text, unexpanded)
    return values


def _names(text: str, main: t.Mapping[str, str]) -> set[str]:
    """The parameters that a value names, itself or by others."""
    found: set[str] = set()
    texts = [text]
    for part in texts:
        named = set(_NAMED.findall(part)) - found
        found |= named
        texts += [main[name] for name in named & main.keys()]
    return found
