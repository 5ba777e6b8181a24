# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about groups of relay attempts: accepted, not answered, rejected for another reason, or
rejected.

A rejection is evidence from anywhere; an acceptance only from a client that the target has no
reason to trust.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    SUSPECTED,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_senders,
)

from ..base import AuditContext, Observation, error_text, finding
from . import declared_relay, outcomes, proof, replies, vantage

if t.TYPE_CHECKING:
    from .replies import View

Selector = t.Callable[["View"], bool]
#: Recipients that cannot exist: a host that accepts them accepts anything at RCPT.
_UNKNOWN_RECIPIENTS = {"unknown_at_host", "unknown_at_domain"}


def evaluate_selected(
    context: AuditContext,
    session: Observation,
    select: Selector,
    connection_states: t.Sequence[str],
    sufficient: t.Sequence[str] = (),
) -> list[Finding]:
    """One finding for the selected attempts of an endpoint in these states of the connection.

    sufficient: further states that count as a rejection, see group_finding.
    """
    views = replies.views(context, session["service"], session["address"])
    group = [view for view in views if select(view) and view.connection_state in connection_states]
    group = with_replies_inside_tls(group, views)
    if group:
        found = group_finding(context, session, group, views, sufficient)
        return [_mention_missing_resumption(found, group)]
    if "clear" not in connection_states:
        return [no_tls_finding(session)]
    return [no_attempt_finding(session)]


def has_form(*names: str) -> Selector:
    """Selects the attempts with one of these recipients and the audit's own HELO name."""
    return lambda view: (
        relay_addresses.base(view.attempt["form"]) in names and not view.attempt["helo"]
    )


def is_external(view: View) -> bool:
    """Whether a recipient is not the host's own, and nothing is said beside the addresses."""
    attempt = view.attempt
    return (
        replies.kind_of(attempt) != relay_addresses.LOCAL
        and attempt["form"] != relay_addresses.NOTICES.id
        and attempt["sender"] not in relay_senders.WITH_PARAMETERS
    )


def by_name(
    context: AuditContext, session: Observation, group: t.Sequence[View], views: t.Sequence[View]
) -> t.Iterable[Finding]:
    """One finding for attempts under the usual senders and HELO name, and one for the others, where
    a rejection of that name is enough.
    """
    usual = [view for view in group if proof.is_usual_name(view)]
    other = [view for view in group if not proof.is_usual_name(view)]
    if usual:
        found = group_finding(context, session, usual, views)
        yield _mention_missing_resumption(found, usual)
    if other:
        names = (replies.SENDER_REFUSED, replies.HELO_REFUSED)
        yield group_finding(context, session, other, views, names)


def no_attempt_finding(session: Observation) -> Finding:
    """The finding where no relay attempt was made."""
    sentence = f"No relay attempt was made: {error_text(session)}."
    return finding(UNKNOWN, sentence, session, decisive=last_line(session))


def no_tls_finding(session: Observation) -> Finding:
    """The finding for a state inside TLS that was not reached."""
    facts = session["facts"]
    if "extensions" in facts and "STARTTLS" not in facts["extensions"]:
        sentence = "STARTTLS is not offered, so there is no state after it."
        return finding(
            NOT_APPLICABLE, sentence, session, decisive=(facts.get("ehlo"),), reason=NO_SUBJECT
        )
    sentence = f"The state after STARTTLS was not reached: {error_text(session)}."
    return finding(UNKNOWN, sentence, session, decisive=last_line(session))


def last_line(observation: Observation) -> tuple[int, ...]:
    """The line of the transcript that names the error, where there is one."""
    return (-1,) if observation["error"] else ()


def with_replies_inside_tls(group: t.Sequence[View], views: t.Sequence[View]) -> list[View]:
    """The attempts; where the server accepts no mail before TLS, the same attempt inside TLS."""
    inside = {_key(view): view for view in views if view.connection_state == "starttls"}
    return [
        inside.get(_key(view), view) if view.state == replies.TLS_FIRST else view for view in group
    ]


def _key(view: View) -> tuple[str, str, str]:
    return view.attempt["helo"], view.attempt["sender"], view.attempt["form"]


def _mention_missing_resumption(found: Finding, group: t.Sequence[View]) -> Finding:
    """The finding, which says so where the server resumed no session."""
    resumed = [view.observation for view in group if view.connection_state == "resumed"]
    if not resumed or any(
        observation["facts"].get("tls", {}).get("resumed") for observation in resumed
    ):
        return found
    return found._replace(sentence=f"{found.sentence} (The server did not resume a session.)")


