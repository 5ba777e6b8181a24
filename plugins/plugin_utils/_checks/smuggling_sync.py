# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a second message is accepted that is sent together with the end of the first.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from .base import (
    AuditContext,
    Check,
    Observation,
    Reply,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from .smuggling import refusal_text


def smuggling_sync(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    for observation in context.of("smuggle_sync", session["service"], session["address"]):
        messages = context.of("smuggle", session["service"], session["address"])
        stays = any((seen["facts"].get("quit") or {}).get("code") == 221 for seen in messages)
        yield _evaluate_pipelined_message(session, observation, stays)
        return
    yield finding(UNKNOWN, f"The probe did not run: {error_text(session)}.", session)


def _evaluate_pipelined_message(
    session: Observation, observation: Observation, stays: bool
) -> Finding:
    """Whether a second message, sent in the same segment as the end of the first, was rejected.

    RFC 2920 permits MAIL and RCPT there; DATA ends a group, and text before its reply is wrong.
    stays: whether the server went on after other messages, so that closing is an answer.
    """
    facts = observation["facts"]
    refused, replies = facts.get("refused"), facts.get("replies") or []
    if refused:
        sentence = f"{refusal_text(refused)}."
        return finding(UNKNOWN, sentence, session, observation, decisive=(refused["reply"],))
    if len(replies) > 1 and replies[-1]["code"] == 354:
        return finding(
            FAIL,
            "A second message, pipelined behind the end of the first, was accepted up to DATA.",
            session,
            observation,
            decisive=(replies[-1],),
        )
    rejection = _rejection(replies, bool(facts.get("closed")) and stays)
    if rejection:
        return finding(
            PASS,
            "A second message, pipelined behind the end of the first, was rejected: "
            f"{reply_text(rejection)}.",
            session,
            observation,
            decisive=(rejection,),
        )
    sentence = f"The second message was neither accepted nor rejected: {error_text(observation)}."
    return finding(UNKNOWN, sentence, session, observation, decisive=(*replies[-1:], -1))


def _rejection(replies: t.Sequence[Reply], closed: bool) -> Reply | None:
    """The reply that rejects the second message: the first that is no acceptance, if it is 5yz, or
    the last one before the server left. The same MAIL and RCPT were accepted before.
    """
    for reply in replies[1:]:
        if reply["code"] >= 400:
            return reply if reply["code"] >= 500 else None
    if replies and closed and replies[-1]["code"] != 421:
        return replies[-1]
    return None


CHECKS = (
    Check(
        id="smuggling_sync",
        title="MAIL, RCPT, DATA and text pipelined behind end-of-data get no 354 reply",
        title_failed="Second message accepted although pipelined behind end-of-data",
        group="smuggling",
        severity="low",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_sync),
        control=(
            "The same MAIL, RCPT and DATA are accepted in the same session before; a closed "
            "connection counts where the server answers QUIT after other messages."
        ),
        false_pass=("It would have to take one message a connection only."),
        impact=(
            "A smuggled message and many spam bots send everything at once, without waiting for "
            "the replies. A server that enforces the order stops them whatever ends DATA."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_unauth_pipelining = yes and "
                "reject_unauth_pipelining. Remove the override from postfix_settings and run the "
                "role again."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes (off by default before Postfix 3.9) and "
                "smtpd_data_restrictions = reject_unauth_pipelining."
            ),
            "exim": (
                "Set smtp_enforce_sync = true (the default), and remove control = no_enforce_sync."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features F.",
            "any": "Reject input that arrives after DATA but before the 354 reply.",
        },
        references=(rfc(2920, "3.1"), "https://www.postfix.org/smtp-smuggling.html"),
        peers=("smtpsmug (prints, gives no verdict)",),
    ),
)
