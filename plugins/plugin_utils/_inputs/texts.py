# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that a user gave, in sentences and in files: what is shown, and what is never accepted.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import typing as t
import unicodedata

#: As much of a value as a sentence shows.
MAX_SHOWN = 60
#: As many values as a sentence lists.
MAX_LISTED = 5


def is_one_line(text: str) -> bool:
    """Whether a text has no control character, and so no end of a line in any alphabet."""
    return not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


def is_visible(text: str) -> bool:
    """Whether a person sees each character of a text, and in its place."""
    return is_one_line(text) and not any(unicodedata.category(each) == "Cf" for each in text)


def shown(value: t.Any) -> str:
    """A value in quotes, as a sentence shows it: on one line, and not longer than necessary."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}..."
    return "'" + "".join(
        character if is_visible(character) else ascii(character)[1:-1] for character in text
    ) + "'"  # fmt: skip


def listed(texts: t.Sequence[str]) -> str:
    """Texts joined by commas, the first few of many."""
    more = len(texts) - MAX_LISTED
    return ", ".join(texts[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
