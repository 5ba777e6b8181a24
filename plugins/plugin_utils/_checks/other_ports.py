# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of ports beside the registered ones: open, refused, silent (RFC 5321 section 7.9).

A port that refuses connections is closed. A silent one is not known to be: a firewall near the
host, a firewall near the vantage and a lost packet look alike. Where services are declared and one
of them answers at the same address, silence agrees with the declaration, and the sentence says so.
Without a declaration, or where nothing answers, silence is unknown.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports

from .base import AuditContext, Evaluator, Observation, answered, error_text, finding

EvaluateScan = t.Callable[[AuditContext, Observation], t.Iterable[Finding]]
#: The service that findings about such ports name.
SERVICE = "other_port"
#: How many ports a sentence names.
MAX_NAMED = 6
#: The states of ports, in the order of the lines of a port scan.
_STATES = (
    other_ports.OPEN,
    other_ports.REFUSED,
    other_ports.SILENT,
    other_ports.UNREACHABLE,
)


def at_each_address(evaluate_scan: EvaluateScan) -> Evaluator:
    """An evaluator of the port scan of every address."""

    @functools.wraps(evaluate_scan)
    def evaluate(context: AuditContext) -> list[Finding]:
        target = context.target
        if not target.other_ports and not target.extra_ports and not target.services:
            sentence = "No other ports are scanned (other_ports: []), and no services are declared."
            return [Finding(NOT_APPLICABLE, sentence, reason=NOT_REQUESTED)]
        if not context.addresses:
            return [Finding(UNKNOWN, f"The name {target.name} has no address here.")]
        return [
            item
            for address in context.addresses
            for item in _evaluate_address(context, address, evaluate_scan)
        ]

    return evaluate


def _evaluate_address(
    context: AuditContext, address: str, evaluate_scan: EvaluateScan
) -> t.Iterable[Finding]:
    scans = context.of("port_scan", other_ports.SIDE, address)
    if not scans and not context.target.other_ports and not context.target.extra_ports:
        return evaluate_scan(context, _empty_scan(context, address))
    if not scans or "ports" not in scans[0]["facts"]:
        why = f": {error_text(scans[0])}" if scans and scans[0]["error"] else ""
        sentence = f"No other ports were scanned at this address{why}."
        return [Finding(UNKNOWN, sentence, SERVICE, address)]
    scan = scans[0]
    if other_ports.everything(scan):
        sentence = (
            f"Each of {len(scan['facts']['ports'])} ports accepts connections: a device in front "
            "of the host answers for it, so open and closed ports look alike."
        )
        decisive = state_lines(scan, other_ports.OPEN)
        return [port_finding(UNKNOWN, sentence, scan, decisive=decisive)]
    return evaluate_scan(context, scan)


def _empty_scan(context: AuditContext, address: str) -> Observation:
    """The scan of an address where no ports are to be scanned."""
    job = _model.Job("", context.target.key, other_ports.SIDE, address, 0, {})
    return _model.observation(job, {"ports": {}}, None, [], {})


def port_finding(
    status: str,
    sentence: str,
    scan: Observation,
    port: int = 0,
    session: Observation | None = None,
    decisive: t.Iterable[t.Mapping[str, t.Any] | int | None] = (),
    reason: str = "",
) -> Finding:
    """A finding about a port of a scanned address, or about several (0).

    session: the session with the port, where it is the evidence.
    """
    endpoint = scan.copy()
    endpoint["service"], endpoint["port"] = SERVICE, port
    return finding(status, sentence, endpoint, session, decisive=decisive, reason=reason)


def state_lines(scan: Observation, *states: str) -> list[int]:
    """The lines of a port scan that list the ports in some states."""
    present = [state for state in _STATES if state in scan["facts"]["ports"].values()]
    return [index for index, state in enumerate(present) if state in states]


def ports_in_state(scan: Observation, *states: str) -> list[int]:
    """The ports that a scan found in one of some states."""
    return [int(port) for port, state in scan["facts"]["ports"].items() if state in states]


def port_list(ports: t.Sequence[int]) -> str:
    """The first ports as text, and how many more there are."""
    named = ", ".join(map(str, ports[:MAX_NAMED]))
    return named if len(ports) <= MAX_NAMED else f"{named} and {len(ports) - MAX_NAMED} more"


def session_with_port(context: AuditContext, scan: Observation, port: int) -> Observation | None:
    """The session with a port in which the server sent something, else the last one."""
    sessions = [
        session
        for session in context.of("other_port_session", other_ports.SIDE, scan["address"])
        if session["port"] == port
    ]
    answered_sessions = [
        session
        for session in sessions
        if session["facts"].get("kind", other_ports.NOTHING) != other_ports.NOTHING
    ]
    return next(iter(answered_sessions or sessions[-1:]), None)


def _mail_service_answers(context: AuditContext, address: str) -> bool:
    """Whether a mail service answers at an address."""
    return any(answered(session) for session in context.sessions(address=address))


def ports_not_open(
    context: AuditContext, scan: Observation, declared: t.Sequence[int] = ()
) -> t.Iterable[Finding]:
    """What is known of the undeclared ports that are not open."""
    refused = [port for port in ports_in_state(scan, other_ports.REFUSED) if port not in declared]
    silent = [
        port
        for port in ports_in_state(scan, other_ports.SILENT, other_ports.UNREACHABLE)
        if port not in declared
    ]
    if silent:
        yield _silent_ports(context, scan, refused, silent)
    elif refused:
        yield _refused_ports(context, scan, refused)


def _count_refused(refused: t.Sequence[int]) -> str:
    if len(refused) == 1:
        return "1 port refuses connections"
    return f"{len(refused)} ports refuse connections"


def _refused_ports(context: AuditContext, scan: Observation, refused: t.Sequence[int]) -> Finding:
    """All are refused: closed, where a mail service shows that this is the host."""
    decisive = state_lines(scan, other_ports.REFUSED)
    if any(_mail_service_answers(context, address) for address in context.addresses):
        sentence = f"{_count_refused(refused)} ({port_list(refused)})."
        return port_finding(PASS, sentence, scan, decisive=decisive)
    sentence = (
        f"{_count_refused(refused)}, but no mail service answers on this host, so the address may "
        "belong to another one."
    )
    return port_finding(UNKNOWN, sentence, scan, decisive=decisive)


def _silent_ports(
    context: AuditContext,
    scan: Observation,
    refused: t.Sequence[int],
    silent: t.Sequence[int],
) -> Finding:
    """Some are silent: this agrees with a declaration, and is unknown otherwise."""
    noun = "port" if len(silent) == 1 else "ports"
    state = f"no answer from {noun} {port_list(silent)}"
    state = f"{_count_refused(refused)}; {state}" if refused else state.capitalize()
    if not _mail_service_answers(context, scan["address"]):
        status = UNKNOWN
        reason = "No mail service answers at this address either, so their state is unknown."
    elif not context.target.services:
        status = UNKNOWN
        reason = (
            "They may be open to others: declare services if no other port is meant to be open, or "
            "run the audit from another network."
        )
    elif not context.policy["silent_ports"]:
        status, reason = UNKNOWN, "The policy demands that they refuse connections (silent_ports)."
    else:
        status = PASS
        reason = "They may be behind a firewall, which may let other clients pass."
    decisive = state_lines(scan, other_ports.REFUSED, other_ports.SILENT, other_ports.UNREACHABLE)
    return port_finding(status, f"{state}. {reason}", scan, decisive=decisive)
