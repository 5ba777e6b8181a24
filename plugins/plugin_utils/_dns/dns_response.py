# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a response of dnspython to the facts and the transcript of an observation.

Evaluates nothing. Without dnspython no response comes, and nothing here is called.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import datetime
import typing as t

with contextlib.suppress(ImportError):  # resolver says so
    import dns.flags
    import dns.rcode
    import dns.rdatatype

from .queries import KINDS, NODATA, NXDOMAIN, RECORDS, Question

#: The EDNS option of extended errors (RFC 8914).
_EXTENDED_ERROR = 15
#: Characters of a record that a transcript shows.
_MAX_CHARACTERS = 600


class Failure(t.NamedTuple):
    """Why there is no answer."""

    kind: str
    text: str


def response_facts(response: t.Any) -> tuple[dict[str, t.Any], Failure | None]:
    """The facts of a response, or why it is no answer."""
    rcode = response.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return {}, _failure(response, dns.rcode.to_text(rcode))
    result = response.resolve_chaining()
    records = [] if result.answer is None else [record_text(record) for record in result.answer]
    empty = NXDOMAIN if rcode == dns.rcode.NXDOMAIN else NODATA
    facts = {
        "state": RECORDS if records else empty,
        "records": sorted(records),
        "chain": [_name(rrset[0].target) for rrset in result.cnames],
        "ad": bool(response.flags & dns.flags.AD),
        "ttl": result.minimum_ttl,
        "signatures": _signatures(response),
    }
    return facts, None


def _failure(response: t.Any, code: str) -> Failure:
    """An error code of the resolver, with its extended errors."""
    errors = [entry.to_text() for entry in response.options if entry.otype == _EXTENDED_ERROR]
    kind = code.lower() if code.lower() in KINDS else "failed"
    text = f"the resolver answered {code}"
    if code == "SERVFAIL":
        text += " (the servers of the zone do not answer, or not as they must)"
    return Failure(kind, f"{text}: {'; '.join(errors)}" if errors else text)


def _name(name: t.Any) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()


def record_text(record: t.Any) -> str:
    """A record as text; the strings of a TXT record joined."""
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "backslashreplace")
    return str(record.to_text())


def _signatures(response: t.Any) -> list[dict[str, t.Any]]:
    """Facts of the RRSIG records in the response."""
    signatures = [
        {
            "covers": dns.rdatatype.to_text(record.type_covered),
            "algorithm": int(record.algorithm),
            "signer": _name(record.signer),
            "expires": datetime.datetime.fromtimestamp(record.expiration, datetime.UTC).isoformat(),
        }
        for rrset in [*response.answer, *response.authority]
        if rrset.rdtype == dns.rdatatype.RRSIG
        for record in rrset
    ]
    return sorted(
        signatures, key=lambda entry: (entry["covers"], entry["signer"], entry["expires"])
    )


def transcript(question: Question, facts: dict[str, t.Any], failure: Failure) -> list[list[str]]:
    """The question and what came back: CNAME records, then a record a line."""
    lines = [["C", f"{question.name} {question.type}"]]
    if not facts:
        return [*lines, ["*", failure.text]]
    lines += [["S", f"CNAME {name}"] for name in facts["chain"]]
    lines += [["S", f"{question.type} {record[:_MAX_CHARACTERS]}"] for record in facts["records"]]
    if not facts["records"]:
        missing = facts["state"] == NXDOMAIN
        lines.append(["S", "no such name (NXDOMAIN)" if missing else "no such record"])
    return lines
