# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges where we stood: a refusal is evidence from anywhere, an acceptance only from where nobody
trusts us (RFC 2505).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
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


def trusted_because(context: AuditContext, seen: Observation) -> str:
    """Why the target may have let us in as one of its own; empty when it has no reason to."""
    vantage = seen.get("vantage") or {}
    if vantage.get("same_host") or vantage.get("loopback"):
        return "the probe ran on the target itself"
    if context.untrusted:
        return ""
    if vantage.get("on_link") is None:
        return "it is not known whether the probe shares a subnet with the target"
    return (
        f"the probe ({vantage.get('source', '?')}) shares a subnet with the target"
        if vantage["on_link"]
        else ""
    )


def relay_vantage(context: AuditContext) -> list[Finding]:
    """RLY-00: nothing that was accepted was accepted because the target trusts us, and it sees us
    as we are.
    """
    findings = []
    for seen in context.of("smtp_session"):
        if not seen["facts"]:
            continue
        why = trusted_because(context, seen)
        taken = [
            view
            for view in replies.views(context, seen["service"], seen["address"])
            if view.state in replies.TAKEN
        ]
        told, where = declared_relay.seen_as(seen), declared_relay.stand(context, seen)
        if told in ("127.0.0.1", "::1", seen["address"]) and not why:
            findings.append(
                finding(
                    FAIL,
                    (
                        f"The server takes us for {told} although we are not on it: it sees every "
                        "client as itself."
                    ),
                    seen,
                )
            )
        elif where.inside:
            findings.append(
                finding(
                    NOT_APPLICABLE,
                    f"We are no stranger to it: {where.words}; look from outside too.",
                    seen,
                )
            )
        elif why and taken:
            findings.append(
                finding(
                    UNKNOWN,
                    f"Something was accepted and {why}; ask again from a host outside.",
                    seen,
                )
            )
        elif why:
            findings.append(
                finding(
                    PASS, f"Nothing was accepted; {why}, but a refusal counts from anywhere.", seen
                )
            )
        else:
            findings.append(
                finding(
                    PASS,
                    f"We spoke from {seen['source']}, which the target has no reason to trust.",
                    seen,
                )
            )
    return findings or _not_asked(context)


def _not_asked(context: AuditContext) -> list[Finding]:
    """The finding where no SMTP service answered, which a host of mailboxes need not have."""
    sessions = context.of("smtp_session")
    if any(why_not_answered(context, seen) for seen in sessions):
        return [Finding(UNKNOWN, "No SMTP service was reached.")]
    return not_offered(
        context, [f"{endpoint_text(seen)} ({error_text(seen)})" for seen in sessions]
    )


CHECKS = (
    Check(
        id="relay_vantage",
        title="The audit runs from an untrusted client whose real address the server sees",
        title_failed="Server sees external clients as its own address",
        group="relay",
        severity="high",
        evaluate=relay_vantage,
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
