# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Odd options: each is taken in a canonical form, or refused in one sentence of printable text."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
import strategies

from ansible_collections.airtight.mail.plugins.filter import targets as targets_filter
from ansible_collections.airtight.mail.plugins.module_utils import (
    _model,
    _option_values,
    _own_options,
    _run_options,
    _target,
    _target_options,
)
from ansible_collections.airtight.mail.plugins.plugin_utils import (
    _host_config,
    _stored_observations,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    evaluate,
    policy,
    waivers,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import scan

TODAY = evaluate.moment("2026-11-22T22:00:00+00:00").date()
OPTIONS = [
    *(option.name for option in _target_options.TARGET_OPTIONS),
    *(option.name for option in _own_options.own_options(_target_options.AUDIT)),
    *_run_options.RULES,
]
VARIABLES = [name for option in targets_filter.OPTIONS for name in option.variables]
#: Values that are almost right.
CLOSE: list[t.Any] = [
    *(
        "example.org",
        "mx1.example.org.",
        "192.0.2.25",
        "2001:db8::25",
        "fe80::1%eth0",
        "user@example.org",
    ),
    *(
        "smtp",
        "submission",
        "smtp,imap",
        "baseline",
        "relay",
        "relay_third_party",
        "10.0.0.0/8",
        "::/0",
    ),
    *(
        "2027-01-31",
        "TLSv1.2",
        "mx",
        "*",
        "[192.0.2.25]",
        "[IPv6:::1]",
        "127.0.0.1:53",
        "[::1]:5353",
    ),
    *(25, 0, -1, 65536, 10**30, 2.5, float("nan"), float("inf"), 16**5000, True, False, None),
]
KEYS: list[t.Any] = [
    *("smtp", "imap", "mx", "submission", "check", "hosts", "justification", "expiration_date"),
    *(
        "address",
        "password",
        "minimum_tls",
        "trusted_networks",
        "rsa_bits",
        "allowed_suites",
        25,
        None,
    ),
    *("certificate_trust", "weak_groups", "name", "key", "schema", "probe", "target", "params"),
]


class Odd:
    """What a person may write in YAML."""

    def __init__(self, dice: strategies.Dice) -> None:
        self.choice = dice.random

    def value(self, depth: int = 2) -> t.Any:
        """Any value: a scalar, a list or a dictionary."""
        kind = self.choice.randrange(5) if depth else 0
        if kind == 3:
            return [self.value(depth - 1) for _number in range(self.choice.randrange(4))]
        if kind == 4:
            return {
                self.key(): self.value(depth - 1) for _number in range(self.choice.randrange(4))
            }
        return self.choice.choice(self.choice.choice((CLOSE, strategies.ODD)))

    def text(self) -> str:
        """A text, as the argument spec of a task makes it of any scalar."""
        return _option_values.text_of("text", self.value(0) or "")

    def key(self) -> t.Any:
        """A key of a dictionary, which need not be text."""
        return self.choice.choice(KEYS if self.choice.random() < 0.9 else strategies.ODD)

    def entries(self) -> list[dict[t.Any, t.Any]]:
        """A list of dictionaries, as the arguments of a task have them."""
        return [
            {self.key(): self.value() for _key in range(self.choice.randrange(6))}
            for _number in range(self.choice.randrange(3))
        ]


@contextlib.contextmanager
def refused_in_words() -> t.Iterator[None]:
    """A refusal is one sentence that can be shown and stored."""
    try:
        yield
    except _model.ModelError as exc:
        text = str(exc)
        assert text.isprintable(), text
        assert len(text) < 1000, text


def stored(option: str, value: t.Any) -> None:
    """A value that was taken can be stored, and is taken again as it is."""
    found = _target.target({"name": "mx1.example.org", option: value}).to_dict()
    json.dumps(found, allow_nan=False).encode("utf-8")
    assert _target.target(found).to_dict() == found


def waived(odd: Odd) -> None:
    """Waivers, some of which are almost right."""
    close = {"check": "relay_third_party", "justification": "x", "expiration_date": "2027-01-31"}
    entries = [
        {**close, **entry} if odd.choice.random() < 0.5 else entry for entry in odd.entries()
    ]
    for waiver in waivers.waivers(entries, evaluate.IDS, TODAY):
        waiver.covers(["mx1.example.org"])
        json.dumps(waivers.waived(waiver, _model.FAIL, "It fails."))


def described(odd: Odd) -> None:
    """Targets of a play, from odd variables."""
    hosts = [odd.choice.choice(("mx1", "mx1.example.org", *strategies.ODD)) for _host in range(2)]
    names = [odd.choice.choice([*VARIABLES, "ansible_host"]) for _name in range(4)]
    hostvars = {host: {name: odd.value() for name in names} for host in hosts}
    for entry in _target.keyed(targets_filter.targets(hosts, hostvars)):
        with refused_in_words():
            json.dumps(_target.target(entry).to_dict(), allow_nan=False)


def judged_again(odd: Odd) -> None:
    """Observations that were stored elsewhere."""
    value = odd.value(3)
    _stored_observations.by_vantage(_stored_observations.stored(value))


def handed_in(odd: Odd) -> None:
    """What is given as the facts of hosts."""
    close = {"probe": "host_config", "schema": _model.SCHEMA, "target": "mx1.example.org"}
    entries = [{**close, **entry} for entry in odd.entries()]
    target = _target.target({"name": "mx1.example.org"})
    _host_config.host_observations([target], odd.choice.choice((entries, odd.value())))


TAKERS: dict[str, t.Callable[[Odd], t.Any]] = {
    "waivers": waived,
    "filter targets": described,
    "stored observations": judged_again,
    "host_config": handed_in,
    "policy_changes": lambda odd: json.dumps(
        policy.policy(odd.choice.choice(tuple(policy.PROFILES)), dict(*odd.entries()[:1]))
    ),
    "policy": lambda odd: policy.policy(odd.value()),
    "checks": lambda odd: evaluate.choose(_option_values.strings("checks", odd.value())),
    "now": lambda odd: evaluate.moment(odd.text()),
    "dns_resolver": lambda odd: scan.options(odd.text(), False, ""),
    "groups": lambda odd: evaluate.choose([], _option_values.strings("groups", odd.value())),
    "keyed": lambda odd: _target.keyed(odd.entries()),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_options(option: str, count: t.Callable[[], None]) -> None:
    @strategies.seeded(2)
    def run(seed: int) -> None:
        odd = Odd(strategies.Dice(seed))
        for _number in range(strategies.EACH):
            count()
            value = odd.value()
            with refused_in_words():
                stored(option, value)
            with refused_in_words():
                found = _run_options.validated({option: value})
                _run_options.refuse_own_domains(found, ("example.org",))

    run()


@pytest.mark.parametrize("name", TAKERS)
def test_descriptions(name: str, count: t.Callable[[], None]) -> None:
    @strategies.seeded(5)
    def run(seed: int) -> None:
        odd = Odd(strategies.Dice(seed))
        for _number in range(strategies.EACH):
            count()
            with refused_in_words():
                TAKERS[name](odd)

    run()
