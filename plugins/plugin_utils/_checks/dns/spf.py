# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of SPF: the record, what it costs to evaluate, and what it says of the addresses that mail
is sent from (RFC 7208).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries, spf
from ..._dns.queries import fold
from ..._dns.spf_record import PermError, Record, is_record, parse
from ..base import Check, rfc
from .lookup import View, assumed, per_domain, problems

#: A longer record makes answers that do not fit where IPv6, DNSSEC and other TXT records want room
#: (section 3.4).
MAX_CHARACTERS = 512
#: Networks larger than these are no list of senders.
WIDEST = {4: 8, 6: 20}
MAX_REDIRECTS = 5


def walked(view: View, version: int) -> tuple[spf.Check, PermError | None, str]:
    """The walk over all that a domain's record leads to, what stopped it, and its result."""
    check = spf.Check("", "postmaster@" + view.subject, view.context.target.name, version)
    try:
        return check, None, view.lead(check.decide(view.subject))
    except PermError as exc:
        return check, exc, "permerror"


def spf_record(view: View) -> t.Iterable[Finding]:
    answer, _records = view.lead(domain_queries.texts(view.subject, "spf1"))
    found = [text for text in answer.records if is_record(text)]
    if not found:
        near = [text for text in answer.records if "v=spf1" in text.lower()]
        yield view.say(
            FAIL,
            "There is no SPF record%s."
            % (": %r does not begin as one must" % near[0][:40] if near else ""),
            answer,
        )
        return
    check, wrong, _result = walked(view, 4)
    texts = [f"the record cannot be used: {wrong}"] if wrong else []
    texts += [f"{name} is included but has no SPF record" for name in check.lacking]
    if len(found[0]) > MAX_CHARACTERS:
        texts.append(f"it is {len(found[0])} characters long; {MAX_CHARACTERS} are safe")
    for domain, term in check.terms:
        if term.kind == "ptr":
            texts.append(f"ptr (at {domain}) is slow, unsure and not to be used")
        if term.qualifier == "+" and _everybody(term):
            texts.append(
                f"{term.name or 'all'} (at {domain}) lets everybody send in this domain's name"
            )
    if not wrong:
        texts += _ending(view, found[0])
    yield problems(view, texts, f"The record is sound: {found[0]}")


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
            return (
                ["it ends in ?all, which says nothing of other senders"]
                if last.qualifier == "?"
                else []
            )
        if "redirect" not in record.modifiers:
            return ["it has no all at its end, so it says nothing of other senders"]
        name = record.modifiers["redirect"]
        following = "" if "%" in name else view.lead(spf.Check("", "", "").record(fold(name)))
        record = parse(following) if following else None
    return []


def spf_lookups(view: View) -> t.Iterable[Finding]:
    check, wrong, result = walked(view, 4)
    if result == "none":
        yield view.say(NOT_APPLICABLE, "There is no SPF record.")
    elif check.lookups > spf.MAX_LOOKUPS:
        more = "at least " if wrong else ""
        yield view.say(
            FAIL,
            (
                f"{more.capitalize()}{check.lookups} terms ask the DNS; receivers stop after "
                f"{spf.MAX_LOOKUPS}."
            ),
        )
    elif wrong:
        yield view.say(UNKNOWN, f"The terms cannot be counted: {wrong}.")
    else:
        yield view.say(
            PASS, f"{check.lookups} of the {spf.MAX_LOOKUPS} terms that may ask the DNS do."
        )


def spf_empty_lookups(view: View) -> t.Iterable[Finding]:
    sending = domain_queries.egress(view.context.target, view.context.addresses)
    versions = sorted({ipaddress.ip_address(address).version for address in sending}) or [4, 6]
    for version in versions:
        check, wrong, result = walked(view, version)
        voids = list(dict.fromkeys(check.voids))
        if result == "none":
            yield view.say(NOT_APPLICABLE, "There is no SPF record.")
        elif len(voids) > spf.MAX_VOIDS:
            text = (
                "For a sender with IPv%d, %d names lead to nothing (%s); receivers stop after %d."
            )
            yield view.say(FAIL, text % (version, len(voids), ", ".join(voids), spf.MAX_VOIDS))
        elif wrong:
            yield view.say(UNKNOWN, f"The names cannot be counted: {wrong}.")
        else:
            yield view.say(
                PASS,
                (
                    f"For a sender with IPv{version}, {len(voids)} of the names that it leads to "
                    "are "
                    "empty."
                ),
            )


