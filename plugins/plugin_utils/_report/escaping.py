# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server said, made harmless: nothing in a report may act on a terminal, a browser, a renderer or a spreadsheet.

Pure: text in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

#: How much of one line a report shows.
LONGEST = 2000
CUT = " [...]"
#: How many combining marks one character may bear; piles of them cover the lines above and below.
MARKS = 3
_MARKUP = re.compile(r"([\\`*_\[\]|~$#])")
_AT_START = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))")
_AUTOLINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_TICKS = re.compile(r"`+")


def visible(words: t.Any, longest: int = LONGEST) -> str:
    """Text in one line in which every character is seen: controls, bidirectional marks and surrogates become escapes."""
    text = str(words)[: longest + 1]
    shown = text if text.isascii() and text.isprintable() else "".join(_seen(text))
    return shown if len(shown) <= longest else shown[:longest] + CUT


def _seen(text: str) -> t.Iterator[str]:
    pile = 0
    for char in text:
        pile = pile + 1 if unicodedata.combining(char) else 0
        yield char if char.isprintable() and pile <= MARKS else ascii(char)[1:-1]


def clean(value: t.Any) -> t.Any:
    """Plain data with every text made visible."""
    return _each(value, visible)


def storable(value: t.Any) -> t.Any:
    """Plain data as it is, except that halves of surrogate pairs, which no UTF-8 file can hold, are replaced."""
    return _each(value, lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _each(value: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, t.Mapping):
        return {change(str(key)): _each(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each(item, change) for item in value]
    return value


def markdown(words: t.Any) -> str:
    """Text that a Markdown renderer shows as it is: no markup, no HTML, no link, no mention (CommonMark 0.31 section 2.4)."""
    text = _AT_START.sub(r"\1\\", _MARKUP.sub(r"\\\1", visible(words).strip()))
    text = _AUTOLINK.sub(r"\\", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", "@&#8203;")


def fenced(lines: t.Iterable[str]) -> list[str]:
    """Lines as a block of code whose fence none of them can close."""
    shown = [visible(line) for line in lines]
    fence = "`" * max([3, *(len(run) + 1 for line in shown for run in _TICKS.findall(line))])
    return [fence + "text", *shown, fence]


def cell(words: t.Any) -> str:
    """A cell of a table that no spreadsheet takes for a formula."""
    text = visible(words)
    return "'" + text if text.lstrip()[:1] in tuple("=+-@|%") else text
