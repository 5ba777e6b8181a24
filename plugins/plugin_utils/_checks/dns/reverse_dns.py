# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of the names of sending addresses: reverse DNS and HELO (RFC 1912 section 2.1, RFC
2317, RFC 7208 section 2.3).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    Finding,
)

from ..._dns import domain_queries, spf
from ..._dns.queries import addresses, canonical, reverse_pointer, within
from ..._dns.spf_record import PermError, is_record
from ..base import Check, rfc
from .lookup import StoredAnswers, egress_note, per_egress_address

_PROVIDER = re.compile(
    r"(?:^|[.-])(?:dyn|dynamic|dynip|dhcp|dialup|dialin|pool|ppp|dsl|adsl|cable)(?:[.-]|\d|\Z)"
)


def is_generic(name: str, address: str, domains: t.Iterable[str] = ()) -> bool:
    """Whether the labels of a name below its domain look as if a provider gave such a name to each
    of its addresses. The domain is one of some that are known, or the last two labels.
    """
    labels = canonical(name).split(".")
    depths = [domain.count(".") + 1 for domain in domains if within(name, domain)]
    name = ".".join(labels[: -max([2, *depths])])
    octets = str(ipaddress.ip_address(address)).split(".")
    for order in (octets, octets[::-1]) if len(octets) == 4 else ():
        pattern = r"\D0*".join(order)
        if re.search(rf"(?:^|\D)0*{pattern}(?:\D|\Z)", name):
            return True
    return bool(_PROVIDER.search(name))


def _canonical_addresses(records: t.Iterable[str]) -> list[str]:
    return [str(ipaddress.ip_address(record)) for record in records]


def reverse_names(view: StoredAnswers) -> t.Iterable[Finding]:
    pointer, forward = view.replay(domain_queries.pointers(view.subject))
    confirmed = {
        name: answer
        for name, answer in forward
        if view.subject in _canonical_addresses(answer.records)
    }
    names = ", ".join(name for name, _answer in forward)
    note = egress_note(view.context)
    if not forward:
        text = f"The address has no reverse name (PTR {reverse_pointer(view.subject)}).{note}"
        yield view.finding(FAIL, text, pointer)
    elif not confirmed:
        text = f"None of the reverse names ({names}) resolves to the address.{note}"
        yield view.finding(FAIL, text, pointer, *(answer for _name, answer in forward))
    else:
        (name, answer), *_others = confirmed.items()
        several = f" There are {len(forward)} names; one is better." if len(forward) > 1 else ""
        text = f"The reverse name {name} resolves to the address.{several}"
        yield view.finding(PASS, text, pointer, answer)


def generic_reverse_names(view: StoredAnswers) -> t.Iterable[Finding]:
    pointer, forward = view.replay(domain_queries.pointers(view.subject))
    names = [name for name, _answer in forward]
    domains = view.context.target.domains
    generic = [name for name in names if is_generic(name, view.subject, domains)]
    if not names:
        text = "The address has no reverse name."
        yield view.finding(NOT_APPLICABLE, text, pointer, reason=NO_SUBJECT)
    elif len(generic) == len(names):
        text = (
            f"The reverse name {generic[0]} looks like one that a provider gives to all its "
            "addresses. This is a guess by its words and numbers, as receivers make it; it may be "
            f"wrong.{egress_note(view.context)}"
        )
        yield view.finding(FAIL, text, pointer)
    else:
        own = [name for name in names if name not in generic]
        text = f"The reverse name {own[0]} does not look like one that a provider gives."
        yield view.finding(PASS, text, pointer)


def helo_name(view: StoredAnswers) -> t.Iterable[Finding]:
    name = view.context.target.name
    if _model.is_address(name) or "." not in name:
        text = "The host was not given by its full name, so its HELO name is not known."
        yield view.finding(NOT_APPLICABLE, text, reason=NO_SUBJECT)
        return
    answers = view.replay(addresses(name))
    records = [record for answer in answers for record in answer.records]
    if view.subject not in _canonical_addresses(records):
        text = (
            f"{name}, which the audit assumes to be the HELO name, does not resolve to this "
            f"address.{egress_note(view.context)}"
        )
        yield view.finding(FAIL, text, *answers)
        return
    check = spf.CheckHost(view.subject, f"postmaster@{name}", name)
    try:
        result = view.replay(check.decide(name))
    except PermError as exc:
        result = f"permerror: {exc}"
    if result == "none":
        yield view.finding(PASS, f"{name} resolves to this address.", decisive=answers)
    elif result == "pass":
        text = f"{name} resolves to this address, and its SPF record gives pass."
        yield view.finding(PASS, text, decisive=answers)
    else:
        text = f"The SPF record of {name} gives {result} for this address."
        answer = check.records[name]
        spf_records = [record for record in answer.records if is_record(record)]
        yield view.finding(FAIL, text, decisive=[answer], records=spf_records)


CHECKS = (
    Check(
        id="reverse_names",
        title="Sending addresses have a forward-confirmed PTR (FCrDNS)",
        title_failed="Sending address without a forward-confirmed PTR",
        group="dns",
        severity="medium",
        evaluate=per_egress_address(reverse_names),
        control="The name in the PTR record has to resolve to the address.",
        false_pass="Mail is sent from an address that is not declared.",
        impact=(
            "Large receivers reject mail from addresses without a PTR record, or with one that "
            "does not resolve back."
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
        id="generic_reverse_names",
        title="PTR names of sending addresses do not look like a provider's (a guess)",
        title_failed="PTR name of a sending address looks like a provider's (a guess)",
        group="dns",
        severity="info",
        evaluate=per_egress_address(generic_reverse_names),
        control="None: the check is a guess by words and numbers, and so of severity info.",
        false_pass="A provider's names have neither the address nor a known word in them.",
        impact=(
            "Some receivers guess from such a name that the sender is a home connection, and "
            "reject its mail or mark it as spam."
        ),
        fix={
            "roles": "Have the provider set the PTR record of the address to mail_hostname.",
            "dns": "Have the owner of the address publish a PTR record with the host name.",
        },
        references=("https://support.google.com/a/answer/81126",),
        peers=("mox",),
    ),
    Check(
        id="helo_name",
        title="Host name (as HELO) resolves to each sending address; SPF, if any, passes",
        title_failed="Host name (as HELO) does not resolve to a sending address, or fails SPF",
        group="dns",
        severity="low",
        evaluate=per_egress_address(helo_name),
        control="None needed: the records themselves are the evidence.",
        false_pass="The host sends another HELO name than its own name.",
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
)
