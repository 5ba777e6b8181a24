# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that every address of a host rejects relaying, on every SMTP service.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    NOT_OFFERED,
    UNKNOWN,
    Finding,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    connected,
    error_text,
    finding,
    not_connected_by_policy,
    rfc,
)
from . import attempts, fixes, replies


def relay_every_address(context: AuditContext) -> list[Finding]:
    """Every address of the host was seen to reject relaying."""
    if not context.addresses:
        return [Finding(UNKNOWN, f"The name {context.target.name} has no address here.")]
    return [item for address in context.addresses for item in _evaluate_address(context, address)]


def _evaluate_address(context: AuditContext, address: str) -> list[Finding]:
    """One finding for each service that answers at an address, or one that says why none does."""
    sessions = context.of("smtp_session", "", address)
    answering = [session for session in sessions if session["facts"]]
    services = {session["service"] for session in answering}
    silent = [
        session for session in sessions if session["service"] not in services and connected(session)
    ]
    if answering or silent:
        return [
            *(_evaluate_service(context, session) for session in answering),
            *(_silent_finding(session) for session in silent),
            *_unreachable_findings(context, sessions),
        ]
    refused = [
        session for session in sessions if (session["error"] or {}).get("kind") == "connect_refused"
    ]
    if sessions and len(refused) == len(sessions):
        sentence = "No SMTP port is open at this address."
        return [Finding(NOT_APPLICABLE, sentence, address=address, reason=NOT_OFFERED)]
    reason = error_text(sessions[0]) if sessions else "no service was probed"
    sentence = (
        f"No service at this address answered: {reason}. Audit from a host that can reach it, or "
        "set addresses to those to audit."
    )
    return [Finding(UNKNOWN, sentence, address=address)]


def _silent_finding(session: Observation) -> Finding:
    """The finding for a port that took the connection and answered nothing that can be judged."""
    sentence = f"The port took the connection, but relaying was not tested: {error_text(session)}."
    return finding(UNKNOWN, sentence, session, decisive=attempts.last_line(session))


def _unreachable_findings(
    context: AuditContext, sessions: list[Observation]
) -> t.Iterator[Finding]:
    """The finding for port 25 that could not be reached, beside other services that could: it may
    relay for others.
    """
    for session in sessions:
        if session["service"] != "smtp" or session["facts"] or connected(session):
            continue
        if not not_connected_by_policy(context, session):
            sentence = f"Port 25 was not reached, so it may relay: {error_text(session)}."
            yield finding(UNKNOWN, sentence, session, decisive=attempts.last_line(session))


def _evaluate_service(context: AuditContext, session: Observation) -> Finding:
    views = replies.views(context, session["service"], session["address"])
    group = [view for view in views if view.attempt["form"] == "plain"]
    if not group:
        return attempts.no_attempt_finding(session)
    return attempts.group_finding(context, session, group, views)


CHECKS = (
    Check(
        id="relay_every_address",
        title="Every IPv4 and IPv6 address rejects relaying on ports 25, 587 and 465",
        title_failed="Open relay on one of the host's addresses",
        group="relay",
        severity="critical",
        evaluate=relay_every_address,
        control=(
            "On port 25 the control of relay_third_party, on 587 and 465 that of "
            "relay_submission, at each address; port 25 refuses connections or is judged too."
        ),
        false_pass=(
            "Reject external recipients for a reason of their own, in words that do not name "
            "it, while it relays for others."
        ),
        impact=(
            "Address translation in front of a container (often for IPv6 only) makes every client "
            "look local, so that one address of the host is an open relay. Spammers send through "
            "the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only. Let clients reach the host without address "
                "translation, on IPv4 and IPv6."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                "reject_unauth_destination and mynetworks = 127.0.0.0/8 [::1]/128. List in "
                "relay_domains only domains that the host is a backup MX for. Compare the client "
                "addresses in the log for IPv4 and IPv6."
            ),
            "exim": (
                "In acl_smtp_rcpt, accept a recipient only in +local_domains or "
                "+relay_to_domains, or from an authenticated client. Set hostlist "
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets=''). Compare the "
                "client addresses in the log for IPv4 and IPv6."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "sendmail": fixes.SENDMAIL,
            "courier": fixes.COURIER,
            "network": (
                "Give containers their own IPv6 network, or disable the userland proxy, so that "
                "clients arrive with their own address."
            ),
            "any": (
                "Accept a recipient outside the host's own domains only from an authenticated "
                "client or an explicitly trusted network. Find the listener of each address with "
                "ss -ltnp."
            ),
        },
        references=(rfc(2505, "2.1"),),
    ),
)
