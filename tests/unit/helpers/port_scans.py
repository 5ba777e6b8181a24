# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Observations of ports beside the registered ones, and what a check makes of them."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

#: The address of the target, and that of the vantage.
ADDRESS, VANTAGE = "192.0.2.25", "203.0.113.66"
Observation = dict[str, t.Any]
#: The states of ports, in the order of the lines of a scan.
STATES = (other_ports.OPEN, other_ports.REFUSED, other_ports.SILENT, other_ports.UNREACHABLE)


def observed(
    probe: str, service: str, port: int, facts: Observation, error: str = "", **more: t.Any
) -> Observation:
    """An observation as a driver writes it."""
    job = _model.Job(
        probe,
        "mx1.example.org",
        service,
        more.pop("address", ADDRESS),
        port,
        more.pop("params", {}),
    )
    source = more.pop("source", VANTAGE if facts else "")
    vantage = {
        "source": source,
        "same_host": False,
        "loopback": False,
        "on_link": more.pop("on_link", False),
    }
    failure = {"kind": error, "text": error} if error else None
    return _model.observation(
        job, facts, failure, [["*", "x"]], {"source": source, "vantage": vantage}
    )


def session(service: str = "smtp", error: str = "", **more: t.Any) -> Observation:
    """A session that was reached, or not."""
    kind = "smtp_session" if _model.SERVICES[service].protocol == "smtp" else "mailstore_session"
    return observed(
        kind,
        service,
        _model.SERVICES[service].port,
        {} if error else {"ehlo": {"code": 250}},
        error,
        **more,
    )


def port_scan(states: t.Mapping[int, str], **more: t.Any) -> Observation:
    """A port scan of an address, with a line for each state."""
    source = VANTAGE if other_ports.OPEN in states.values() else ""
    scan = observed(
        "port_scan",
        other_ports.SIDE,
        24,
        {"ports": {str(port): state for port, state in states.items()}},
        source=source,
        **more,
    )
    lines = [
        [
            "*",
            f"{state}: {', '.join(str(port) for port, found in states.items() if found == state)}",
        ]
        for state in STATES
        if state in states.values()
    ]
    return {**scan, "transcript": lines}


def port_session(port: int, error: str = "", **facts: t.Any) -> Observation:
    """A session with another port."""
    return observed("other_port_session", other_ports.SIDE, port, facts, error, source=VANTAGE)


def _context(
    observations: t.Sequence[Observation],
    profile: str = "baseline",
    untrusted: bool = False,
    **target: t.Any,
) -> base.AuditContext:
    host = _target.target(
        {"name": "mx1.example.org", "addresses": [ADDRESS], "services": ["smtp"], **target}
    )
    return base.AuditContext(
        host,
        tuple(observations),
        policy.policy(profile),
        evaluate.moment(),
        host.addresses,
        untrusted,
    )


def evaluated(
    check: str, observations: t.Sequence[Observation], profile: str = "baseline", **options: t.Any
) -> Observation:
    """The verdict of one check. options: untrusted, and properties of the target."""
    context = _context(observations, profile, **options)
    return evaluate.evaluate(context, evaluate.choose([check]))[0]


def findings(
    check: str, observations: t.Sequence[Observation], **options: t.Any
) -> list[_model.Finding]:
    """What one check finds. options: as in evaluated."""
    return evaluate.choose([check])[0].evaluate(_context(observations, **options))


def verdict(check: str, observations: t.Sequence[Observation], **options: t.Any) -> tuple[str, str]:
    """Status and sentence of one check."""
    result = evaluated(check, observations, **options)
    return result["status"], result["sentence"]
