# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks with a test message to the canary: relayed, rejected after DATA, or bounced (RFC 5321
section 6.1).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_delivery import (
    UNKNOWN_USER,
    deliverable,
)

from ..base import AuditContext, Check, Observation, error_text, finding, per_endpoint, rfc
from . import declared_relay, fixes, outcomes, proof, replies, vantage

if t.TYPE_CHECKING:
    from .outcomes import Outcome
    from .replies import View


def _outcome_finding(status: str, sentence: str, session: Observation, outcome: Outcome) -> Finding:
    return finding(
        status, sentence, session, outcome.observation, decisive=(outcome.message["reply"],)
    )


def _view_finding(status: str, sentence: str, view: View) -> Finding:
    return finding(status, sentence, view.evidence, decisive=view.decisive)


def relay_delivery(context: AuditContext, session: Observation) -> list[Finding]:
    """No message to an external recipient reaches the canary."""
    views = replies.views(context, session["service"], session["address"])
    sent = [
        outcome
        for key, outcome in outcomes.outcomes(
            context, session["service"], session["address"]
        ).items()
        if key[3] != UNKNOWN_USER
    ]
    accepted = [
        view
        for view in views
        if view.state in replies.ACCEPTANCES and deliverable(view.attempt["form"])
    ]
    if views and (sent or accepted):
        position = declared_relay.position_of(context, views[0].observation)
        if position.inside:
            sentence = f"Relaying is permitted here: {position.reason}."
            return [finding(NOT_APPLICABLE, sentence, session, reason=NOT_REQUIRED)]
    return [
        _sent_finding(context, session, sent)
        or _unsent_finding(context, session, views, accepted)
        or _no_relaying_finding(proof.of_views(context, session, views), session, sent)
    ]


def _sent_finding(
    context: AuditContext, session: Observation, sent: t.Sequence[Outcome]
) -> Finding | None:
    """The finding for a message that arrived or may still arrive."""
    for outcome in sent:
        if outcome.state == outcomes.RELAYED:
            arrival = outcome.arrival or {}
            sentence = (
                f"{outcome.commands} reached the canary, from {arrival.get('peer')} "
                f"({arrival.get('helo')}): the host relays mail of external clients"
            )
            return vantage.acceptance_finding(
                context, session, outcome.observation, sentence, (outcome.message["reply"],)
            )
    for outcome in sent:
        if outcome.state == outcomes.QUEUED:
            sentence = (
                f"SUSPECTED OPEN RELAY: {outcome.commands} was answered {outcome.reply_text}; "
                f"nothing reached the canary within {outcome.seconds:g} s. A slow relay and a "
                "catch-all mailbox look alike from outside; the host's mail log tells which it is."
            )
            return _outcome_finding(UNKNOWN, sentence, session, outcome)
    return None


def _unsent_finding(
    context: AuditContext,
    session: Observation,
    views: t.Sequence[View],
    accepted: t.Sequence[View],
) -> Finding | None:
    """The finding where an acceptance was not followed by a message, or an attempt not answered."""
    if accepted:
        sentence = (
            f"{accepted[0].commands} was answered {accepted[0].reply_text}, but no test message "
            f"was accepted after it: {_why_not_sent(context, session)}."
        )
        return _view_finding(UNKNOWN, sentence, accepted[0])
    missing = [view for view in views if view.state in (replies.LOST, replies.DEFERRED)]
    if missing:
        sentence = f"Not every relay attempt was answered: {missing[0].reply_text}."
        return _view_finding(UNKNOWN, sentence, missing[0])
    if not views:
        return finding(UNKNOWN, f"No relay attempt was made: {error_text(session)}.", session)
    return None


def _why_not_sent(context: AuditContext, session: Observation) -> str:
    """Why no message followed an acceptance."""
    for observation in context.of("delivery", session["service"], session["address"]):
        if observation["error"]:
            return error_text(observation)
    return "the limit of messages for one host was reached, or the canary's address was rejected"


def _no_relaying_finding(
    seen: proof.Controls, session: Observation, sent: t.Sequence[Outcome]
) -> Finding:
    """The finding where nothing was accepted that could be relayed, or nothing was relayed."""
    views = seen.views
    for outcome in sent:
        if outcome.state == outcomes.BOUNCED:
            sentence = f"{outcome.commands} was bounced, not relayed."
            return _outcome_finding(PASS, sentence, session, outcome)
    late = [view for view in views if view.state == replies.LATE_REFUSED]
    unproven = [view for view in late if not seen.counts(view)]
    if unproven:
        return _view_finding(UNKNOWN, seen.why_not(unproven[0]), unproven[0])
    if late:
        sentence = (
            f"What is accepted at RCPT is rejected later ({len(late)} of {len(views)} attempts), "
            f"for example {late[0].commands}: {late[0].reply_text}."
        )
        return _view_finding(PASS, sentence, late[0])
    sentence = f"None of {len(views)} attempts was accepted for a recipient that can be relayed to."
    rejected = [
        view
        for view in views
        if view.attempt["form"] == "plain" and view.state in replies.REJECTIONS
    ]
    counting = [view for view in rejected if seen.counts(view)]
    if counting:
        return _view_finding(PASS, sentence, counting[0])
    sentence = seen.why_not(rejected[0]) if rejected else "No rejection of relaying was seen."
    return finding(UNKNOWN, sentence, session)


