# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Names that were retired: each is refused with its successor, and no successor is retired."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.plugin_utils import _retired
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate

ROOT = Path(__file__).resolve().parents[4]


def test_successors_exist() -> None:
    assert set(_retired.CHECKS.values()) <= set(evaluate.IDS)
    assert set(_retired.GROUPS.values()) <= set(evaluate.GROUPS)
    assert not set(_retired.RETIRED) & set(_retired.RETIRED.values())


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"options": ["name", "side_ports"]}, "side_ports was renamed; use other_ports."),
        (
            {"variables": ["audit_host_truth"]},
            "audit_host_truth was renamed; use audit_host_config.",
        ),
        ({"groups": ["tls", "names"]}, "names was renamed; use dns."),
        ({"options": ["name", "services"], "groups": ["dns"]}, ""),
        ({"variables": ["side_ports", "host_truth", "names"]}, ""),
    ],
)
def test_refusal_names_the_successor(given: dict[str, list[str]], refusal: str) -> None:
    assert _retired.refusal(**given) == refusal


def test_roles_refuse_the_same_variables() -> None:
    variables = yaml.safe_load((ROOT / "roles/common/vars/main.yml").read_text(encoding="utf-8"))
    assert variables["__common_renamed"] == _retired.ROLE_VARIABLES
