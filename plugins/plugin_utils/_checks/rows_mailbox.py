# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import mailstore
from .base import Check

RFC9051 = "https://www.rfc-editor.org/rfc/rfc9051"
RFC2595 = "https://www.rfc-editor.org/rfc/rfc2595"
RFC5804 = "https://www.rfc-editor.org/rfc/rfc5804"
RFC8314 = "https://www.rfc-editor.org/rfc/rfc8314"
_SNIFF = "Whoever sits between client and server reads the password, and with it all mail."
_ROLE = "Use the dovecot role as it is: 143 and 110 are closed, and ssl = required keeps logins inside TLS."
_HAND = "Dovecot 2.3: ssl = required and disable_plaintext_auth = yes. Dovecot 2.4: ssl = required and auth_allow_cleartext = no. Or close the port: port = 0."

ROWS = (
    Check(
        "imap_login_disabled",
        ("IMP-01",),
        "IMAP announces that it takes no login before TLS",
        "mailbox",
        "high",
        mailstore.judge_login_disabled,
        "Clients that are not told otherwise log in at once, in clear. " + _SNIFF,
        _ROLE,
        _HAND,
        ("https://www.rfc-editor.org/rfc/rfc3501#section-6.2.3", RFC2595 + "#section-3.2"),
        ("nmap imap-capabilities (lists only)",),
    ),
    Check(
        "imap_login_refused",
        ("IMP-02",),
        "IMAP refuses LOGIN before TLS",
        "mailbox",
        "critical",
        mailstore.judge_imap_login,
        "A server that looks at a password sent in clear teaches clients to send it so. " + _SNIFF,
        _ROLE,
        _HAND,
        (RFC9051 + "#section-6.2.3", RFC8314 + "#section-4.1"),
    ),
    Check(
        "imap_authenticate_refused",
        ("IMP-03",),
        "IMAP refuses AUTHENTICATE before TLS",
        "mailbox",
        "critical",
        mailstore.judge_imap_authenticate,
        "LOGIN may be closed while its newer sister still takes passwords in clear. " + _SNIFF,
        _ROLE,
        _HAND,
        (RFC9051 + "#section-6.2.2", RFC8314 + "#section-4.1"),
    ),
    Check(
        "pop3_capabilities",
        ("POP-01",),
        "POP3 offers STLS and no login before TLS",
        "mailbox",
        "high",
        mailstore.judge_pop3_capabilities,
        "Clients that are offered USER before TLS send the password in clear. " + _SNIFF,
        _ROLE,
        _HAND,
        ("https://www.rfc-editor.org/rfc/rfc2449", RFC2595 + "#section-4"),
        ("nmap pop3-capabilities (lists only)",),
    ),
    Check(
        "pop3_user_refused",
        ("POP-02",),
        "POP3 refuses USER before TLS",
        "mailbox",
        "critical",
        mailstore.judge_pop3_user,
        "POP3S switched on while plain POP3 stays open is the classic: old clients go on sending passwords in clear for years. " + _SNIFF,
        _ROLE,
        _HAND,
        (RFC2595 + "#section-4", RFC8314 + "#section-4.1"),
    ),
    Check(
        "sieve_sasl_hidden",
        ("SIE-01",),
        "ManageSieve offers STARTTLS and no login before it",
        "mailbox",
        "high",
        mailstore.judge_sieve_sasl,
        "ManageSieve uses the mailbox password and has no TLS port of its own, so it is easily forgotten. " + _SNIFF,
        _ROLE,
        _HAND,
        (RFC5804 + "#section-1.7", RFC5804 + "#section-2.2"),
    ),
    Check(
        "sieve_authenticate_refused",
        ("SIE-02",),
        "ManageSieve refuses AUTHENTICATE before TLS",
        "mailbox",
        "critical",
        mailstore.judge_sieve_authenticate,
        "A stolen mailbox password also lets a thief forward all mail to himself with a Sieve script, unseen. " + _SNIFF,
        _ROLE,
        _HAND,
        (RFC5804 + "#section-1.3", RFC8314 + "#section-4.1"),
    ),
    Check(
        "imap_no_preauth",
        ("IMP-04",),
        "IMAP logs nobody in by itself",
        "mailbox",
        "critical",
        mailstore.judge_preauth,
        "A server that greets with PREAUTH has logged in whoever connects. And since TLS may not begin after a login, an attacker who fakes this "
        "greeting keeps a client in clear.",
        "Use the dovecot role as it is: it starts the IMAP service for users who have logged in only.",
        "Offer PREAUTH on no network port: it is for IMAP over ssh or a pipe. Look for an inetd entry that starts the imap program itself.",
        (RFC9051 + "#section-7.1.4", "https://nostarttls.secvuln.info/"),
    ),
    Check(
        "mailbox_capabilities_renewed",
        ("IMP-05",),
        "Inside TLS the capabilities are told anew",
        "mailbox",
        "medium",
        mailstore.judge_refreshed,
        "A list from before TLS may come from somebody on the way. A server that still offers STARTTLS or forbids logins inside TLS does not "
        "know that it is there, which is the sign of a proxy that gets other things wrong too.",
        _ROLE,
        "If a proxy does STARTTLS for the server, tell the server so (Dovecot: login_trusted_networks and the PROXY protocol), or let it do TLS itself.",
        (RFC9051 + "#section-6.2.1", RFC2595 + "#section-4", RFC5804 + "#section-2.2"),
    ),
)
