# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of dual-stack hosts: each service answers on the IPv4 and IPv6 addresses of the name
(RFC 5321 section 5.2).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns.queries import addresses
from ..base import Check, Observation, answered, endpoint_text, error_text, rfc
from .lookup import StoredAnswers, per_host


def dual_stack(view: StoredAnswers) -> t.Iterable[Finding]:
    ipv4, ipv6 = view.replay(addresses(view.subject))
    if not ipv4.records and not ipv6.records:
        yield view.finding(UNKNOWN, "The name has no address.", ipv4, ipv6)
    elif not ipv4.records:
        text = "The name has no IPv4 address; senders and clients without IPv6 cannot reach it."
        yield view.finding(FAIL, text, ipv4, ipv6, decisive=[ipv4])
    elif not ipv6.records:
        yield view.finding(NOT_APPLICABLE, "The name has no IPv6 address.", ipv6, reason=NO_SUBJECT)
    else:
        sessions = view.context.sessions()
        tested = {session["address"] for session in sessions}
        untested = [text for text in (*ipv4.records, *ipv6.records) if text not in tested]
        if untested:
            text = f"The name has the addresses {', '.join(untested)}, which were not tested."
            yield view.finding(UNKNOWN, text, ipv4, ipv6, records=untested)
            return
        findings = [
            found for service in _model.SERVICES for found in _missing(view, service, sessions)
        ]
        yield from findings or [
            view.finding(PASS, "The same services answer on IPv4 and IPv6.", ipv4, ipv6)
        ]


def _missing(
    view: StoredAnswers, service: str, sessions: t.Sequence[Observation]
) -> t.Iterable[Finding]:
    """A finding for each address on which a service does not answer, although it does on
    another.
    """
    own = [session for session in sessions if session["service"] == service]
    answering = next((session for session in own if answered(session)), None)
    if answering is None:
        return
    for session in own:
        if not answered(session):
            refused = (session["error"] or {}).get("kind") == "connect_refused"
            text = (
                f"{endpoint_text(answering)} answers, but {endpoint_text(session)}: "
                f"{error_text(session)}."
            )
            yield view.endpoint_finding(FAIL if refused else UNKNOWN, text, session)


CHECKS = (
    Check(
        id="dual_stack",
        title="Each mail service answers on all A and AAAA addresses of the host",
        title_failed="Mail service missing on one of the host's addresses, or no A record",
        group="dns",
        severity="low",
        evaluate=per_host(dual_stack),
        control=(
            "None needed: a service that answers on one address of the host is compared with "
            "the others."
        ),
        false_pass="What answers at an address is another host.",
        impact=(
            "Clients on one IP version wait for a timeout each time, or cannot reach the host at "
            "all. Operators on the other version do not notice."
        ),
        fix={
            "roles": (
                "Set postfix_inet_protocols: all and open the firewall for IPv4 and IPv6, or "
                "remove the AAAA record."
            ),
            "postfix": "Set inet_protocols = all and inet_interfaces = all.",
            "exim": "Set disable_ipv6 = false, and list no single addresses in local_interfaces.",
            "dovecot": "Set listen = *, ::.",
            "opensmtpd": "Set listen on for both the IPv4 and the IPv6 address.",
            "dns": "Remove the AAAA record if the host has no IPv6, and publish an A record.",
            "network": "Open the same ports for IPv4 and IPv6.",
        },
        references=(rfc(5321, "5.2"),),
        peers=("Internet.nl",),
    ),
)
