# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The whole host becomes one observation of plain data."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect, resolver
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, run

if t.TYPE_CHECKING:
    import pytest


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
