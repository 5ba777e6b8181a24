# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter setting_lines: a value of a user's setting as the lines of a daemon's file."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.settings import STYLES, spelled


def setting_lines(value: t.Any, daemon: str) -> list[str]:
    """The text of each line; see the documentation beside this file."""
    return spelled(value, STYLES[daemon])


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"setting_lines": setting_lines}
