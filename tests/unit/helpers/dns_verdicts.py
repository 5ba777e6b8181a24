# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Contexts of DNS checks: from recorded observations, or from zones with made-up records."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import (
    queries,
    spf_record,
    target_queries,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.fields import RecordError
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


#: Facts of an answer in place of its records, or the kind of its error.
Zone = t.Mapping[tuple[str, str], t.Sequence[str] | str]


def of_zone(zone: Zone, ad: bool = False, **target: t.Any) -> base.AuditContext:
    """The context of a target whose names are those of a small zone, by name and type. A name that
    is not in it does not exist; a text in place of records is the kind of an error.
    """
    host = _target.target({"name": "mx1.example.org", "domains": ["example.org"], **target})
    seen: dict[queries.Question, Observation] = {}
    for lookup in target_queries.lookups(host, host.addresses):
        try:
            queries.replay(lookup, lambda question: _stored(zone, ad, seen, question))
        except (queries.UnseenError, RecordError, spf_record.PermError):
            continue
    return base.AuditContext(
        host,
        t.cast("t.Any", tuple(seen.values())),
        policy.policy(),
        datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC),
        host.addresses,
    )


def _stored(
    zone: Zone,
    ad: bool,
    seen: dict[queries.Question, Observation],
    question: queries.Question,
) -> queries.Answer:
    found = zone.get((question.name, question.type), ())
    failed = isinstance(found, str)
    records = [] if isinstance(found, str) else sorted(found)
    state = queries.RECORDS if records else queries.NXDOMAIN
    facts = {"state": state, "records": records, "chain": [], "ad": ad, "ttl": 60, "signatures": []}
    lines = [["C", f"{question.name} {question.type}"]]
    lines += [["S", f"{question.type} {record}"] for record in records] or [["S", "no such name"]]
    seen[question] = {
        "schema": 2,
        "probe": "dns",
        "target": "mx1.example.org",
        "service": "dns",
        "address": "127.0.0.1",
        "port": 53,
        "params": {"name": question.name, "type": question.type, "trusted": True},
        "facts": {} if failed else facts,
        "error": {"kind": found, "text": f"an error: {found}"} if failed else None,
        "transcript": [["C", f"{question.name} {question.type}"]] if failed else lines,
    }
    return queries.stored_answer(seen[question])


def status_of(check: str, zone: Zone, **target: t.Any) -> tuple[str, str]:
    """Status and sentence of a check about a target of a small zone."""
    found = verdict(check, of_zone(zone, **target))
    return found["status"], found["sentence"]