def relay_backscatter(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """Mail to an unknown recipient is rejected in the dialogue, not bounced to a sender that may be
    forged.
    """
    sent = outcomes.outcomes(context, session["service"], session["address"])
    bounced = [outcome for outcome in sent.values() if outcome.state == outcomes.BOUNCED]
    views = [
        view
        for view in replies.views(context, session["service"], session["address"])
        if view.attempt["form"] == UNKNOWN_USER
    ]
    accepted = [view for view in views if view.state in replies.ACCEPTANCES]
    if bounced:
        sentence = (
            f"{bounced[0].commands} was accepted and then bounced to its sender, which can be "
            "forged."
        )
        yield _outcome_finding(FAIL, sentence, session, bounced[0])
    elif accepted:
        yield _accepted_finding(context, session, accepted[0])
    elif not views or views[0].state == replies.LOST:
        sentence = (
            f"The reply to mail for an unknown recipient was not seen: {error_text(session)}."
        )
        yield finding(UNKNOWN, sentence, session)
    elif views[0].state == replies.DEFERRED:
        sentence = f"Mail to an unknown recipient was deferred: {views[0].reply_text}."
        yield _view_finding(UNKNOWN, sentence, views[0])
    else:
        yield _rejected_user_finding(context, session, views[0])


def _rejected_user_finding(context: AuditContext, session: Observation, view: View) -> Finding:
    """The finding for an unknown recipient that was rejected, beside the control."""
    seen = proof.of_endpoint(context, session["service"], session["address"])
    if not seen.counts(view):
        return _view_finding(UNKNOWN, seen.why_not(view), view)
    sentence = f"{view.commands} was answered {view.reply_text}."
    return _view_finding(PASS, sentence, view)


def _accepted_finding(context: AuditContext, session: Observation, view: View) -> Finding:
    """The finding where mail to an unknown recipient was accepted and no bounce came back."""
    last = next(
        (
            outcome
            for key, outcome in outcomes.outcomes(context, "smtp").items()
            if key[3] == UNKNOWN_USER
        ),
        None,
    )
    if last and last.state == outcomes.LATE_REFUSED:
        sentence = f"Mail to an unknown recipient is rejected after DATA: {last.reply_text}."
        return _outcome_finding(PASS, sentence, session, last)
    if last and last.state == outcomes.QUEUED:
        sentence = (
            f"{last.commands}, to an unknown recipient, was answered {last.reply_text}; no bounce "
            f"came within {last.seconds:g} s: the host keeps the message, or bounces it later."
        )
        return _outcome_finding(UNKNOWN, sentence, session, last)
    failed = [observation for observation in context.of("delivery") if observation["error"]]
    reason = error_text(failed[0]) if failed else "no test message was accepted"
    sentence = (
        f"Mail to an unknown recipient is accepted at RCPT; what follows is unknown: {reason}."
    )
    return _view_finding(UNKNOWN, sentence, view)


CHECKS = (
    Check(
        id="relay_delivery",
        title="No third-party test message (ports 25, 587, 465) reaches an external canary",
        title_failed="Open relay confirmed: test message reached the external canary",
        group="relay",
        severity="critical",
        opt_in="deliver",
        evaluate=per_endpoint(declared_relay.SERVICES, relay_delivery),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "A delivered message proves an open relay. Spammers send through the host, and DNSBLs "
            "list it within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": fixes.POSTFIX,
            "exim": (
                "In acl_smtp_rcpt, accept a recipient only in +local_domains or "
                "+relay_to_domains, or from an authenticated client. Set hostlist "
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets=''). Decide in "
                "acl_smtp_rcpt, not only in acl_smtp_data."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "sendmail": fixes.SENDMAIL,
            "courier": fixes.COURIER,
            "any": (
                "Accept a recipient outside the host's own domains only from an authenticated "
                "client or an explicitly trusted network. Reject at RCPT. If no message arrived, "
                "find the queue id in the mail log."
            ),
        },
        references=(rfc(5321, "7.9"), "https://www.postfix.org/SMTPD_ACCESS_README.html"),
        peers=(
            "Metasploit smtp_relay and OpenVAS (send, but do not look whether it arrives)",
            "ORBS, DSBL (1998 to 2008)",
        ),
    ),
    Check(
        id="relay_backscatter",
        title="Mail to an unknown recipient is rejected, not bounced to the test sender",
        title_failed="Mail for an unknown recipient accepted and bounced (backscatter)",
        group="relay",
        severity="medium",
        opt_in="deliver",
        evaluate=per_endpoint(("smtp",), relay_backscatter),
        control="The control of relay_null_sender, before a rejection at RCPT counts.",
        false_pass=(
            "Reject made-up local parts by a pattern, and bounce mail for other unknown users."
        ),
        impact=(
            "Bounces go to forged senders. Spammers use such servers to reach third parties, and "
            "DNSBLs list the servers."
        ),
        fix={
            "roles": (
                "Remove local_recipient_maps, virtual_mailbox_maps, virtual_mailbox_domains and "
                "virtual_alias_maps from postfix_settings; the postfix role rejects unknown users "
                "at RCPT."
            ),
            "postfix": (
                "Set local_recipient_maps, relay_recipient_maps and virtual_mailbox_maps to "
                "tables of all valid addresses, also on a backup MX. Without a table, set "
                "reject_unverified_recipient."
            ),
            "exim": (
                "Set require verify = recipient in acl_smtp_rcpt; for relayed domains add /callout."
            ),
            "opensmtpd": (
                "Set 'for rcpt-to <addresses>' with a table of all valid addresses in rules that "
                "relay to another host."
            ),
            "any": (
                "Reject unknown recipients at RCPT, and give backup MX hosts and relays the list "
                "of valid addresses."
            ),
        },
        references=(rfc(5321, "6.2"), "https://www.postfix.org/BACKSCATTER_README.html"),
    ),
)
