# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rejection of DATA, or of the message after it, says something about relaying (RFC 5321
section 3.3).

A server may turn a client away there whoever the recipient is. The control is a recipient of the
host's own, for whom DATA is answered 354 or the message is accepted; or whose message is rejected
in another way than one for an external recipient. Pure functions over stored replies.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses

from . import controls, outcomes, replies

if t.TYPE_CHECKING:
    from ..base import AuditContext
    from .outcomes import Outcome
    from .replies import View

#: The state of the connection, the HELO name and the sender.
Said = tuple[str, str, str]


class Own(t.NamedTuple):
    """What recipients of the host's own met. data: where DATA was answered 354; messages: what
    became of messages; told_apart: whether one of those for a plain external recipient met
    something else.
    """

    data: frozenset[Said]
    messages: tuple[Outcome, ...]
    told_apart: bool


def of_places(context: AuditContext, places: t.Iterable[tuple[str, str]]) -> Own:
    """What recipients of the host's own met at these services and addresses."""
    seen = tuple(places)
    data = frozenset(
        (observation["params"]["state"], attempt["helo"], attempt["sender"])
        for place in seen
        for observation in context.of("relay", *place)
        for attempt in observation["facts"].get("attempts", ())
        if outcomes.is_own(attempt["form"]) and (attempt.get("data") or {}).get("code") == 354
    )
    sent = [
        outcome
        for place in seen
        for outcome in outcomes.outcomes(context, *place).values()
        if outcome.has_message
    ]
    messages = tuple(outcome for outcome in sent if outcomes.is_own(outcome.message["form"]))
    told_apart = any(
        _is_told_apart(messages, outcome)
        for outcome in sent
        if outcome.message["form"] == "plain" and outcome.state == outcomes.LATE_REFUSED
    )
    return Own(data, messages, told_apart)


def counts(own: Own, view: View) -> bool:
    """Whether a rejection counts; a bounce does, since the server had taken the message. Where
    messages are sent, they are few, and one control holds for every sender. An external recipient
    in a form of the host's own may be rejected as its unknown users are.
    """
    outcome = view.outcome
    if outcome is None or outcome.state != outcomes.LATE_REFUSED:
        return True
    if not outcome.has_message:
        said = (view.connection_state, view.attempt["helo"], view.attempt["sender"])
        return said in own.data
    if outcome.message["phase"] == "data" and own.data:
        return True
    if replies.kind_of(view.attempt) != relay_addresses.REMOTE:
        return own.told_apart
    return _is_told_apart(own.messages, outcome)


def _is_told_apart(own: t.Iterable[Outcome], outcome: Outcome) -> bool:
    """Whether a message for a recipient of the host's own met something else than a rejected one
    for an external recipient.
    """
    return any(
        message.state in (outcomes.QUEUED, outcomes.BOUNCED) or _differ(message, outcome)
        for message in own
    )


def _differ(own: Outcome, outcome: Outcome) -> bool:
    """Whether two messages were rejected, and in different ways; a deferral is no rejection."""
    if own.state != outcomes.LATE_REFUSED:
        return False
    pair = [_view(own), _view(outcome)]
    words = controls.sent_words(pair)
    mine, theirs = (controls.signature(view, words) for view in pair)
    return None not in (mine, theirs) and mine != theirs


def _view(outcome: Outcome) -> View:
    """A message as an attempt, which its last reply answers."""
    attempt = {**outcome.message, "mail_from": outcome.message["sender"]}
    return replies.View(attempt, replies.REFUSED, outcome.observation)


def why_not(view: View) -> str:
    """Why a rejection does not count, as a sentence."""
    control = (
        "no message for a recipient of its own was seen to fare better"
        if view.outcome and view.outcome.has_message
        else "for a recipient of its own the server was not seen to answer with 354"
    )
    return (
        f"{view.commands} was answered {view.reply_text}, and {control}, so nothing is known about "
        "relaying (postmaster shows nothing, since hosts exempt it; set audit_account to a user of "
        "the host)."
    )
