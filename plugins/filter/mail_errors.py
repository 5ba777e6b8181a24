# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter mail_errors: what is wrong with the variables that several roles share."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.mail import mail_errors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"mail_errors": mail_errors}