def spf_egress(view: View) -> t.Iterable[Finding]:
    context = view.context
    sending = domain_queries.egress(context.target, context.addresses)
    if not sending:
        yield view.say(
            UNKNOWN,
            "No public address is known that this host sends from; declare egress_addresses.",
        )
    for address in sending:
        check = spf.Check(address, "postmaster@" + view.subject, context.target.name)
        try:
            result = view.lead(check.decide(view.subject))
        except PermError as exc:
            result = f"permerror ({exc})"
        by = f" by {check.matched}" if check.matched else ""
        if result == "pass":
            yield view.say(PASS, f"{address} may send{by}.")
        elif result == "none":
            yield view.say(FAIL, f"There is no SPF record that says that {address} may send.")
        else:
            yield view.say(FAIL, f"SPF gives {result} for {address}{by}.{assumed(context)}")


CHECKS = (
    Check(
        id="spf_record",
        title="One valid SPF record: ends in -all or ~all, no ptr, +all or huge network",
        title_failed="SPF record missing, invalid, too permissive or without -all/~all",
        group="dns",
        severity="medium",
        evaluate=per_domain(spf_record),
        impact=(
            "Anybody can send in the domain's name. Receivers ignore an invalid record, and some "
            "reject all mail of the domain for it."
        ),
        fix={
            "roles": (
                "Publish one TXT record for each of mail_domains: v=spf1 mx -all, with the other "
                "senders added."
            ),
            "dns": (
                "Publish exactly one TXT record that begins with v=spf1 and ends in -all or ~all, "
                "without ptr, at most 512 characters long."
            ),
        },
        references=(rfc(7208, "3"), rfc(7208, "5.5")),
        peers=("checkdmarc", "Internet.nl"),
    ),
    Check(
        id="spf_lookups",
        title="SPF evaluation needs at most 10 DNS lookups (RFC 7208 4.6.4)",
        title_failed="SPF evaluation needs more than 10 DNS lookups (permerror)",
        group="dns",
        severity="medium",
        evaluate=per_domain(spf_lookups),
        impact=(
            "Receivers stop after ten lookups and treat the record as invalid, so the domain's "
            "own mail fails SPF."
        ),
        fix={
            "roles": (
                "Replace include, a and mx with ip4 and ip6 in the SPF records of mail_domains, "
                "and remove unused terms."
            ),
            "dns": (
                "Replace include, a and mx with ip4 and ip6 where the addresses are your own, and "
                "remove unused terms."
            ),
        },
        references=(rfc(7208, "4.6.4"),),
        peers=("checkdmarc", "Internet.nl (miscounts)"),
    ),
    Check(
        id="spf_empty_lookups",
        title="SPF evaluation causes at most 2 void lookups (RFC 7208 4.6.4)",
        title_failed="SPF evaluation causes more than 2 void lookups (permerror)",
        group="dns",
        severity="low",
        evaluate=per_domain(spf_empty_lookups),
        impact=(
            "Receivers stop after two lookups without an answer and treat the record as invalid, "
            "so the domain's own mail fails SPF."
        ),
        fix={
            "roles": "Remove terms without addresses from the SPF records of mail_domains.",
            "dns": (
                "Remove SPF terms whose names do not exist, or have no address of the IP version "
                "that mail is sent from."
            ),
        },
        references=(rfc(7208, "4.6.4"),),
        peers=("checkdmarc (in part)",),
    ),
    Check(
        id="spf_egress",
        title="SPF gives pass for every address that the host sends from",
        title_failed="SPF does not give pass for a sending address",
        group="dns",
        severity="high",
        evaluate=per_domain(spf_egress),
        impact="Mail from the missing address, often the IPv6 one, is rejected or marked as spam.",
        fix={
            "roles": (
                "Publish v=spf1 mx -all for each of mail_domains, with all addresses of the host "
                "behind its MX name. Declare others as audit_egress_addresses."
            ),
            "dns": "Publish the missing address in the SPF record as ip4:ADDRESS or ip6:ADDRESS.",
        },
        references=(rfc(7208, "4"),),
        peers=("mox",),
    ),
)
