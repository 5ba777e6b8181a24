# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .relay import open_relay, vantage

RFC2505 = "https://www.rfc-editor.org/rfc/rfc2505"
RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321"
RFC6409 = "https://www.rfc-editor.org/rfc/rfc6409"
RELAY_README = "https://www.postfix.org/SMTPD_ACCESS_README.html"

OPEN = "Strangers can send spam and fraud through this host. It lands on blocklists within hours, and then your own mail is refused too."
ROLE = "Keep postfix_settings free of smtpd_relay_restrictions and of permit_* entries; the postfix role then refuses strangers on every listener."
HAND = (
    "Postfix: end smtpd_relay_restrictions in reject_unauth_destination and keep mynetworks to loopback. "
    "Exim: require a domain of +local_domains or +relay_to_domains, or authentication, in acl_smtp_rcpt, and keep relay_from_hosts to loopback."
)

ROWS = (
    Check(
        "relay_vantage",
        ("RLY-00",),
        "The answers were given to a stranger",
        "relay",
        "high",
        vantage.judge_vantage,
        "A server trusts some clients by address. Asked from a trusted address every sound server looks open, and a server behind a proxy that hides "
        "its clients' addresses treats the whole world as trusted.",
        "Run the probe from a host outside: delegate the task to one whose address is not in postfix_mynetworks.",
        "Probe from a host outside the server's networks. Where the server takes everybody for itself, pass on the client's address "
        "(PROXY protocol), or take the proxy's address out of mynetworks or relay_from_hosts.",
        (RFC2505 + "#section-2.1",),
    ),
    Check(
        "relay_third_party",
        ("RLY-01", "F01", "F25", "S01"),
        "Mail from one stranger to another is refused",
        "relay",
        "critical",
        open_relay.judge_third_party,
        OPEN,
        ROLE,
        HAND,
        (RFC2505 + "#section-2.1", RFC5321 + "#section-7.9", RELAY_README),
        ("nmap smtp-open-relay", "Metasploit smtp_relay"),
    ),
    Check(
        "relay_address_forms",
        (
            *("RLY-02", "RLY-18", "RLY-19", "F02", "F03", "F07", "F08", "F11", "F12", "F13", "F15", "F16", "F18", "F19", "F20", "F22"),
            *("F23", "F24", "F26", "F31", "F32", "F33", "F36"),
        ),
        "No way of writing the recipient gets round the refusal",
        "relay",
        "critical",
        open_relay.judge_address_forms,
        "Old ways of writing an address (percent signs, source routes, quotes, bang paths, encoded senders) can make a server take a stranger's "
        "address for one of its own and pass the mail on. " + OPEN,
        ROLE + " The role also sets allow_percent_hack and swap_bangpath to no.",
        HAND
        + " Postfix: allow_percent_hack = no and swap_bangpath = no. Verify the hash of SRS, BATV and VERP addresses before decoding them.",
        (RFC2505, RFC5321 + "#appendix-C", RELAY_README),
        ("nmap smtp-open-relay (16 forms)", "OpenVAS smtp_relay2 (17)"),
    ),
    Check(
        "relay_sender_forms",
        ("RLY-03", "S03", "S04", "S05", "S06", "S07", "S08", "S09", "S10", "S11", "S12", "S13", "S14", "S15"),
        "No sender address gets round the refusal",
        "relay",
        "critical",
        open_relay.judge_sender_forms,
        "Anybody can write any sender. A server that relays for its own domain's senders, or for postmaster, relays for everybody who knows "
        "that name. " + OPEN,
        ROLE,
        HAND + " Never let check_sender_access answer OK ahead of the relay rule, and never use permit_* by sender.",
        (RFC2505 + "#section-2.1", RELAY_README),
        ("nmap smtp-open-relay (4 senders)", "OpenVAS smtp_relay2 (7)"),
    ),
    Check(
        "relay_null_sender",
        ("RLY-04", "S02"),
        "Mail without a sender is not relayed",
        "relay",
        "critical",
        open_relay.judge_null_sender,
        "Bounces have no sender, so servers must take them for their own users; one that takes them for strangers too can be used to send anything. "
        + OPEN,
        ROLE,
        HAND,
        (RFC5321 + "#section-4.5.5", RFC2505 + "#section-2.6.1"),
        ("nmap smtp-open-relay",),
    ),
    Check(
        "relay_helo_names",
        ("RLY-05",),
        "No HELO name gets round the refusal",
        "relay",
        "high",
        open_relay.judge_helo_names,
        "A client can call itself localhost or by the server's own name. A server that believes it relays for whoever lies. " + OPEN,
        ROLE,
        HAND + " Never let check_helo_access answer OK ahead of the relay rule.",
        (RFC2505 + "#section-2.1", RELAY_README),
    ),
    Check(
        "relay_submission",
        ("RLY-06",),
        "Submission takes nothing without a login, not even inside TLS",
        "relay",
        "critical",
        open_relay.judge_submission,
        "The submission ports are where relaying is allowed, after a login. A listener that inherits a lax rule relays for everybody who "
        "starts TLS, and tools that do not start TLS call it closed. " + OPEN,
        "Leave the submission listeners of the postfix role as they are: each of their restriction lists ends in reject.",
        "Postfix, master.cf, submission and submissions: -o smtpd_client_restrictions=permit_sasl_authenticated,reject "
        "-o smtpd_relay_restrictions=permit_sasl_authenticated,reject. Exim: require authentication in the ACL for these ports.",
        (RFC6409 + "#section-4.3", "https://www.rfc-editor.org/rfc/rfc5068#section-3.1"),
        ("nmap smtp-open-relay (wrongly)",),
    ),
    Check(
        "relay_after_failed_login",
        ("RLY-07",),
        "A failed login opens nothing",
        "relay",
        "high",
        open_relay.judge_after_login,
        "Some servers remembered that a client had said AUTH, and forgot that it had failed. " + OPEN,
        "Keep Postfix and Dovecot up to date.",
        "Update the server; take a front end that answers AUTH by itself out of the way.",
        ("https://www.rfc-editor.org/rfc/rfc4954#section-4",),
        (),
        "login",
    ),
    Check(
        "relay_after_starttls",
        ("RLY-09",),
        "Port 25 refuses strangers inside TLS and on a resumed session too",
        "relay",
        "critical",
        open_relay.judge_after_starttls,
        "Rules can differ before and after STARTTLS, for instance when any client certificate or any TLS client is trusted. " + OPEN,
        ROLE,
        HAND + " Postfix: no permit_tls_all_clientcerts.",
        ("https://www.rfc-editor.org/rfc/rfc3207#section-4.2",),
    ),
    Check(
        "relay_every_address",
        ("RLY-15",),
        "Every address of the host refuses, IPv4 and IPv6",
        "relay",
        "critical",
        open_relay.judge_every_address,
        "Most open relays of today are open on one address only: IPv6 behind a container network or a NAT that makes every client look local. "
        + OPEN,
        "Keep postfix_mynetworks to loopback; the rules of the postfix role hold for every address.",
        HAND + " Look at IPv6 on its own: ss -ltn, and the addresses in the log for a connection from outside.",
        (RFC2505 + "#section-2.1",),
    ),
    Check(
        "relay_role_addresses",
        ("RLY-20", "F34"),
        "postmaster and abuse of other domains are refused too",
        "relay",
        "critical",
        open_relay.judge_roles,
        "An exemption for postmaster@ that forgets to name its own domains lets mail to postmaster@anywhere through. " + OPEN,
        ROLE,
        "Postfix: in check_recipient_access name the whole address (postmaster@example.org OK), never postmaster@ alone, "
        "or put the table after reject_unauth_destination.",
        ("https://www.rfc-editor.org/rfc/rfc2142", RFC5321 + "#section-4.5.1"),
    ),
    Check(
        "relay_refusal_is_permanent",
        ("RLY-01",),
        "Relaying is refused for good, not for now",
        "relay",
        "low",
        open_relay.judge_permanent,
        "A temporary refusal is safe, but senders try again for days and fill their queues and your log, "
        "and a mistyped domain is reported to the sender late.",
        "Use the postfix role as it is: reject_unauth_destination answers 554.",
        "Postfix: use reject_unauth_destination in place of the default's defer_unauth_destination in smtpd_relay_restrictions.",
        (RELAY_README, "https://www.postfix.org/postconf.5.html#smtpd_relay_restrictions"),
    ),
)
