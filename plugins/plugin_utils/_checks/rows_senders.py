# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about SPF, DKIM and DMARC: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .dns import dkim, dmarc, spf

RFC = "https://www.rfc-editor.org/rfc/rfc"

ROWS = (
    Check(
        "spf_record",
        ("DNS-06",),
        "One sound SPF record, which limits who may send",
        "names",
        "medium",
        spf.judge_record,
        "Without a usable SPF record, or with one that permits everybody, anybody can send in the domain's name. A record with a mistake "
        "counts as none, and with some receivers it gets all your mail refused.",
        "Publish one TXT record for each of mail_domains: v=spf1 mx -all, with your other senders added.",
        "Publish exactly one TXT record that begins with v=spf1 and ends in -all or ~all; without ptr, without +all, at most 512 characters.",
        (RFC + "7208#section-3", RFC + "7208#section-5.5"),
        ("checkdmarc", "Internet.nl"),
    ),
    Check(
        "spf_lookups",
        ("DNS-07",),
        "SPF needs no more than ten lookups",
        "names",
        "medium",
        spf.judge_lookups,
        "Receivers stop after ten terms that ask the DNS, wherever they stand in included records, and count the record as broken: your own "
        "mail then fails.",
        "Replace include, a and mx by ip4 and ip6 where the addresses are your own, and drop what is not in use.",
        "Replace include, a and mx by ip4 and ip6 where the addresses are your own, and drop what is not in use.",
        (RFC + "7208#section-4.6.4",),
        ("checkdmarc", "Internet.nl (miscounts)"),
    ),
    Check(
        "spf_empty_lookups",
        ("DNS-08",),
        "SPF leads to no more than two empty names",
        "names",
        "low",
        spf.judge_voids,
        "Receivers stop after two names that have no such record, and count the record as broken: your own mail then fails.",
        "Remove terms whose names do not exist or have no address of the kind that you send from.",
        "Remove terms whose names do not exist or have no address of the kind that you send from.",
        (RFC + "7208#section-4.6.4",),
        ("checkdmarc (in part)",),
    ),
    Check(
        "spf_egress",
        ("DNS-09",),
        "SPF permits the addresses that mail is really sent from",
        "names",
        "high",
        spf.judge_egress,
        "A sound record that forgets one address, often the IPv6 one, gets the mail sent from there refused or put into the junk folder.",
        "Let the SPF record of each of mail_domains permit every address of the host: v=spf1 mx -all does, if the MX name has them all. "
        "Declare others as audit_egress_addresses.",
        "Add the missing address as ip4:ADDRESS or ip6:ADDRESS.",
        (RFC + "7208#section-4",),
        ("mox",),
    ),
    Check(
        "dkim_records",
        ("DKM-01", "DKM-02"),
        "DKIM keys are published, readable and strong",
        "names",
        "high",
        dkim.judge_records,
        "Mail that is signed with a key that is not published, revoked or too short counts as unsigned, and fails DMARC where SPF does not "
        "help, for instance when it is forwarded.",
        "Publish the record that the opendkim role shows at the end of site.yml, whole; its keys have 2048 bits. Declare selectors as "
        "audit_dkim_selectors.",
        "Publish at SELECTOR._domainkey.DOMAIN one TXT record v=DKIM1; k=rsa; p=KEY with at least 2048 bits, in strings of at most 255 characters.",
        (RFC + "6376#section-3.6", RFC + "8301#section-3.2", RFC + "8463#section-4"),
        ("DomainDetective", "mox"),
    ),
    Check(
        "dmarc_record",
        ("DMA-01",),
        "A DMARC record that receivers can use",
        "names",
        "medium",
        dmarc.judge_record,
        "Without a DMARC record nothing ties the sender that people see to SPF and DKIM, so it can be forged. A record with a mistake counts "
        "as none with some receivers.",
        "Publish at _dmarc.DOMAIN for each of mail_domains: v=DMARC1; p=reject; rua=mailto:postmaster@DOMAIN.",
        "Publish one TXT record at _dmarc.DOMAIN that begins with v=DMARC1, such as v=DMARC1; p=reject; rua=mailto:postmaster@DOMAIN.",
        (RFC + "9989",),
        ("checkdmarc", "Internet.nl"),
    ),
    Check(
        "dmarc_policy",
        ("DMA-02",),
        "DMARC asks receivers to act on forged senders",
        "names",
        "medium",
        dmarc.judge_policy,
        "With p=none, in test mode, or with a weaker policy for subdomains, receivers deliver forged mail although they know better.",
        "Raise p to quarantine and then reject when the reports show that your own mail passes. Users of mailing lists lose mail by reject; "
        "waive this check for such a domain.",
        "Set p=quarantine or p=reject, remove t=y and pct, and let sp and np not be weaker than p.",
        (RFC + "9989", "https://www.ncsc.gov.uk/collection/email-security-and-anti-spoofing"),
        ("Internet.nl", "checkdmarc"),
    ),
    Check(
        "dmarc_reports",
        ("DMA-03",),
        "Those who are to get DMARC reports have agreed",
        "names",
        "low",
        dmarc.judge_reports,
        "Reports to another organization are sent only if that one has published its consent. Without it, nobody reads what goes wrong.",
        "Use an address in the domain itself, or have the other side publish DOMAIN._report._dmarc.OTHER TXT v=DMARC1.",
        "Use an address in the domain itself, or have the other side publish DOMAIN._report._dmarc.OTHER TXT v=DMARC1.",
        (RFC + "9990",),
        ("checkdmarc", "Internet.nl"),
    ),
)
