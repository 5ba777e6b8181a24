# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Odd values in what was recorded of real hosts, and in verdicts: each is evaluated, called without
what isolates exceptions, and every form of a report with them can be read by its reader.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import typing as t
from xml.etree import ElementTree

import pytest
import strategies

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers import sample_verdicts
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded

#: Facts that a server words.
SAID = (
    *("text", "rest", "client_as_seen", "extensions", "extensions_tls", "capabilities", "sasl"),
    *("capabilities_tls", "capa", "capa_tls", "id", "said", "head", "helo", "body"),
)
#: What a server or a user words in a verdict.
SHOWN = ("target", "name", "sentence", "transcript", "subject", "software", "params", "vantage")
#: What a terminal, a browser, a spreadsheet or a parser might take for something else.
HOSTILE = [
    *(
        "\ud800",
        "\udfff\ud800",
        "\x00",
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\x85",
        "\u2028",
        "\u202e",
        "\ufffe",
    ),
    *("\r\n", "]]>", "--></script>", "<b onclick=x>", "&#0;", '"', "'", "`", "```", "|", "{{ x }}"),
    *("=1+1", "@x", "A" * 100_000, "\u0301" * 500, "\U000e0001", "\U0010ffff", "%n", "\\", "\t"),
]


@functools.lru_cache(maxsize=1)
def recordings() -> list[tuple[str, dict[str, t.Any]]]:
    """Every recording of every check."""
    return [(name, entry) for name in evaluate.IDS for entry in recorded(name).values()]


def test_evaluators(count: t.Callable[[], None]) -> None:
    @strategies.seeded(20)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            name, entry = dice.random.choice(recordings())
            observations = [
                {**seen, "facts": dice.odd(seen["facts"], 0.2, SAID)}
                for seen in entry["observations"]
            ]
            strategies.judge(context_of(entry, observations), evaluate.choose([name]))

    run()


def shown(text: str) -> None:
    """A text for people has nothing in it that moves a cursor or turns the writing direction."""
    assert [char for char in text if not char.isprintable() and char != "\n"] == []


READERS: dict[str, t.Callable[[str], t.Any]] = {
    "json": json.loads,
    "sarif": json.loads,
    "junit": ElementTree.fromstring,
    "csv": lambda text: list(csv.reader(io.StringIO(text, newline=""), strict=True)),
}


@pytest.mark.parametrize("form", formats.FILES)
def test_report_forms(form: str, count: t.Callable[[], None]) -> None:
    verdicts = sample_verdicts.mixed()

    @strategies.seeded(2)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            odd = [dice.odd(verdict, 0.2, SHOWN, HOSTILE) for verdict in verdicts]
            run_facts = dice.odd(dict(sample_verdicts.RUN), 0.2, sample_verdicts.RUN, HOSTILE)
            observations = dice.odd(sample_verdicts.BAD[:2], 0.05, SAID, HOSTILE)
            text = formats.render(form, odd, run_facts, observations, verbose=True)
            text.encode("utf-8")
            READERS.get(form, shown)(text)

    run()
