# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What judges of names have before them: the stored answers, led through the same inquiries that
asked for them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
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
from ..._dns.queries import ERROR, Answer, Inquiry, Question, UnseenError, replay
from ..._dns.spf_record import PermError

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

#: What to set when the resolver's word on DNSSEC does not count.
VALIDATE = (
    "the resolver's word on DNSSEC does not count here; ask a validating one on this machine, or "
    "one that is reached on a safe "
    "path, and say so: dns_resolver and dns_validated"
)
Lines = list[tuple[str, str]]


class View:
    """The answers about one subject. Keeps the questions and answers that were looked at, as
    evidence.
    """

    def __init__(self, context: AuditContext, subject: str) -> None:
        self.context, self.subject = context, subject
        self.stored = {
            Question(seen["params"]["name"], seen["params"]["type"]): seen
            for seen in context.of("dns")
        }
        control = self.stored.get(domain_queries.CONTROL)
        self.validating = bool(
            control and control["facts"].get("ad") and control["params"]["trusted"]
        )
        self.lines: Lines = []

    def answer(self, question: Question) -> Answer:
        """A stored answer; an error where none is stored."""
        seen = self.stored.get(question)
        if seen is None:
            return Answer(question, ERROR, kind="unasked", text="this was not asked in time")
        found = domain_queries.answer(seen, self.validating)
        self.lines += [line for line in found.transcript if line not in self.lines]
        return found

    def lead(self, inquiry: Inquiry) -> t.Any:
        """What an inquiry finds out; raises UnseenError."""
        return replay(inquiry, self.answer)

    def say(self, status: str, sentence: str, *answers: Answer) -> Finding:
        """A finding about the subject, with the given answers as evidence, or with all that was
        looked at.
        """
        lines = (
            [line for answer in answers for line in answer.transcript] if answers else self.lines
        )
        return Finding(status, sentence, subject=self.subject, transcript=tuple(lines))

    def of_seen(self, status: str, sentence: str, seen: Observation) -> Finding:
        """A finding with the conversation of a connection as evidence."""
        return Finding(
            status,
            sentence,
            subject=self.subject,
            transcript=tuple((line[0], line[1]) for line in seen["transcript"]),
        )


Look = t.Callable[[View], t.Iterable[Finding]]


def blind(context: AuditContext) -> Finding | None:
    """Why nothing can be said of any name; None where something was asked."""
    asked = context.of("dns")
    if not asked:
        return Finding(UNKNOWN, "Nothing was asked of the DNS.")
    control = next(
        (seen for seen in asked if seen["params"]["name"] == domain_queries.CONTROL.name), None
    )
    if len(asked) == 1 and control and control["error"]:
        status = NOT_APPLICABLE if control["error"]["kind"] == "declined" else UNKNOWN
        text = control["error"]["text"]
        return Finding(
            status,
            text[0].upper() + text[1:].rstrip(".") + ".",
            subject="",
            transcript=tuple((line[0], line[1]) for line in control["transcript"]),
        )
    return None


def per_subject(
    context: AuditContext, subjects: t.Sequence[str], none: Finding, look: Look
) -> list[Finding]:
    """Look at each subject; an answer that is needed and did not come makes it unknown."""
    nothing = none if not subjects and none.status == NOT_APPLICABLE else blind(context)
    if nothing:
        return [nothing]
    findings: list[Finding] = []
    for subject in subjects:
        view = View(context, subject)
        try:
            findings += list(look(view))
        except UnseenError as exc:
            findings.append(view.say(UNKNOWN, f"Not seen: {str(exc).rstrip('.')}.", exc.answer))
        except PermError as exc:
            findings.append(view.say(FAIL, f"The SPF record cannot be used: {exc}."))
    return findings or [none]


def per_domain(look: Look) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of each domain whose mail the host takes."""
    none = Finding(NOT_APPLICABLE, "No domain is declared (domains).")

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        return per_subject(context, context.target.domains, none, look)

    return evaluate


def per_host(look: Look) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of the host's own name."""
    none = Finding(
        NOT_APPLICABLE, "The host was given as an address, so there is no name to ask about."
    )

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        named = [] if is_address(context.target.name) else [context.target.name]
        return per_subject(context, named, none, look)

    return evaluate


def per_egress_address(look: Look) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of each address that the host sends from."""
    none = Finding(
        UNKNOWN, "No public address is known that this host sends from; declare egress_addresses."
    )

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        return per_subject(
            context, domain_queries.egress(context.target, context.addresses), none, look
        )

    return evaluate


def assumed(context: AuditContext) -> str:
    """What to add to a sentence about an address that was not declared to be one that mail is sent
    from.
    """
    return (
        ""
        if context.target.egress_addresses
        else (
            " (It was taken for granted that mail is sent from here; if not, declare "
            "egress_addresses.)"
        )
    )


def problems(view: View, found: t.Sequence[str], good: str) -> Finding:
    """One finding: what is wrong, or that nothing is."""
    text = "; ".join(found) + "."
    text = (
        text[0].upper() + text[1:]
        if text.partition(" ")[0] in ("the", "it", "its", "there", "a")
        else text
    )
    return view.say(FAIL, text) if found else view.say(PASS, good)
