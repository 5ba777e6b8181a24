# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter alias_errors: aliases that deliver to nobody or in a circle."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs import aliases
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.mail import mail_errors

#: What has to be right before an address can be followed.
NAMES = ("mail_domains", "mail_recipient_delimiter", "mail_users", "mail_aliases")


def alias_errors(values: t.Mapping[str, t.Any], postmaster: t.Any) -> list[str]:
    """One sentence for each kind of fault; see the documentation beside this file."""
    if mail_errors(values, NAMES):
        return []
    known = aliases.directory(
        [str(user["address"]) for user in values["mail_users"]],
        values["mail_aliases"],
        values["mail_domains"],
        str(values["mail_hostname"]),
        str(postmaster),
        str(values["mail_recipient_delimiter"]),
    )
    names = [str(alias["address"]) for alias in values["mail_aliases"]]
    return aliases.alias_errors(known, str(postmaster), names)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"alias_errors": alias_errors}
