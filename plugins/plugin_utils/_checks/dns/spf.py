# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of SPF: the record of a domain, its limits, and its result for each sending address
(RFC 7208).

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
from ..._dns.queries import canonical
from ..._dns.spf_record import PermError, Record, Term, is_record, parse
from ..base import Check, rfc
from .lookup import StoredAnswers, egress_note, per_domain, problem_finding

if t.TYPE_CHECKING:
    from ..._dns.queries import Answer

#: With a longer record, and DNSSEC or other TXT records beside it, an answer may not fit into one
#: UDP packet (section 3.4).
MAX_CHARACTERS = 512
#: The shortest prefixes of networks that are still a list of senders.
MIN_PREFIX = {4: 8, 6: 20}
MAX_REDIRECTS = 5


class Walk(t.NamedTuple):
    """A walk over all terms that a record leads to: what it met, the error that stopped it, and
    its result.
    """

    check: spf.CheckHost
    error: PermError | None
    result: str

    @property
    def last(self) -> list[Answer]:
        """The answer with the last record that was read."""
        return list(self.check.records.values())[-1:]


def walk(view: StoredAnswers, version: int) -> Walk:
    """The walk for senders with addresses of an IP version."""
    check = spf.CheckHost("", f"postmaster@{view.subject}", view.context.target.name, version)
    try:
        return Walk(check, None, view.replay(check.decide(view.subject)))
    except PermError as exc:
        return Walk(check, exc, "permerror")


def spf_texts(answers: t.Iterable[Answer]) -> list[str]:
    """The SPF records among the records of some answers."""
    return [record for answer in answers for record in answer.records if is_record(record)]


def spf_record(view: StoredAnswers) -> t.Iterable[Finding]:
    answer, _records = view.replay(domain_queries.versioned_texts(view.subject, "spf1"))
    texts = spf_texts([answer])
    if not texts:
        similar = [text for text in answer.records if "v=spf1" in text.lower()]
        text = "There is no SPF record"
        text += f": {similar[0][:40]!r} does not begin with v=spf1" if similar else ""
        yield view.finding(FAIL, f"{text}.", answer, records=similar or None)
        return
    walked = walk(view, 4)
    problems: list[tuple[str, Answer]] = []
    if walked.error:
        problems += [(f"the record is invalid: {walked.error}", entry) for entry in walked.last]
    for name in walked.check.lacking:
        text = f"{name} is included but has no SPF record"
        problems.append((text, walked.check.records[name]))
    if len(texts[0]) > MAX_CHARACTERS:
        text = f"it is {len(texts[0])} characters long; up to {MAX_CHARACTERS} are safe"
        problems.append((text, answer))
    for domain, term in walked.check.terms:
        problems += [(text, walked.check.records[domain]) for text in _term_problems(domain, term)]
    if not walked.error:
        problems += [(text, answer) for text in _ending_problems(view, texts[0])]
    deciding = [entry for _text, entry in problems] or [answer]
    yield problem_finding(
        view,
        [text for text, _entry in problems],
        f"The record is valid: {texts[0]}",
        decisive=deciding,
        records=spf_texts(deciding),
    )


def _term_problems(domain: str, term: Term) -> t.Iterable[str]:
    if term.kind == "ptr":
        yield f"ptr (at {domain}) is slow and unreliable, and must not be used"
    if term.qualifier == "+" and _matches_everybody(term):
        yield f"{term.name or 'all'} (at {domain}) lets everybody send in the name of the domain"


def _matches_everybody(term: Term) -> bool:
    if term.kind in ("ip4", "ip6"):
        network = ipaddress.ip_network(term.name)
        return network.prefixlen < MIN_PREFIX[network.version]
    return term.kind == "all"


