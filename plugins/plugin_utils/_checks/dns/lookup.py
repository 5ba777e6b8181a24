# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluators of DNS checks share: the stored answers about one subject, and findings that name
the answers that decided.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
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
from ..._dns.fields import RecordError
from ..._dns.queries import (
    BOGUS,
    ERROR,
    Answer,
    Lookup,
    Question,
    UnseenError,
    replay,
    stored_answer,
)
from ..._dns.spf_record import PermError
from ..base import error_text, finding

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

#: What to do where no resolver was seen to validate.
_USE = (
    "use a validating resolver on this machine, or one that is reached over a secure path, and set "
    "dns_resolver and dns_validated"
)
#: What is said of an answer that a resolver refuses as it refuses every one.
REFUSES_ALL = (
    "the resolver finds the DNSSEC signatures wrong, and gave no answer about the root either: its "
    "clock or its trust anchor may be wrong; give another one as dns_resolver"
)
#: How to say that a certificate or key cannot be read on this controller.
NO_CRYPTOGRAPHY = "The Python package cryptography is missing on the controller"


class StoredAnswers:
    """The stored answers about one subject; keeps those that were looked up, as evidence."""

    def __init__(self, context: AuditContext, subject: str) -> None:
        self.context, self.subject = context, subject
        self.stored = {
            Question(observation["params"]["name"], observation["params"]["type"]): observation
            for observation in context.of("dns")
        }
        unvalidated = _why_unvalidated(self.stored)
        self.validating = not unvalidated
        reason = unvalidated or "it sets the AD flag on an answer without signatures"
        #: Why an answer counts neither as secure nor as insecure, as the end of a sentence.
        self.unvalidated = f"no trusted resolver was seen to validate: {reason}; {_USE}"
        self.refuses_all = _refuses_all(self.stored)
        self.looked_up: dict[Question, Answer] = {}
        #: Evidence that is no answer, such as a key on the host; shown after the answers.
        self.lines: list[tuple[str, str]] = []

    def answer(self, question: Question) -> Answer:
        """A stored answer; an error if none is stored."""
        observation = self.stored.get(question)
        if observation is None:
            text = "this was not asked before the deadline"
            return Answer(question, ERROR, text=text)
        answer = stored_answer(observation, self.validating)
        if answer.kind == BOGUS and self.refuses_all:
            answer = answer._replace(kind="servfail", text=REFUSES_ALL)
        self.looked_up[question] = answer
        return answer

    def replay(self, lookup: Lookup) -> t.Any:
        """The result of a lookup with the stored answers; raises UnseenError."""
        return replay(lookup, self.answer)

    def finding(
        self,
        status: str,
        sentence: str,
        *answers: Answer,
        decisive: t.Sequence[Answer] = (),
        records: t.Container[str] | None = None,
        notes: t.Sequence[str] = (),
        reason: str = "",
    ) -> Finding:
        """A finding about the subject.

        answers: those to show; by default all that were looked up. decisive: those of them that
        decided; by default all. records: the records in them that decided; by default all. notes:
        facts that decided and are in no line of an answer. reason: as in Finding.
        """
        shown = {answer.question: answer for answer in answers} or self.looked_up
        deciding = {answer.question for answer in decisive} or set(shown)
        lines: list[tuple[str, str]] = []
        indices: list[int] = []
        for question, answer in shown.items():
            if question in deciding:
                found = _deciding_lines(answer, records, question_too=status == PASS)
                indices += [len(lines) + index for index in found]
            lines += answer.transcript
        added = [*self.lines, *(("*", note) for note in notes)]
        indices += range(len(lines), len(lines) + len(added))
        lines += added
        return Finding(
            status,
            sentence,
            subject=self.subject,
            transcript=tuple(lines),
            decisive=tuple(indices),
            probe="dns",
            reason=reason,
        )

    def endpoint_finding(
        self,
        status: str,
        sentence: str,
        observation: Observation,
        decisive: t.Iterable[t.Mapping[str, t.Any] | int | None] | None = None,
    ) -> Finding:
        """A finding about the subject with the conversation of a connection as evidence. decisive:
        as for a finding of an endpoint; by default the last event, such as the error or handshake.
        """
        if observation["error"] and not observation["transcript"]:
            observation = {**observation, "transcript": [["*", error_text(observation)]]}
        if decisive is None:
            lines = enumerate(observation["transcript"])
            decisive = [index for index, line in lines if line[0] == "*"][-1:]
        found = finding(status, sentence, observation, decisive=decisive)
        return found._replace(subject=self.subject)


