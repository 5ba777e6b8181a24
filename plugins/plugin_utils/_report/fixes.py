# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixes of a check, in the order in which a reader needs them.

Pure: a verdict in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .grouping import Verdict


def labelled_fixes(verdict: Verdict) -> list[tuple[str, str]]:
    """Each fix with its label."""
    return [("Fix (roles)", verdict["remedy"]), ("Fix (manual)", verdict["by_hand"])]
