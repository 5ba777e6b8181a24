# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .tls import cleartext, session, versions

RFC3207 = "https://www.rfc-editor.org/rfc/rfc3207"
RFC4954 = "https://www.rfc-editor.org/rfc/rfc4954"
RFC8314 = "https://www.rfc-editor.org/rfc/rfc8314"
RFC9325 = "https://www.rfc-editor.org/rfc/rfc9325"
_SNIFF = "Whoever sits between client and server reads the password, and then reads and sends mail as that user."

ROWS = (
    Check(
        "starttls_offered",
        ("TLS-01",),
        "STARTTLS is offered wherever a session begins in clear",
        "tls",
        "high",
        session.judge_offered,
        "Without STARTTLS all mail on this port crosses the network as readable as a postcard.",
        "Use the postfix and dovecot roles as they are; they offer STARTTLS on 25, 587 and 4190 and close 143 and 110.",
        "Postfix: smtpd_tls_security_level = may and smtpd_tls_chain_files. Dovecot: ssl = required. Exim: tls_advertise_hosts = * with a "
        "certificate.",
        (RFC3207 + "#section-4", RFC8314),
        ("Internet.nl", "testssl.sh", "sslyze"),
    ),
    Check(
        "starttls_works",
        ("TLS-02",),
        "STARTTLS leads to a TLS session",
        "tls",
        "high",
        session.judge_works,
        "A server that offers STARTTLS and then fails makes careful senders give up and careless ones fall back to clear text.",
        "Check mail_certificate_file and mail_certificate_key_file; run site.yml again.",
        "Look for TLS errors in the server's log: a key that cannot be read, or a certificate that does not belong to it.",
        (RFC3207 + "#section-4.2",),
        ("testssl.sh", "sslyze"),
    ),
    Check(
        "mail_refused_before_tls",
        ("TLS-03",),
        "Submission takes no mail before TLS",
        "tls",
        "high",
        cleartext.judge_mail_refused,
        "A client that is told it may go on without TLS does so, with its user's mail and soon its password in clear; "
        "an attacker only has to hide the word STARTTLS. " + _SNIFF,
        "Leave the submission listener of the postfix role as it is: smtpd_tls_security_level=encrypt.",
        "Postfix, master.cf, submission: -o smtpd_tls_security_level=encrypt. Exim: deny MAIL on 587 where $tls_in_cipher is empty.",
        (RFC3207 + "#section-4", RFC8314 + "#section-4.1"),
    ),
    Check(
        "auth_hidden_before_tls",
        ("TLS-04",),
        "AUTH is not offered before TLS",
        "tls",
        "high",
        cleartext.judge_auth_hidden,
        "Clients send the password as soon as AUTH is offered. " + _SNIFF,
        "Keep smtpd_tls_auth_only = yes; the postfix role refuses to change it.",
        "Postfix: smtpd_tls_auth_only = yes. Exim: server_advertise_condition = ${if def:tls_in_cipher}.",
        (RFC4954 + "#section-4",),
        ("nmap smtp-commands (lists only)",),
    ),
    Check(
        "auth_refused_before_tls",
        ("TLS-05",),
        "AUTH is refused before TLS, offered or not",
        "tls",
        "critical",
        cleartext.judge_auth_refused,
        "A server that hides AUTH but still answers it takes the password of a client that was told to try. " + _SNIFF,
        "Keep smtpd_tls_auth_only = yes; the postfix role refuses to change it.",
        "Postfix: smtpd_tls_auth_only = yes. Exim: server_advertise_condition = ${if def:tls_in_cipher}.",
        (RFC4954 + "#section-4", RFC4954 + "#section-6"),
    ),
    Check(
        "mx_takes_cleartext",
        ("TLS-06",),
        "Port 25 takes mail from senders without TLS",
        "tls",
        "low",
        cleartext.judge_mx_takes_clear,
        "Mail from servers that cannot do TLS is lost. A public MX has to take it; DANE and MTA-STS are how senders are told to insist on TLS.",
        "Leave smtpd_tls_security_level = may for port 25, or declare the exception with policy_changes: {cleartext_mx: false}.",
        "Postfix: smtpd_tls_security_level = may in main.cf, encrypt only for submission.",
        (RFC3207 + "#section-4",),
    ),
    Check(
        "no_auth_on_port_25",
        ("TLS-07",),
        "Port 25 offers no AUTH",
        "tls",
        "medium",
        cleartext.judge_no_auth_on_25,
        "Port 25 is open to the world and is where passwords are guessed all day. Users log in on 465 and 587, where limits and bans can be strict.",
        "Keep smtpd_sasl_auth_enable = no in main.cf; the postfix role switches it on for submission only.",
        "Postfix: smtpd_sasl_auth_enable = no in main.cf and -o smtpd_sasl_auth_enable=yes for submission and submissions.",
        ("https://www.rfc-editor.org/rfc/rfc6409#section-3.1", RFC8314 + "#section-3.3"),
    ),
    Check(
        "implicit_tls_only",
        ("TLS-08",),
        "The TLS ports do not talk in clear",
        "tls",
        "high",
        session.judge_implicit_only,
        "On 465, 993 and 995 TLS comes first. A server that answers in clear there lets clients log in unprotected "
        "while everybody believes in the port number. " + _SNIFF,
        "Leave submissions (smtpd_tls_wrappermode=yes), imaps and pop3s (ssl = yes) as the roles write them.",
        "Postfix: -o smtpd_tls_wrappermode=yes. Dovecot: ssl = yes in the inet_listener.",
        (RFC8314 + "#section-3.3",),
    ),
    Check(
        "tls_versions",
        ("TLS-15",),
        "Old versions of TLS are refused",
        "tls",
        "medium",
        versions.judge_versions,
        "SSL 3, TLS 1.0 and 1.1 have known breaks and were withdrawn. A client that still may use them can be pushed down to them.",
        "Keep smtpd_tls_protocols, smtpd_tls_mandatory_protocols and ssl_min_protocol as the roles set them.",
        "Postfix: smtpd_tls_protocols and smtpd_tls_mandatory_protocols = >=TLSv1.2. Dovecot: ssl_min_protocol = TLSv1.2. "
        "Exim: openssl_options = +no_sslv3 +no_tlsv1 +no_tlsv1_1.",
        ("https://www.rfc-editor.org/rfc/rfc8996", "https://www.rfc-editor.org/rfc/rfc8997"),
        ("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        "tls_cipher_suites",
        ("TLS-16",),
        "No broken cipher suite is accepted",
        "tls",
        "high",
        versions.judge_suites,
        "RC4, 3DES, DES, export and null suites can be read or broken with little effort; a suite without a certificate lets anybody pose as "
        "the server.",
        "Keep tls_high_cipherlist, smtpd_tls_exclude_ciphers and ssl_cipher_list as the roles set them.",
        "Postfix: smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, 3DES, RC4, MD5. Dovecot: ssl_cipher_list of ECDHE suites with "
        "AES-GCM or ChaCha20.",
        (RFC9325 + "#section-4.1", RFC9325 + "#section-4.2"),
        ("testssl.sh", "sslyze", "nmap ssl-enum-ciphers"),
    ),
    Check(
        "certificate_trusted",
        ("TLS-20",),
        "The certificate leads to a trusted authority",
        "tls",
        "high",
        session.judge_trusted,
        "Clients warn and users learn to click the warning away; then they also click it away when somebody else answers in your place.",
        "Give the certificate role a certificate of a public authority (certificate_provider: files), with the whole chain in the file.",
        "Serve a certificate of a public authority with its intermediates, or give this task your own authority as trust_anchors.",
        ("https://www.rfc-editor.org/rfc/rfc7817", "https://www.rfc-editor.org/rfc/rfc8461#section-4.1"),
        ("testssl.sh", "sslyze"),
    ),
    Check(
        "certificate_name",
        ("TLS-21",),
        "The certificate is for the name that clients use",
        "tls",
        "high",
        session.judge_name,
        "A certificate for another name proves nothing about this host, and clients refuse it or ask the user.",
        "Set mail_hostname to the name that clients use, and add others to certificate_names.",
        "Order a certificate whose subjectAltName holds the MX name and the names of the submission and IMAP servers.",
        ("https://www.rfc-editor.org/rfc/rfc9525", "https://www.rfc-editor.org/rfc/rfc7817#section-3"),
        ("testssl.sh", "sslyze"),
    ),
    Check(
        "certificate_expiry",
        ("TLS-22",),
        "The certificate is valid now and for some time to come",
        "tls",
        "high",
        session.judge_expiry,
        "When it runs out, clients stop connecting and senders with MTA-STS or DANE stop delivering.",
        "Renew it; the certificate role then reloads Postfix and Dovecot, so that the new one is served.",
        "Renew it and reload the daemons: a renewed file that nobody loads is the usual cause.",
        ("https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",),
        ("testssl.sh", "sslyze", "Mail-in-a-Box"),
    ),
)
