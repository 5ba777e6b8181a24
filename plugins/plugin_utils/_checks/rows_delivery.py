# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay rows of the catalogue that follow a message to its end: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .relay import delivery
from .rows_relay import RELAY_README, RFC5321

ROWS = (
    Check(
        "relay_delivery",
        ("RLY-24",),
        "What is taken at RCPT is not passed on to strangers",
        "relay",
        "critical",
        delivery.judge_delivery,
        "A reply to RCPT is a promise, not a deed: some servers take everything and refuse after the message, some keep it, and some pass it on. "
        "Only a message that arrives proves an open relay, and an open relay sends other people's spam until the whole world refuses your mail.",
        "Keep postfix_settings free of smtpd_relay_restrictions and of permit_* entries; the postfix role then refuses strangers at RCPT on "
        "every listener.",
        "Refuse at RCPT. Postfix: end smtpd_relay_restrictions in reject_unauth_destination. Exim: decide in acl_smtp_rcpt, not only in "
        "acl_smtp_data. "
        "Where nothing arrived, look for the queue id in the host's log: it says what became of the message.",
        (RFC5321 + "#section-7.9", RELAY_README),
        ("Metasploit smtp_relay and OpenVAS (send, but do not look whether it arrives)", "ORBS, DSBL (1998 to 2008)"),
        "deliver",
    ),
    Check(
        "relay_backscatter",
        ("RLY-25",),
        "Mail for nobody is refused, not bounced",
        "relay",
        "medium",
        delivery.judge_backscatter,
        "A server that takes mail for names that do not exist and reports it later sends the report to whoever was forged as the sender. "
        "Spammers use such "
        "servers to reach people who would not take mail from them, and blocklists list them for it.",
        "Leave the recipient maps of the postfix role as they are: it knows every user and refuses the rest at RCPT.",
        "Postfix: set local_recipient_maps, relay_recipient_maps and virtual_mailbox_maps to tables of all valid addresses, on backup MX hosts too; "
        "for a relay without such a table use reject_unverified_recipient. Exim: require verify = recipient in acl_smtp_rcpt.",
        (RFC5321 + "#section-6.2", "https://www.postfix.org/BACKSCATTER_README.html"),
        (),
        "deliver",
    ),
)
