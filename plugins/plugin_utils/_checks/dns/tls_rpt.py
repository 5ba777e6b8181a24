# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of TLS-RPT records: senders know where to report failures of TLS (RFC 8460).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    Finding,
    is_address,
)

from ..._dns import domain_queries
from ..._dns.fields import tag_values
from ..._dns.queries import RECORDS, Answer
from ..base import Check, rfc
from .lookup import StoredAnswers, per_domain, problem_finding

_DESTINATION = re.compile(r"(mailto:[^@\s]+@[^@\s]+|https://\S+)\Z")


def tls_reports(view: StoredAnswers) -> t.Iterable[Finding]:
    name = f"_smtp._tls.{view.subject}"
    answer, records = view.replay(domain_queries.versioned_texts(name, "TLSRPTv1"))
    if len(records) > 1:
        text = f"There are {len(records)} TLS-RPT records, so senders ignore them all."
        yield view.finding(FAIL, text, answer, records=records)
    elif records:
        yield _record(view, answer, records[0])
    else:
        yield _missing(view, answer)


def _record(view: StoredAnswers, answer: Answer, record: str) -> Finding:
    values = dict(tag_values(record))
    destinations = [uri.strip() for uri in values.get("rua", "").split(",") if uri.strip()]
    problems = [
        f"{uri} is no valid report address" for uri in destinations if not _DESTINATION.match(uri)
    ]
    if not destinations:
        problems = ["The record has no report address (rua=)"]
    text = f"Senders report failures to {', '.join(destinations)}."
    return problem_finding(view, problems, text, answer, records=[record])


def _missing(view: StoredAnswers, answer: Answer) -> Finding:
    """A missing record is a failure only if senders must use TLS."""
    required_by = []
    sts_answer, sts_records, _hosts = view.replay(domain_queries.mta_sts(view.subject))
    deciding = [answer]
    if sts_records:
        required_by.append("MTA-STS")
        deciding.append(sts_answer)
    name = view.context.target.name
    if not is_address(name):
        tlsa, _hosts = view.replay(domain_queries.tlsa(name, view.context.target.port("smtp")))
        if tlsa.state == RECORDS:
            required_by.append("DANE")
            deciding.append(tlsa)
    if not required_by:
        text = "There is no TLS-RPT record, and neither MTA-STS nor DANE that requires TLS."
        return view.finding(NOT_APPLICABLE, text, answer)
    text = f"There is no TLS-RPT record, but senders must use TLS ({' and '.join(required_by)})."
    return view.finding(FAIL, text, *deciding, decisive=[answer])


CHECKS = (
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