def group_finding(
    context: AuditContext,
    session: Observation,
    group: t.Sequence[View],
    views: t.Sequence[View],
    sufficient: t.Sequence[str] = (),
) -> Finding:
    """One finding for attempts that belong together: accepted, not answered, or rejected.

    views: all attempts on the endpoint. sufficient: further states that count as a rejection, for
    attempts about a sender or HELO name: a rejection of that name is enough.
    """
    accepted = [
        acceptance_finding(context, view, views)
        for view in group
        if view.state in replies.ACCEPTANCES
    ]
    for status in (FAIL, UNKNOWN, NOT_APPLICABLE):
        chosen = [item for item in accepted if item.status == status]
        if chosen:
            count = f" (and {len(chosen) - 1} more like it)" if len(chosen) > 1 else ""
            return chosen[0]._replace(sentence=chosen[0].sentence + count)
    return _undecided_finding(context, session, group) or _rejection_finding(
        proof.of_views(context, session, views), session, group, sufficient
    )


def acceptance_finding(context: AuditContext, view: View, views: t.Sequence[View]) -> Finding:
    """What an acceptance means, given what else the same endpoint accepted and where the vantage
    stands.
    """
    sentence = f"{view.commands} was answered {view.reply_text}"
    permitted = declared_relay.permitted_finding(
        context, view.observation, sentence, (view.attempt["reply"],)
    )
    if permitted:
        return permitted
    if vantage.trusted_because(context, view.observation):
        return vantage.acceptance_finding(
            context, view.observation, view.observation, sentence, (view.attempt["reply"],)
        )
    status, sentence = _weigh_acceptance(view, views, sentence)
    return finding(
        status,
        sentence,
        view.evidence,
        decisive=view.decisive,
        reason=SUSPECTED if status == UNKNOWN else "",
    )


def _weigh_acceptance(view: View, views: t.Sequence[View], sentence: str) -> tuple[str, str]:
    """The status and the sentence of an acceptance from an untrusted client."""
    form = replies.KINDS[relay_addresses.base(view.attempt["form"])]
    if view.state == replies.RELAYED:
        return FAIL, f"{sentence}, and the host relays: a test message reached the canary."
    if form.kind == relay_addresses.LOCAL:
        return UNKNOWN, (
            f"{sentence}; the host may deliver it locally, which only a test message can tell."
        )
    accepted_forms = {
        item.attempt["form"]
        for item in views
        if item.state in (*replies.ACCEPTANCES, *replies.LATE_REJECTIONS)
    }
    waited = _waited(view)
    explained = {form.control, form.other_control} & accepted_forms
    if form.kind == relay_addresses.REWRITTEN and explained:
        doubt = waited or "; only a test message can tell whether it relays"
        return UNKNOWN, f"{sentence}; the host accepts every name there (catch-all){doubt}."
    controls = {item.state for item in views if item.attempt["form"] in _UNKNOWN_RECIPIENTS}
    unheard = bool(controls) and controls <= {replies.LOST, replies.DEFERRED}
    if unheard or (form.kind == relay_addresses.REMOTE and _UNKNOWN_RECIPIENTS & accepted_forms):
        scope = (
            "The host may accept every recipient at RCPT (the control was not answered)"
            if unheard
            else "The host accepts every recipient at RCPT, even those that cannot exist"
        )
        doubt = waited or ", so it may reject the message later"
        return UNKNOWN, f"SUSPECTED OPEN RELAY: {sentence}. {scope}{doubt}."
    if view.outcome is None and any(item.state in replies.LATE_REJECTIONS for item in views):
        return UNKNOWN, (
            f"SUSPECTED OPEN RELAY: {sentence}. The host accepts external recipients at RCPT and "
            "rejected others after DATA, which was not tried for this one."
        )
    return FAIL, (
        f"{sentence}: the host accepts mail from an external client to an external "
        f"recipient{waited}."
    )


def _waited(view: View) -> str:
    """What became of an accepted recipient, where that was tried."""
    if view.outcome is None:
        return ""
    if view.outcome.state == outcomes.TAKEN:
        return "; taken, not yet delivered"
    return f"; no test message reached the canary within {view.outcome.seconds:g} s"


