# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of host names: MX, addresses, reverse names, the name said in HELO (RFC 5321, 7505, 1912,
2317).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries, spf
from ..._dns.queries import NXDOMAIN, RECORDS, addresses, fold, reverse_name
from ..._dns.spf_record import PermError, is_record
from ..base import AuditContext, Check, Observation, answered, endpoint_text, error_text, rfc
from .lookup import View, assumed, per_domain, per_egress_address, per_host, per_subject, problems

_PROVIDER = re.compile(
    r"(?:^|[.-])(?:dyn|dynamic|dynip|dhcp|dialup|dialin|pool|ppp|dsl|adsl|cable)(?:[.-]|\d|\Z)"
)


def mx_records(view: View) -> t.Iterable[Finding]:
    answer, hosts = view.lead(domain_queries.exchangers(view.subject))
    if answer.state == NXDOMAIN:
        yield view.say(FAIL, "The domain does not exist.")
        return
    if not hosts:
        yield view.say(
            FAIL, "There is no MX record; senders then try the domain's own address, or give up."
        )
        return
    if any(not entry.host for entry in hosts):
        yield view.say(
            FAIL,
            (
                "A null MX record says that the domain takes no mail, although it is declared as "
                "one "
                "that does."
            ),
        )
        return
    yield problems(
        view,
        [text for entry in hosts for text in _exchanger(entry)],
        f"The MX hosts are {', '.join(e.host for e in hosts)}.",
    )
    yield from _port_25(view, hosts)


def _exchanger(entry: domain_queries.Exchanger) -> t.Iterable[str]:
    if _model.is_address(entry.host):
        yield f"the MX record names the address {entry.host} where a host name must stand"
    elif any(answer.chain for answer in entry.answers):
        yield f"the MX host {entry.host} is an alias (CNAME), which an MX record may not name"
    elif not entry.addresses:
        yield f"the MX host {entry.host} has no address"
    elif all(domain_queries.private(address) for address in entry.addresses):
        yield f"the MX host {entry.host} has only addresses that nobody outside can reach"


def _port_25(view: View, hosts: t.Sequence[domain_queries.Exchanger]) -> t.Iterable[Finding]:
    """Whether port 25 answers, where this host is one of the MX hosts."""
    context, name = view.context, fold(view.context.target.name)
    mine = [
        entry
        for entry in hosts
        if fold(entry.host) == name or set(entry.addresses) & set(context.addresses)
    ]
    if not mine:
        yield view.say(
            PASS,
            (
                f"This host is none of the MX hosts ({', '.join(e.host for e in hosts)}), so its "
                "port "
                "25 is not asked for."
            ),
        )
        return
    sessions = context.of("smtp_session", "smtp")
    if not sessions:
        yield view.say(UNKNOWN, "Port 25 of this host was not tried.")
    for seen in sessions:
        if answered(seen):
            continue
        closed = (seen["error"] or {}).get("kind") == "connect_refused"
        text = f"This host is an MX host, but {endpoint_text(seen)}: {error_text(seen)}."
        yield view.of_seen(FAIL if closed else UNKNOWN, text, seen)


def dual_stack(view: View) -> t.Iterable[Finding]:
    context = view.context
    four, six = view.lead(addresses(view.subject))
    if not four.records and not six.records:
        yield view.say(UNKNOWN, "The name has no address.")
    elif not four.records:
        yield view.say(
            FAIL, "The name has no IPv4 address; senders and clients without IPv6 cannot reach it."
        )
    elif not six.records:
        yield view.say(NOT_APPLICABLE, "The name has no IPv6 address.")
    else:
        sessions = context.of("smtp_session") + context.of("mailstore_session")
        left = [
            address
            for address in (*four.records, *six.records)
            if address not in [seen["address"] for seen in sessions]
        ]
        if left:
            yield view.say(
                UNKNOWN, f"The name leads to {', '.join(left)}, which was not looked at."
            )
            return
        findings = [
            found for service in _model.SERVICES for found in _everywhere(view, service, sessions)
        ]
        yield from findings or [view.say(PASS, "The same services answer on IPv4 and IPv6.")]


