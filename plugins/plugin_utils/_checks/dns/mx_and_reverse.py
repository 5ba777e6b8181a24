# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of host names: MX, addresses, reverse names, the name said in HELO (RFC 5321, 7505, 1912, 2317).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..._dns import domain_queries, spf
from ..._dns.queries import NXDOMAIN, RECORDS, addresses, fold, reverse_name
from ..._dns.spf_record import PermError, is_record
from ..base import Observation, Scene, error_text, reached, subject
from .lookup import View, about, assumed, domains, host, problems, senders

_PROVIDER = re.compile(r"(?:^|[.-])(?:dyn|dynamic|dynip|dhcp|dialup|dialin|pool|ppp|dsl|adsl|cable)(?:[.-]|\d|\Z)")


def _mx(view: View) -> t.Iterable[Finding]:
    answer, hosts = view.lead(domain_queries.exchangers(view.subject))
    if answer.state == NXDOMAIN:
        yield view.say(FAIL, "The domain does not exist.")
        return
    if not hosts:
        yield view.say(FAIL, "There is no MX record; senders then try the domain's own address, or give up.")
        return
    if any(not entry.host for entry in hosts):
        yield view.say(FAIL, "A null MX record says that the domain takes no mail, although it is declared as one that does.")
        return
    yield problems(view, [text for entry in hosts for text in _exchanger(entry)], "The MX hosts are %s." % ", ".join(e.host for e in hosts))
    yield from _port_25(view, hosts)


def _exchanger(entry: domain_queries.Exchanger) -> t.Iterable[str]:
    if _model.is_address(entry.host):
        yield "the MX record names the address %s where a host name must stand" % entry.host
    elif any(answer.chain for answer in entry.answers):
        yield "the MX host %s is an alias (CNAME), which an MX record may not name" % entry.host
    elif not entry.addresses:
        yield "the MX host %s has no address" % entry.host
    elif all(domain_queries.private(address) for address in entry.addresses):
        yield "the MX host %s has only addresses that nobody outside can reach" % entry.host


def _port_25(view: View, hosts: t.Sequence[domain_queries.Exchanger]) -> t.Iterable[Finding]:
    """Whether port 25 answers, where this host is one of the MX hosts."""
    scene, name = view.scene, fold(view.scene.target.name)
    mine = [entry for entry in hosts if fold(entry.host) == name or set(entry.addresses) & set(scene.addresses)]
    if not mine:
        yield view.say(PASS, "This host is none of the MX hosts (%s), so its port 25 is not asked for." % ", ".join(e.host for e in hosts))
        return
    sessions = scene.of("smtp_session", "smtp")
    if not sessions:
        yield view.say(UNKNOWN, "Port 25 of this host was not tried.")
    for seen in sessions:
        if reached(seen):
            continue
        closed = (seen["error"] or {}).get("kind") == "connect_refused"
        text = "This host is an MX host, but %s: %s." % (subject(seen), error_text(seen))
        yield view.of_seen(FAIL if closed else UNKNOWN, text, seen)


def _dual(view: View) -> t.Iterable[Finding]:
    scene = view.scene
    four, six = view.lead(addresses(view.subject))
    if not four.records and not six.records:
        yield view.say(UNKNOWN, "The name has no address.")
    elif not four.records:
        yield view.say(FAIL, "The name has no IPv4 address; senders and clients without IPv6 cannot reach it.")
    elif not six.records:
        yield view.say(NOT_APPLICABLE, "The name has no IPv6 address.")
    else:
        sessions = scene.of("smtp_session") + scene.of("mailbox_session")
        left = [address for address in (*four.records, *six.records) if address not in [seen["address"] for seen in sessions]]
        if left:
            yield view.say(UNKNOWN, "The name leads to %s, which was not looked at." % ", ".join(left))
            return
        findings = [found for service in _model.SERVICES for found in _everywhere(view, service, sessions)]
        yield from findings or [view.say(PASS, "The same services answer on IPv4 and IPv6.")]


def _everywhere(view: View, service: str, sessions: t.Sequence[Observation]) -> t.Iterable[Finding]:
    mine = [seen for seen in sessions if seen["service"] == service]
    there = [seen for seen in mine if reached(seen)]
    for seen in mine if there else ():
        if not reached(seen):
            closed = (seen["error"] or {}).get("kind") == "connect_refused"
            yield view.of_seen(
                FAIL if closed else UNKNOWN, "%s answers, but %s: %s." % (subject(there[0]), subject(seen), error_text(seen)), seen
            )


