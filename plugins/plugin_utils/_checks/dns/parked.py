# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of parked domains: they declare that they send and accept no mail (RFC 7505, RFC 7208
section 10.1.2).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
    Finding,
)

from ..._dns import domain_queries, spf
from ..._dns.dmarc import Record, walk
from ..._dns.dmarc import is_record as is_dmarc_record
from ..._dns.dmarc import parse as parse_dmarc
from ..._dns.fields import mx_fields
from ..._dns.queries import Answer, Question, UnseenError
from ..._dns.spf_record import Term, is_record
from ..base import AuditContext, Check, rfc
from .dmarc import weaknesses
from .lookup import StoredAnswers, per_subject, problem_finding

NO_SPF = "its SPF record is not v=spf1 -all, nor leads to one"
NO_REJECT = "it has no DMARC record with p=reject"


def _parked_domain(view: StoredAnswers) -> t.Iterable[Finding]:
    mx, txt, own, *_addresses = view.replay(domain_queries.parked(view.subject))
    missing = {}
    if [mx_fields(record).host for record in mx.records] != [""]:
        missing["it has no null MX record (0 .), or others beside it"] = mx
    problem, spf_answers = _spf(view, txt, others=bool(missing))
    if problem:
        missing[problem] = txt
    problem, dmarc = _dmarc(view, own, others=bool(missing))
    if problem:
        missing[problem] = dmarc
    yield problem_finding(
        view,
        [f"The domain is parked, but {', '.join(missing)}"] if missing else [],
        "The domain declares that it sends and accepts no mail.",
        mx,
        *spf_answers,
        dmarc,
        decisive=list(missing.values()),
    )


def _spf(view: StoredAnswers, txt: Answer, others: bool) -> tuple[str, list[Answer]]:
    """What is wrong with SPF, empty for nothing, and the answers with the records that say it: that
    of the domain, and those that it leads to by redirect= or include. others: as for _dmarc.
    """
    if len([record for record in txt.records if is_record(record)]) != 1:
        return NO_SPF, [txt]
    check = spf.walk_of(view.subject)
    try:
        result = view.replay(check.decide(view.subject))
    except UnseenError:
        if not (others or _senders(check)):
            raise
        return NO_SPF, [txt]
    answers = list(check.records.values())
    if result == "fail" and not (_senders(check) or check.lacking or check.beyond_limits):
        return "", answers
    return NO_SPF, answers


def _senders(check: spf.CheckHost) -> list[Term]:
    """The terms that permit a client to send."""
    return [term for _domain, term in check.permitting if term.kind != "include"]


def _dmarc(view: StoredAnswers, own: Answer, others: bool) -> tuple[str, Answer]:
    """What is wrong with the DMARC record that applies, empty for nothing, and the answer that has
    it. others: whether something else is wrong, so that nothing else has to be seen.
    """
    if any(map(is_dmarc_record, own.records)):
        return _dmarc_problem(view.subject, own.records), own
    try:
        record = view.replay(walk(view.subject)).applies
    except UnseenError:
        if not others:
            raise
        return "it has no DMARC record of its own", own
    if record is None:
        return NO_REJECT, own
    answer = view.answer(Question(f"_dmarc.{record.domain}", "TXT"))
    return _weakness(record, below=True), answer


def _dmarc_problem(domain: str, texts: t.Iterable[str]) -> str:
    """What is wrong with the DMARC record of a parked domain; empty where it is sound."""
    records = [parse_dmarc(domain, text) for text in texts if is_dmarc_record(text)]
    if len(records) > 1:
        return f"it has {len(records)} DMARC records, so receivers use none"
    return _weakness(records[0], below=False)


def _weakness(record: Record, below: bool) -> str:
    """Why receivers do not reject by a record. below: whether it stands above the domain."""
    if record.policy(below) != "reject":
        return f"the record of {record.domain} above it does not say reject" if below else NO_REJECT
    problems = [*record.problems, *weaknesses(record, "reject", below=below)]
    return f"of its DMARC record: {problems[0]}" if problems else ""


def parked_domains(context: AuditContext) -> list[Finding]:
    text = "No parked domain is declared (parked_domains)."
    no_domain = Finding(NOT_APPLICABLE, text, reason=NO_SUBJECT)
    return per_subject(context, context.target.parked_domains, no_domain, _parked_domain)


CHECKS = (
    Check(
        id="parked_domains",
        title="Parked domains publish a null MX, v=spf1 -all and DMARC p=reject",
        title_failed="Parked domain without null MX, v=spf1 -all or DMARC p=reject",
        group="dns",
        severity="low",
        evaluate=parked_domains,
        control="None needed: the record itself is the evidence.",
        false_pass="The servers of the zone give senders other records than this resolver.",
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
)
