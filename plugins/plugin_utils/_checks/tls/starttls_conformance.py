# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of STARTTLS as a step of the session (RFC 3207 section 4): the state before it is
discarded, it is accepted once and without an argument, and a failed handshake ends the session.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    reply_text,
    rfc,
)
from . import fixes
from .endpoints import per_tls_endpoint
from .lookup import LAST_LINE, STARTTLS_SERVICES, command_lines, first_line, server_lines
from .upgrades import (
    is_permitted,
    second_starttls,
    unsolicited_reply,
    upgrades,
    why_not_asked,
)

#: A rejection of a plaintext command, in each protocol.
_REJECTED = re.compile(r"[45]\d\d|a9 (NO|BAD)|-ERR|NO|BYE|\* BYE")
#: A line that shows that a plaintext command was executed, in each protocol.
_EXECUTED = re.compile(r'^(2\d\d|a9 OK|\* CAPABILITY|\+OK|OK|")', re.MULTILINE)


def starttls_once(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    attempts = [
        attempt
        for attempt in upgrades(context, session)
        if "tls" in attempt["facts"] and not unsolicited_reply(attempt)
    ]
    unanswered = why_not_asked(context, session, "starttls")
    yield (
        unanswered
        or _accepted_argument(context, session)
        or _offered_inside_tls(session)
        or _starttls_inside_tls(session, attempts)
    )


def _accepted_argument(context: AuditContext, session: Observation) -> Finding | None:
    """The finding for STARTTLS with an argument that was accepted; None where none was."""
    attempts = [
        attempt
        for attempt in context.of("starttls_garbage", session["service"], session["address"])
        if "argument" in attempt["facts"]
    ]
    if not attempts or attempts[-1]["facts"]["argument"]["code"] >= 300:
        return None
    reply = attempts[-1]["facts"]["argument"]
    return finding(
        FAIL,
        f"STARTTLS with an argument was accepted: {reply_text(reply)}.",
        session,
        attempts[-1],
        decisive=(reply,),
    )


def _offered_inside_tls(session: Observation) -> Finding | None:
    """The finding for an EHLO reply inside TLS with STARTTLS.

    The check mailbox_capabilities_renewed reads the capabilities of mail stores inside TLS.
    """
    if "STARTTLS" not in session["facts"].get("extensions_tls", ()):
        return None
    return finding(
        FAIL,
        "STARTTLS is offered inside TLS.",
        session,
        decisive=(session["facts"].get("ehlo_tls"),),
    )


def _starttls_inside_tls(session: Observation, attempts: t.Sequence[Observation]) -> Finding:
    """The finding for the reply to STARTTLS inside TLS."""
    reply = second_starttls(attempts[-1]) if attempts else None
    if reply is None:
        return finding(
            UNKNOWN,
            "STARTTLS inside TLS was not answered.",
            session,
            *attempts[-1:],
            decisive=(LAST_LINE,),
        )
    verb = "accepted" if reply.accepted else "rejected"
    return finding(
        FAIL if reply.accepted else PASS,
        f"STARTTLS inside TLS was {verb}: {reply.text}.",
        session,
        attempts[-1],
        decisive=reply.decisive,
    )


def starttls_failure_ends(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unanswered = why_not_asked(context, session, "starttls_garbage")
    if unanswered:
        yield unanswered
        return
    attempt = context.of("starttls_garbage", session["service"], session["address"])[-1]
    facts = attempt["facts"]
    if not is_permitted(attempt):
        yield finding(
            UNKNOWN,
            "STARTTLS was rejected.",
            attempt,
            decisive=(LAST_LINE,),
        )
    elif "kind" not in facts:
        yield finding(
            UNKNOWN,
            f"No plaintext command was sent after STARTTLS: {error_text(attempt)}.",
            attempt,
            decisive=(LAST_LINE,),
        )
    elif facts["kind"] != "mail":
        yield finding(
            PASS,
            "A plaintext command after STARTTLS was not answered in plaintext.",
            attempt,
            decisive=(*command_lines(attempt)[-1:], LAST_LINE),
        )
    else:
        yield _plaintext_replies(attempt)


def _plaintext_replies(attempt: Observation) -> Finding:
    """The finding for plaintext replies after STARTTLS to a command that was sent twice."""
    first, second = [0, 0, *command_lines(attempt)][-2:]
    reply, again = first_line(attempt["facts"]["said"]), attempt["facts"].get("again")
    if not _REJECTED.match(reply):
        decisive = server_lines(attempt, first, second)
    elif again and _EXECUTED.search(again):
        decisive = server_lines(attempt, second)
    else:
        return finding(
            PASS,
            f"A plaintext command after STARTTLS was rejected: {reply}.",
            attempt,
            decisive=server_lines(attempt, first),
        )
    return finding(
        FAIL,
        f"After STARTTLS without a TLS handshake the session continues in plaintext: {reply}.",
        attempt,
        decisive=decisive,
    )


def starttls_forgets_state(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unanswered = why_not_asked(context, session, "starttls")
    attempts = [attempt for attempt in upgrades(context, session) if "starttls" in attempt["facts"]]
    begun = [attempt for attempt in attempts if "mail" in attempt["facts"]]
    if unanswered:
        yield unanswered
    elif begun and not 200 <= begun[-1]["facts"]["mail"]["code"] < 300:
        mail = begun[-1]["facts"]["mail"]
        yield finding(
            NOT_APPLICABLE,
            f"MAIL before TLS was rejected, so there is no state to discard: {reply_text(mail)}.",
            session,
            begun[-1],
            decisive=(mail,),
            reason=NO_SUBJECT,
        )
    else:
        yield _transaction_after_tls(session, attempts, begun)


def _transaction_after_tls(
    session: Observation, attempts: t.Sequence[Observation], begun: t.Sequence[Observation]
) -> Finding:
    """The finding for RCPT inside TLS after MAIL before it."""
    answered = [
        attempt
        for attempt in begun
        if attempt["facts"].get("answers") and not unsolicited_reply(attempt)
    ]
    refused = [
        attempt
        for attempt in begun
        if not attempt["params"]["inject"] and not is_permitted(attempt)
    ]
    if answered:
        facts = answered[-1]["facts"]
        rcpt = facts["answers"][0]
        return finding(
            FAIL if rcpt["code"] < 300 else PASS if rcpt["code"] == 503 else UNKNOWN,
            f"RCPT inside TLS, after MAIL before TLS, was answered {reply_text(rcpt)}.",
            session,
            answered[-1],
            decisive=(rcpt,),
        )
    if refused and any(is_permitted(attempt) for attempt in attempts):
        reply = refused[-1]["facts"]["starttls"]
        return finding(
            PASS,
            f"STARTTLS after MAIL is rejected, so no state enters TLS: {reply_text(reply)}.",
            session,
            refused[-1],
            decisive=(reply,),
        )
    return finding(
        UNKNOWN,
        "RCPT inside TLS was not answered.",
        session,
        *attempts[-1:],
        decisive=(LAST_LINE,),
    )


CHECKS = (
    Check(
        id="starttls_forgets_state",
        title="MAIL FROM sent before STARTTLS is discarded: RCPT inside TLS gets 503",
        title_failed="MAIL FROM from before STARTTLS still in effect inside TLS",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(("smtp", "submission"), starttls_forgets_state),
        control="MAIL before STARTTLS was accepted, and TLS began.",
        false_pass="It answers 503 and keeps the sender all the same.",
        impact=(
            "An attacker on the path can set the sender of a message that the client then sends "
            "inside TLS."
        ),
        fix={
            "roles": fixes.UPDATE_ROLES,
            "network": fixes.UPDATE_PROXY,
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. The server must reset the session after the "
                "handshake (RFC 3207 section 4.2)."
            ),
        },
        references=(rfc(3207, "4.2"),),
    ),
    Check(
        id="starttls_once",
        title="STARTTLS with an argument and STARTTLS inside TLS are rejected",
        title_failed="STARTTLS accepted with an argument, or offered again inside TLS",
        group="tls",
        severity="low",
        evaluate=per_tls_endpoint(STARTTLS_SERVICES, starttls_once),
        control="STARTTLS without an argument was accepted, and commands inside TLS are answered.",
        false_pass="It refuses the first STARTTLS inside TLS and accepts a later one.",
        impact=(
            "A STARTTLS implementation that violates the standard here is likely to have more "
            "serious faults."
        ),
        fix={
            "roles": fixes.UPDATE_ROLES,
            "network": fixes.UPDATE_PROXY,
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS."
            ),
        },
        references=(rfc(3207, "4"), rfc(9051, "6.2.1")),
    ),
    Check(
        id="starttls_failure_ends",
        title="A plaintext command sent after STARTTLS instead of TLS is not executed",
        title_failed="Session continues in plaintext after a failed TLS handshake",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(STARTTLS_SERVICES, starttls_failure_ends),
        control="STARTTLS was accepted in the same session.",
        false_pass="It executes a plaintext command later than the audit waits for a reply.",
        impact=(
            "An attacker on the path makes the handshake fail. Server and client then continue in "
            "plaintext, which the attacker reads."
        ),
        fix={
            "roles": fixes.UPDATE_ROLES,
            "network": fixes.UPDATE_PROXY,
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. The server must close the connection when the "
                "handshake fails."
            ),
        },
        references=(rfc(3207, "4.1"), rfc(9051, "6.2.1")),
    ),
)
