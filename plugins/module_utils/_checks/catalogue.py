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
    rows_hygiene,
    rows_mailbox,
    rows_names,
    rows_ports,
    rows_relay,
    rows_senders,
    rows_smuggling,
    rows_tls,
    rows_transport,
)

if TYPE_CHECKING:
    from .scene import Check

CATALOGUE: tuple[Check, ...] = (
    *(*rows_relay.ROWS, *rows_ports.RELAY_ROWS, *rows_delivery.ROWS, *rows_tls.ROWS, *rows_mailbox.ROWS),
    *(*rows_smuggling.ROWS, *rows_hygiene.ROWS, *rows_ports.HYGIENE_ROWS, *rows_auth.ROWS),
    *(*rows_names.ROWS, *rows_senders.ROWS, *rows_transport.ROWS),
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
    "EXP-03 (web pages)": "What is served on the ports of the web is another field; ports_as_declared has the pages of filters.",
    "DMA-01 (public suffix list)": "Which domain RFC 7489 takes for the organization's is told where it is certain without that list.",
    "DMA-03 (mailbox)": "Whether the mailbox for reports takes them is seen by whoever sends one.",
    "DKM-04": "How old a key is cannot be seen from outside.",
}
