# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the collection, in the order in which reports and documents show them.

Ids are never reused or renamed; a retired one goes to RETIRED with a sentence that says what to use instead.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import rows_mailbox, rows_names, rows_relay, rows_senders, rows_tls, rows_transport

if TYPE_CHECKING:
    from .scene import Check

CATALOGUE: tuple[Check, ...] = (
    *rows_relay.ROWS,
    *rows_tls.ROWS,
    *rows_mailbox.ROWS,
    *rows_names.ROWS,
    *rows_senders.ROWS,
    *rows_transport.ROWS,
)
RETIRED: dict[str, str] = {}
