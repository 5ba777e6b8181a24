# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of servers and users made harmless for a terminal, a browser, a renderer or a spreadsheet.

Pure: text in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

#: How many characters of one line a report shows.
MAX_LENGTH = 2000
CUT = " [...]"
#: How many combining marks one character may bear; more of them cover the lines above and below.
MAX_MARKS = 3
_MARKUP = re.compile(r"([\\`*_\[\]|~$#])")
_AT_START = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))")
_AUTOLINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_SCALARS = frozenset((int, bool, float, type(None)))
_FORMULA = tuple("=+-@|%")


def visible(value: t.Any, max_length: int = MAX_LENGTH) -> str:
    """The text in one line, with escapes for control characters, bidi marks and surrogates."""
    text = str(value)[: max_length + 1]
    shown = text if text.isascii() and text.isprintable() else "".join(_visible_characters(text))
    return shown if len(shown) <= max_length else shown[:max_length] + CUT


def _visible_characters(text: str) -> t.Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        yield char if char.isprintable() and marks <= MAX_MARKS else ascii(char)[1:-1]


def visible_data(value: t.Any) -> t.Any:
    """Plain data in which every text is visible."""
    return _with_texts(value, visible)


def storable_data(value: t.Any) -> t.Any:
    """Plain data that a UTF-8 file can hold: lone surrogates are replaced, all else stays."""
    return _with_texts(
        value, lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _with_texts(value: t.Any, change: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (list, tuple)):
        return [_with_texts(item, change) for item in value]
    # Asking for an abstract type takes ten times as long as asking for a type.
    if isinstance(value, dict) or (
        value.__class__ not in _SCALARS and isinstance(value, t.Mapping)
    ):
        return {change(str(key)): _with_texts(item, change) for key, item in value.items()}
    return value


def markdown_text(value: t.Any) -> str:
    """Text that a Markdown renderer shows as it is: no markup, HTML, link or mention.

    CommonMark 0.31 section 2.4.
    """
    text = _AT_START.sub(r"\1\\", _MARKUP.sub(r"\\\1", visible(value).strip()))
    text = _AUTOLINK.sub(r"\\", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", "@&#8203;")


def markdown_code_block(lines: t.Iterable[str]) -> list[str]:
    """Lines of a Markdown code block whose fence none of the given lines can close."""
    shown = [visible(line) for line in lines]
    longest_run = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest_run + 1)
    return [f"{fence}text", *shown, fence]


def spreadsheet_cell(value: t.Any) -> str:
    """A cell of a table that no spreadsheet takes for a formula."""
    text = visible(value)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA else text
