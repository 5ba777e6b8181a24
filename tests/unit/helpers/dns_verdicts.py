# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Contexts of DNS checks: from recorded observations, or from zones with made-up records."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import recording

Observation = dict[str, t.Any]


def recorded(check: str, status: str, **target: t.Any) -> base.AuditContext:
    """The context of a recorded fixture, with changes of the target."""
    entry = recording(check, status)
    host = _target.target({**entry["target"], **target})
    return base.AuditContext(
        host,
        tuple(entry["observations"]),
        policy.policy(),
        evaluate.moment(entry["now"]),
        host.addresses,
    )


def verdict(check: str, context: base.AuditContext) -> dict[str, t.Any]:
    """The verdict of one check."""
    return evaluate.evaluate(context, evaluate.choose([check]))[0]


def decisive_lines(check: str, context: base.AuditContext) -> list[list[str]]:
    """The lines that decided, of each piece of evidence with the status of the verdict."""
    found = verdict(check, context)
    return [
        [entry["transcript"][index][1] for index in entry["decisive"]]
        for entry in found["evidence"]
        if entry["status"] == found["status"]
    ]


def replaced(
    context: base.AuditContext, observations: t.Iterable[Observation]
) -> base.AuditContext:
    """The context with other observations."""
    return dataclasses.replace(context, observations=tuple(observations))


def without(
    context: base.AuditContext, chosen: t.Callable[[Observation], bool]
) -> base.AuditContext:
    """The context without some observations."""
    return replaced(context, [seen for seen in context.observations if not chosen(seen)])


def changed(
    context: base.AuditContext, chosen: t.Callable[[Observation], bool], **parts: t.Any
) -> base.AuditContext:
    """The context with other parts of some observations."""
    return replaced(
        context, [{**seen, **parts} if chosen(seen) else seen for seen in context.observations]
    )


def with_facts(
    context: base.AuditContext, record_type: str, probe: str = "dns", **facts: t.Any
) -> base.AuditContext:
    """The context with other facts of the answers of a type, or of another probe."""
    return replaced(
        context,
        [
            {**seen, "facts": {**seen["facts"], **facts}}
            if seen["facts"]
            and seen["probe"] == probe
            and seen["params"].get("type", "") == record_type
            else seen
            for seen in context.observations
        ],
    )


def with_records(
    context: base.AuditContext, record_type: str, records: t.Sequence[str]
) -> base.AuditContext:
    """The context with other records in the answers of a type that have records."""
    observations = []
    for seen in context.observations:
        if seen["params"].get("type") == record_type and seen["facts"].get("records"):
            lines = [seen["transcript"][0], *(["S", f"{record_type} {text}"] for text in records)]
            facts = {**seen["facts"], "records": list(records)}
            observations.append({**seen, "facts": facts, "transcript": lines})
        else:
            observations.append(seen)
    return replaced(context, observations)
