# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about all certificates of a server: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .tls import certificates

RFC9325 = "https://www.rfc-editor.org/rfc/rfc9325"

ROWS = (
    Check(
        "certificate_strength",
        ("TLS-23",),
        "Keys and signatures of the certificates are strong enough",
        "tls",
        "high",
        certificates.judge_strength,
        "Whoever can compute a short key from the certificate, or forge a signature with SHA-1, is this server for everybody who asks.",
        "Let the certificate role make the key (certificate_key_type), and order a new certificate if the authority's own are weak.",
        "Make a new key, ECDSA with P-256 or RSA with 3072 bits, and order a certificate for it; serve the authority's current intermediates.",
        (RFC9325 + "#section-4.5", "https://www.rfc-editor.org/rfc/rfc9155"),
        ("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        "certificate_every_key",
        ("TLS-24",),
        "Every certificate that is served is in order, not only the usual one",
        "tls",
        "high",
        certificates.judge_each_kind,
        "A server can have one certificate for RSA and one for ECDSA. Most clients see only one of them, so the other runs out unnoticed, "
        "and some senders are suddenly refused.",
        "The certificate role has one key and one certificate. Remove what was added to it in smtpd_tls_chain_files or ssl_server_alt_cert_file.",
        "Renew all of them together: Postfix smtpd_tls_chain_files, Dovecot 2.3 ssl_alt_cert, Dovecot 2.4 ssl_server_alt_cert_file. Or keep one.",
        ("https://www.rfc-editor.org/rfc/rfc7671#section-8", "https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.2"),
        ("sslyze", "testssl.sh (in part)"),
    ),
    Check(
        "certificate_without_name",
        ("TLS-25",),
        "Port 25 has a certificate for clients that name no server, or another",
        "tls",
        "medium",
        certificates.judge_without_name,
        "Many mail servers name no server when they begin TLS, and some name one that this host does not know. If TLS ends there, "
        "they send in clear or not at all.",
        "Leave smtpd_tls_chain_files as the postfix role sets it: one certificate for everybody.",
        "Postfix: a default certificate in smtpd_tls_chain_files beside tls_server_sni_maps. Proxies: no strict SNI.",
        ("https://www.rfc-editor.org/rfc/rfc7672#section-8.1", RFC9325 + "#section-3.7"),
        ("testssl.sh (in part)", "sslyze (in part)"),
    ),
    Check(
        "certificate_everywhere",
        ("TLS-26",),
        "All addresses serve the same certificate, or each a good one",
        "tls",
        "high",
        certificates.judge_everywhere,
        "When one of several machines or address families is forgotten at renewal, every second delivery fails, and tools that look at one address "
        "say that all is well.",
        "Run site.yml for all hosts behind the name, and let both address families lead to the same daemon.",
        "Renew on every machine behind the name; look for a daemon or proxy of its own on IPv6.",
        ("https://github.com/internetstandards/Internet.nl/issues/1736",),
        ("sslyze --mx",),
    ),
    Check(
        "certificate_staple",
        ("TLS-28",),
        "A certificate that demands an OCSP answer comes with one",
        "tls",
        "medium",
        certificates.judge_staple,
        "A certificate with the word must-staple is good only beside a fresh answer of its authority. Mail servers rarely send one, so clients "
        "that look for it refuse the connection.",
        "Order a certificate without must-staple: neither Postfix nor Dovecot sends OCSP answers.",
        "Order a certificate without the TLS Feature extension (must-staple). Exim can send an answer: tls_ocsp_file.",
        ("https://www.rfc-editor.org/rfc/rfc7633",),
        ("testssl.sh", "sslyze"),
    ),
)
