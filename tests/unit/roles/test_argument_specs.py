# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What Ansible itself does not hold a role to: documentation, defaults and settings tables say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import catalogue

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in ROOT.glob("roles/*") if path.is_dir())
TABLES = sorted(ROOT.glob("roles/*/vars/main/settings.yml"))
CHECKS = {check.id for check in catalogue.CATALOGUE}
STAGES = ("preflight", "install", "configure", "service")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "roles").parts[0]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options_of(role: Path) -> dict[str, Any]:
    return load(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def entries_of(table: Path) -> list[dict[str, Any]]:
    tables = [entries for name, entries in load(table).items() if name.endswith("_settings")]
    assert tables, f"{table} has no variable whose name ends in _settings"
    return [entry for entries in tables for entry in entries]


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_defaults_equal_the_argument_specs(role: Path) -> None:
    documented = {name: spec["default"] for name, spec in options_of(role).items() if "default" in spec}
    assert load(role / "defaults/main.yml") == documented


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_what_is_required_has_no_default(role: Path) -> None:
    assert [name for name, spec in options_of(role).items() if spec.get("required") and "default" in spec] == []


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_variables_carry_the_name_of_their_role(role: Path) -> None:
    assert [name for name in options_of(role) if not name.startswith((f"{role.name}_", "mail_"))] == []


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_a_role_has_its_parts(role: Path) -> None:
    parts = ["README.md", "meta/main.yml", "tasks/main.yml", *(f"tasks/{stage}.yml" for stage in STAGES)]
    assert [part for part in parts if not (role / part).is_file()] == []


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_a_setting_says_what_notices_its_absence(table: Path) -> None:
    for entry in entries_of(table):
        assert {"name", "value", "why", "reference"} - entry.keys() == set(), entry
        assert len({"check", "unnoticed"} & entry.keys()) == 1, entry
        assert "\n" not in entry["why"].strip(), entry


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_the_checks_that_settings_name_exist(table: Path) -> None:
    assert {entry["check"] for entry in entries_of(table) if "check" in entry} - CHECKS == set()