def _everywhere(view: View, service: str, sessions: t.Sequence[Observation]) -> t.Iterable[Finding]:
    mine = [seen for seen in sessions if seen["service"] == service]
    there = [seen for seen in mine if answered(seen)]
    for seen in mine if there else ():
        if not answered(seen):
            closed = (seen["error"] or {}).get("kind") == "connect_refused"
            yield view.of_seen(
                FAIL if closed else UNKNOWN,
                f"{endpoint_text(there[0])} answers, but {endpoint_text(seen)}: {error_text(seen)}.",
                seen,
            )


def _generic(name: str, address: str) -> bool:
    """Whether a name looks like one that a provider gives to all its addresses."""
    parts = str(ipaddress.ip_address(address)).split(".")
    if len(parts) == 4 and any(
        re.search(r"(?:^|\D)0*%s(?:\D|\Z)" % r"\D0*".join(order), name)
        for order in (parts, parts[::-1])
    ):
        return True
    return bool(_PROVIDER.search(name))


def reverse_names(view: View) -> t.Iterable[Finding]:
    _answer, found = view.lead(domain_queries.pointers(view.subject))
    back = [name for name, forward in found if view.subject in _normal(forward.records)]
    more = assumed(view.context)
    if not found:
        yield view.say(
            FAIL, f"The address has no reverse name (PTR {reverse_name(view.subject)}).{more}"
        )
    elif not back:
        yield view.say(
            FAIL,
            (
                f"None of the reverse names ({', '.join((name for name, _f in found))}) leads "
                "back to "
                f"the address.{more}"
            ),
        )
    elif all(_generic(name, view.subject) for name in back):
        yield view.say(
            FAIL,
            (
                f"The reverse name {back[0]} looks like one that a provider gives to all its "
                f"addresses.{more}"
            ),
        )
    else:
        several = f" There are {len(found)} names; one is better." if len(found) > 1 else ""
        yield view.say(PASS, f"The reverse name {back[0]} leads back to the address.{several}")


def _normal(records: t.Iterable[str]) -> list[str]:
    return [str(ipaddress.ip_address(record)) for record in records]


def helo_name(view: View) -> t.Iterable[Finding]:
    context, name = view.context, view.context.target.name
    if _model.is_address(name) or "." not in name:
        yield view.say(
            NOT_APPLICABLE,
            (
                "The host was not given by its full name, so the name that it says in HELO is not "
                "known."
            ),
        )
        return
    found = [record for answer in view.lead(addresses(name)) for record in answer.records]
    if view.subject not in _normal(found):
        text = (
            f"{name}, which is taken for the name that the host says in HELO, does not lead to "
            f"this address.{assumed(context)}"
        )
        yield view.say(FAIL, text)
        return
    check = spf.Check(view.subject, "postmaster@" + name, name)
    try:
        result = view.lead(check.decide(name))
    except PermError as exc:
        result = f"permerror: {exc}"
    if result in ("none", "pass"):
        yield view.say(
            PASS,
            (
                f"{name} leads to this "
                f"address{', and its SPF record agrees' if result == 'pass' else ''}."
            ),
        )
    else:
        yield view.say(FAIL, f"The SPF record of {name} gives {result} for this address.")


def _parked(view: View) -> t.Iterable[Finding]:
    mx, txt, dmarc, *_hosts = view.lead(domain_queries.parked(view.subject))
    found = [record for record in txt.records if is_record(record)]
    wrong = []
    if [record.split()[-1] for record in mx.records] != ["."]:
        wrong.append("it has no null MX record (0 .) alone")
    if len(found) != 1 or found[0].lower().split() != ["v=spf1", "-all"]:
        wrong.append("its SPF record is not v=spf1 -all")
    if not any(re.search(r"(?i);\s*p\s*=\s*reject", record) for record in dmarc.records):
        wrong.append("it has no DMARC record with p=reject")
    yield problems(
        view,
        ["Parked, but " + ", ".join(wrong)] if wrong else [],
        "It says that it neither sends nor takes mail.",
    )


