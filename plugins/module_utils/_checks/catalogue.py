# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the collection, in the order in which reports and documents show them.

Ids are never reused or renamed; a retired one goes to RETIRED with a sentence that says what to use instead.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    rows_auth,
    rows_delivery,
    rows_host,
    rows_hygiene,
    rows_in_force,
    rows_inside,
    rows_mailbox,
    rows_names,
    rows_relay,
    rows_senders,
    rows_smuggling,
    rows_tls,
    rows_transport,
)

if TYPE_CHECKING:
    from .scene import Check

CATALOGUE: tuple[Check, ...] = (
    *(*rows_relay.ROWS, *rows_delivery.ROWS, *rows_tls.ROWS, *rows_mailbox.ROWS),
    *(*rows_smuggling.ROWS, *rows_hygiene.ROWS, *rows_auth.ROWS),
    *(*rows_names.ROWS, *rows_senders.ROWS, *rows_transport.ROWS),
    *(*rows_host.ROWS, *rows_inside.ROWS, *rows_in_force.ROWS),
)
RETIRED: dict[str, str] = {}
#: What the reference list has and the catalogue has not, and why.
NOT_CHECKED: dict[str, str] = {
    "SMG-02": "Tells how another tool misjudges; there is nothing to check.",
    "ENU-04": "A difference in time needs dozens of attempts to tell from noise, which look like an attack.",
    "ENU-05": "The same, with failed logins of users who exist.",
    "HYG-02 (recipients)": "A hundred recipients in one transaction trip limits that are sound, and keep a slow server busy for minutes.",
    "HYG-02 (lines of text)": "A long line is only seen in the text of a message.",
    "HYG-04": "More than ten errors in a session get the vantage banned where it matters.",
    "HYG-05 (declared)": "Nothing says that a client which speaks too early must be refused; browsers_refused has the case that harms.",
    "HYG-06": "Holding connections open until a server takes no more is an attack.",
    "AUT-03": "Guessing passwords until a ban comes locks out whoever shares the vantage's address.",
    "AUT-04": "Needs the ban of AUT-03.",
    "AUT-05": "Needs the ban of AUT-03.",
    "AUT-06": "Needs a user's password and some hundreds of recipients.",
    "BIM-01": "A logo beside the sender's name protects nobody and is a matter of taste.",
    "BL-02": "A list of good senders is no evidence of anything that this host does.",
    "RPK-01": "Who may announce an address is the network operator's to sign, and not to be seen in the DNS.",
    "TLS-42": "Whether the id of an MTA-STS policy changed with the policy can only be told from an earlier run.",
    "DKM-04": "How old a key is cannot be seen from outside.",
    "HT-04": "A message is followed to the canary, which proves more than a line in the host's log; the sentence has the queue id.",
    "HT-08": "Needs the ban of AUT-03, which is not made.",
    "HT-09": "What a version has in it does not matter where the flaw itself was looked for.",
    "HT-10": "Comparing the text of one setting proves nothing; relay_configured reads what all of them come to.",
}
