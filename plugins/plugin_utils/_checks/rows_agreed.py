# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about what a server agrees to in TLS: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .tls import handshake

RFC9325 = "https://www.rfc-editor.org/rfc/rfc9325"
MOZILLA = "https://wiki.mozilla.org/Security/Server_Side_TLS"

ROWS = (
    Check(
        "tls_forward_secrecy",
        ("TLS-17",),
        "Keys are exchanged so that a stolen key opens no recorded mail",
        "tls",
        "medium",
        handshake.judge_forward_secrecy,
        "Without forward secrecy whoever records the traffic today and gets the server's key one day, reads it all. "
        "Diffie-Hellman with a small prime has been broken for everybody who uses the same one.",
        "Keep tls_high_cipherlist and ssl_cipher_list as the roles set them: elliptic curves only where users log in.",
        "Postfix: smtpd_tls_exclude_ciphers = kRSA, and leave smtpd_tls_dh1024_param_file at its default. Dovecot: ssl_cipher_list with ECDHE "
        "suites only, or ssl_dh with 2048 bits and more.",
        (RFC9325 + "#section-4.1", RFC9325 + "#section-4.5", "https://weakdh.org/"),
        ("testssl.sh", "sslyze", "Internet.nl", "nmap ssl-dh-params"),
    ),
    Check(
        "tls_groups",
        ("TLS-18",),
        "No weak curve is picked where better ones are offered",
        "tls",
        "medium",
        handshake.judge_groups,
        "Curves below 128 bits of security can be broken sooner than the rest. The group X25519MLKEM768 keeps mail that is recorded today safe "
        "from the quantum computers of tomorrow; the sentence says whether port 25 offers it.",
        "The roles leave the groups to the daemons and to OpenSSL, as they come with Debian; none of them is weak.",
        "Postfix: leave tls_eecdh_auto_curves at its default. Dovecot: leave ssl_curve_list unset.",
        ("https://www.rfc-editor.org/rfc/rfc8422#section-5.1.1", MOZILLA),
        ("testssl.sh", "sslyze", "Internet.nl (in part)"),
    ),
    Check(
        "tls_preference",
        ("TLS-19",),
        "The best suite is picked, whatever the client prefers",
        "tls",
        "low",
        handshake.judge_preference,
        "A client that names its suites in a bad order gets worse protection than both sides could have. All that are common name the best first.",
        "The roles leave the order to the client, since all suites on the ports where users log in are good. For port 25 set "
        "tls_preempt_cipherlist in postfix_settings.",
        "Postfix: tls_preempt_cipherlist = yes. Dovecot 2.3: ssl_prefer_server_ciphers = yes. Dovecot 2.4: ssl_server_prefer_ciphers = server.",
        (RFC9325 + "#section-4.2.1", MOZILLA),
        ("testssl.sh", "Internet.nl", "nmap ssl-enum-ciphers"),
    ),
    Check(
        "tls_handshake_features",
        ("TLS-29", "TLS-30", "TLS-31", "TLS-32"),
        "The handshake has its safeguards and nothing superfluous",
        "tls",
        "medium",
        handshake.judge_features,
        "Each of these has let attackers read or alter what TLS protects: compression (CRIME), renegotiation that is not bound to the first "
        "handshake, sessions that share their keys (triple handshake), heartbeat (Heartbleed), falling back to an old version (POODLE).",
        "Keep tls_ssl_options of the postfix role, and OpenSSL as Debian updates it.",
        "Update the TLS library; switch off compression. Postfix: tls_ssl_options = NO_COMPRESSION. Dovecot: ssl_options = no_compression.",
        (
            "https://www.rfc-editor.org/rfc/rfc5746",
            "https://www.rfc-editor.org/rfc/rfc7627",
            "https://www.rfc-editor.org/rfc/rfc7507",
            RFC9325 + "#section-3.3",
        ),
        ("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        "tls_not_for_browsers",
        ("TLS-34",),
        "A client that wants to speak HTTP is not agreed to",
        "tls",
        "low",
        handshake.judge_alpn,
        "An attacker can lead a browser that means to speak to your web site to your mail server instead, which has a certificate for the same "
        "name, and make it answer in the web site's place (ALPACA). A server that does not agree to HTTP gives the browser reason to leave.",
        "Nothing to set: Postfix and Dovecot agree to no such thing.",
        "If a proxy does TLS for the mail server, do not list http/1.1 or h2 among its protocols there.",
        ("https://alpaca-attack.com/", "https://www.rfc-editor.org/rfc/rfc7301#section-3.2"),
        ("testssl.sh (lists only)", "nmap tls-alpn (lists only)"),
    ),
)
