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
    rows_agreed,
    rows_auth,
    rows_delivery,
    rows_host,
    rows_hygiene,
    rows_in_force,
    rows_inside,
    rows_mailbox,
    rows_names,
    rows_ports,
    rows_relay,
    rows_relaying,
    rows_senders,
    rows_served,
    rows_signing,
    rows_smuggling,
    rows_spoofing,
    rows_starttls,
    rows_tls,
    rows_transport,
)

if TYPE_CHECKING:
    from .base import Check

CATALOGUE: tuple[Check, ...] = (
    *(*rows_relay.ROWS, *rows_relaying.ROWS, *rows_ports.RELAY_ROWS, *rows_delivery.ROWS, *rows_tls.ROWS),
    *(*rows_starttls.ROWS, *rows_agreed.ROWS, *rows_served.ROWS, *rows_mailbox.ROWS),
    *(*rows_smuggling.ROWS, *rows_hygiene.ROWS, *rows_ports.HYGIENE_ROWS, *rows_auth.ROWS),
    *(*rows_names.ROWS, *rows_senders.ROWS, *rows_transport.ROWS),
    *(*rows_signing.ROWS, *rows_spoofing.ROWS),
    *(*rows_host.ROWS, *rows_inside.ROWS, *rows_in_force.ROWS),
)
RETIRED: dict[str, str] = {}
#: What the reference list has and the catalogue has not, and why.
NOT_CHECKED: dict[str, str] = {
    "F04, F05, F06, F09, F10, F14, F17, F21, F27, F28, F29, F30, F37, F38": (
        "These are no addresses: they test how a server reads, and use up the patience of one that counts errors. What they would reach is "
        "asked for in the valid forms beside them."
    ),
    "RLY-08 (EXTERNAL, no name, no password)": "Such a login counts as a failed one, and one failed login is all that is tried.",
    "RLY-23 (ATRN, ETRN, SEND, SAML, SOML)": (
        "TURN stands for them. Exim hangs up after three commands that it does not know; ATRN needs a login, ETRN makes a server send what "
        "is queued for a domain to that domain's own MX hosts, and the others wrote to the terminals of users."
    ),
    "RLY-27": "Trying well-known passwords locks users out and gets the vantage banned; password_weakness judges them where they are set.",
    "RLY-28": "Each host is judged by itself: name every MX host of a domain as a target, and the one that is laxer fails.",
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
    "TLS-43": "What a host does to a server with a wrong certificate needs domains made for that, and leaves messages in its queue.",
    "TLS-44": "REQUIRETLS is rare, and a host that does not offer it promises nothing.",
    "SMG-05": "Few offer BDAT to users; what leaves the host is looked at with DATA.",
    "SGN-04": "Reports to strangers can only be had by sending what bounces, which is what relay_backscatter forbids; no host known "
    "gives those to its own users a sender.",
    "SPO-06": "Needs keys of 512 bits and the like, published in a domain of yours for this alone.",
    "SPO-07": "The same, for a chain of seals that a host might trust.",
    "CNT-02": "A test virus on its way gets the vantage into trouble; ask your scanner at its own socket.",
    "CNT-03": "Which attachments are let in is a matter of policy that no record or reply declares.",
    "CNT-05": "What is malformed is refused by some, put right by others, and both may be; the ends of messages have checks of their own.",
    "BIM-01": "A logo beside the sender's name protects nobody and is a matter of taste.",
    "BL-02": "A list of good senders is no evidence of anything that this host does.",
    "RPK-01": "Who may announce an address is the network operator's to sign, and not to be seen in the DNS.",
    "TLS-29 (client renegotiation)": "To try it makes a server work for us, and no TLS library of Python can; TLS 1.3 has none.",
    "TLS-32 (CCS, ROBOT, Ticketbleed, 0-RTT)": "Faults of single versions of TLS libraries, which their updates mended long ago.",
    "TLS-33": "A ticket is taken or not for many reasons, and Python lets no client show one server's ticket to another.",
    "TLS-34 (closed after errors)": "browsers_refused sends HTTP to port 25; inside TLS a server would have to know it by the same words.",
    "TLS-35": "Offering both 465 and 587, as RFC 8314 asks for, is all that it takes; only clients and closed ports can end it.",
    "TLS-42": "Whether the id of an MTA-STS policy changed with the policy can only be told from an earlier run.",
    "EXP-03 (web pages)": "What is served on the ports of the web is another field; ports_as_declared has the pages of filters.",
    "DMA-01 (public suffix list)": "Which domain RFC 7489 takes for the organization's is told where it is certain without that list.",
    "DMA-03 (mailbox)": "Whether the mailbox for reports takes them is seen by whoever sends one.",
    "DKM-04": "How old a key is cannot be seen from outside.",
    "HT-04": "A message is followed to the canary, which proves more than a line in the host's log; the sentence has the queue id.",
    "HT-08": "Needs the ban of AUT-03, which is not made.",
    "HT-09": "What a version has in it does not matter where the flaw itself was looked for.",
    "HT-10": "Comparing the text of one setting proves nothing; relay_configured reads what all of them come to.",
}