def _deciding_lines(
    answer: Answer, records: t.Container[str] | None, question_too: bool
) -> list[int]:
    """The lines of an answer that decided: its replies, or those of some records, and the question
    where only the lines that decided are kept.
    """
    lines = list(enumerate(answer.transcript))
    questions = [index for index, line in lines if line[0] == "C"] if question_too else []
    replies = [index for index, line in lines if line[0] != "C"]
    if records is not None and answer.records:
        of_records = replies[len(answer.chain) :]
        deciding = [record in records for record in answer.records]
        replies = list(itertools.compress(of_records, deciding))
    return [*questions, *replies] if replies else []


def _why_unvalidated(stored: t.Mapping[Question, Observation]) -> str:
    """Why the resolver was not seen to validate; empty where it was. A trusted one sets AD on an
    answer with its signatures, not on that of a zone that is never signed, and refuses a zone whose
    signatures are wrong, which it gives where it is told not to validate. One that is declared to
    validate need not know that zone.
    """
    unsigned, missigned = map(stored.get, (domain_queries.UNSIGNED, domain_queries.MISSIGNED))
    trusted = [seen for seen in stored.values() if seen["params"]["trusted"]]
    given = missigned is not None and missigned["facts"].get("records")
    reasons = (
        (not trusted, "its AD flag is not trusted"),
        (
            unsigned is None or not unsigned["facts"],
            f"it gave no answer about a zone that is never signed ({domain_queries.UNSIGNED.name})",
        ),
        (
            unsigned is not None and _claimed(unsigned, signed=False),
            f"it sets the AD flag on a zone that is not signed ({domain_queries.UNSIGNED.name})",
        ),
        (
            given,
            f"it gives records whose signatures are wrong ({domain_queries.MISSIGNED.name})",
        ),
        (
            not any(_claimed(seen, signed=True) for seen in trusted),
            "it sets the AD flag on no answer with signatures",
        ),
        (
            not _refused(missigned) and not any(map(_declared, trusted)),
            f"it was not seen to refuse wrong signatures ({domain_queries.MISSIGNED.name})",
        ),
    )
    return next((text for holds, text in reasons if holds), "")


def _refused(missigned: Observation | None) -> bool:
    """Whether a trusted resolver refused the zone whose signatures are wrong for that reason."""
    if missigned is None or not missigned["params"]["trusted"]:
        return False
    return (missigned["error"] or {}).get("kind") == BOGUS


def _declared(trusted: Observation) -> bool:
    """Whether a trusted resolver is so because it was declared to validate (dns_validated), and not
    because it is on this machine alone.
    """
    address = trusted["address"]
    here = is_address(address) and ipaddress.ip_address(address).is_loopback
    return not here or bool(trusted["params"].get("declared"))


def _refuses_all(stored: t.Mapping[Question, Observation]) -> bool:
    """Whether the resolver gave no answer about the root, from which all signatures are verified,
    so that its word on wrong ones says nothing about a zone.
    """
    control = stored.get(domain_queries.CONTROL)
    return control is None or not control["facts"]


def _claimed(observation: Observation, signed: bool) -> bool:
    """Whether AD is set on an answer with signatures, or on one without."""
    facts = observation["facts"]
    return bool(facts) and facts["ad"] and bool(facts["signatures"]) is signed


#: An evaluator of one subject.
Evaluate = t.Callable[[StoredAnswers], t.Iterable[Finding]]


