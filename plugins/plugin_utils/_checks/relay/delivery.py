# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what was sent to the canary: a proof of relaying, a refusal after all, or a bounce (RFC 5321 section 6.1).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes.delivery import UNKNOWN_USER, deliverable

from ..base import Observation, Scene, each, error_text, finding
from . import declared_relay, outcomes, replies
from .vantage import trusted_because

if t.TYPE_CHECKING:
    from .outcomes import Outcome
    from .replies import View


def _delivery(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """RLY-24: nothing that was taken for a stranger arrives there."""
    views = replies.views(scene, seen["service"], seen["address"])
    sent = [entry for key, entry in outcomes.outcomes(scene, seen["service"], seen["address"]).items() if key[3] != UNKNOWN_USER]
    passed_on = [entry for entry in sent if entry.state == outcomes.RELAYED]
    open_ = [entry for entry in sent if entry.state == outcomes.QUEUED]
    taken = [view for view in views if view.state in replies.TAKEN and deliverable(view.attempt["form"])]
    missing = [view for view in views if view.state in (replies.LOST, replies.DEFERRED)]
    where = declared_relay.stand(scene, views[0].seen) if views else None
    if where and where.inside and (sent or taken):
        yield finding(NOT_APPLICABLE, "It may pass on what we send: %s." % where.words, seen)
    elif passed_on:
        yield _passed_on(scene, seen, passed_on[0])
    elif open_:
        yield _nothing_came(seen, open_[0])
    elif taken:
        yield finding(UNKNOWN, _not_sent(scene, seen, taken), seen, taken[0].seen)
    elif missing or not views:
        reason = missing[0].reply if missing else error_text(seen)
        yield finding(UNKNOWN, "What would be taken is not known: %s." % reason.rstrip("."), seen)
    else:
        yield _closed(seen, sent, len(views))


def _passed_on(scene: Scene, seen: Observation, outcome: Outcome) -> Finding:
    arrival = outcome.arrival or {}
    words = "%s arrived at the canary, from %s (%s)" % (outcome.words, arrival.get("peer"), arrival.get("helo"))
    why = trusted_because(scene, seen)
    if why:
        return finding(UNKNOWN, "%s, but %s, so it may be trusted here; ask again from a host outside." % (words, why), seen, outcome.seen)
    return finding(FAIL, words + ": mail for strangers is passed on.", seen, outcome.seen)


def _nothing_came(seen: Observation, outcome: Outcome) -> Finding:
    return finding(
        UNKNOWN,
        "SUSPECTED OPEN RELAY: %s was answered %s; nothing arrived within %g s. A slow relay and a mailbox that keeps mail for every "
        "name look alike from outside; the host's log tells." % (outcome.words, outcome.reply.rstrip("."), outcome.seconds),
        seen,
        outcome.seen,
    )


def _not_sent(scene: Scene, seen: Observation, taken: t.Sequence[View]) -> str:
    """Why what was taken was not followed up."""
    failed = [entry for entry in scene.of("delivery", seen["service"], seen["address"]) if entry["error"]]
    why = error_text(failed[0]) if failed else "the limit of messages for one host was reached, or the canary's address was refused"
    return "%s was answered %s, but it is not known what becomes of it: %s." % (taken[0].words, taken[0].reply.rstrip("."), why)


def _closed(seen: Observation, sent: t.Sequence[Outcome], count: int) -> Finding:
    bounced = [entry for entry in sent if entry.state == outcomes.BOUNCED]
    late = [entry for entry in sent if entry.state == outcomes.LATE_REFUSED]
    if bounced:
        return finding(PASS, "%s was bounced and not passed on." % bounced[0].words, seen, bounced[0].seen)
    if late:
        words = "What is taken at RCPT is refused later (%d of %d attempts), for example %s: %s."
        return finding(PASS, words % (len(late), count, late[0].words, late[0].reply.rstrip(".")), seen, late[0].seen)
    return finding(PASS, "Nothing that could be passed on was taken in %d attempts." % count, seen)


def _backscatter(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """RLY-25: mail for nobody is refused while the sender is there, not sent back to whoever was named as the sender."""
    sent = outcomes.outcomes(scene, seen["service"], seen["address"])
    bounced = [entry for entry in sent.values() if entry.state == outcomes.BOUNCED]
    asked = [view for view in replies.views(scene, seen["service"], seen["address"]) if view.attempt["form"] == UNKNOWN_USER]
    tried = [entry for key, entry in outcomes.outcomes(scene, "smtp").items() if key[3] == UNKNOWN_USER]
    if bounced:
        words = "%s was taken and then bounced to its sender, whoever that may be." % bounced[0].words
        yield finding(FAIL, words, seen, bounced[0].seen)
    elif any(view.state in replies.TAKEN for view in asked):
        yield _kept(scene, seen, tried)
    elif not asked or asked[0].state == replies.LOST:
        yield finding(UNKNOWN, "It was not seen what is said to mail for nobody: %s." % error_text(seen), seen)
    elif asked[0].state == replies.DEFERRED:
        yield finding(UNKNOWN, "Mail for nobody was put off: %s." % asked[0].reply.rstrip("."), seen, asked[0].seen)
    else:
        yield finding(PASS, "%s was answered %s." % (asked[0].words, asked[0].reply.rstrip(".")), seen, asked[0].seen)


def _kept(scene: Scene, seen: Observation, tried: t.Sequence[Outcome]) -> Finding:
    """Mail for nobody was taken and nothing came back."""
    last = tried[0] if tried else None
    if last and last.state == outcomes.LATE_REFUSED:
        return finding(PASS, "Mail for nobody is refused after DATA: %s." % last.reply.rstrip("."), seen, last.seen)
    if last and last.state == outcomes.QUEUED:
        words = "%s, for nobody, was answered %s; no bounce came within %g s: it is kept, or the bounce comes later."
        return finding(UNKNOWN, words % (last.words, last.reply.rstrip("."), last.seconds), seen, last.seen)
    failed = [entry for entry in scene.of("delivery") if entry["error"]]
    why = error_text(failed[0]) if failed else "no message could be sent there"
    return finding(UNKNOWN, "Mail for nobody is taken at RCPT, but it is not known what becomes of it: %s." % why, seen)


judge_delivery = each(("smtp", "submission", "submissions"), _delivery)
judge_backscatter = each(("smtp",), _backscatter)
