# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a session with IMAP, POP3 or ManageSieve.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._protocols import imap_pop3_sieve


class MailstoreSessionFacts(t.TypedDict, total=False):
    """What one IMAP, POP3 or ManageSieve session shows before and after TLS.

    greeting: the greeting.
    preauth: whether an IMAP server greeted with PREAUTH.
    capabilities: of IMAP a list, of ManageSieve names with their values; before TLS, if the
      session began so.
    capabilities_tls: the same inside TLS after STARTTLS.
    capa: the lines of the reply to CAPA of POP3; None where it was refused.
    capa_tls: the same inside TLS after STLS.
    sasl: the SASL mechanisms of ManageSieve; None where the capability is absent.
    starttls_offered: whether STARTTLS or STLS is among the capabilities.
    authenticate: the reply to AUTHENTICATE PLAIN before TLS.
    authenticate_tls: the reply to AUTHENTICATE PLAIN inside TLS.
    mechanisms: the replies to the other mechanisms that take a password, before TLS.
    login_literal: the reply to LOGIN of IMAP before TLS, with an empty literal announced.
    login_literal_end: the reply to that LOGIN once the empty literal was sent.
    login_literal_tls: the reply to such a LOGIN inside TLS.
    login: the reply to LOGIN of IMAP before TLS as a user who cannot exist.
    login_tls: the reply to the same LOGIN inside TLS.
    user: the reply to USER of POP3 before TLS.
    user_tls: the reply to USER of POP3 inside TLS.
    auth: the reply to AUTH PLAIN of POP3 before TLS.
    auth_tls: the reply to AUTH PLAIN of POP3 inside TLS.
    id: the reply to ID of IMAP.
    tls_error: why the handshake after STARTTLS failed.
    """

    greeting: str
    preauth: bool
    capabilities: list[str] | dict[str, str]
    capabilities_tls: list[str] | dict[str, str]
    capa: list[str] | None
    capa_tls: list[str] | None
    sasl: str | None
    starttls_offered: bool
    authenticate: imap_pop3_sieve.StoredAnswer
    authenticate_tls: imap_pop3_sieve.StoredAnswer
    mechanisms: dict[str, imap_pop3_sieve.StoredAnswer]
    login_literal: imap_pop3_sieve.StoredAnswer
    login_literal_end: imap_pop3_sieve.StoredAnswer
    login_literal_tls: imap_pop3_sieve.StoredAnswer
    login: imap_pop3_sieve.StoredAnswer
    login_tls: imap_pop3_sieve.StoredAnswer
    user: imap_pop3_sieve.StoredAnswer
    user_tls: imap_pop3_sieve.StoredAnswer
    auth: imap_pop3_sieve.StoredAnswer
    auth_tls: imap_pop3_sieve.StoredAnswer
    id: str
    tls_error: str
