# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Recorded observations of a check, evaluated again with a transcript made from their replies."""

from __future__ import annotations

import copy
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate

from .recordings import context_of, recorded, with_transcript

CLOSED = {"kind": "closed", "text": "the server closed the connection"}
Observation = dict[str, t.Any]
#: The random part of the names that a probe makes up.
_TOKEN = re.compile(r"(?<=airtight-)(nobody-)?[0-9a-f]{8,}")


def recording(check_id: str, status: str) -> dict[str, t.Any]:
    """The recording of a check with one status."""
    return recorded(check_id)[status]


def observations(check_id: str, status: str) -> list[Observation]:
    """The observations of a recording."""
    return list(recording(check_id, status)["observations"])


def verdict(
    check_id: str, entry: dict[str, t.Any], seen: t.Sequence[Observation] | None = None
) -> dict[str, t.Any]:
    """The verdict of a check on a recording, or on these observations instead."""
    return evaluate.evaluate(context_of(entry, seen), evaluate.choose([check_id]))[0]


def decisive_lines(check_id: str, status: str) -> list[str]:
    """The lines that decided the worst finding of a recording: each reply after what was sent.

    Of a pass, the evidence holds nothing but the replies. Made-up names are written airtight-X.
    """
    entry = recording(check_id, status)
    seen = [with_transcript(observation) for observation in entry["observations"]]
    evidence = verdict(check_id, entry, seen)["evidence"][0]
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
    entry = {"observations": seen, "vantage_untrusted": untrusted, "opt_in": []}
    return str(verdict(check_id, entry)["status"])


def status_of_pass_without(check_id: str, fact: str) -> str:
    """The status of a check on its recorded pass, of one observation, without one of its facts."""
    entry = recording(check_id, _model.PASS)
    (seen,) = entry["observations"]
    facts = {name: value for name, value in seen["facts"].items() if name != fact}
    return str(verdict(check_id, entry, [{**seen, "facts": facts}])["status"])


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