def _generic(name: str, address: str) -> bool:
    """Whether a name looks like one that a provider gives to all its addresses."""
    parts = str(ipaddress.ip_address(address)).split(".")
    if len(parts) == 4 and any(re.search(r"(?:^|\D)0*%s(?:\D|\Z)" % r"\D0*".join(order), name) for order in (parts, parts[::-1])):
        return True
    return bool(_PROVIDER.search(name))


def _reverse(view: View) -> t.Iterable[Finding]:
    _answer, found = view.lead(domain_queries.pointers(view.subject))
    back = [name for name, forward in found if view.subject in _normal(forward.records)]
    more = assumed(view.scene)
    if not found:
        yield view.say(FAIL, "The address has no reverse name (PTR %s).%s" % (reverse_name(view.subject), more))
    elif not back:
        yield view.say(FAIL, "None of the reverse names (%s) leads back to the address.%s" % (", ".join(name for name, _f in found), more))
    elif all(_generic(name, view.subject) for name in back):
        yield view.say(FAIL, "The reverse name %s looks like one that a provider gives to all its addresses.%s" % (back[0], more))
    else:
        several = " There are %d names; one is better." % len(found) if len(found) > 1 else ""
        yield view.say(PASS, "The reverse name %s leads back to the address.%s" % (back[0], several))


def _normal(records: t.Iterable[str]) -> list[str]:
    return [str(ipaddress.ip_address(record)) for record in records]


def _helo(view: View) -> t.Iterable[Finding]:
    scene, name = view.scene, view.scene.target.name
    if _model.is_address(name) or "." not in name:
        yield view.say(NOT_APPLICABLE, "The host was not given by its full name, so the name that it says in HELO is not known.")
        return
    found = [record for answer in view.lead(addresses(name)) for record in answer.records]
    if view.subject not in _normal(found):
        text = "%s, which is taken for the name that the host says in HELO, does not lead to this address.%s" % (name, assumed(scene))
        yield view.say(FAIL, text)
        return
    check = spf.Check(view.subject, "postmaster@" + name, name)
    try:
        result = view.lead(check.decide(name))
    except PermError as exc:
        result = "permerror: %s" % exc
    if result in ("none", "pass"):
        yield view.say(PASS, "%s leads to this address%s." % (name, ", and its SPF record agrees" if result == "pass" else ""))
    else:
        yield view.say(FAIL, "The SPF record of %s gives %s for this address." % (name, result))


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
    yield problems(view, ["Parked, but " + ", ".join(wrong)] if wrong else [], "It says that it neither sends nor takes mail.")


def _wildcards(view: View) -> t.Iterable[Finding]:
    answers = view.lead(domain_queries.wildcards(view.subject))
    full = [answer for answer in answers if answer.state == RECORDS]
    if full:
        yield view.say(
            FAIL, "A name that nobody published has a TXT record: %s." % ", ".join(answer.question.name for answer in full), *full
        )
    else:
        yield view.say(PASS, "Names that nobody published do not exist.")


def _dangling(view: View) -> t.Iterable[Finding]:
    gone = []
    for version in (4, 6):
        check = spf.Check("", "postmaster@" + view.subject, view.scene.target.name, version)
        with contextlib.suppress(PermError):  # what is wrong with the record is another check's matter
            view.lead(check.decide(view.subject))
        gone += ["%s, which SPF includes" % name for name in check.gone]
    led = [view.lead(domain_queries.selector(name, view.subject)) for name in view.scene.target.dkim_selectors]
    _answer, _records, hosts = view.lead(domain_queries.policy_host(view.subject))
    gone += [
        "%s, which %s is an alias of" % (answer.chain[-1], answer.question.name)
        for answer in [*led, *hosts]
        if answer.chain and answer.state == NXDOMAIN
    ]
    gone = list(dict.fromkeys(gone))
    yield problems(view, ["These names do not exist: " + "; ".join(gone)] if gone else [], "All names that the records lead to exist.")


def judge_parked(scene: Scene) -> list[Finding]:
    """DNS-02 and DNS-10."""
    return about(scene, scene.target.parked_domains, Finding(NOT_APPLICABLE, "No parked domain is declared (parked_domains)."), _parked)


judge_mx = domains(_mx)
judge_dual = host(_dual)
judge_reverse = senders(_reverse)
judge_helo = senders(_helo)
judge_wildcards = domains(_wildcards)
judge_dangling = domains(_dangling)
