# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the open ports of a host are those that are declared, no more and no less.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _declared
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports

from .base import AuditContext, Check, Observation, connected, error_text, finding
from .mailstore_replies import greeting_lines
from .other_ports import (
    at_each_address,
    port_finding,
    ports_in_state,
    ports_not_open,
    session_with_port,
    state_lines,
)
from .relay.vantage import trusted_because


def ports_as_declared(context: AuditContext, scan: Observation) -> t.Iterable[Finding]:
    """Each declared port is open, and no other one."""
    declared = context.target.extra_ports
    for port in ports_in_state(scan, other_ports.OPEN):
        if port in declared:
            yield port_finding(
                PASS,
                "The port is open, as declared.",
                scan,
                port,
                decisive=state_lines(scan, other_ports.OPEN),
            )
        else:
            yield _undeclared_port(context, scan, port)
    for state in (other_ports.REFUSED, other_ports.SILENT, other_ports.UNREACHABLE):
        for port in ports_in_state(scan, state):
            if port in declared:
                yield port_finding(
                    UNKNOWN,
                    "The port is declared but cannot be reached.",
                    scan,
                    port,
                    decisive=state_lines(scan, state),
                )
    yield from _registered_ports(context, scan["address"])
    yield from ports_not_open(context, scan, declared)


def _undeclared_port(context: AuditContext, scan: Observation, port: int) -> Finding:
    """An open port that nobody declared, with what answers there."""
    session = session_with_port(context, scan, port)
    details = f"{_usual_service(port)}{_greeting_or_error(session)}"
    trusted = trusted_because(context, scan)
    if trusted:
        sentence = (
            f"The port is open to this vantage but not declared{details}, but {trusted}; run the "
            "audit from an external host."
        )
        status = UNKNOWN
    else:
        sentence = f"The port is open to external clients but not declared{details}."
        status = FAIL
    if session is None:
        return port_finding(
            status, sentence, scan, port, decisive=state_lines(scan, other_ports.OPEN)
        )
    decisive = (session["facts"].get("greeting") or -1,)
    return port_finding(status, sentence, scan, port, session, decisive)


def _usual_service(port: int) -> str:
    """What usually listens on a port."""
    if port not in _declared.OTHER_PORTS:
        return ""
    return f"; its usual service is {_declared.OTHER_PORTS[port]}"


def _greeting_or_error(session: Observation | None) -> str:
    """What the server sent on a port, or what went wrong."""
    if session is None:
        return ""
    greeting = session["facts"].get("greeting")
    if greeting:
        return f"; greeting: {greeting['code']} {greeting['text'][:120].rstrip('.')}"
    return f"; {error_text(session)}" if session["error"] else ""


def _registered_ports(context: AuditContext, address: str) -> t.Iterable[Finding]:
    """Registered mail ports, where services are declared."""
    services = context.target.services
    if not services:
        return
    sessions = context.sessions(address=address)
    for session in sessions:
        reachable = connected(session)
        if session["service"] in services:
            yield _declared_service(session, reachable)
        elif reachable:
            yield _undeclared_service(context, session)


def _declared_service(session: Observation, reachable: bool) -> Finding:
    if reachable:
        sentence = "The service answers, as declared."
        return finding(PASS, sentence, session, decisive=greeting_lines(session))
    sentence = f"The service is declared but cannot be reached: {error_text(session)}."
    return finding(UNKNOWN, sentence, session, decisive=(-1,))


def _undeclared_service(context: AuditContext, session: Observation) -> Finding:
    trusted = trusted_because(context, session)
    sentence = "The service answers although it is not declared"
    if trusted:
        sentence += f", but {trusted}; run the audit from an external host."
        return finding(UNKNOWN, sentence, session, decisive=greeting_lines(session))
    return finding(FAIL, f"{sentence}.", session, decisive=greeting_lines(session))


CHECKS = (
    Check(
        id="ports_as_declared",
        title="Of the mail, filter, database and admin ports, only the declared are open",
        title_failed="Undeclared port open",
        group="conformance",
        severity="high",
        evaluate=at_each_address(ports_as_declared),
        control=(
            "A mail service has to answer before refused or silent ports count; silence counts "
            "only where services are declared and the policy permits it."
        ),
        false_pass=(
            "It would have to listen on a port that is not scanned, or close its ports to this "
            "vantage alone."
        ),
        impact=(
            "Filters, policy services, databases and their web pages often need no password. An "
            "attacker can read mail there, disable the filter or send through it."
        ),
        fix={
            "roles": (
                "The roles open no other ports. Declare the intended ones: audit_services for "
                "mail, audit_extra_ports for the rest."
            ),
            "network": "Block all undeclared ports, on IPv4 and IPv6 alike.",
            "any": (
                "Bind each daemon to 127.0.0.1 and ::1 or to a Unix socket (ss -ltnp lists what "
                "listens). Publish container ports as 127.0.0.1:PORT."
            ),
        },
        references=(
            "https://www.postfix.org/SMTPD_POLICY_README.html",
            "https://redis.io/docs/latest/operate/oss_and_stack/management/security/",
        ),
        peers=("nmap (a scan)",),
    ),
)
