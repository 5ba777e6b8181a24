# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of DMARC, as RFC 9989 reads it and with the difference to RFC 7489, and of TLS reports
(RFC 9990, 8460).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
    is_address,
)

from ..._dns import dmarc, domain_queries
from ..._dns.queries import ERROR, RECORDS, fold, tags
from ..base import Check, rfc
from .lookup import View, per_domain, problems


def differences(found: dmarc.Found, domain: str) -> list[str]:
    """How receivers that still go by RFC 7489 see it otherwise."""
    record = found.applies
    if record is None:
        return []
    texts = []
    below = record.domain != fold(domain)
    if record.testing:
        texts.append("they act on the policy in full, since they do not know t=y")
    if record.percent != "100":
        texts.append(
            f"they apply the policy to {record.percent}% of the mail (pct=), which others ignore"
        )
    if "np" in record.tags and record.policy(True, True) != record.policy(True):
        texts.append(
            f"they apply {record.policy(True)} to names that do not exist, since they do not know "
            "np="
        )
    if "p" not in record.tags:
        texts.append("they ignore a record without p= unless it asks for reports")
    parent = record.domain.partition(".")[2]
    suffix = "." not in parent or any(
        entry.domain == parent and entry.tags.get("psd", "").lower() == "y"
        for entry in found.records
    )
    if (
        below and not suffix
        # without the list nobody can say more; a zone cut is none, since domains are delegated
        # below
        # others too
    ):
        texts.append(
            "they look at the domain that the public suffix list gives and may not find "
            f"{record.domain}"
        )
    return texts


def _applies(view: View) -> tuple[dmarc.Found, dmarc.Record | None, Finding | None]:
    """What holds for a domain, or the finding that nothing does."""
    found = view.lead(dmarc.walk(view.subject))
    answer, _records = view.lead(domain_queries.texts("_dmarc." + view.subject, "DMARC1"))
    several = [text for text in answer.records if dmarc.is_record(text)]
    if len(several) > 1:
        return (
            found,
            None,
            view.say(
                FAIL,
                f"There are {len(several)} DMARC records, so receivers ignore them all.",
                answer,
            ),
        )
    if found.applies is None:
        near = [text for text in answer.records if "dmarc" in text.lower()]
        more = f": {near[0][:40]!r} does not begin with v=DMARC1" if near else ""
        return (
            found,
            None,
            view.say(FAIL, f"There is no DMARC record for the domain or above it{more}."),
        )
    return found, found.applies, None


def dmarc_record(view: View) -> t.Iterable[Finding]:
    found, record, missing = _applies(view)
    if record is None:
        yield missing or view.say(UNKNOWN, "Nothing was found.")
        return
    others = differences(found, view.subject)
    older = f" Receivers by RFC 7489 see it otherwise: {'; '.join(others)}." if others else ""
    dropped = [tag for tag in dmarc.DROPPED if tag in record.tags]
    unused = f" RFC 9989 has dropped {', '.join(tag + '=' for tag in dropped)}." if dropped else ""
    yield problems(view, record.problems, f"The record of {record.domain} holds.{unused}{older}")


def dmarc_policy(view: View) -> t.Iterable[Finding]:
    _found, record, missing = _applies(view)
    if record is None:
        yield missing or view.say(UNKNOWN, "Nothing was found.")
        return
    below = record.domain != fold(view.subject)
    policy = record.policy(below)
    rank = dmarc.POLICIES.index
    wrong = []
    if policy == "none":
        wrong.append(
            "The policy is none: receivers take mail with a forged sender as if nothing were said"
        )
    if record.testing:
        wrong.append("t=y asks receivers not to act on the policy")
    if record.percent.isdigit() and int(record.percent) < 100:
        wrong.append(
            f"pct={record.percent}: receivers by RFC 7489 act on that part of the mail only"
        )
    for label, other in (
        ("subdomains", record.policy(True)),
        ("names that do not exist", record.policy(True, True)),
    ):
        if not below and policy != "none" and rank(other) < rank(policy):
            wrong.append(f"The policy for {label} is weaker: {other}")
    yield problems(view, wrong, f"The policy is {policy}.")