def _exceeded(context: AuditContext, session: Observation) -> str:
    """Which option did not let a deferred attempt be repeated, and what to do."""
    errors = [
        seen["error"]["text"]
        for seen in context.of("relay", session["service"], session["address"])
        if seen["error"] and seen["error"]["kind"] == "budget"
    ]
    named = [text for text in errors if "target_connections" in text]
    if named:
        return f"{named[0]}; raise target_connections, or audit again later"
    return "raise target_timeout, or audit again later"


def _undecided_finding(
    context: AuditContext, session: Observation, group: t.Sequence[View]
) -> Finding | None:
    """The finding where attempts were not answered or deferred; None where all were decided."""
    for state in (replies.LOST, replies.DEFERRED):
        missing = [view for view in group if view.state == state]
        if not missing or has_made_up_sender(missing[0]):
            continue
        first, count = missing[0], f"{len(missing)} of {len(group)} attempts"
        sentence = (
            f"{count} were not answered: {first.reply_text}."
            if state == replies.LOST
            else f"{count} were deferred ({first.reply_text}), which decides nothing about "
            f"relaying; {_exceeded(context, session)}."
        )
        return finding(UNKNOWN, sentence, first.evidence, decisive=first.decisive)
    return None


def _rejection_finding(
    seen: proof.Controls,
    session: Observation,
    group: t.Sequence[View],
    sufficient: t.Sequence[str],
) -> Finding:
    """A pass only if every form, sender and HELO name in the group met a rejection that counts."""
    rejections = (*replies.REJECTIONS, *sufficient)
    rejected = [view for view in group if view.state in rejections]
    counting = [view for view in rejected if seen.counts(view, bool(sufficient))]
    proven = {_subject(view, sufficient) for view in _decisive(counting, group, sufficient)}
    for view in group:
        if _subject(view, sufficient) not in proven:
            return _unproven_finding(seen, session, view, view.state in rejections)
    sample = counting[0]
    sentence = (
        f"All {len(group)} attempts were rejected, for example {sample.commands}: "
        f"{sample.reply_text}."
    )
    late = sum(view.state in replies.LATE_REJECTIONS for view in group)
    if late:
        sentence += f" ({late} of them only after DATA, or by a bounce.)"
    return finding(PASS, sentence, sample.evidence, decisive=sample.decisive)


def _decisive(
    counting: t.Sequence[View], group: t.Sequence[View], sufficient: t.Sequence[str]
) -> t.Sequence[View]:
    """What proves a form, or a sender and HELO name: for those the plain recipient, where it was
    tried.
    """
    if not sufficient:
        return counting
    plain = {_subject(view, sufficient) for view in group if view.attempt["form"] == "plain"}
    return [
        view
        for view in counting
        if view.attempt["form"] == "plain" or _subject(view, sufficient) not in plain
    ]


def _unproven_finding(
    seen: proof.Controls, session: Observation, view: View, rejected: bool
) -> Finding:
    """The finding for an attempt whose rejection says nothing about relaying."""
    if has_made_up_sender(view):
        sentence = (
            f"The sender's domain does not exist, and the server rejects it: {view.reply_text}. "
            "Set stranger_domain to a domain of yours that receives mail."
        )
        return finding(UNKNOWN, sentence, view.evidence, decisive=view.decisive)
    if rejected:
        alike = seen.is_refused_alike(view)
        return finding(
            UNKNOWN,
            seen.why_not(view),
            view.evidence,
            decisive=view.decisive,
            caused_by="relay_third_party" if alike and session["service"] == "smtp" else "",
        )
    sentence = (
        f"{view.commands} was rejected for another reason before relaying was considered: "
        f"{view.reply_text}."
    )
    return finding(UNKNOWN, sentence, view.evidence, decisive=view.decisive)


def has_made_up_sender(view: View) -> bool:
    """Whether a sender was rejected whose domain is the one that stands for no stranger_domain."""
    reserved = view.attempt["mail_from"].partition(">")[0].endswith(".invalid")
    return view.state in (replies.SENDER_REFUSED, replies.DEFERRED) and reserved


def _subject(view: View, sufficient: t.Sequence[str]) -> t.Any:
    """What an attempt is about: the sender and HELO name where their rejection is enough, else the
    form of the recipient.
    """
    if sufficient:
        return view.attempt["sender"], view.attempt["helo"]
    return view.attempt["form"]
