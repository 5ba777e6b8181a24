# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue that read Postfix, Exim and Dovecot on the host: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .host import network, postfix, relay, tls

POSTCONF = "https://www.postfix.org/postconf.5.html"
ACCESS = "https://www.postfix.org/SMTPD_ACCESS_README.html"
DOVECOT = "https://doc.dovecot.org/latest/core/config/"

ROWS = (
    Check(
        "relay_configured",
        ("HT-03",),
        "Every listener is configured to relay for no stranger",
        "host",
        "critical",
        relay.judge_relay,
        "A probe sees the ports that it knows. A listener on another port, or on another address, may relay for the whole world and nobody "
        "notices until spammers do. So every line of master.cf that speaks SMTP is read, with the lists of restrictions that are in force "
        "for it, as a stranger would meet them.",
        "Keep smtpd_relay_restrictions = reject in main.cf; the postfix role writes to each listener what it takes.",
        "Postfix: end smtpd_relay_restrictions of each listener in reject_unauth_destination, or in reject where users log in. Exim: let "
        "acl_smtp_rcpt accept only your domains, your networks and users who are logged in.",
        (
            ACCESS,
            POSTCONF + "#smtpd_relay_restrictions",
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html",
        ),
        ("CIS and DISA (compare the text of a setting)",),
    ),
    Check(
        "submission_configured",
        ("HT-03", "RLY-06"),
        "Ports for users are configured to take nothing without a login",
        "host",
        "high",
        relay.judge_submission,
        "The ports 587 and 465 are for users. Where strangers may deliver there too, they get around what port 25 asks of them, and mail "
        "that was not sent by a user is signed as if it were.",
        "Keep the listeners submission and submissions as the postfix role writes them.",
        "Postfix: smtpd_client_restrictions = permit_sasl_authenticated, reject for these listeners in master.cf.",
        ("https://www.rfc-editor.org/rfc/rfc6409#section-4.3", ACCESS),
    ),
    Check(
        "trusted_networks",
        ("HT-03", "RLY-16"),
        "Nobody may relay by address but the host itself",
        "host",
        "high",
        relay.judge_networks,
        "Whoever has an address in mynetworks may send anything to anybody, without a password. A subnet of a provider is full of strangers, "
        "a container network or a proxy makes all clients look like neighbours, and without a setting Postfix may take the whole subnet.",
        "Set postfix_mynetworks to what must relay without a login; the default is loopback. Say in the policy who is meant to: "
        "policy_changes: {trusted_networks: [192.0.2.0/24]}.",
        "Postfix: mynetworks = 127.0.0.0/8, [::1]/128 in main.cf. Exim: hostlist relay_from_hosts = 127.0.0.1 : ::::1; on Debian "
        "dc_relay_nets is empty.",
        (POSTCONF + "#mynetworks", POSTCONF + "#mynetworks_style", "https://www.postfix.org/COMPATIBILITY_README.html"),
    ),
    Check(
        "client_address_honest",
        ("HT-03",),
        "Nobody may tell the server that he is another client",
        "host",
        "high",
        postfix.judge_forwarders,
        "XCLIENT, XFORWARD and the header of a proxy tell a server who the client is. Whoever may say that can say that he is the host "
        "itself, and is trusted like it.",
        "Leave smtpd_authorized_xclient_hosts and smtpd_authorized_xforward_hosts empty; the postfix role does not set them.",
        "Postfix: empty both lists. Where a proxy is needed, let smtpd_upstream_proxy_protocol be set only for a listener on an address "
        "that nobody but the proxy reaches.",
        ("https://www.postfix.org/XCLIENT_README.html", POSTCONF + "#smtpd_upstream_proxy_protocol"),
    ),
    Check(
        "senders_bound",
        ("RLY-26",),
        "Users who are logged in send by their own addresses only",
        "host",
        "medium",
        postfix.judge_senders,
        "One stolen password is enough to write in the name of the director, with a signature of your domain under it.",
        "Keep smtpd_sender_login_maps and reject_sender_login_mismatch as the postfix role writes them.",
        "Postfix: smtpd_sender_restrictions = reject_sender_login_mismatch, permit_sasl_authenticated, reject for the listeners of users, "
        "and smtpd_sender_login_maps that names the owner of each address.",
        ("https://www.rfc-editor.org/rfc/rfc6409#section-6.1", POSTCONF + "#reject_sender_login_mismatch"),
    ),
    Check(
        "postfix_defaults",
        ("HT-03",),
        "What is not set in Postfix has a safe value",
        "host",
        "medium",
        postfix.judge_defaults,
        "Without compatibility_level Postfix behaves as it did in 2005 wherever nothing is set: it trusts its whole subnet, relays to what "
        "is below its own domains, and has no list that says who may relay.",
        "Keep compatibility_level; the postfix role sets it.",
        "Postfix: set mynetworks, relay_domains and smtpd_relay_restrictions, then postconf compatibility_level=3.6.",
        ("https://www.postfix.org/COMPATIBILITY_README.html",),
    ),
    Check(
        "tables_compiled",
        ("HT-03",),
        "Tables of Postfix are in force as they were written",
        "host",
        "low",
        postfix.judge_tables,
        "A table of the kind hash or lmdb works only after postmap. An address that was removed from the text goes on being let in until then.",
        "Nothing to set: the postfix role uses tables that need no compiling.",
        "Run postmap on the table, or use texthash.",
        ("https://www.postfix.org/DATABASE_README.html",),
    ),
    Check(
        "tls_configured",
        ("HT-03",),
        "TLS is configured as the policy asks, on every listener",
        "host",
        "medium",
        tls.judge_versions,
        "What a server takes today may depend on the TLS library of the day. What it is configured to take is what it will take after the "
        "next upgrade.",
        "Keep smtpd_tls_protocols, smtpd_tls_mandatory_protocols and ssl_min_protocol as the roles write them.",
        "Postfix: smtpd_tls_protocols and smtpd_tls_mandatory_protocols = >=TLSv1.2, and smtpd_tls_security_level = encrypt for users. "
        "Dovecot: ssl = required, ssl_min_protocol = TLSv1.2. Exim leaves it to its library; tls_versions sees what comes of that.",
        ("https://www.rfc-editor.org/rfc/rfc9325#section-3.1", "https://www.postfix.org/TLS_README.html", DOVECOT + "ssl.html"),
    ),
    Check(
        "passwords_need_tls",
        ("HT-03",),
        "Passwords are configured to be taken inside TLS only",
        "host",
        "high",
        tls.judge_cleartext,
        "A password that is sent in clear is read by everybody on the way. Dovecot also takes passwords in clear from networks that it trusts, "
        "which a probe from elsewhere never sees.",
        "Keep smtpd_tls_auth_only and the settings of the dovecot role, and leave login_trusted_networks empty.",
        "Postfix: smtpd_tls_auth_only = yes. Dovecot 2.3: disable_plaintext_auth = yes; 2.4: auth_allow_cleartext = no; "
        "login_trusted_networks empty.",
        ("https://www.rfc-editor.org/rfc/rfc8314#section-3", DOVECOT + "ssl.html"),
    ),
    Check(
        "configuration_in_force",
        ("HT-03",),
        "What was seen from outside is what is configured inside",
        "host",
        "high",
        network.judge_agrees,
        "A configuration that was changed and never loaded protects nobody, and neither does one of a daemon that another one stands in front "
        "of. Both look fine on the host. So relaying, TLS and logins are compared: as configured, and as seen.",
        "Run the roles again: they reload what they change. Look for another daemon, a proxy or another host at that address.",
        "Run postfix reload and doveadm reload; see with ss -ltnp who listens, and where the address leads.",
        ("https://www.postfix.org/postfix.1.html",),
    ),
    Check(
        "listeners_reachable",
        ("HT-06",),
        "What listens is what strangers reach, by IPv4 and IPv6 alike",
        "host",
        "low",
        network.judge_listeners,
        "A service that only a firewall hides is open the day the firewall is reloaded, moved, or has no rule for IPv6. A service that answers "
        "although nothing here listens is another one than you think.",
        "Take away what was added beside the roles, which open 25, 465, 587, 993 and 4190. Let the firewall say the same for IPv4 and IPv6.",
        "Dovecot: port = 0 for a listener that is not needed. Postfix: comment the line out in master.cf. See with ss -ltn what is left.",
        ("https://www.rfc-editor.org/rfc/rfc9099#section-2.6",),
        ("nmap (from outside only)", "CIS (from inside only)"),
    ),
    Check(
        "backends_inside",
        ("HT-06", "EXP-01"),
        "What serves other programs does not listen to the network",
        "host",
        "high",
        network.judge_backends,
        "spamd, milters, LMTP, policy services and databases believe whoever reaches them: a stranger could have mail delivered past all checks, "
        "teach the filter, or look up users. A resolver that answers strangers is a weapon against others.",
        "The roles use sockets in the file system, and loopback for the resolver. Take away what was added beside them.",
        "Bind them to 127.0.0.1 or to a socket in the file system. spamd: --socketpath, without -i and -A. unbound: interface: 127.0.0.1.",
        ("https://www.postfix.org/MILTER_README.html", "https://www.rfc-editor.org/rfc/rfc5358"),
    ),
)
