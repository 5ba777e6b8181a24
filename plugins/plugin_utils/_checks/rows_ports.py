# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about ports beside the services, and about whom a host is meant to relay for.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import other_ports
from .base import Check
from .relay import declared_relay

RFC = "https://www.rfc-editor.org/rfc/rfc"
FILTER_README = "https://www.postfix.org/FILTER_README.html"

RELAY_ROWS = (
    Check(
        "relay_side_ports",
        ("RLY-14",),
        "No other port relays for strangers",
        "relay",
        "critical",
        other_ports.judge_side_ports,
        "A content filter hands mail back to a listener that trusts everybody who reaches it, because only the filter is meant to. Where that "
        "listener, a proxy's or a second one for customers can be reached from outside, strangers send spam and fraud through it, and port 25 "
        "looks closed all the while.",
        "The roles open no such port: filters are milters on sockets in the file system. Look in postfix_services, and for daemons of "
        "others (ss -ltnp). Ports that the audit tries: audit_side_ports.",
        "Postfix, master.cf: let the listener that takes mail back from a filter be 127.0.0.1:10025, never 10025 alone, with "
        "-o smtpd_relay_restrictions=permit_mynetworks,reject -o mynetworks=127.0.0.0/8. LMTP: a socket in the file system, or loopback. "
        "Containers: publish no port but those that clients need.",
        (FILTER_README, RFC + "5321#section-7.9", RFC + "2033"),
        ("nmap smtp-strangeport (names them only)",),
    ),
    Check(
        "relay_as_declared",
        ("RLY-16",),
        "The host relays for those it is meant to relay for, and for nobody else",
        "relay",
        "high",
        declared_relay.judge_matrix,
        "Some hosts are there to relay: for an office, a cluster, a rack of printers. Whether such a host is in order depends on who asks. Looked at "
        "from one place it seems an open relay, or closed; only the table of who may and who may not says which of them is right.",
        "Declare the networks as audit_relays_for and set postfix_mynetworks to the same; look once from inside and once from outside.",
        "Postfix: mynetworks. Exim: hostlist relay_from_hosts. Keep them as narrow as they can be, and see in the log which address the "
        "host sees where a proxy, NAT or a container network stands between.",
        (RFC + "2505#section-2.1", "https://www.postfix.org/postconf.5.html#mynetworks"),
    ),
)
HYGIENE_ROWS = (
    Check(
        "ports_as_declared",
        ("EXP-01", "EXP-03"),
        "No port is open but those that are meant to be",
        "hygiene",
        "high",
        other_ports.judge_declared,
        "What stands behind a mail server trusts it: filters, policy services, databases and their pages often ask for no password. Where a "
        "stranger reaches them, he reads mail and users' data, switches the filter off, or sends through it.",
        "Let nothing but the roles' daemons listen on outer addresses. What is meant to be reachable is declared: audit_services, and "
        "audit_extra_ports for ports that are no mail service.",
        "Bind each daemon to 127.0.0.1 and ::1, or to a socket in the file system, and have a firewall refuse the rest, on IPv4 and IPv6 "
        "alike (ss -ltnp shows what listens where). Containers: publish a port as 127.0.0.1:PORT.",
        ("https://www.postfix.org/SMTPD_POLICY_README.html", "https://redis.io/docs/latest/operate/oss_and_stack/management/security/"),
        ("nmap (a scan)",),
    ),
)
