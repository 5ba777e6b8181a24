# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of DMARC: the record that applies to the domain, its policy, its report addresses (RFC
9989, 9990).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import dmarc, domain_queries
from ..._dns.queries import ERROR, Answer, Question, canonical, require_one
from ..base import Check, rfc
from .lookup import StoredAnswers, per_domain, problem_finding


def differences(walk: dmarc.Walk, domain: str) -> list[str]:
    """How receivers that still implement RFC 7489 treat the domain otherwise."""
    record = walk.applies
    if record is None:
        return []
    texts = []
    if record.testing:
        texts.append("they apply the policy in full, since they do not know t=y")
    if record.percent != 100:
        texts.append(
            f"they apply the policy to {record.percent}% of the mail (pct=), which others ignore"
        )
    if "np" in record.tags and record.policy(True, True) != record.policy(True):
        texts.append(
            f"they apply {record.policy(True)} to names that do not exist, since they do not know "
            "np="
        )
    if list(record.tags)[1:2] != ["p"] and "p" in record.tags:
        texts.append("they may ignore a record in which p= does not follow v=")
    if "p" not in record.tags:
        texts.append("they ignore a record without p= unless it has a report address")
    if record.domain != canonical(domain) and not _is_below_suffix(walk, record.domain):
        texts.append(
            "they use the organizational domain of the public suffix list and may not find "
            f"{record.domain}"
        )
    return texts


def _is_below_suffix(walk: dmarc.Walk, domain: str) -> bool:
    """Whether a domain is certainly right below a public suffix: a top-level domain, or one that
    says so itself (psd=y). A zone cut proves nothing, since domains are delegated below others.
    """
    parent = domain.partition(".")[2]
    return "." not in parent or any(
        record.domain == parent and record.tags.get("psd", "").lower() == "y"
        for record in walk.records
    )


def _answer_at(view: StoredAnswers, domain: str) -> Answer:
    return view.answer(Question(f"_dmarc.{domain}", "TXT"))


def _applying(view: StoredAnswers) -> tuple[dmarc.Walk, dmarc.Record | None, Finding | None]:
    """The result of the walk and the record that applies, or the finding that there is none."""
    walk = view.replay(dmarc.walk(view.subject))
    answer = view.replay(require_one(f"_dmarc.{view.subject}", "TXT"))
    records = [text for text in answer.records if dmarc.is_record(text)]
    if len(records) > 1:
        text = f"There are {len(records)} DMARC records, so receivers ignore them all."
        return walk, None, view.finding(FAIL, text, answer, records=records)
    if walk.applies is None:
        similar = [text for text in answer.records if "dmarc" in text.lower()]
        text = "There is no DMARC record for the domain or above it"
        text += f": {similar[0][:40]!r} does not begin with v=DMARC1" if similar else ""
        missing = view.finding(FAIL, f"{text}.", decisive=[answer], records=similar or None)
        return walk, None, missing
    return walk, walk.applies, None


def dmarc_record(view: StoredAnswers) -> t.Iterable[Finding]:
    walk, record, missing = _applying(view)
    if record is None:
        yield missing or view.finding(UNKNOWN, "No DMARC record was found.")
        return
    text = f"The record of {record.domain} applies."
    removed = [f"{tag}=" for tag in dmarc.REMOVED_TAGS if tag in record.tags]
    if removed:
        text += f" RFC 9989 has removed {', '.join(removed)}."
    others = differences(walk, view.subject)
    if others:
        text += f" Receivers that implement RFC 7489 differ: {'; '.join(others)}."
    answer = _answer_at(view, record.domain)
    texts = [text for text in answer.records if dmarc.is_record(text)]
    yield problem_finding(view, record.problems, text, decisive=[answer], records=texts)


def dmarc_policy(view: StoredAnswers) -> t.Iterable[Finding]:
    _walk, record, missing = _applying(view)
    if record is None:
        yield missing or view.finding(UNKNOWN, "No DMARC record was found.")
        return
    below = record.domain != canonical(view.subject)
    policy = record.policy(below)
    problems = weaknesses(record, policy, below)
    answer = _answer_at(view, record.domain)
    texts = [text for text in answer.records if dmarc.is_record(text)]
    sentence = f"The policy is {policy}."
    yield problem_finding(view, problems, sentence, decisive=[answer], records=texts)


def weaknesses(record: dmarc.Record, policy: str, below: bool) -> list[str]:
    """Why receivers do not apply a policy in full."""
    problems = []
    if policy == "none":
        problems.append(
            "The policy is none: receivers accept mail with a forged From as if there were no "
            "DMARC record"
        )
    if record.testing:
        problems.append("t=y asks receivers not to apply the policy")
    if record.percent < 100:
        problems.append(
            f"pct={record.percent}: receivers that implement RFC 7489 apply the policy to that "
            "part of the mail only"
        )
    return problems + ([] if below else _weaker_below(record))


