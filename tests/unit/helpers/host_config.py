# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Evaluates a check of the group host on a few facts, and shows what decided."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base as checks_base,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import base

NAME, ADDRESS, ADDRESS6 = "mx1.example.org", "192.0.2.25", "2001:db8::25"
NOW = evaluate.moment("2026-11-22T22:00:00+00:00")


def observation(probe: str, service: str = "host", **parts: t.Any) -> dict[str, t.Any]:
    """One observation of a probe. parts: address, port, params, facts, error, transcript."""
    known = {"address": "", "port": 0, "params": {}, "facts": {}, "error": None, "transcript": []}
    values = {**known, **parts}
    job = _model.Job(probe, NAME, service, values["address"], values["port"], values["params"])
    return _model.observation(
        job, values["facts"], values["error"], values["transcript"], {"source": ""}
    )


def context(
    facts: t.Mapping[str, t.Any],
    seen: t.Sequence[dict[str, t.Any]] = (),
    **policy_changes: t.Any,
) -> checks_base.AuditContext:
    """The context of a host with these facts, beside what was seen from outside."""
    target = _target.target(
        {"name": NAME, "addresses": [ADDRESS, ADDRESS6], "domains": ["example.org"]}
    )
    whole = {"missing": {}, "addresses": [ADDRESS, ADDRESS6], "listeners": [], **facts}
    host = observation(base.PROBE, facts=whole)
    return checks_base.AuditContext(
        target,
        (host, *seen),
        policy.policy("baseline", policy_changes),
        NOW,
        target.addresses,
        untrusted=True,
    )


def config(facts: t.Mapping[str, t.Any], **policy_changes: t.Any) -> base.HostConfig:
    """The configuration of a host with these facts."""
    return base.HostConfig(context(facts, **policy_changes), facts)


def findings(
    check: str,
    facts: t.Mapping[str, t.Any],
    seen: t.Sequence[dict[str, t.Any]] = (),
    **policy_changes: t.Any,
) -> list[_model.Finding]:
    """The findings of a check, worst first."""
    found = evaluate.choose([check])[0].evaluate(context(facts, seen, **policy_changes))
    return sorted(found, key=lambda finding: _model.STATUSES.index(finding.status))


def decisive_text(finding: _model.Finding) -> list[str]:
    """The lines that decided."""
    return [finding.transcript[index][1] for index in finding.decisive]


def postfix(
    services: t.Mapping[str, t.Mapping[str, str]] | None = None, **defaults: str
) -> dict[str, t.Any]:
    """The facts of a Postfix with smtpd services, each with parameters of its own."""
    listed = {
        name: {"command": "smtpd", "chroot": "y", "parameters": dict(parameters)}
        for name, parameters in (services or {}).items()
    }
    return {
        "postfix": {
            "version": "3.10",
            "main": {"mynetworks": ""},
            "services": listed,
            "defaults": {"mail_version": "3.10", **defaults},
            "tables": {},
        }
    }
