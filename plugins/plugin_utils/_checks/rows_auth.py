# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import auth
from .base import Check

RFC4954 = "https://www.rfc-editor.org/rfc/rfc4954"
_LISTS = ("nmap (lists only)", "DomainDetective (lists only)")
_ROLE = "Use the dovecot and postfix roles as they are: they offer PLAIN and LOGIN, inside TLS only."
_HAND = "Dovecot: auth_mechanisms = plain login. Postfix with Cyrus SASL: mech_list: PLAIN LOGIN in sasl/smtpd.conf. Exim: remove the authenticator."

ROWS = (
    Check(
        "auth_anonymous",
        ("AUT-01", "RLY-08"),
        "Nobody is logged in without a password",
        "auth",
        "critical",
        auth.judge_anonymous,
        "ANONYMOUS logs in whoever asks. On a submission port that is a licence to send spam through this host, and no test that tries "
        "strangers only will find it.",
        _ROLE,
        "Postfix: smtpd_sasl_security_options and smtpd_sasl_tls_security_options with noanonymous. " + _HAND,
        ("https://www.rfc-editor.org/rfc/rfc4505", RFC4954 + "#section-9"),
        _LISTS,
    ),
    Check(
        "auth_mechanisms",
        ("AUT-01", "BAN-03"),
        "Only ways to log in that are wanted are offered",
        "auth",
        "medium",
        auth.judge_listed,
        "NTLM is broken, and tells strangers the name of the host and its domain before they log in. CRAM-MD5 and DIGEST-MD5 were withdrawn; they "
        "need passwords that the server can read, so whoever steals the file has them all. What nobody uses should not be there to be guessed at.",
        _ROLE + " Declare others with policy_changes: {more_auth_mechanisms: [GSSAPI]}.",
        _HAND,
        ("https://www.rfc-editor.org/rfc/rfc6331", "https://www.rfc-editor.org/rfc/rfc4422#section-6", RFC4954 + "#section-9"),
        (*_LISTS, "nmap smtp-ntlm-info (NTLM only)"),
    ),
    Check(
        "auth_channel_binding",
        ("AUT-02",),
        "A login can be bound to its TLS session",
        "auth",
        "info",
        auth.judge_binding,
        "With SCRAM and channel binding a password cannot be caught by somebody in the middle who has a certificate that the client trusts. "
        "Few clients can do it, so it is only asked for with policy_changes: {channel_binding: true}.",
        "The roles do not offer it: passwords are kept as Argon2 hashes, which SCRAM cannot use.",
        "Dovecot 2.4: auth_mechanisms = plain scram-sha-256 scram-sha-256-plus, with passwords stored as SCRAM-SHA-256.",
        ("https://www.rfc-editor.org/rfc/rfc9266", "https://www.rfc-editor.org/rfc/rfc5802#section-6"),
    ),
    Check(
        "auth_other_identity",
        ("AUT-07",),
        "Nobody is logged in in the name of another",
        "auth",
        "critical",
        auth.judge_other_identity,
        "PLAIN carries two names: whose password it is, and in whose name to act. A server that believes the second without a look at the first lets "
        "everybody send as anybody. The login that is tried has a user who does not exist, and asks to act as your postmaster.",
        "Keep the dovecot role's only passdb; it has no master users.",
        "Dovecot: no passdb with master = yes that strangers can use. Cyrus SASL: leave the authid_proxy rules of sasl/smtpd.conf out.",
        ("https://www.rfc-editor.org/rfc/rfc4616#section-2",),
        opt_in="login",
    ),
)
