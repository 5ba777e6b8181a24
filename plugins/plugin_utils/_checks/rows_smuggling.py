# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smuggling rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import smuggling
from .base import Check

RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321"
POSTFIX = "https://www.postfix.org/smtp-smuggling.html"
_STORY = (
    "A message that holds a false end is one message to the server that sends it and two to this one. The second is made up "
    "by the author of the first, with any sender that the honest server may write for, and passes SPF and DMARC in its name. "
)
_ROLE = "Keep smtpd_forbid_bare_newline = normalize and its empty list of exclusions; the postfix role sets them."
_HAND = (
    "Postfix: smtpd_forbid_bare_newline = normalize (Debian 12 leaves it off) and smtpd_forbid_bare_newline_exclusions without your "
    "clients. Exim: 4.97.1 or newer, or Debian's package of 2024. Sendmail: 8.18 or newer. OpenSMTPD 7.6 fails this."
)
_TOOLS = ("SMTP-Smuggling-Tools (reads the mailbox by eye)", "smtpsmug (prints, does not judge)")

ROWS = (
    Check(
        "smuggling_bare_lf",
        ("SMG-01",),
        "No line feed without carriage return ends a message",
        "smuggling",
        "high",
        smuggling.judge_bare_lf,
        _STORY + "Many servers pass a bare line feed on as it is, and so let their users do this.",
        _ROLE,
        _HAND,
        (POSTFIX, RFC5321 + "#section-2.3.8", "https://nvd.nist.gov/vuln/detail/CVE-2023-51764"),
        _TOOLS,
        opt_in="smuggle",
    ),
    Check(
        "smuggling_bare_cr",
        ("SMG-01",),
        "No carriage return without line feed ends a message",
        "smuggling",
        "high",
        smuggling.judge_bare_cr,
        _STORY + "Some servers pass a bare carriage return on as it is, and so let their users do this.",
        _ROLE,
        _HAND,
        (RFC5321 + "#section-2.3.8", POSTFIX),
        (*_TOOLS, "mxcheck (one of these; calls sound servers vulnerable)"),
        opt_in="smuggle",
    ),
    Check(
        "smuggling_other_breaks",
        ("SMG-01",),
        "No other character ends a line, and with it a message",
        "smuggling",
        "medium",
        smuggling.judge_other_breaks,
        _STORY + "To the sender these characters are text like any other, so nothing is done about the dot behind them. A server in "
        "front of you that takes NUL or blanks away, or that splits lines as Unicode does, makes a false end of them.",
        "The postfix role needs nothing for this; look for a content filter or proxy in front of it.",
        "Postfix, Exim and Sendmail need nothing for this; look for a filter, proxy or server of your own making on port 25.",
        (RFC5321 + "#section-4.1.1.4", "https://www.unicode.org/reports/tr14/"),
        ("SMTP-Smuggling-Tools (NUL only)", "smtpsmug (NUL only)"),
        opt_in="smuggle",
    ),
    Check(
        "smuggling_stuffed",
        ("SMG-01",),
        "Nothing else that begins with CR LF and a dot ends a message",
        "smuggling",
        "low",
        smuggling.judge_stuffed,
        _STORY + "Here the dot begins a line, and an honest server doubles such a dot, so that only one that is broken itself could be "
        "made to send this. It is a fault all the same.",
        _ROLE,
        _HAND,
        (RFC5321 + "#section-4.5.2", "https://github.com/hannob/smtpsmug/issues/8", POSTFIX),
        _TOOLS,
        opt_in="smuggle",
    ),
    Check(
        "smuggling_sync",
        ("SMG-03",),
        "A second message is not taken along with the end of the first",
        "smuggling",
        "low",
        smuggling.judge_sync,
        "A smuggled message arrives in one piece with the one that hides it, before the server has said that it would take it. A server "
        "that insists on its turn stops that, and with it many programs that send spam, whatever ends a message.",
        "Keep smtpd_forbid_unauth_pipelining = yes and reject_unauth_pipelining in smtpd_data_restrictions; the postfix role sets them.",
        "Postfix: smtpd_forbid_unauth_pipelining = yes (Debian 12 leaves it off). Exim: leave smtp_enforce_sync on.",
        ("https://www.rfc-editor.org/rfc/rfc2920#section-3.1", POSTFIX),
        ("smtpsmug (prints, does not judge)",),
        opt_in="smuggle",
    ),
)
