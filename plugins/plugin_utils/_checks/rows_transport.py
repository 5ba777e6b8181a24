# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about DNSSEC, DANE, MTA-STS, CAA and block lists: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .dns import caa, dane, dmarc, dnsbl, dnssec, mta_sts

RFC = "https://www.rfc-editor.org/rfc/rfc"

ROWS = (
    Check(
        "dnssec",
        ("SEC-01", "TLS-38"),
        "What leads to the host is signed with DNSSEC, soundly",
        "names",
        "medium",
        dnssec.judge_dnssec,
        "Whoever can forge DNS answers on the way to a sender can send all mail for the domain elsewhere. Signatures that run out make the "
        "domain vanish for everybody who checks them.",
        "Sign the zones of mail_domains and of mail_hostname and have the DS records published; the resolver role gives a resolver that sees "
        "whether it works.",
        "Sign the zone with algorithm 13 or 8, publish its DS record with digest 2, and let signatures be renewed by themselves.",
        (RFC + "4035", RFC + "8624", RFC + "7672#section-2.2"),
        ("Internet.nl", "DNSViz"),
    ),
    Check(
        "dane_match",
        ("TLS-36",),
        "Every certificate on port 25 matches the TLSA records",
        "names",
        "high",
        dane.judge_match,
        "Senders that go by DANE deliver nothing where no TLSA record matches. Often only one address or only one of two certificates is "
        "wrong, so that some mail arrives and nobody suspects.",
        "Publish TLSA 3 1 1 records for each certificate that the certificate role installs, before it is served, in a zone signed with DNSSEC.",
        "Publish at _25._tcp.HOST: TLSA 3 1 1 with the SHA-256 of each certificate's public key. Records with usage 0 or 1 are of no use for mail.",
        (RFC + "7671#section-5", RFC + "7672#section-3", RFC + "6698"),
        ("Internet.nl", "smtp-dane-verify"),
    ),
    Check(
        "dane_rollover",
        ("TLS-37",),
        "TLSA records are ready for the next certificate",
        "names",
        "low",
        dane.judge_rollover,
        "When the certificate's key changes and the records only have the old one, mail stops until they are changed and the old ones have "
        "expired everywhere.",
        "Publish the TLSA record of the next key, or one of your authority (2 1 1), at least two days before it is needed.",
        "Keep two records: 3 1 1 of the key in use, and 3 1 1 of the next key or 2 1 1 of the authority.",
        (RFC + "7671#section-8.1",),
        ("Internet.nl (counts only)",),
    ),
    Check(
        "dane_other_ports",
        ("TLS-39",),
        "TLSA records of other services match as well",
        "names",
        "low",
        dane.judge_others,
        "Clients that look for TLSA records on submission and IMAP refuse to connect where they do not match; such records are easily "
        "forgotten when a certificate changes.",
        "Keep the TLSA records of 465, 587, 993 and the other ports with those of port 25, or remove them.",
        "Keep the TLSA records of 465, 587, 993 and the other ports with those of port 25, or remove them.",
        (RFC + "6698", RFC + "8314"),
        ("check_ssl_cert",),
    ),
    Check(
        "mta_sts_policy",
        ("TLS-40",),
        "The MTA-STS policy is in force for every MX host",
        "names",
        "medium",
        mta_sts.judge_policy,
        "A policy that leaves out an MX host, or whose hosts have no trusted certificate, makes senders hold mail back. One that is not in "
        "force lets whoever sits between take the encryption away.",
        "Serve mode: enforce with an mx line for each MX host, and give the certificate role a certificate of a public authority.",
        "Serve at https://mta-sts.DOMAIN/.well-known/mta-sts.txt: version: STSv1, mode: enforce, an mx: line for each MX host, max_age: "
        "604800; publish TXT v=STSv1; id=NUMBER at _mta-sts.DOMAIN.",
        (RFC + "8461#section-3", RFC + "8461#section-4.1"),
        ("mox", "checkdmarc (in part)"),
    ),
    Check(
        "mta_sts_serving",
        ("TLS-41",),
        "The MTA-STS policy is served as senders fetch it",
        "names",
        "medium",
        mta_sts.judge_serving,
        "Senders fetch the policy by strict rules: no redirect, a trusted certificate for mta-sts.DOMAIN, plain text. Where one is broken "
        "there is no policy, while browsers show it all the same.",
        "Let the web server of mta-sts.DOMAIN answer on all its addresses with 200 and text/plain, and get it a certificate for that name.",
        "Let the web server answer on all its addresses with 200 and Content-Type: text/plain; no redirect, at most 64 KB, a trusted "
        "certificate for mta-sts.DOMAIN.",
        (RFC + "8461#section-3.3",),
        ("mox",),
    ),
    Check(
        "tls_reports",
        ("TRP-01",),
        "Senders report when TLS fails",
        "names",
        "low",
        dmarc.judge_tls_reports,
        "With MTA-STS or DANE a mistake makes senders hold mail back, silently. Only their reports tell you.",
        "Publish at _smtp._tls.DOMAIN: v=TLSRPTv1; rua=mailto:postmaster@DOMAIN.",
        "Publish at _smtp._tls.DOMAIN: v=TLSRPTv1; rua=mailto:postmaster@DOMAIN.",
        (RFC + "8460#section-3",),
        ("mox", "checkdmarc"),
    ),
    Check(
        "caa_records",
        ("CAA-01",),
        "CAA records permit the authority in use",
        "names",
        "low",
        caa.judge_caa,
        "CAA records say who may issue certificates for the host. Where the authority in use is missing, the next renewal fails, and with "
        "it, some weeks later, everybody's TLS.",
        "Publish a CAA record with the authority of your certificate, and accounturi for your account with it if it supports that.",
        "Publish: HOST CAA 0 issue letsencrypt.org (or whoever issues your certificates).",
        (RFC + "8659", RFC + "8657"),
        ("Internet.nl", "testssl.sh"),
    ),
    Check(
        "dnsbl_listed",
        ("BL-01",),
        "The host is on none of the block lists that you name",
        "lists",
        "medium",
        dnsbl.judge_listed,
        "Receivers refuse mail from addresses and domains on the lists they use. A listing is often the first sign that somebody sends spam "
        "through the host.",
        "Find out why before you ask to be taken off: look for mail that you did not send in the queue and the log. Name lists in "
        "audit_dnsbl_zones, and ask them through a resolver of your own (the resolver role).",
        "Find out why before you ask to be taken off: look for mail that you did not send in the queue and the log. Public lists refuse "
        "public resolvers.",
        (RFC + "5782#section-5", RFC + "6471"),
        ("mox", "DomainDetective"),
    ),
)
