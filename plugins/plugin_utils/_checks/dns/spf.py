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
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries, spf
from ..._dns.queries import require_one
from ..._dns.spf_record import PermError, Term, is_record, term_text
from ..base import Check, rfc
from .lookup import StoredAnswers, egress_note, per_domain, problem_finding

if t.TYPE_CHECKING:
    from ..._dns.queries import Answer

#: With a longer record, and DNSSEC or other TXT records beside it, an answer may not fit into one
#: UDP packet (section 3.4).
MAX_CHARACTERS = 512
#: The shortest prefixes of networks that are still a list of senders.
MIN_PREFIX = {4: 8, 6: 20}
_NETWORKS = ("ip4", "ip6")


class Walk(t.NamedTuple):
    """A walk over all terms that a record leads to: what it met, and its result or the error that
    stopped it.
    """

    check: spf.CheckHost
    error: PermError | None
    result: str = ""

    @property
    def last(self) -> list[Answer]:
        """The answer with the last record that was read."""
        return list(self.check.records.values())[-1:]


def walk(view: StoredAnswers, version: int) -> Walk:
    """The walk for senders with addresses of an IP version."""
    check = spf.walk_of(view.subject, version)
    try:
        return Walk(check, None, view.replay(check.decide(view.subject)))
    except PermError as exc:
        return Walk(check, exc)


def spf_texts(answers: t.Iterable[Answer]) -> list[str]:
    """The SPF records among the records of some answers."""
    return [record for answer in answers for record in answer.records if is_record(record)]


def spf_record(view: StoredAnswers) -> t.Iterable[Finding]:
    answer = view.replay(require_one(view.subject, "TXT"))
    texts = spf_texts([answer])
    if not texts:
        similar = [text for text in answer.records if "v=spf1" in text.lower()]
        text = "There is no SPF record"
        text += f": {similar[0][:40]!r} does not begin with v=spf1" if similar else ""
        yield view.finding(FAIL, f"{text}.", answer, records=similar or None)
        return
    walks = [walk(view, version) for version in (4, 6)]
    problems = dict(_record_problems(answer, texts[0], walks))
    deciding = list(problems.values()) or [answer]
    ignored = dict.fromkeys(text for walked in walks for text in walked.check.ignored)
    useless = f". Never evaluated, since all clients match before: {', '.join(ignored)}"
    yield problem_finding(
        view,
        list(problems),
        f"The record is valid: {texts[0]}{useless if ignored else ''}",
        decisive=deciding,
        records=spf_texts(deciding),
    )


def _record_problems(
    answer: Answer, text: str, walks: t.Sequence[Walk]
) -> t.Iterable[tuple[str, Answer]]:
    """What is wrong with a record or with those that it leads to, each with the answer that shows
    it.
    """
    if len(text) > MAX_CHARACTERS:
        yield f"it is {len(text)} characters long; up to {MAX_CHARACTERS} are safe", answer
    for walked in walks:
        if walked.error:
            for entry in walked.last:
                yield f"the record is invalid: {walked.error}", entry
        records = walked.check.records
        for name in walked.check.lacking:
            yield f"{name} is included but has no SPF record", records[name]
        for domain, term in walked.check.terms:
            if term.kind == "ptr":
                text = f"ptr (at {domain}) is slow and unreliable, and must not be used"
                yield text, records[domain]
        for domain, term in walked.check.permitting:
            if _is_huge(term):
                text = (
                    f"{term_text(term)} (at {domain}) lets everybody send in the name of the domain"
                )
                yield text, records[domain]
        yield from _result_problems(walked, answer)


def _is_huge(term: Term) -> bool:
    """Whether a term matches a network that is too large for a list of senders."""
    if term.kind in _NETWORKS:
        network = ipaddress.ip_network(term.name)
        return network.prefixlen < MIN_PREFIX[network.version]
    hosts = term.kind in ("a", "mx")
    return hosts and (term.prefix4 < MIN_PREFIX[4] or term.prefix6 < MIN_PREFIX[6])


def _result_problems(walked: Walk, answer: Answer) -> t.Iterable[tuple[str, Answer]]:
    """What is wrong with the result for a client that no other term matches."""
    decider = walked.check.decider()
    if walked.result == "neutral" and decider is None:
        yield "it has no all at its end, so it is neutral about other senders", answer
    if walked.result not in ("pass", "neutral") or decider is None:
        return
    domain, term = decider
    shown = walked.check.records[domain]
    if walked.result == "pass" and not _is_huge(term):
        text = f"{term_text(term)} (at {domain}) lets everybody send in the name of the domain"
        yield text, shown
    elif walked.result == "neutral":
        yield f"it ends in {term_text(term)}, which is neutral about other senders", shown


def spf_lookups(view: StoredAnswers) -> t.Iterable[Finding]:
    walked = max((walk(view, version) for version in (4, 6)), key=lambda one: one.check.lookups)
    count, answers = walked.check.lookups, list(walked.check.records.values())
    texts = spf_texts(answers)
    if walked.result == "none":
        yield view.finding(NOT_APPLICABLE, "There is no SPF record.", *answers, reason=NO_SUBJECT)
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
        return view.finding(NOT_APPLICABLE, "There is no SPF record.", *answers, reason=NO_SUBJECT)
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
    texts = spf_texts(answers)
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
        control="None needed: the record itself is the evidence.",
        false_pass="The servers of the zone give senders other records than this resolver.",
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
        control="None needed: the record itself is the evidence.",
        false_pass=(
            "The terms of a record depend on the client in a way that a walk over all of "
            "them does not see."
        ),
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
        control="None needed: the record itself is the evidence.",
        false_pass="Names exist for this resolver and not for receivers.",
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
        control="SPF is evaluated for each sending address; only the result pass passes.",
        false_pass="Mail is sent from an address that is not declared.",
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
