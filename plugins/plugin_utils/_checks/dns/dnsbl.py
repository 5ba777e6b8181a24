# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of block lists: an answer counts only beside the two controls that the list must pass (RFC
5782 section 5).

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
    is_address,
)

from ..._dns import domain_queries
from ..._dns.queries import ERROR, RECORDS, Answer
from ..base import Check, rfc
from .lookup import View, per_subject

if t.TYPE_CHECKING:
    from ..base import AuditContext

#: Answers that say nothing about what was asked, and what they do say.
TRAPS = {
    "127.255.255.252": "the list does not know this zone; its name is misspelt",
    "127.255.255.254": (
        "the list refuses open resolvers, and this one is taken for one; ask through a resolver "
        "of your own"
    ),
    "127.255.255.255": "too many questions were asked through this resolver",
    "127.0.1.255": "an address was asked of a list of domains",
    "127.0.0.1": "the list refuses the question",
    "127.0.0.255": "the list has blocked this resolver",
}
_LISTS = ipaddress.ip_network("127.0.0.0/8")
_REFUSALS = ipaddress.ip_network("127.255.255.0/24")


def no_answer(answer: Answer) -> str:
    """Why what came back says neither that something is listed nor that it is not; empty when it
    does.
    """
    if answer.state == ERROR:
        return answer.text.rstrip(".")
    for record in answer.records:
        if record in TRAPS:
            return f"it answered {record}: {TRAPS[record]}"
        address = ipaddress.ip_address(record)
        if address in _REFUSALS:
            return f"it answered {record}, which is a refusal"
        if address not in _LISTS:
            return f"it answered {record}, which no list does; something else answers in its place"
    return ""


def _zone(view: View, zone: str) -> Finding:
    """What one list says of one subject."""
    control, innocent, answer = view.lead(domain_queries.listed(zone, view.subject))
    trouble = no_answer(control)
    if not trouble and control.state != RECORDS:
        return _other_kind(view, zone, control)
    if not trouble and innocent.state == RECORDS:
        trouble = "it lists everything, even what no list may; it is dead"
    trouble = trouble or no_answer(innocent) or no_answer(answer)
    if trouble:
        return view.say(UNKNOWN, f"{zone} gave no answer that counts: {trouble}.")
    if answer.state == RECORDS:
        return view.say(FAIL, f"Listed by {zone} ({', '.join(answer.records)}).", answer)
    return view.say(PASS, f"Not listed by {zone}, which passed both controls.")


def _other_kind(view: View, zone: str, control: Answer) -> Finding:
    """The control is not listed: the list may be one of other things, which its other controls
    tell.
    """
    others = [
        view.lead(domain_queries.listed(zone, subject))[0]
        for subject in _examples(view.context)
        if _version(subject) != _version(view.subject)
    ]
    if any(other.state == RECORDS and not no_answer(other) for other in others):
        kind = {4: "IPv4 addresses", 6: "IPv6 addresses", 0: "names"}[_version(view.subject)]
        return view.say(NOT_APPLICABLE, f"{zone} is no list of {kind}.")
    text = (
        f"{zone} does not list {control.question.name}, which every list must; the resolver may "
        "filter its answers"
    )
    return view.say(UNKNOWN, text + ".", control)


def _version(subject: str) -> int:
    return ipaddress.ip_address(subject).version if is_address(subject) else 0


def _examples(context: AuditContext) -> list[str]:
    """Everything that was looked up."""
    named = [] if is_address(context.target.name) else [context.target.name]
    return [
        *domain_queries.egress(context.target, context.addresses),
        *named,
        *context.target.domains,
    ]


def _look(view: View) -> t.Iterable[Finding]:
    return [_zone(view, zone) for zone in view.context.target.dnsbl_zones]


def dnsbl_listed(context: AuditContext) -> list[Finding]:
    """BL-01: addresses that mail is sent from, the host's name and its domains."""
    none = Finding(NOT_APPLICABLE, "No block list is named (dnsbl_zones).")
    return per_subject(
        context, _examples(context) if context.target.dnsbl_zones else [], none, _look
    )


CHECKS = (
    Check(
        id="dnsbl_listed",
        title="Sending addresses, host name and domains are on none of the given DNSBLs",
        title_failed="Listed on a DNSBL",
        group="dnsbl",
        severity="medium",
        evaluate=dnsbl_listed,
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
