# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The types of facts: each probe has one, each key is explained, and every stored fact is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import facts_doc  # noqa: E402

from ansible_collections.airtight.mail.plugins.module_utils import _model  # noqa: E402
from ansible_collections.airtight.mail.plugins.module_utils._probes import registry  # noqa: E402

FIXTURES = sorted(ROOT.glob("tests/unit/fixtures/checks/*.json"))
#: What observes without a probe of the registry.
WITHOUT_PROBE = {"port_scan", "submit", "spoof", "read_back", "dns", "mta_sts", "host_config"}


def observations(data: Any) -> Iterator[dict[str, Any]]:
    """Every observation in the data of a fixture, however deep."""
    if isinstance(data, dict):
        if isinstance(data.get("facts"), dict) and "probe" in data:
            yield data
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from observations(item)


def test_each_probe_has_a_type_of_facts_and_each_type_a_probe() -> None:
    assert set(facts_doc.FACTS) == set(registry.PROBES) | WITHOUT_PROBE


@pytest.mark.parametrize(
    "kind",
    [*dict.fromkeys(facts_doc.FACTS.values()), *facts_doc.PARTS, _model.Observation],
    ids=lambda kind: str(kind.__name__),
)
def test_each_fact_has_one_line_of_documentation(kind: Any) -> None:
    texts = facts_doc.documented(kind)
    assert list(texts) == list(facts_doc.own(kind))
    assert [key for key, text in texts.items() if not text.endswith(".")] == []


def test_each_recorded_fact_is_declared_for_its_probe() -> None:
    unknown = {
        (path.name, seen["probe"], key)
        for path in FIXTURES
        for seen in observations(json.loads(path.read_text(encoding="utf-8")))
        for key in seen["facts"]
        if key not in facts_doc.FACTS[seen["probe"]].__annotations__
    }
    assert FIXTURES
    assert unknown == set()
