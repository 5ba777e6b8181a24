# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of the vantage: a rejection counts from anywhere, an acceptance only from a client that the
target has no reason to trust (RFC 2505).

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

from ..base import (
    AuditContext,
    Check,
    Observation,
    endpoint_text,
    error_text,
    finding,
    not_offered,
    rfc,
    why_not_answered,
)
from . import declared_relay, replies


def trusted_because(context: AuditContext, observation: Observation) -> str:
    """Why the target may trust the vantage as one of its own; empty when it has no reason to."""
    vantage = observation.get("vantage") or {}
    if vantage.get("same_host") or vantage.get("loopback"):
        return "the probe ran on the target itself"
    if context.untrusted:
        return ""
    if vantage.get("on_link") is None:
        return "it is not known whether the probe shares a subnet with the target"
    source = vantage.get("source", "?")
    return f"the probe ({source}) shares a subnet with the target" if vantage["on_link"] else ""


def acceptance_finding(
    context: AuditContext,
    session: Observation,
    observation: Observation,
    sentence: str,
    decisive: t.Iterable[t.Any] = (),
) -> Finding:
    """The finding for something that the target accepted: a failure, or unknown where the target
    may trust the vantage. sentence: without its full stop.
    """
    reason = trusted_because(context, observation)
    if reason:
        sentence = (
            f"{sentence}, but {reason}, so it may be trusted here; audit from an external host"
        )
    status, suspected = (UNKNOWN, SUSPECTED) if reason else (FAIL, "")
    return finding(
        status, f"{sentence}.", session, observation, decisive=decisive, reason=suspected
    )


def relay_vantage(context: AuditContext) -> list[Finding]:
    """The target has no reason to trust the vantage and sees its real address."""
    findings = [
        _vantage_finding(context, session)
        for session in context.of("smtp_session")
        if session["facts"]
    ]
    return findings or _not_reached(context)


def _vantage_finding(context: AuditContext, session: Observation) -> Finding:
    reason = trusted_because(context, session)
    address = declared_relay.address_seen_by_server(session)
    position = declared_relay.position_of(context, session)
    views = replies.views(context, session["service"], session["address"])
    accepted = [view for view in views if view.state in replies.ACCEPTANCES]
    rejected = [view for view in views if view.state in replies.REJECTIONS]
    greeted = (session["facts"].get("ehlo"),)
    if address in ("127.0.0.1", "::1", session["address"]) and not reason:
        sentence = (
            f"The server sees the audit as {address}, although the audit runs on another host: "
            "it sees every client as itself."
        )
        return finding(FAIL, sentence, session, decisive=greeted)
    if position.inside:
        sentence = f"The audit is no external client: {position.reason}. Audit from outside too."
        return finding(NOT_APPLICABLE, sentence, session, decisive=greeted, reason=NO_SUBJECT)
    if reason and accepted:
        sentence = f"A relay attempt was accepted, but {reason}; audit from an external host."
        return finding(UNKNOWN, sentence, accepted[0].evidence, decisive=accepted[0].decisive)
    if reason:
        sentence = f"No relay attempt was accepted; {reason}, but a rejection counts from anywhere."
        if rejected:
            return finding(PASS, sentence, rejected[0].evidence, decisive=rejected[0].decisive)
        return finding(PASS, sentence, session, decisive=greeted)
    sentence = f"The audit ran from {session['source']}, which the target has no reason to trust."
    return finding(PASS, sentence, session, decisive=greeted)


def _not_reached(context: AuditContext) -> list[Finding]:
    """The finding where no SMTP service answered, which a host of mailboxes need not have."""
    sessions = context.of("smtp_session")
    if any(why_not_answered(context, session) for session in sessions):
        return [Finding(UNKNOWN, "No SMTP service was reached.")]
    closed = [f"{endpoint_text(session)} ({error_text(session)})" for session in sessions]
    return not_offered(context, closed)


CHECKS = (
    Check(
        id="relay_vantage",
        title="Audit client is untrusted and not seen as the server itself (EHLO reply)",
        title_failed="Server sees external clients as its own address",
        group="relay",
        severity="high",
        evaluate=relay_vantage,
        control=(
            "None needed: the check looks at the address that the server names, not at a rejection."
        ),
        false_pass="Name another address in its reply to EHLO than the one that it decides by.",
        impact=(
            "A server behind a proxy or NAT that hides client addresses treats every client as "
            "trusted, and so relays for all of them. From a trusted address, a correctly "
            "configured server looks like an open relay too."
        ),
        fix={
            "roles": (
                "Set audit_vantage to a host outside the target's networks. Remove the address "
                "translation or proxy in front of the target."
            ),
            "postfix": (
                "Set mynetworks without the address of the proxy or NAT gateway, or pass on the "
                "client address: smtpd_upstream_proxy_protocol = haproxy on a listener that only "
                "the proxy can reach."
            ),
            "exim": (
                "Remove the proxy's address from relay_from_hosts, or pass on the client address: "
                "set hosts_proxy to the proxy."
            ),
            "opensmtpd": (
                "Set proxy-v2 on a listener that only the proxy can reach, so that the server "
                "sees the client address."
            ),
            "network": (
                "Forward SMTP without source NAT. With Docker, enable IPv6 for the network or "
                "disable the userland proxy."
            ),
            "any": (
                "Remove the proxy's address from the trusted networks, or pass on the client "
                "address (PROXY protocol)."
            ),
        },
        references=(rfc(2505, "2.1"),),
    ),
)
