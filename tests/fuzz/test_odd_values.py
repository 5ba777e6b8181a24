# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Odd values in what was recorded of real hosts, in the files and programs of a host, in reports
and in options: each is evaluated, read, written or refused.
"""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t

import pytest
import strategies

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target, _target_options
from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    collect,
    network,
    reader,
    resolver,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers import host_reader, sample_verdicts
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded

#: Facts that a server words.
SAID = (
    *("text", "rest", "client_as_seen", "extensions", "extensions_tls", "capabilities", "sasl"),
    *("capabilities_tls", "capa", "capa_tls", "id", "said", "head", "helo", "body"),
)
#: What a server or a user words in a verdict.
SHOWN = ("target", "sentence", "transcript", "subject", "software", "params")
#: Options that a target takes as they are written; the others have a shape of their own.
SHAPED = ("account", "ports", "relays_for", "other_ports", "extra_ports", "services")
OPTIONS = [option for option in _target_options.TARGET_OPTIONS if option.name not in SHAPED]
WORDS = [
    *("installed postfix 3.7", "main.cf", "hash:/etc/x", "static:all", "cidr:/x", "= ", "{", "}"),
    *("smtp inet n - y - - smtpd\n", " -o x=y\n", "mynetworks = ", "0.0.0.0/0", "$x", "ssl = no\n"),
    *("accept hosts = *\n", "begin acl\n", "hostlist a = ", "Domain x\n", "nameserver ", "\n", " "),
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
            found = evaluate.evaluate(context_of(entry, observations), evaluate.choose([name]))
            assert evaluate.exceptions(found, ()) == []

    run()


class OddHost(reader.Host):
    """A host whose files and programs say odd things."""

    def __init__(self, dice: strategies.Dice) -> None:
        super().__init__(host_reader.run)
        self.dice = dice

    def text(self) -> str | None:
        """What one of them says."""
        words = [*WORDS, *strategies.ODD]
        lines = [self.dice.random.choice(words) for _number in range(self.dice.random.randrange(9))]
        return "".join(lines) if self.dice.random.random() < 0.9 else None

    def which(self, *names: str) -> str | None:
        return f"/usr/sbin/{names[0]}" if self.dice.random.random() < 0.8 else None

    def run(self, *_argv: str, given: str = "", quiet: bool = False) -> str | None:
        return self.text() if not quiet or not given else None

    def read(self, path: str, quiet: bool = False) -> str | None:
        of_the_kernel = path.startswith("/proc")
        return None if of_the_kernel or (quiet and not path) else self.text()

    def about(self, path: str) -> dict[str, t.Any] | None:
        return {"mode": "0644", "owner": path, "group": "root", "mtime": 0}

    def glob(self, pattern: str) -> list[str]:
        return [pattern] if self.dice.random.random() < 0.5 else []


def test_host_facts(count: t.Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    monkeypatch.setattr(network, "network_facts", lambda _host: {})

    @strategies.seeded(20)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            json.dumps(collect.host_facts(OddHost(dice)))

    run()


@pytest.mark.parametrize("form", formats.FILES)
def test_report_forms(form: str, count: t.Callable[[], None]) -> None:
    verdicts = sample_verdicts.mixed()

    @strategies.seeded(1)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            odd = [dice.odd(verdict, 0.2, SHOWN) for verdict in verdicts]
            text = formats.render(form, odd, {"version": "1"}, (), verbose=True)
            text.encode("utf-8")

    run()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_options(option: _target_options.Option, count: t.Callable[[], None]) -> None:
    @strategies.seeded(3)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            value: t.Any = dice.random.choice(strategies.ODD)
            if option.spec["type"] == "list":
                value = [value, "example.org"]
            with contextlib.suppress(_model.ModelError):
                target = _target.target({"name": "mx1.example.org", option.name: value})
                json.dumps(target.to_dict())

    run()
