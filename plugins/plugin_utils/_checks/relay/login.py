# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that neither a failed nor a cancelled AUTH exchange permits relaying (RFC 4954 section 4).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import (
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
    per_endpoint,
    reply_text,
    rfc,
)
from . import attempts, probe_parts, proof, replies, vantage
from .probe_parts import SERVICES, Part, is_positive, last_part


def _offers_auth(session: Observation) -> bool:
    facts = session["facts"]
    return "AUTH" in (facts.get("extensions_tls") or facts.get("extensions") or ())


def relay_after_failed_login(context: AuditContext, session: Observation) -> list[Finding]:
    """A failed AUTH changes nothing."""
    service, address = session["service"], session["address"]
    group = replies.views(context, service, address, login=True)
    if group:
        views = replies.views(context, service, address)
        return [attempts.group_finding(context, session, group, [*group, *views])]
    if _offers_auth(session):
        sentence = f"AUTH is offered, but no login was tried: {error_text(session)}."
        return [finding(UNKNOWN, sentence, session)]
    if "extensions" not in session["facts"]:
        sentence = f"Whether AUTH is offered was not seen: {error_text(session)}."
        return [finding(UNKNOWN, sentence, session)]
    return [_not_offered_finding(session)]


def _not_offered_finding(session: Observation) -> Finding:
    facts = session["facts"]
    ehlo = facts.get("ehlo_tls") if facts.get("extensions_tls") else facts.get("ehlo")
    return finding(
        NOT_APPLICABLE, "AUTH is not offered.", session, decisive=(ehlo,), reason=NO_SUBJECT
    )


def relay_after_cancelled_login(context: AuditContext, session: Observation) -> list[Finding]:
    """A cancelled AUTH exchange permits nothing."""
    facts = session["facts"]
    if _offers_auth(session):
        return [_cancelled_finding(context, session)]
    if "extensions_tls" in facts or ("extensions" in facts and not session["error"]):
        return [_not_offered_finding(session)]
    sentence = f"Whether AUTH is offered was not seen: {error_text(session)}."
    return [finding(UNKNOWN, sentence, session, decisive=attempts.last_line(session))]


def _cancelled_finding(context: AuditContext, session: Observation) -> Finding:
    """The finding for the replies to AUTH and to the asterisk that cancels it."""
    part = last_part(context, session, "cancelled")
    observation, cancelled = part
    if not cancelled or "end" not in cancelled:
        reason = reply_text(cancelled["auth"]) if cancelled else error_text(observation)
        decisive = (cancelled["auth"],) if cancelled else part.decisive
        sentence = f"No AUTH exchange began that could be cancelled: {reason.rstrip('.')}."
        return finding(UNKNOWN, sentence, observation, decisive=decisive)
    reply = cancelled["end"]
    if is_positive(reply):
        sentence = f"A cancelled AUTH exchange was answered {reply_text(reply).rstrip('.')}"
        return vantage.acceptance_finding(context, session, observation, sentence, (reply,))
    return _relay_finding(context, session, part)


def _relay_finding(context: AuditContext, session: Observation, part: Part) -> Finding:
    """The finding for the relay attempt after a cancelled AUTH exchange."""
    observation = part.observation
    refused = observation["facts"].get("refused")
    if refused is None:
        sentence = (
            "The relay attempt after a cancelled AUTH exchange was not answered: "
            f"{error_text(observation)}."
        )
        return finding(UNKNOWN, sentence, observation, decisive=part.decisive)
    view = probe_parts.plain_attempt(observation)
    reply, text = view.attempt["reply"], view.reply_text
    if view.state == replies.ACCEPTED:
        sentence = (
            f"After a cancelled AUTH exchange, mail to an external recipient was answered {text}"
        )
        return vantage.acceptance_finding(context, session, observation, sentence, (reply,))
    seen = proof.of_endpoint(context, session["service"], session["address"])
    if view.state in probe_parts.REJECTED and not seen.counts(view):
        return finding(UNKNOWN, seen.why_not(view), observation, decisive=(reply,))
    if view.state in probe_parts.REJECTED:
        sentence = (
            f"After a cancelled AUTH exchange, mail to an external recipient is rejected: {text}."
        )
        return finding(PASS, sentence, observation, decisive=(reply,))
    sentence = f"The relay attempt was rejected for another reason: {text}."
    return finding(UNKNOWN, sentence, observation, decisive=(reply,))


CHECKS = (
    Check(
        id="relay_after_failed_login",
        title="Relaying is rejected after a failed AUTH",
        title_failed="Failed AUTH permits relaying",
        group="relay",
        severity="high",
        opt_in="login",
        evaluate=per_endpoint(SERVICES, relay_after_failed_login),
        control="The control of relay_submission or relay_third_party, after the failed login.",
        false_pass="Count other failed logins than the one that was tried as successful.",
        impact=(
            "A server that counts a failed AUTH as a login relays for every client that tries a "
            "password. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade), and remove an SMTP proxy in front of "
                "them."
            ),
            "any": (
                "Update the server. Update or remove an SMTP proxy in front of it that answers "
                "AUTH itself."
            ),
        },
        references=(rfc(4954, "4"),),
    ),
    Check(
        id="relay_after_cancelled_login",
        title="Relaying is rejected after an AUTH exchange cancelled with *",
        title_failed="Cancelled AUTH exchange accepted as a login",
        group="relay",
        severity="high",
        evaluate=per_endpoint(SERVICES, relay_after_cancelled_login),
        control="The control of relay_submission or relay_third_party, in the same state.",
        false_pass="Count another way to end an AUTH exchange as a login.",
        impact=(
            "A server or proxy that counts an AUTH exchange cancelled with * as a login relays "
            "for every client. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade), and remove an SMTP proxy in front of "
                "them."
            ),
            "any": (
                "Update the server. Update or remove an SMTP proxy in front of it that answers "
                "AUTH itself."
            ),
        },
        references=(rfc(4954, "4"),),
    ),
)