def wildcard_names(view: View) -> t.Iterable[Finding]:
    answers = view.lead(domain_queries.wildcards(view.subject))
    full = [answer for answer in answers if answer.state == RECORDS]
    if full:
        yield view.say(
            FAIL,
            (
                "A name that nobody published has a TXT record: "
                f"{', '.join(answer.question.name for answer in full)}."
            ),
            *full,
        )
    else:
        yield view.say(PASS, "Names that nobody published do not exist.")


def dangling_names(view: View) -> t.Iterable[Finding]:
    gone = []
    for version in (4, 6):
        check = spf.Check("", "postmaster@" + view.subject, view.context.target.name, version)
        with contextlib.suppress(
            PermError
        ):  # what is wrong with the record is another check's matter
            view.lead(check.decide(view.subject))
        gone += [f"{name}, which SPF includes" for name in check.gone]
    led = [
        view.lead(domain_queries.selector(name, view.subject))
        for name in view.context.target.dkim_selectors
    ]
    _answer, _records, hosts = view.lead(domain_queries.policy_host(view.subject))
    gone += [
        f"{answer.chain[-1]}, which {answer.question.name} is an alias of"
        for answer in [*led, *hosts]
        if answer.chain and answer.state == NXDOMAIN
    ]
    gone = list(dict.fromkeys(gone))
    yield problems(
        view,
        ["These names do not exist: " + "; ".join(gone)] if gone else [],
        "All names that the records lead to exist.",
    )


def parked_domains(context: AuditContext) -> list[Finding]:
    """DNS-02 and DNS-10."""
    return per_subject(
        context,
        context.target.parked_domains,
        Finding(NOT_APPLICABLE, "No parked domain is declared (parked_domains)."),
        _parked,
    )


