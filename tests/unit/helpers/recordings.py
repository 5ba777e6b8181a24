# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Recorded observations of a check in each status, evaluated again at a fixed time.

The recordings keep no transcript of a session. Where a test looks at the decisive lines, a
transcript is written from the stored replies, each of which then knows its place in it.
"""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/checks"
NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
ADDRESS = "198.18.0.25"
TARGET = _model.target(
    {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]}
)
Entry = dict[str, t.Any]


def recorded(check_id: str) -> dict[str, Entry]:
    """The recordings of a check, by status."""
    return dict(json.loads((FIXTURES / f"{check_id}.json").read_text(encoding="utf-8")))


def context_of(
    entry: Entry,
    observations: t.Sequence[Entry] | None = None,
    changes: t.Mapping[str, t.Any] | None = None,
) -> base.AuditContext:
    """What an evaluator gets; some recordings have a target, a time and a policy of their own."""
    target = _model.target(entry["target"]) if "target" in entry else TARGET
    return base.AuditContext(
        target=target,
        observations=tuple(entry["observations"] if observations is None else observations),
        policy=policy.policy(entry.get("policy", "baseline"), changes),
        now=evaluate.moment(entry["now"]) if "target" in entry else NOW,
        addresses=target.addresses,
        untrusted=entry["vantage_untrusted"],
        opted_in=tuple(entry["opt_in"]),
    )


def with_transcript(observation: Entry) -> Entry:
    """The observation with a transcript that holds each stored reply."""
    placed = copy.deepcopy(observation)
    if not placed["transcript"]:
        _write_replies(placed["facts"], "", placed["transcript"])
    return placed


def _write_replies(value: t.Any, name: str, transcript: list[list[str]]) -> None:
    if isinstance(value, dict) and {"code", "text"} <= set(value):
        transcript += [["C", name], ["S", f"{value['code']} {value['text']}"]]
        value["place"] = [len(transcript) - 1, len(transcript) - 1]
    elif isinstance(value, dict):
        for key, item in value.items():
            _write_replies(item, key, transcript)
    elif isinstance(value, list):
        for item in value:
            _write_replies(item, name, transcript)


def decisive_lines(check_id: str, context: base.AuditContext, status: str) -> list[str]:
    """The decisive lines of the first finding with a status, each up to its 60th character."""
    check = next(iter(evaluate.choose([check_id])))
    verdict = evaluate.evaluate(context, [check])[0]
    item = next(item for item in verdict["evidence"] if item["status"] == status)
    return [item["transcript"][index][1][:60] for index in item["decisive"]]


def recorded_decisive_lines(check_id: str, status: str) -> list[str]:
    """The decisive lines of a recording."""
    entry = transcribed(recorded(check_id)[status])
    return decisive_lines(check_id, context_of(entry), status)


def transcribed(entry: Entry) -> Entry:
    """A recording whose observations have transcripts."""
    return {**entry, "observations": [with_transcript(item) for item in entry["observations"]]}


def verdict_of(check_id: str, entry: Entry, **changes: t.Any) -> dict[str, t.Any]:
    """The verdict on a recording, with changes of the policy."""
    check = next(iter(evaluate.choose([check_id])))
    return evaluate.evaluate(context_of(entry, changes=changes), [check])[0]
