# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The recordings of a check by status, evaluated with other observations or another policy.

They keep no transcript of SMTP. Here each stored reply can get two lines, what was sent and what
came back, and its place in them, so that a test sees which lines an evaluator names as decisive.
"""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/checks"
ADDRESS = "198.18.0.25"
NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
TARGET = _target.target(
    {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]}
)
Entry = dict[str, t.Any]
#: As many characters of a line as tests compare.
MAX_CHARS = 60


def recorded(check_id: str) -> dict[str, Entry]:
    """The recordings of a check, by status."""
    return dict(json.loads((FIXTURES / f"{check_id}.json").read_text(encoding="utf-8")))


def context(
    observations: t.Sequence[Entry], untrusted: bool = False, opt_in: t.Sequence[str] = ()
) -> base.AuditContext:
    """Observations of the usual target."""
    return base.AuditContext(
        TARGET, tuple(observations), policy.policy(), NOW, (ADDRESS,), untrusted, tuple(opt_in)
    )


def context_of(
    entry: Entry,
    observations: t.Sequence[Entry] | None = None,
    changes: t.Mapping[str, t.Any] | None = None,
) -> base.AuditContext:
    """A recording; some have a target, a time and a policy of their own."""
    target = _target.target(entry["target"]) if "target" in entry else TARGET
    return base.AuditContext(
        target=target,
        observations=tuple(entry["observations"] if observations is None else observations),
        policy=policy.policy(entry.get("policy", "baseline"), changes),
        now=evaluate.moment(entry["now"]) if "target" in entry else NOW,
        addresses=target.addresses,
        untrusted=entry["vantage_untrusted"],
        opted_in=tuple(entry["opt_in"]),
    )


def verdict_of(check_id: str, entry: Entry, **changes: t.Any) -> dict[str, t.Any]:
    """The verdict on a recording, with changes of the policy."""
    return evaluate.evaluate(context_of(entry, changes=changes), evaluate.choose([check_id]))[0]


def with_transcript(observation: Entry) -> Entry:
    """The observation, with a transcript of its replies and its error."""
    changed = copy.deepcopy(observation)
    transcript: list[list[str]] = []
    for name, fact in changed["facts"].items():
        _write(transcript, name, fact)
    if changed["error"]:
        transcript.append(["*", changed["error"]["text"]])
    changed["transcript"] = transcript
    return changed


def _write(transcript: list[list[str]], name: str, fact: t.Any) -> None:
    """Add the lines of every reply within a fact, and tell the reply its place."""
    if isinstance(fact, list):
        for entry in fact:
            _write(transcript, name, entry)
    elif isinstance(fact, dict) and {"code", "text"} <= set(fact):
        transcript += [["C", name], ["S", f"{fact['code']} {fact['text']}".strip()]]
        fact["place"] = [len(transcript) - 1] * 2
    elif isinstance(fact, dict):
        for key, entry in fact.items():
            _write(transcript, _command(fact, key), entry)


def _command(fact: dict[str, t.Any], key: str) -> str:
    """What stands for the command of a reply: the recipient of an attempt or message."""
    if key != "reply" or "path" not in fact:
        return key
    return f"message to {fact['path']}" if "token" in fact else f"RCPT TO:{fact['path']}"


def transcribed(entry: Entry) -> Entry:
    """A recording in which each reply stands in a transcript; DNS lookups have theirs already."""
    observations = [
        observation if observation["transcript"] else with_transcript(observation)
        for observation in entry["observations"]
    ]
    return {**entry, "observations": observations}


def decisive_lines(check_id: str, evaluated: base.AuditContext, status: str) -> list[str]:
    """The beginnings of the decisive lines of the first finding with a status."""
    verdict = evaluate.evaluate(evaluated, evaluate.choose([check_id]))[0]
    evidence = next(item for item in verdict["evidence"] if item["status"] == status)
    return [evidence["transcript"][index][1][:MAX_CHARS] for index in evidence["decisive"]]


def recorded_decisive_lines(check_id: str, status: str) -> list[str]:
    """The beginnings of the decisive lines of a recording."""
    return decisive_lines(check_id, context_of(transcribed(recorded(check_id)[status])), status)
