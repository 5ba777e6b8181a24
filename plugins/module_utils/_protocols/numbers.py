# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers from the wire: digits of ASCII, few of them, no greater than what makes sense.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

#: More digits than any number has that a server may state (RFC 1870 section 3: up to 20).
MAX_DIGITS = 20


def number(text: str | bytes, maximum: int) -> int | None:
    """The number that some digits are; None for other characters, too many of them, and a number
    above I(maximum).
    """
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS:
        return None
    value = int(text)
    return value if value <= maximum else None
