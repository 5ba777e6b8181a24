# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The whole host becomes one observation of plain data."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    collect,
    effective_settings,
    network,
    reader,
    resolver,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, run


def test_observe_returns_plain_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    seen = collect.observe(run, "mx1.example.org")
    assert (seen["probe"], seen["target"], seen["params"], seen["error"]) == (
        "host_config",
        "mx1.example.org",
        {},
        None,
    )
    always = {
        "certificates",
        "keys",
        "next_keys",
        "listeners",
        "addresses",
        "egress",
        "resolver",
        "packages",
        "missing",
    }
    assert always <= set(seen["facts"])
    json.dumps(seen)


def test_observe_hides_a_secret_that_appears_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    monkeypatch.setattr(collect, "packages", lambda host: {"x": str(host.run("echo", SECRET))})

    def start(argv: list[str], given: str) -> tuple[int, str, str]:
        code, output, errors = run(argv, given)
        return code, f"x_password = {SECRET}\n{output}", errors

    assert SECRET not in json.dumps(collect.observe(start, "mx1.example.org"))


def raises(*_arguments: t.Any) -> t.Any:
    raise KeyError("odd")


@pytest.mark.parametrize("broken", collect.DAEMONS)
def test_an_exception_costs_one_daemon(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    readers = {name: lambda _host, name=name: {"name": name} for name in collect.DAEMONS}
    monkeypatch.setattr(collect, "DAEMONS", {**readers, broken: raises})
    facts = t.cast("dict[str, t.Any]", collect.observe(run, "mx1.example.org")["facts"])
    costs = {broken, *(collect.TLS_FILES if broken in collect.TLS_DAEMONS else ())}
    assert set(facts["exceptions"]) == costs
    assert facts["exceptions"][broken].startswith("KeyError (test_collect.py, line ")
    others = {name: {"name": name} for name in collect.DAEMONS if name != broken}
    assert {name: facts[name] for name in collect.DAEMONS if name in facts} == others


@pytest.mark.parametrize(
    ("module", "name", "parts"),
    [
        (network, "network_facts", {"listeners", "addresses", "egress"}),
        (resolver, "resolver_facts", {"resolver"}),
        (collect, "packages", {"packages"}),
        (collect, "tls_files", {"certificates", "keys"}),
        (collect.x509_files, "private_key", {"next_keys"}),
        (collect.effective_settings, "effective_rows", {"effective_settings"}),
    ],
)
def test_an_exception_costs_one_part(
    monkeypatch: pytest.MonkeyPatch, module: t.Any, name: str, parts: set[str]
) -> None:
    monkeypatch.setattr(resolver, "validates", lambda _server: None)
    expected = [{"daemon": "postfix", "name": "x", "value": "y"}]
    whole = collect.observe(run, "mx1.example.org", ["/k"], expected)["facts"]
    monkeypatch.setattr(module, name, raises)
    facts = t.cast(
        "dict[str, t.Any]", collect.observe(run, "mx1.example.org", ["/k"], expected)["facts"]
    )
    assert set(facts["exceptions"]) == parts
    assert set(facts) == (set(whole) - parts) | {"exceptions"}


def test_an_exception_costs_the_effective_settings_of_one_daemon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(effective_settings.READERS, "postfix", raises)
    host = reader.Host(run)
    facts = {"unbound": {"settings": {"server/x": ["y"]}}}
    expected = [{"daemon": name, "name": "x", "value": "y"} for name in ("postfix", "unbound")]
    first, second = effective_settings.effective_rows(host, facts, expected)
    assert (first["unread"], second["effective"]) == (True, ["y"])
    assert host.missing["settings of postfix"].startswith("KeyError")
