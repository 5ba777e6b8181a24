# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test compliant: whether verdicts hold nothing that must be mended or looked at again."""

from __future__ import annotations

import typing as t


def compliant(verdicts: t.Any, allow_unknown: bool = False) -> bool:
    """True when there are verdicts and none is fail or, unless allowed, unknown."""
    bad = ("fail",) if allow_unknown else ("fail", "unknown")
    items = list(verdicts)
    return bool(items) and not any(item["status"] in bad for item in items)


class TestModule:
    """The tests of this file."""

    def tests(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"compliant": compliant}