def _weaker_below(record: dmarc.Record) -> list[str]:
    """Where the policy for names below the domain is weaker than its own."""
    rank = dmarc.POLICIES.index
    below = {
        "subdomains": record.policy(True),
        "names that do not exist": record.policy(True, True),
    }
    return [
        f"The policy for {names} is weaker: {policy}"
        for names, policy in below.items()
        if rank(policy) < rank(record.policy())
    ]


def dmarc_reports(view: StoredAnswers) -> t.Iterable[Finding]:
    walk, authorizations = view.replay(domain_queries.dmarc_reports(view.subject))
    record = walk.applies
    if record is None or not any(dmarc.report_domain(uri) for _tag, uri in record.destinations):
        text = "The record has no report address that is valid."
        yield view.finding(NOT_APPLICABLE, text, reason=NO_SUBJECT)
        return
    if not authorizations:
        text = f"Reports stay within {walk.organizational}."
        yield view.finding(PASS, text, decisive=[_answer_at(view, record.domain)])
    for uri, domain, answer in authorizations:
        if answer.state == ERROR:
            text = f"It was not seen whether {domain} accepts reports: {answer.text.rstrip('.')}."
            yield view.finding(UNKNOWN, text, answer)
        elif any(dmarc.is_record(text) for text in answer.records):
            yield view.finding(PASS, f"{domain} authorizes reports of this domain.", answer)
        else:
            text = f"{domain} does not authorize reports of this domain, so none go to {uri}."
            yield view.finding(FAIL, text, answer)


CHECKS = (
    Check(
        id="dmarc_record",
        title="One valid DMARC record applies to the domain (RFC 9989)",
        title_failed="DMARC record missing, duplicate or invalid",
        group="dns",
        severity="medium",
        evaluate=per_domain(dmarc_record),
        control="None needed: the record itself is the evidence.",
        false_pass="The servers of the zone give senders other records than this resolver.",
        impact=(
            "Without DMARC nothing ties the visible From to SPF and DKIM, so it can be forged. "
            "Some receivers ignore a record with an error."
        ),
        fix={
            "roles": (
                "Publish at _dmarc of each of mail_domains: v=DMARC1; p=reject; "
                "rua=mailto:postmaster@DOMAIN."
            ),
            "dns": (
                "Publish one TXT record at _dmarc.DOMAIN: v=DMARC1; p=reject; "
                "rua=mailto:postmaster@DOMAIN."
            ),
        },
        references=(rfc(9989),),
        peers=("checkdmarc", "Internet.nl"),
    ),
    Check(
        id="dmarc_policy",
        title="DMARC policy is quarantine or reject, for subdomains too, no t=y or pct<100",
        title_failed="DMARC policy is none, in test mode, partial, or weaker for subdomains",
        group="dns",
        severity="medium",
        evaluate=per_domain(dmarc_policy),
        control="None needed: the record itself is the evidence.",
        false_pass="The servers of the zone give senders other records than this resolver.",
        impact="Receivers deliver mail with a forged From although DMARC detects it.",
        fix={
            "roles": (
                "Publish p=quarantine, then p=reject, for each of mail_domains when the reports "
                "show that your own mail passes. Waive the check for domains whose users post to "
                "mailing lists."
            ),
            "dns": (
                "Publish p=quarantine or p=reject, without t=y and pct, and with sp and np not "
                "weaker than p."
            ),
        },
        references=(
            rfc(9989),
            "https://www.ncsc.gov.uk/collection/email-security-and-anti-spoofing",
        ),
        peers=("Internet.nl", "checkdmarc"),
    ),
    Check(
        id="dmarc_reports",
        title="External DMARC report addresses are authorized (_report._dmarc record)",
        title_failed="External DMARC report address not authorized",
        group="dns",
        severity="low",
        evaluate=per_domain(dmarc_reports),
        control=(
            "The authorizing record has to be seen; its absence fails, and no answer is unknown."
        ),
        false_pass="The address that is named accepts no mail.",
        impact=(
            "Receivers send no reports to the other organization, so failures and forgeries stay "
            "unseen."
        ),
        fix={
            "roles": "Set rua to an address in the domain itself, such as postmaster@DOMAIN.",
            "dns": (
                "Set rua to an address in the domain itself, or have the other organization "
                "publish DOMAIN._report._dmarc.OTHER TXT v=DMARC1."
            ),
        },
        references=(rfc(9990),),
        peers=("checkdmarc", "Internet.nl"),
    ),
)
