# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The whole host becomes one observation of plain data."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect, resolver
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run

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
