# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter unfit_values: the values that are not exactly one of a kind."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.kinds import KINDS, unfit
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.texts import shown


def unfit_values(values: t.Iterable[t.Any], kind: str) -> list[str]:
    """The values as a sentence shows them; see the documentation beside this file."""
    if kind not in KINDS:
        raise AnsibleFilterError(f"unfit_values knows {', '.join(KINDS)}, and not {kind}.")
    return [shown(text) for text in unfit(values, kind)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"unfit_values": unfit_values}
