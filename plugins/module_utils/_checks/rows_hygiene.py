# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hygiene rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import mailbox
from .scene import Check

RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321"

ROWS = (
    Check(
        "users_not_disclosed",
        ("ENU-01",),
        "VRFY does not tell who has an account",
        "hygiene",
        "low",
        mailbox.judge_disclosed,
        "Spammers and password guessers ask for names until they have the list of your users.",
        "Keep disable_vrfy_command = yes; the postfix role sets it.",
        "Postfix: disable_vrfy_command = yes. Exim: leave acl_smtp_vrfy unset.",
        (RFC5321 + "#section-3.5.3", RFC5321 + "#section-7.3"),
        ("nmap smtp-enum-users",),
    ),
)