def why_no_answers(context: AuditContext) -> Finding | None:
    """Why there is no answer of the DNS at all; None if there are answers."""
    observations = context.of("dns")
    if not observations:
        return Finding(UNKNOWN, "The DNS was not asked.")
    control = next(
        (
            observation
            for observation in observations
            if observation["params"]["name"] == domain_queries.CONTROL.name
        ),
        None,
    )
    if len(observations) > 1 or control is None or not control["error"]:
        return None
    text = control["error"]["text"]
    declined = control["error"]["kind"] == "declined"
    return Finding(
        NOT_APPLICABLE if declined else UNKNOWN,
        text[0].upper() + text[1:].rstrip(".") + ".",
        transcript=tuple((line[0], line[1]) for line in control["transcript"]),
        decisive=tuple(range(len(control["transcript"])))[-1:],
        probe="dns",
        reason=NOT_REQUESTED if declined else "",
    )


def per_subject(
    context: AuditContext, subjects: t.Sequence[str], no_subject: Finding, evaluate: Evaluate
) -> list[Finding]:
    """The findings about each subject; unknown for one whose answers did not all come."""
    if not subjects and no_subject.status == NOT_APPLICABLE:
        return [no_subject]
    unavailable = why_no_answers(context)
    if unavailable:
        return [unavailable]
    findings: list[Finding] = []
    for subject in subjects:
        view = StoredAnswers(context, subject)
        try:
            findings += list(evaluate(view))
        except UnseenError as exc:
            missing = view.finding(UNKNOWN, f"Not seen: {str(exc).rstrip('.')}.", exc.answer)
            cause = "dnssec" if exc.answer.kind == BOGUS else ""
            findings.append(missing._replace(caused_by=cause))
        except RecordError as exc:
            findings.append(view.finding(UNKNOWN, f"An answer cannot be read: {exc}."))
        except PermError as exc:
            findings.append(view.finding(FAIL, f"The SPF record is invalid: {exc}."))
    return findings or [no_subject]


def per_domain(evaluate: Evaluate) -> t.Callable[[AuditContext], list[Finding]]:
    """The evaluator of a check, for each domain of the target."""

    @functools.wraps(evaluate)
    def evaluate_domains(context: AuditContext) -> list[Finding]:
        no_domain = Finding(NOT_APPLICABLE, "No domain is declared (domains).", reason=NO_SUBJECT)
        return per_subject(context, context.target.domains, no_domain, evaluate)

    return evaluate_domains


def per_host(evaluate: Evaluate) -> t.Callable[[AuditContext], list[Finding]]:
    """The evaluator of a check, for the name of the host."""

    @functools.wraps(evaluate)
    def evaluate_host(context: AuditContext) -> list[Finding]:
        text = "The host was given as an address, so it has no name."
        no_name = Finding(NOT_APPLICABLE, text, reason=NO_SUBJECT)
        names = [] if is_address(context.target.name) else [context.target.name]
        return per_subject(context, names, no_name, evaluate)

    return evaluate_host


def per_egress_address(evaluate: Evaluate) -> t.Callable[[AuditContext], list[Finding]]:
    """The evaluator of a check, for each address that the host sends from."""

    @functools.wraps(evaluate)
    def evaluate_addresses(context: AuditContext) -> list[Finding]:
        text = "No public address is known that this host sends from; declare egress_addresses."
        no_address = Finding(UNKNOWN, text)
        egress = domain_queries.egress(context.target, context.addresses)
        return per_subject(context, egress, no_address, evaluate)

    return evaluate_addresses


def egress_note(context: AuditContext) -> str:
    """What to add to a sentence about an egress address that was not declared."""
    if context.target.egress_addresses:
        return ""
    return (
        " (The audit assumes that mail is sent from this address; if it is not, declare "
        "egress_addresses.)"
    )


def problem_finding(
    view: StoredAnswers,
    problems: t.Sequence[str],
    pass_sentence: str,
    *answers: Answer,
    **evidence: t.Any,
) -> Finding:
    """One finding: the problems, or the pass if there are none. evidence: as for finding()."""
    if not problems:
        return view.finding(PASS, pass_sentence, *answers, **evidence)
    text = "; ".join(problems) + "."
    if text.partition(" ")[0] in ("the", "it", "there", "a"):
        text = text[0].upper() + text[1:]
    return view.finding(FAIL, text, *answers, **evidence)
