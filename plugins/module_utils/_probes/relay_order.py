# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which relay attempts come first where a server answers few recipients in a connection.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import relay_addresses

Transaction = t.Dict[str, t.Any]
#: The recipients whose replies decide about others, under the usual senders.
_FORMS = (*relay_addresses.EXPERIMENT, *relay_addresses.VARIANTS)
_SENDERS = ("stranger", "null")


def ordered(transactions: t.Sequence[Transaction]) -> list[tuple[list[Transaction], bool]]:
    """The transactions, with the recipients that decide about others apart from the rest, and
    whether they are those.
    """
    found = [
        ([_with_recipients(entry, decisive) for entry in transactions], decisive)
        for decisive in (True, False)
    ]
    kept = [([entry for entry in part if entry["recipients"]], first) for part, first in found]
    return [(part, first) for part, first in kept if part]


def _with_recipients(entry: Transaction, decisive: bool) -> Transaction:
    usual = entry["sender_id"] in _SENDERS and not entry.get("helo")
    recipients = [
        item for item in entry["recipients"] if (usual and item["form"] in _FORMS) is decisive
    ]
    return {**entry, "recipients": recipients}
