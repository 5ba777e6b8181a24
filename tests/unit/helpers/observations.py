# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Observations made up for one test, and what a check makes of them."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import mailstore_session
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

from .recordings import decisive_lines
from .transcript import Item, play

NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
TARGET = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
ADDRESS = "192.0.2.25"
TIMEOUT = {"kind": "timeout", "text": "no whole answer within 20 s"}
RECIPIENTS = {
    "bare": "<postmaster>",
    "postmaster": "<postmaster@example.org>",
    "unknown": "<nobody@example.org>",
}


def reply(code: int, text: str = "x", enhanced: str = "") -> dict[str, t.Any]:
    """A stored SMTP reply."""
    return {"code": code, "enhanced": enhanced, "text": text}


def observed(
    probe: str, facts: dict[str, t.Any], error: t.Any = None, service: str = "smtp", **params: t.Any
) -> dict[str, t.Any]:
    """An observation of a service at its registered port."""
    job = _model.Job(
        probe,
        TARGET.name,
        service,
        ADDRESS,
        _model.SERVICES[service].port,
        {"recipients": RECIPIENTS, **params},
    )
    return _model.observation(job, facts, error, [], {"source": "192.0.2.1"})


def findings(
    check_id: str, *observations: dict[str, t.Any], changes: dict[str, t.Any] | None = None
) -> list[_model.Finding]:
    """What a check finds in some observations."""
    context = base.AuditContext(
        TARGET, observations, policy.policy("baseline", changes), NOW, (ADDRESS,)
    )
    return evaluate.choose([check_id])[0].evaluate(context)


def evaluated(
    check_id: str, *observations: dict[str, t.Any], changes: dict[str, t.Any] | None = None
) -> tuple[str, str]:
    """Status and sentence of the worst finding."""
    found = findings(check_id, *observations, changes=changes)
    worst = min(found, key=lambda item: _model.STATUSES.index(item.status))
    return worst.status, worst.sentence


def status_beside_session(
    check_id: str, probe: str, facts: dict[str, t.Any], error: t.Any = None
) -> str:
    """The status of a check that evaluates a probe beside an SMTP session."""
    session = observed("smtp_session", {"greeting": reply(220)})
    return evaluated(check_id, session, observed(probe, facts, error))[0]


def played_mailstore_session(service: str, script: t.Sequence[Item]) -> dict[str, t.Any]:
    """The session of the probe with a server that follows a script."""
    described = _model.SERVICES[service]
    params = {
        "protocol": described.protocol,
        "implicit_tls": described.implicit_tls,
        "server_name": TARGET.name,
    }
    played = play(mailstore_session.session, params, script)
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    observation = observed("mailstore_session", played.facts, error, service, **params)
    return {**observation, "transcript": played.transcript}


def mailstore_decisive_lines(
    check_id: str, status: str, service: str, script: t.Sequence[Item]
) -> list[str]:
    """The decisive lines of a check that evaluates a played session."""
    session = played_mailstore_session(service, script)
    context = base.AuditContext(TARGET, (session,), policy.policy(), NOW, (ADDRESS,))
    return decisive_lines(check_id, context, status)
