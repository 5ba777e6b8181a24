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
    NO_SUBJECT,
    NOT_APPLICABLE,
    Finding,
    is_address,
    is_name,
)

from ..._dns import domain_queries
from ..._dns.fields import BLANKS, number, shown
from ..._dns.queries import RECORDS, Answer, canonical
from ..base import Check, rfc
from .lookup import StoredAnswers, per_domain, problem_finding

#: mailto: or https: and what they need; a ! has to be encoded (section 3).
_DESTINATION = re.compile(
    r"(?:mailto:[\x21-\x3f\x41-\x7e]+@([A-Za-z0-9_.-]+)(?:\?[\x22-\x7e]*)?"
    r"|https://([A-Za-z0-9_.-]+)(?::([0-9]+))?(?:[/?#][\x22-\x7e]*)?)\Z",
    re.IGNORECASE | re.ASCII,
)
_FIELD = re.compile(
    r"rua=.*\Z|[A-Za-z0-9][A-Za-z0-9_.-]{0,31}[ \t]*=[ \t]*[\x21-\x3c\x3e-\x7e]+\Z", re.ASCII
)
_MAX_PORT = 65535


class Record(t.NamedTuple):
    """A record: the addresses that reports go to, and what is wrong with it, in words."""

    destinations: tuple[str, ...]
    problems: tuple[str, ...]


def parse(record: str) -> Record:
    """Read a record that begins with its version (section 3)."""
    parts = [part.strip(BLANKS) for part in record.split(";")[1:]]
    if parts and not parts[-1]:
        parts.pop()
    uris = [
        uri.strip(BLANKS)
        for part in parts
        if part.startswith("rua=")
        for uri in part.removeprefix("rua=").split(",")
    ]
    problems = [f"{shown(part)} is no field" for part in parts if not _FIELD.match(part)]
    problems += [f"{shown(uri)} is no valid report address" for uri in uris if not _valid(uri)]
    if not any(uris):
        problems = ["The record has no report address (rua=)"]
    return Record(tuple(uris), tuple(problems))


def _valid(uri: str) -> bool:
    """Whether reports can be sent to an address."""
    found = _DESTINATION.match(uri)
    if not found or "!" in uri or not number(found.group(3) or "443", _MAX_PORT):
        return False
    return is_name(canonical(found.group(1) or found.group(2)))


def tls_reports(view: StoredAnswers) -> t.Iterable[Finding]:
    name = f"_smtp._tls.{view.subject}"
    answer, records = view.replay(domain_queries.versioned_texts(name, "TLSRPTv1"))
    if len(records) > 1:
        text = f"There are {len(records)} TLS-RPT records, so senders ignore them all."
        yield view.finding(FAIL, text, answer, records=records)
    elif records:
        yield _record(view, answer, records[0])
    else:
        yield _missing(view, answer, domain_queries.discarded_texts(answer, "TLSRPTv1"))


def _record(view: StoredAnswers, answer: Answer, record: str) -> Finding:
    found = parse(record)
    text = f"Senders report failures to {', '.join(found.destinations)}."
    return problem_finding(view, found.problems, text, answer, records=[record])


def _missing(view: StoredAnswers, answer: Answer, discarded: t.Sequence[str]) -> Finding:
    """A missing record is a failure only if senders must use TLS, or if it was meant to exist."""
    if discarded:
        text = f"Senders discard {shown(discarded[0])}: it does not begin with v=TLSRPTv1;."
        return view.finding(FAIL, text, answer, records=discarded)
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
        return view.finding(NOT_APPLICABLE, text, answer, reason=NO_SUBJECT)
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
        control="None needed: the record itself is the evidence.",
        false_pass="The address that is named accepts no mail.",
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
