# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Recorded observations of a check, evaluated again with a transcript made from their replies.

The recordings keep no transcript. Here each stored reply gets two lines, what was sent and what
came back, and its place in them, so that a test sees which lines an evaluator names as decisive.
"""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/checks"
ADDRESS = "198.18.0.25"
TARGET = {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]}
CLOSED = {"kind": "closed", "text": "the server closed the connection"}
Observation = dict[str, t.Any]
#: The random part of the names that a probe makes up.
_TOKEN = re.compile(r"(?<=airtight-)(nobody-)?[0-9a-f]{8,}")


def recording(check_id: str, status: str) -> dict[str, t.Any]:
    """The recording of a check with one status."""
    recordings = json.loads((FIXTURES / f"{check_id}.json").read_text(encoding="utf-8"))
    return dict(recordings[status])


def observations(check_id: str, status: str) -> list[Observation]:
    """The observations of a recording."""
    return list(recording(check_id, status)["observations"])


def with_transcript(observation: Observation) -> Observation:
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


def verdict(
    check_id: str, recorded: dict[str, t.Any], seen: t.Sequence[Observation] | None = None
) -> dict[str, t.Any]:
    """The verdict of a check on a recording, or on these observations instead."""
    context = base.AuditContext(
        _target.target(recorded.get("target", TARGET)),
        tuple(recorded["observations"] if seen is None else seen),
        policy.policy(recorded.get("policy", "baseline")),
        evaluate.moment(recorded.get("now", "2026-11-22T22:00:00+00:00")),
        tuple(recorded.get("target", TARGET)["addresses"]),
        recorded["vantage_untrusted"],
        tuple(recorded["opt_in"]),
    )
    return evaluate.evaluate(context, evaluate.choose([check_id]))[0]


def decisive_lines(check_id: str, status: str) -> list[str]:
    """The lines that decided the worst finding of a recording: each reply after what was sent.

    Of a pass, the evidence holds nothing but the replies. Made-up names are written airtight-X.
    """
    recorded = recording(check_id, status)
    seen = [with_transcript(observation) for observation in recorded["observations"]]
    evidence = verdict(check_id, recorded, seen)["evidence"][0]
    assert evidence["status"] == status
    transcript = [(who, _TOKEN.sub("X", text)) for who, text in evidence["transcript"]]
    return [
        f"{transcript[index - 1][1]} -> {transcript[index][1]}"
        if status != _model.PASS and transcript[index][0] == "S"
        else transcript[index][1]
        for index in evidence["decisive"]
    ]


def status_of(check_id: str, seen: t.Sequence[Observation], untrusted: bool = True) -> str:
    """The status of a check on these observations, from a vantage declared untrusted or not."""
    recorded = {"observations": seen, "vantage_untrusted": untrusted, "opt_in": []}
    return str(verdict(check_id, recorded)["status"])


def reply(code: int, text: str = "x") -> dict[str, t.Any]:
    """A stored SMTP reply."""
    return {"code": code, "enhanced": "", "text": text}


def with_fact(check_id: str, probe: str, *path: str, to: t.Any) -> list[Observation]:
    """The passing observations with another fact from a probe; None removes the fact and ends the
    connection.
    """
    changed = copy.deepcopy(observations(check_id, _model.PASS))
    for observation in changed:
        if observation["probe"] != probe:
            continue
        facts = observation["facts"]
        for name in path[:-1]:
            facts = facts.get(name, {})
        if to is None:
            facts.pop(path[-1], None)
            observation["error"] = CLOSED
        else:
            facts[path[-1]] = to
    return changed