CHECKS = (
    Check(
        id="mx_records",
        title="MX records name hosts with addresses (no CNAME, no IP); port 25 answers",
        title_failed="MX record missing or unusable, or MX host closed on port 25",
        group="dns",
        severity="high",
        evaluate=per_domain(mx_records),
        impact=(
            "Mail for the domain does not arrive. Some senders give up at once, others after days."
        ),
        fix={
            "roles": (
                "Publish an MX record for each of mail_domains that names mail_hostname, and A "
                "and AAAA records for that name."
            ),
            "dns": (
                "Publish: example.org. MX 10 mx1.example.org. and A or AAAA records for "
                "mx1.example.org. No CNAME, no IP address, no null MX (0 .)."
            ),
            "network": "Open port 25 of the MX host to the Internet.",
        },
        references=(rfc(5321, "5.1"), rfc(2181, "10.3"), rfc(7505)),
        peers=("Internet.nl", "checkdmarc"),
    ),
    Check(
        id="dual_stack",
        title="Each mail service answers on all A and AAAA addresses of the host",
        title_failed="Mail service missing on one of the host's addresses, or no A record",
        group="dns",
        severity="low",
        evaluate=per_host(dual_stack),
        impact=(
            "Clients on one IP version wait for a timeout each time, or cannot reach the host at "
            "all. Operators on the other version do not notice."
        ),
        fix={
            "roles": (
                "Set postfix_inet_protocols: all and open the firewall for IPv4 and IPv6, or "
                "remove the AAAA record."
            ),
            "postfix": "Set inet_protocols = all and inet_interfaces = all.",
            "exim": "Set disable_ipv6 = false, and list no single addresses in local_interfaces.",
            "dovecot": "Set listen = *, ::.",
            "opensmtpd": "Set listen on for both the IPv4 and the IPv6 address.",
            "dns": "Remove the AAAA record if the host has no IPv6, and publish an A record.",
            "network": "Open the same ports for IPv4 and IPv6.",
        },
        references=(rfc(5321, "5.2"),),
        peers=("Internet.nl",),
    ),
    Check(
        id="reverse_names",
        title="Sending addresses have a forward-confirmed, non-generic PTR (FCrDNS)",
        title_failed="Sending address without forward-confirmed PTR, or with a generic one",
        group="dns",
        severity="medium",
        evaluate=per_egress_address(reverse_names),
        impact=(
            "Large receivers reject mail from addresses without a PTR record, with one that does "
            "not resolve back, or with a provider's generic one."
        ),
        fix={
            "roles": (
                "Have the provider set the PTR record of each sending address to mail_hostname. "
                "Declare other sending addresses as audit_egress_addresses."
            ),
            "dns": (
                "Have the owner of the address publish a PTR record with the host name, and "
                "publish that address in the A or AAAA records of the name."
            ),
        },
        references=(rfc(1912, "2.1"), rfc(2317), "https://support.google.com/a/answer/81126"),
        peers=("mox", "Internet.nl (asked for)"),
    ),
    Check(
        id="helo_name",
        title="Host name (as HELO) resolves to each sending address; SPF, if any, passes",
        title_failed="Host name (as HELO) does not resolve to a sending address, or fails SPF",
        group="dns",
        severity="low",
        evaluate=per_egress_address(helo_name),
        impact=(
            "Receivers look up the HELO name, and treat mail from a mismatching one as mail of "
            "malware or of a broken host."
        ),
        fix={
            "roles": (
                "Set mail_hostname to a name whose A and AAAA records are the sending addresses."
            ),
            "postfix": (
                "Set myhostname, or smtp_helo_name, to a name that resolves to the sending "
                "addresses."
            ),
            "exim": "Set primary_hostname, or helo_data of the smtp transport, to such a name.",
            "opensmtpd": "Set helo in the relay action to such a name.",
            "sendmail": "Set define(`confDOMAIN_NAME', `mx1.example.org').",
            "dns": (
                "Publish A and AAAA records of the HELO name with all sending addresses. If the "
                "name has an SPF record, publish v=spf1 a -all."
            ),
        },
        references=(rfc(5321, "4.1.1.1"), rfc(7208, "2.3")),
        peers=("mox",),
    ),
    Check(
        id="parked_domains",
        title="Parked domains publish a null MX, v=spf1 -all and DMARC p=reject",
        title_failed="Parked domain without null MX, v=spf1 -all or DMARC p=reject",
        group="dns",
        severity="low",
        evaluate=parked_domains,
        impact=(
            "An attacker can send in the name of a domain that sends no mail itself, and "
            "receivers have no reason to reject it."
        ),
        fix={
            "roles": (
                "Publish for each of audit_parked_domains: MX 0 . and TXT v=spf1 -all, and at "
                "_dmarc TXT v=DMARC1; p=reject."
            ),
            "dns": (
                "Publish: MX 0 . and TXT v=spf1 -all for the domain, and TXT v=DMARC1; p=reject "
                "at _dmarc."
            ),
        },
        references=(rfc(7505, "3"), rfc(7208, "10.1.2"), rfc(9989)),
        peers=("Internet.nl (in part)",),
    ),
    Check(
        id="wildcard_names",
        title="No wildcard TXT record below _domainkey, _dmarc, _mta-sts or _smtp._tls",
        title_failed="Wildcard TXT record answers for names that do not exist",
        group="dns",
        severity="low",
        evaluate=per_domain(wildcard_names),
        impact=(
            "Receivers find DKIM keys and policies that are none. A missing record can no longer "
            "be detected."
        ),
        fix={
            "roles": "Remove the wildcard (*) TXT record from the zones of mail_domains.",
            "dns": (
                "Remove the wildcard (*) TXT record, or publish _domainkey, _dmarc, _mta-sts and "
                "_smtp._tls themselves, so that it does not apply below them."
            ),
        },
        references=(rfc(4592), rfc(6376, "3.6.2.1")),
        peers=("checkdmarc (in part)",),
    ),
    Check(
        id="dangling_names",
        title="SPF includes and CNAMEs of DKIM and MTA-STS lead to existing names",
        title_failed="SPF include or CNAME leads to a name that does not exist (NXDOMAIN)",
        group="dns",
        severity="high",
        evaluate=per_domain(dangling_names),
        impact=(
            "An attacker can register the missing name. Mail sent in the domain's name then "
            "passes SPF or DKIM, or the attacker serves its MTA-STS policy."
        ),
        fix={
            "roles": (
                "Remove former providers from the SPF record and the CNAME records of mail_domains."
            ),
            "dns": (
                "Remove include and redirect terms of former providers from the SPF record, and "
                "their CNAME records."
            ),
        },
        references=(rfc(7208, "11.1"), "https://labs.guard.io/8d71bd4f4b3e"),
        peers=("DomainDetective (in part)",),
    ),
)
