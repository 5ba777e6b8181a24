# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of DNSBLs: an answer counts only with the two controls that the list must pass (RFC
5782 section 5).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
    Finding,
    is_address,
)

from ..._dns import domain_queries
from ..._dns.queries import ERROR, RECORDS, Answer
from ..base import Check, rfc
from .lookup import StoredAnswers, per_subject

if t.TYPE_CHECKING:
    from ..base import AuditContext

#: Answers that list nothing, and what they mean.
ERROR_CODES = {
    "127.255.255.252": "the DNSBL does not know this zone; its name is misspelt",
    "127.255.255.254": (
        "the DNSBL refuses public resolvers, and takes this one for one; use a resolver of your own"
    ),
    "127.255.255.255": "too many queries came from this resolver",
    "127.0.1.255": "an address was looked up in a list of domains",
    "127.0.0.1": "the DNSBL refuses the query",
    "127.0.0.255": "the DNSBL has blocked this resolver",
}
_RETURN_CODES = ipaddress.ip_network("127.0.0.0/8")
_REFUSALS = ipaddress.ip_network("127.255.255.0/24")


def unusable_reason(answer: Answer) -> str:
    """Why an answer says neither listed nor not listed; empty if it says one of them."""
    if answer.state == ERROR:
        return answer.text.rstrip(".")
    for record in answer.records:
        if record in ERROR_CODES:
            return f"it answered {record}: {ERROR_CODES[record]}"
        address = ipaddress.ip_address(record)
        if address in _REFUSALS:
            return f"it answered {record}, which is a refusal"
        if address not in _RETURN_CODES:
            return f"it answered {record}, which no DNSBL does; something else answers for it"
    return ""


def _zone(view: StoredAnswers, zone: str) -> Finding:
    """Whether one DNSBL lists the subject."""
    listed, unlisted, answer = view.replay(domain_queries.dnsbl(zone, view.subject))
    if not unusable_reason(listed) and listed.state != RECORDS:
        return _other_kind(view, zone, listed)
    reasons = [(unusable_reason(entry), entry) for entry in (listed, unlisted, answer)]
    if unlisted.state == RECORDS and not reasons[0][0]:
        reasons.insert(0, ("it lists everything, even its negative control; it is dead", unlisted))
    for reason, entry in reasons:
        if reason:
            return view.finding(UNKNOWN, f"{zone} gave no answer that counts: {reason}.", entry)
    if answer.state == RECORDS:
        return view.finding(FAIL, f"Listed by {zone} ({', '.join(answer.records)}).", answer)
    text = f"Not listed by {zone}, which passed both controls."
    return view.finding(PASS, text, listed, unlisted, answer)


def _other_kind(view: StoredAnswers, zone: str, listed: Answer) -> Finding:
    """The positive control is not listed: the DNSBL may list other kinds of subjects, if it lists
    their control.
    """
    own_kind = _kind(view.subject)
    controls = [
        view.replay(domain_queries.dnsbl(zone, subject))[0]
        for subject in _subjects(view.context)
        if _kind(subject) != own_kind
    ]
    working = [
        control for control in controls if control.state == RECORDS and not unusable_reason(control)
    ]
    if working:
        text = f"{zone} lists no {own_kind}."
        return view.finding(NOT_APPLICABLE, text, listed, working[0], reason=NO_SUBJECT)
    text = (
        f"{zone} does not list {listed.question.name}, which every DNSBL must; the resolver may "
        "filter its answers."
    )
    return view.finding(UNKNOWN, text, listed)


def _kind(subject: str) -> str:
    if not is_address(subject):
        return "names"
    return f"IPv{ipaddress.ip_address(subject).version} addresses"


def _subjects(context: AuditContext) -> list[str]:
    """Sending addresses, the name of the host and its domains."""
    names = [] if is_address(context.target.name) else [context.target.name]
    return [
        *domain_queries.egress(context.target, context.addresses),
        *names,
        *context.target.domains,
    ]


def _zones(view: StoredAnswers) -> t.Iterable[Finding]:
    return [_zone(view, zone) for zone in view.context.target.dnsbl_zones]


def dnsbl_listed(context: AuditContext) -> list[Finding]:
    no_zone = Finding(NOT_APPLICABLE, "No DNSBL is given (dnsbl_zones).", reason=NOT_REQUESTED)
    subjects = _subjects(context) if context.target.dnsbl_zones else []
    return per_subject(context, subjects, no_zone, _zones)


CHECKS = (
    Check(
        id="dnsbl_listed",
        title="Sending addresses, host name and domains are on none of the given DNSBLs",
        title_failed="Listed on a DNSBL",
        group="dnsbl",
        severity="medium",
        evaluate=dnsbl_listed,
        control=(
            "The list has the entry for tests that every DNSBL must have, and does not have "
            "the one that none may have (RFC 5782 section 5)."
        ),
        false_pass="The list answers this resolver otherwise than it answers receivers.",
        impact=(
            "Receivers that use the DNSBL reject the mail. A listing is often the first sign that "
            "spam is sent through the host."
        ),
        fix={
            "roles": (
                "Find the cause first: look for unknown mail in queue and log. Set "
                "audit_dnsbl_zones, and query through the resolver role."
            ),
            "any": (
                "Find the cause first: look for unknown mail in queue and log. Then ask the DNSBL "
                "for removal. Query DNSBLs through a resolver of your own, as most refuse public "
                "ones."
            ),
        },
        references=(rfc(5782, "5"), rfc(6471)),
        peers=("mox", "DomainDetective"),
    ),
)
