# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about the names of hosts: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .dns import mx_and_reverse, srv

RFC = "https://www.rfc-editor.org/rfc/rfc"

ROWS = (
    Check(
        "mx_records",
        ("DNS-01",),
        "Mail finds its way: MX records name hosts that exist and answer",
        "names",
        "high",
        mx_and_reverse.judge_mx,
        "Mail to the domain goes to what its MX records name. Where they name an address, an alias, nothing that exists or a closed port, "
        "senders give up, some at once and some after days.",
        "Publish an MX record for each of mail_domains that names mail_hostname, and A and AAAA records for that name.",
        "Publish: example.org. MX 10 mx1.example.org. The name must have A or AAAA records itself; no CNAME, no address in the MX record, no "
        "null MX (0 .) for a domain that takes mail.",
        (RFC + "5321#section-5.1", RFC + "2181#section-10.3", RFC + "7505"),
        ("Internet.nl", "checkdmarc"),
    ),
    Check(
        "dual_stack",
        ("DNS-03",),
        "The host offers the same over IPv4 and IPv6",
        "names",
        "low",
        mx_and_reverse.judge_dual,
        "What works for those with IPv4 only fails for those with IPv6, who wait for a timeout each time, or cannot reach the host at all. "
        "Nobody who looks from a network with IPv4 alone ever notices.",
        "Keep postfix's inet_protocols at all, and open the firewall for both; or remove the AAAA record.",
        "Postfix: inet_protocols = all. Dovecot: listen = *, ::. Open the same ports in ip6tables or nftables as for IPv4.",
        (RFC + "5321#section-5.2",),
        ("Internet.nl",),
    ),
    Check(
        "reverse_names",
        ("DNS-04",),
        "Addresses that send mail have a reverse name that leads back",
        "names",
        "medium",
        mx_and_reverse.judge_reverse,
        "Large receivers refuse mail from addresses without a reverse name, or with one that a provider gives to all its customers, or with "
        "one that does not lead back to the address.",
        "Have your provider set the PTR record of each address that you send from to mail_hostname. Declare other addresses than those of "
        "the host as audit_egress_addresses.",
        "Ask whoever gave you the address to set its PTR record to the host's name; that name must have the address in its A or AAAA record.",
        (RFC + "1912#section-2.1", RFC + "2317", "https://support.google.com/a/answer/81126"),
        ("mox", "Internet.nl (asked for)"),
    ),
    Check(
        "helo_name",
        ("DNS-05",),
        "The name said in HELO leads to the sending address",
        "names",
        "low",
        mx_and_reverse.judge_helo,
        "Receivers look the HELO name up; where it does not exist, or belongs to another address, mail is taken for that of a broken host or "
        "of malware.",
        "Set mail_hostname to a name whose A and AAAA records are the addresses that you send from. If it has an SPF record, let that permit "
        "them: v=spf1 a -all.",
        "Postfix: myhostname (or smtp_helo_name). Exim: primary_hostname. The name must lead to the addresses that you send from.",
        (RFC + "5321#section-4.1.1.1", RFC + "7208#section-2.3"),
        ("mox",),
    ),
    Check(
        "service_records",
        ("EXP-02",),
        "Mail programs find servers that answer under the name they look for",
        "names",
        "low",
        srv.judge_services,
        "Mail programs ask the DNS where a domain's users read and send mail. Where a record leads to a closed port, to a name that does not exist, "
        "or to a certificate for another name, they fail, or ask the user whether to trust whoever answers. Users say yes.",
        "Publish for each of mail_domains: _submissions._tcp SRV 0 1 465 and _imaps._tcp SRV 0 1 993 with mail_hostname, and SRV 0 0 0 . for "
        "what is not offered, such as _imap._tcp and _pop3._tcp.",
        "Publish: _imaps._tcp.example.org. SRV 0 1 993 mx1.example.org. The name must have A or AAAA records itself and be in the certificate. "
        "What is not offered gets SRV 0 0 0 .",
        (RFC + "6186#section-3", RFC + "8314#section-5.1", RFC + "5804#section-1.8", RFC + "2782"),
        ("mox", "DomainDetective"),
    ),
    Check(
        "parked_domains",
        ("DNS-02", "DNS-10"),
        "Domains without mail say so",
        "names",
        "low",
        mx_and_reverse.judge_parked,
        "A domain that never sends mail is a good disguise: nobody expects it to be guarded. Three records tell receivers to refuse whatever "
        "comes in its name.",
        "Publish for each of audit_parked_domains: MX 0 . and TXT v=spf1 -all, and at _dmarc TXT v=DMARC1; p=reject.",
        "Publish for each domain without mail: MX 0 . and TXT v=spf1 -all, and at _dmarc TXT v=DMARC1; p=reject.",
        (RFC + "7505#section-3", RFC + "7208#section-10.1.2", RFC + "9989"),
        ("Internet.nl (in part)",),
    ),
    Check(
        "wildcard_names",
        ("WLD-01",),
        "Names that nobody published do not exist",
        "names",
        "low",
        mx_and_reverse.judge_wildcards,
        "A wildcard TXT record answers for every DKIM selector and every policy name. Receivers then find keys and policies that are none, "
        "and reports of what is missing cannot be believed.",
        "Remove the wildcard (*) TXT record, or give _domainkey, _dmarc, _mta-sts and _smtp._tls names of their own below which it does not reach.",
        "Remove the wildcard (*) TXT record from the zone.",
        (RFC + "4592", RFC + "6376#section-3.6.2.1"),
        ("checkdmarc (in part)",),
    ),
    Check(
        "dangling_names",
        ("REG-01",),
        "Records lead to names that exist",
        "names",
        "high",
        mx_and_reverse.judge_dangling,
        "A name that a record still leads to but that nobody owns any more can be registered by anybody, who may then send in your name with "
        "a valid SPF or DKIM result, or serve your policy.",
        "Remove what is not in use from the SPF record, and CNAME records of former providers.",
        "Remove what is not in use from the SPF record, and CNAME records of former providers.",
        (RFC + "7208#section-11.1", "https://labs.guard.io/8d71bd4f4b3e"),
        ("DomainDetective (in part)",),
    ),
)