def _ending_problems(view: StoredAnswers, text: str) -> t.Iterable[str]:
    """What is wrong with the end of a record, or of one that it redirects to."""
    record: Record | None = parse(text)
    for _number in range(MAX_REDIRECTS):
        if record is None:
            return []
        last = next((term for term in record.terms if term.kind == "all"), None)
        if last is not None:
            neutral = "it ends in ?all, which is neutral about other senders"
            return [neutral] if last.qualifier == "?" else []
        if "redirect" not in record.modifiers:
            return ["it has no all at its end, so it is neutral about other senders"]
        name = record.modifiers["redirect"]
        check = spf.CheckHost("", "", "")
        following = "" if "%" in name else view.replay(check.record(canonical(name)))
        record = parse(following) if following else None
    return []


def spf_lookups(view: StoredAnswers) -> t.Iterable[Finding]:
    walked = walk(view, 4)
    count, answers = walked.check.lookups, list(walked.check.records.values())
    texts = spf_texts(answers)
    if walked.result == "none":
        yield view.finding(NOT_APPLICABLE, "There is no SPF record.", *answers)
    elif count > spf.MAX_LOOKUPS:
        number = f"At least {count}" if walked.error else str(count)
        text = f"{number} terms cause DNS lookups; receivers stop after {spf.MAX_LOOKUPS}."
        yield view.finding(FAIL, text, decisive=answers, records=texts)
    elif walked.error:
        text = f"The terms cannot be counted: {walked.error}."
        yield view.finding(UNKNOWN, text, decisive=walked.last)
    else:
        text = f"SPF needs {count} of {spf.MAX_LOOKUPS} allowed DNS lookups."
        yield view.finding(PASS, text, decisive=answers, records=texts)


def spf_empty_lookups(view: StoredAnswers) -> t.Iterable[Finding]:
    egress = domain_queries.egress(view.context.target, view.context.addresses)
    versions = sorted({ipaddress.ip_address(address).version for address in egress}) or [4, 6]
    for version in versions:
        yield _void_lookups(view, version)


def _void_lookups(view: StoredAnswers, version: int) -> Finding:
    """A finding about the lookups without an answer, for senders with an IP version."""
    walked = walk(view, version)
    voids = {answer.question: answer for answer in walked.check.voids}
    names = ", ".join(f"{name} {kind}" for name, kind in voids)
    answers = list(walked.check.records.values())
    if walked.result == "none":
        return view.finding(NOT_APPLICABLE, "There is no SPF record.", *answers)
    if len(voids) > spf.MAX_VOIDS:
        text = (
            f"For a sender with IPv{version}, {len(voids)} lookups are void ({names}); receivers "
            f"stop after {spf.MAX_VOIDS}."
        )
        return view.finding(FAIL, text, decisive=list(voids.values()))
    if walked.error:
        text = f"The void lookups cannot be counted: {walked.error}."
        return view.finding(UNKNOWN, text, decisive=walked.last)
    text = f"For a sender with IPv{version}, the number of void lookups is {len(voids)}."
    deciding = [*answers, *voids.values()]
    return view.finding(PASS, text, decisive=deciding, records=spf_texts(answers))


def spf_egress(view: StoredAnswers) -> t.Iterable[Finding]:
    egress = domain_queries.egress(view.context.target, view.context.addresses)
    if not egress:
        text = "No public address is known that this host sends from; declare egress_addresses."
        yield view.finding(UNKNOWN, text)
    for address in egress:
        yield _egress(view, address)


def _egress(view: StoredAnswers, address: str) -> Finding:
    """A finding about the SPF result for one sending address."""
    check = spf.CheckHost(address, f"postmaster@{view.subject}", view.context.target.name)
    try:
        result = view.replay(check.decide(view.subject))
    except PermError as exc:
        result = f"permerror ({exc})"
    answers = list(check.records.values())
    texts = spf_texts(answers) or None
    by = f" by {check.matched}" if check.matched else ""
    if result == "pass":
        return view.finding(
            PASS, f"SPF gives pass for {address}{by}.", decisive=answers, records=texts
        )
    if result == "none":
        text = f"There is no SPF record that permits {address} to send."
        return view.finding(FAIL, text, decisive=answers)
    text = f"SPF gives {result} for {address}{by}.{egress_note(view.context)}"
    return view.finding(FAIL, text, decisive=answers, records=texts)


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
