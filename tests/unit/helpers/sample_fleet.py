# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Verdicts of a large fleet to render in tests: every check of the catalogue on each host."""

from __future__ import annotations

import functools
import json
import random
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate

from . import recorded_checks
from .sample_verdicts import FIXTURES, RELAYED

Verdict = dict[str, t.Any]
#: One host in so many differs from the others.
EVERY = 5
#: In how many findings it differs, at least and at most.
LEAST, MOST = 10, 24
#: What all hosts share besides.
SHARED = ("tls_preference", "no_version_told", "unknown_users_refused")


@functools.cache
def templates(status: str) -> dict[str, Verdict]:
    """The verdict with a status on the recording of each check that has one."""
    found = {}
    for path in sorted(FIXTURES.glob("*.json")):
        scenes = json.loads(path.read_text(encoding="utf-8"))
        if path.stem in evaluate.IDS and status in scenes:
            found[path.stem] = recorded_checks.verdict(path.stem, scenes[status])
    return found


def _of_host(verdict: Verdict, name: str, number: int) -> Verdict:
    """A verdict as another host would have it: with its own address and words."""
    address = f"198.18.{number // 250}.{number % 250 + 1}"
    evidence = [
        {**entry, "address": address, "transcript": entry["transcript"] or RELAYED}
        for entry in verdict["evidence"]
    ]
    sentence = f"{verdict['sentence']} ({address})"
    return {**verdict, "target": name, "sentence": sentence, "evidence": evidence}


def name_of(number: int) -> str:
    """The name of a host of the fleet."""
    return f"mx{number:04}.mail.example.org"


def host(number: int) -> list[Verdict]:
    """All verdicts of one host; it differs from the others if its number is a multiple of EVERY."""
    chance = random.Random(number)
    failing, passing = templates(_model.FAIL), templates(_model.PASS)
    chosen = set(SHARED)
    if number % EVERY == 0:
        chosen |= set(chance.sample(sorted(failing), chance.randint(LEAST, MOST)))
    name = name_of(number)
    return [
        _of_host(failing[check], name, number)
        if check in chosen and check in failing
        else {**verdict, "target": name}
        for check, verdict in passing.items()
    ]


def fleet(count: int) -> list[Verdict]:
    """All verdicts of so many hosts."""
    return [verdict for number in range(count) for verdict in host(number)]