def dmarc_reports(view: View) -> t.Iterable[Finding]:
    found, agreed = view.lead(domain_queries.reports(view.subject))
    record = found.applies
    if record is None or not record.destinations:
        yield view.say(NOT_APPLICABLE, "No reports are asked for.")
        return
    if not agreed:
        yield view.say(PASS, f"Reports stay within {found.organizational}.")
    for uri, other, answer in agreed:
        if answer.state == ERROR:
            yield view.say(
                UNKNOWN,
                f"Not seen whether {other} takes reports: {answer.text.rstrip('.')}.",
                answer,
            )
        elif any(dmarc.is_record(text) for text in answer.records):
            yield view.say(PASS, f"{other} has agreed to take reports.", answer)
        else:
            yield view.say(
                FAIL, f"{other} has not agreed to take reports, so none are sent to {uri}.", answer
            )


def tls_reports(view: View) -> t.Iterable[Finding]:
    answer, records = view.lead(domain_queries.texts("_smtp._tls." + view.subject, "TLSRPTv1"))
    if len(records) > 1:
        yield view.say(
            FAIL, f"There are {len(records)} records, so senders ignore them all.", answer
        )
    elif records:
        values = dict(tags(records[0]))
        places = [uri.strip() for uri in values.get("rua", "").split(",") if uri.strip()]
        wrong = [
            uri for uri in places if not re.match(r"(mailto:[^@\s]+@[^@\s]+|https://\S+)\Z", uri)
        ]
        texts = (
            ["There is no place that reports can go to (rua=)"]
            if not places
            else [f"{uri} is no place for reports" for uri in wrong]
        )
        yield problems(view, texts, f"Senders report failures to {', '.join(places)}.")
    else:
        reasons = _insisting(view)
        text = (
            "There is no such record although senders are told to insist on TLS "
            f"({' and '.join(reasons)})."
        )
        yield (
            view.say(FAIL, text, answer)
            if reasons
            else view.say(
                NOT_APPLICABLE, "Senders are not told to insist on TLS, so nothing can fail."
            )
        )


def _insisting(view: View) -> list[str]:
    """How senders are told to insist on TLS."""
    _answer, sts, _hosts = view.lead(domain_queries.policy_host(view.subject))
    name = view.context.target.name
    dane = (
        not is_address(name)
        and view.lead(domain_queries.tlsa(name, view.context.target.port("smtp")))[0].state
        == RECORDS
    )
    return [*(["MTA-STS"] if sts else []), *(["DANE"] if dane else [])]


CHECKS = (
    Check(
        id="dmarc_record",
        title="One valid DMARC record applies to the domain (RFC 9989)",
        title_failed="DMARC record missing, duplicate or invalid",
        group="dns",
        severity="medium",
        evaluate=per_domain(dmarc_record),
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
        title="DMARC policy is quarantine or reject, with subdomains, without t=y or pct",
        title_failed="DMARC policy is none, in test mode, partial, or weaker for subdomains",
        group="dns",
        severity="medium",
        evaluate=per_domain(dmarc_policy),
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
    Check(
        id="tls_reports",
        title="A valid TLSRPT record exists where MTA-STS or DANE demands TLS",
        title_failed="TLSRPT record missing, duplicate or invalid",
        group="dns",
        severity="low",
        evaluate=per_domain(tls_reports),
        impact=(
            "With MTA-STS or DANE, a mistake makes senders hold mail back. Without reports the "
            "operator does not learn of it."
        ),
        fix={
            "roles": (
                "Publish at _smtp._tls of each of mail_domains: v=TLSRPTv1; "
                "rua=mailto:postmaster@DOMAIN."
            ),
            "dns": (
                "Publish one TXT record at _smtp._tls.DOMAIN: v=TLSRPTv1; "
                "rua=mailto:postmaster@DOMAIN."
            ),
        },
        references=(rfc(8460, "3"),),
        peers=("mox", "checkdmarc"),
    ),
)
