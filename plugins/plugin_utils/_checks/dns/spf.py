# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of SPF: the record, what it costs to evaluate, and what it says of the addresses that mail is sent from (RFC 7208).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..._dns import domain_queries, spf
from ..._dns.queries import fold
from ..._dns.spf_record import PermError, Record, is_record, parse
from .lookup import View, assumed, domains, problems

#: A longer record makes answers that do not fit where IPv6, DNSSEC and other TXT records want room (section 3.4).
MAX_CHARACTERS = 512
#: Networks larger than these are no list of senders.
WIDEST = {4: 8, 6: 20}
MAX_REDIRECTS = 5


def walked(view: View, version: int) -> tuple[spf.Check, PermError | None, str]:
    """The walk over all that a domain's record leads to, what stopped it, and its result."""
    check = spf.Check("", "postmaster@" + view.subject, view.scene.target.name, version)
    try:
        return check, None, view.lead(check.decide(view.subject))
    except PermError as exc:
        return check, exc, "permerror"


def _record(view: View) -> t.Iterable[Finding]:
    answer, _records = view.lead(domain_queries.texts(view.subject, "spf1"))
    found = [text for text in answer.records if is_record(text)]
    if not found:
        near = [text for text in answer.records if "v=spf1" in text.lower()]
        yield view.say(FAIL, "There is no SPF record%s." % (": %r does not begin as one must" % near[0][:40] if near else ""), answer)
        return
    check, wrong, _result = walked(view, 4)
    texts = ["the record cannot be used: %s" % wrong] if wrong else []
    texts += ["%s is included but has no SPF record" % name for name in check.lacking]
    if len(found[0]) > MAX_CHARACTERS:
        texts.append("it is %d characters long; %d are safe" % (len(found[0]), MAX_CHARACTERS))
    for domain, term in check.terms:
        if term.kind == "ptr":
            texts.append("ptr (at %s) is slow, unsure and not to be used" % domain)
        if term.qualifier == "+" and _everybody(term):
            texts.append("%s (at %s) lets everybody send in this domain's name" % (term.name or "all", domain))
    if not wrong:
        texts += _ending(view, found[0])
    yield problems(view, texts, "The record is sound: %s" % found[0])


def _everybody(term: t.Any) -> bool:
    if term.kind in ("ip4", "ip6"):
        network = ipaddress.ip_network(term.name)
        return network.prefixlen < WIDEST[network.version]
    return bool(term.kind == "all")


def _ending(view: View, text: str) -> t.Iterable[str]:
    """What is wrong with the end of a record, which may be that of another that it redirects to."""
    record: Record | None = parse(text)
    for _number in range(MAX_REDIRECTS):
        if record is None:
            return []
        last = next((term for term in record.terms if term.kind == "all"), None)
        if last is not None:
            return ["it ends in ?all, which says nothing of other senders"] if last.qualifier == "?" else []
        if "redirect" not in record.modifiers:
            return ["it has no all at its end, so it says nothing of other senders"]
        name = record.modifiers["redirect"]
        following = "" if "%" in name else view.lead(spf.Check("", "", "").record(fold(name)))
        record = parse(following) if following else None
    return []


def _lookups(view: View) -> t.Iterable[Finding]:
    check, wrong, result = walked(view, 4)
    if result == "none":
        yield view.say(NOT_APPLICABLE, "There is no SPF record.")
    elif check.lookups > spf.MAX_LOOKUPS:
        more = "at least " if wrong else ""
        yield view.say(FAIL, "%s%d terms ask the DNS; receivers stop after %d." % (more.capitalize(), check.lookups, spf.MAX_LOOKUPS))
    elif wrong:
        yield view.say(UNKNOWN, "The terms cannot be counted: %s." % wrong)
    else:
        yield view.say(PASS, "%d of the %d terms that may ask the DNS do." % (check.lookups, spf.MAX_LOOKUPS))


def _voids(view: View) -> t.Iterable[Finding]:
    sending = domain_queries.egress(view.scene.target, view.scene.addresses)
    versions = sorted({ipaddress.ip_address(address).version for address in sending}) or [4, 6]
    for version in versions:
        check, wrong, result = walked(view, version)
        voids = list(dict.fromkeys(check.voids))
        if result == "none":
            yield view.say(NOT_APPLICABLE, "There is no SPF record.")
        elif len(voids) > spf.MAX_VOIDS:
            text = "For a sender with IPv%d, %d names lead to nothing (%s); receivers stop after %d."
            yield view.say(FAIL, text % (version, len(voids), ", ".join(voids), spf.MAX_VOIDS))
        elif wrong:
            yield view.say(UNKNOWN, "The names cannot be counted: %s." % wrong)
        else:
            yield view.say(PASS, "For a sender with IPv%d, %d of the names that it leads to are empty." % (version, len(voids)))


def _egress(view: View) -> t.Iterable[Finding]:
    scene = view.scene
    sending = domain_queries.egress(scene.target, scene.addresses)
    if not sending:
        yield view.say(UNKNOWN, "No public address is known that this host sends from; declare egress_addresses.")
    for address in sending:
        check = spf.Check(address, "postmaster@" + view.subject, scene.target.name)
        try:
            result = view.lead(check.decide(view.subject))
        except PermError as exc:
            result = "permerror (%s)" % exc
        by = " by %s" % check.matched if check.matched else ""
        if result == "pass":
            yield view.say(PASS, "%s may send%s." % (address, by))
        elif result == "none":
            yield view.say(FAIL, "There is no SPF record that says that %s may send." % address)
        else:
            yield view.say(FAIL, "SPF gives %s for %s%s.%s" % (result, address, by, assumed(scene)))


judge_record = domains(_record)
judge_lookups = domains(_lookups)
judge_voids = domains(_voids)
judge_egress = domains(_egress)
