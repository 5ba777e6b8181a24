# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Verdicts on a host of which a part cannot be reached from the vantage."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

from .recordings import NOW, recorded

IPV4, IPV6 = "198.18.0.25", "2001:db8::25"
TARGET = _target.target({"name": "mx1.example.org"})
SILENT = ("timeout", "no answer to the connection attempt within 6 s")
NO_ROUTE = ("unreachable", "cannot connect: no route")
#: Checks of port 25 and of other ports, that pass where their recordings are all there is.
CHECKS = (
    *("relay_third_party", "relay_every_address", "relay_submission"),
    *("mx_takes_cleartext", "pop3_capabilities", "dual_stack"),
)
Observation = dict[str, t.Any]
Verdict = dict[str, t.Any]


def unanswered(service: str, error: tuple[str, str], address: str = IPV4) -> Observation:
    """A session for which TCP did not connect."""
    described = _model.SERVICES[service]
    probe = "smtp_session" if described.protocol == "smtp" else "mailstore_session"
    job = _model.Job(probe, TARGET.name, service, address, described.port, {})
    stored = {"kind": error[0], "text": error[1]}
    found = _model.observation(job, {}, stored, [["*", error[1]]], {"source": ""})
    return dict(found)


def without_ipv6() -> list[Observation]:
    """Sessions with the IPv6 address of a dual-stack host, from a vantage that has none."""
    return [unanswered(service, NO_ROUTE, IPV6) for service in _model.SERVICES]


def silent() -> list[Observation]:
    """Sessions with a host that takes no connection."""
    return [unanswered(service, SILENT) for service in _model.SERVICES]


def answered(without: t.Container[str] = ()) -> list[Observation]:
    """What a host answers that passes, without some services."""
    return [
        observation
        for check in CHECKS
        if check != "dual_stack"
        for observation in recorded(check)["pass"]["observations"]
        if observation["service"] not in without
    ]


def context(
    observations: t.Sequence[Observation], domains: t.Sequence[str] = ("example.org",)
) -> base.AuditContext:
    """Observations of the target, from a vantage that it does not trust."""
    target = dataclasses.replace(TARGET, domains=tuple(domains))
    addresses = dict.fromkeys(
        seen["address"] for seen in observations if seen["service"] in _model.SERVICES
    )
    return base.AuditContext(
        target, tuple(observations), policy.policy(), NOW, tuple(addresses), untrusted=True
    )


def verdicts(
    observations: t.Sequence[Observation],
    checks: t.Sequence[str] = CHECKS,
    domains: t.Sequence[str] = ("example.org",),
) -> list[Verdict]:
    """Verdicts on observations of the target."""
    return evaluate.evaluate(context(observations, domains), evaluate.choose(checks))


def port_25_blocked(target: str = TARGET.name) -> list[Verdict]:
    """Verdicts on a host whose port 25 is not reachable."""
    seen = [*answered(without=("smtp",)), unanswered("smtp", SILENT)]
    return [{**verdict, "target": target} for verdict in verdicts(seen)]
