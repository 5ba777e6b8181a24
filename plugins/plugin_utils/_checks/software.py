# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which software answered, by its greeting.

It chooses which fix a report shows first, and decides no verdict: a greeting can be forged.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from .base import AuditContext

_GREETINGS = {
    name: re.compile(rf"\b{pattern}\b", re.IGNORECASE)
    for name, pattern in {
        "postfix": "Postfix",
        "exim": "Exim",
        "dovecot": "Dovecot",
        "opensmtpd": "OpenSMTPD",
        "sendmail": "Sendmail",
        "courier": "Courier",
        "cyrus": "Cyrus",
    }.items()
}


def software(context: AuditContext, findings: t.Sequence[Finding]) -> str:
    """The software behind the worst finding, such as "postfix"; empty if no greeting names it."""
    for item in findings[:1]:
        session = context.session(item.service, item.address) if item.service else None
        greeting = _greeting(session["transcript"]) if session else ""
        for name, pattern in _GREETINGS.items():
            if pattern.search(greeting):
                return name
    return ""


def _greeting(transcript: t.Sequence[t.Sequence[str]]) -> str:
    """The server's lines among the first two of a transcript: a handshake may come first."""
    return " ".join(line[1] for line in transcript[:2] if line[0] == "S")
