# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What Ansible does not test: documentation, defaults and settings agree, all roles are alike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import catalogue

ROOT = Path(__file__).resolve().parents[3]
COMMON = ROOT / "roles/common"
ROLES = sorted(path for path in ROOT.glob("roles/*") if path.is_dir())
#: Prepares a host to audit from, of any distribution: it writes no configuration.
VANTAGE = ROOT / "roles/vantage"
STAGED = [role for role in ROLES if role not in (COMMON, VANTAGE)]
TABLES = sorted(ROOT.glob("roles/*/vars/main/settings.yml"))
CHECKS = {check.id for check in catalogue.CATALOGUE}
STAGES = ("preflight", "install", "configure", "service")
WORD = re.compile(r"[a-z_]+")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "roles").parts[0]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def entry_points_of(role: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(role / "meta/argument_specs.yml")["argument_specs"]
    return found


def options_of(role: Path) -> dict[str, Any]:
    return {
        name: spec
        for entry in entry_points_of(role).values()
        for name, spec in entry["options"].items()
    }


def words_of(*files: Path) -> set[str]:
    return {word for path in files for word in WORD.findall(path.read_text(encoding="utf-8"))}


def entries_of(table: Path) -> list[dict[str, Any]]:
    tables = [entries for name, entries in load(table).items() if name.endswith("_settings")]
    assert tables, f"{table} has no variable whose name ends in _settings"
    return [entry for entries in tables for entry in entries]


SHARED = set(entry_points_of(COMMON)["main"]["options"])
RENAMED: dict[str, str] = load(COMMON / "vars/main.yml")["__common_renamed"]


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_defaults_of_a_role_equal_its_argument_specs(role: Path) -> None:
    documented = {
        name: spec["default"] for name, spec in options_of(role).items() if "default" in spec
    }
    # antsibull-docs takes no template for a number, so that the description says how it is made.
    computed = {
        name: value
        for name, value in load(role / "defaults/main.yml").items()
        if str(value).startswith("{{") and options_of(role)[name]["type"] in ("int", "bool")
    }
    assert load(role / "defaults/main.yml") == {**documented, **computed}
    assert not computed.keys() & documented.keys()


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_required_option_has_no_default(role: Path) -> None:
    assert [
        name
        for name, spec in options_of(role).items()
        if spec.get("required") and "default" in spec
    ] == []


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_option_bears_the_name_of_its_role(role: Path) -> None:
    prefix = (f"{role.name}_", "mail_") if role == COMMON else f"{role.name}_"
    assert [name for name in options_of(role) if not name.startswith(prefix)] == []


@pytest.mark.parametrize("role", STAGED, ids=name_of)
def test_role_has_the_same_files_as_the_others(role: Path) -> None:
    tasks = {
        path.stem for path in role.glob("tasks/*.yml") if not path.stem.startswith("provider_")
    }
    expected = {"expected"} if (role / "vars/main/settings.yml").is_file() else set()
    assert tasks == {"main", *STAGES, *expected}
    parts = [
        "README.md",
        "meta/main.yml",
        "defaults/main.yml",
        "vars/main/main.yml",
        "vars/main/refusals.yml",
    ]
    assert [part for part in parts if not (role / part).is_file()] == []


@pytest.mark.parametrize("role", STAGED, ids=name_of)
def test_role_runs_its_stages_in_order_and_with_their_tags(role: Path) -> None:
    found = [
        (task["ansible.builtin.import_tasks"], task["tags"])
        for task in load(role / "tasks/main.yml")
    ]
    assert found == [(f"{stage}.yml", [role.name, f"{role.name}_{stage}"]) for stage in STAGES]


@pytest.mark.parametrize("role", STAGED, ids=name_of)
def test_entry_points_of_a_role_have_one_specification(role: Path) -> None:
    found = entry_points_of(role)
    expected = {"main", "preflight"} | {path.stem for path in role.glob("tasks/expected.yml")}
    assert found.keys() == expected
    assert [
        name for name, entry in found.items() if entry["options"] != found["main"]["options"]
    ] == []


def test_entry_points_of_the_vantage_have_one_specification() -> None:
    found = entry_points_of(VANTAGE)
    assert found.keys() == {"main", "self_test"}
    assert found["main"]["options"] == found["self_test"]["options"]


@pytest.mark.parametrize("role", STAGED, ids=name_of)
def test_refusals_of_a_role_have_the_common_form(role: Path) -> None:
    rules = load(role / "vars/main/refusals.yml")[f"__{role.name}_refusals"]
    assert [rule for rule in rules if rule.keys() != {"when", "msg"}] == []
    (task,) = load(role / "tasks/preflight.yml")
    assert task["ansible.builtin.import_role"]["tasks_from"] == "preflight"
    assert task["vars"] == {"common_role": role.name}
    options = load(COMMON / "meta/argument_specs.yml")["argument_specs"]["preflight"]["options"]
    assert role.name in options["common_role"]["choices"]
    assert set(load(role / "vars/main/refusals.yml")[f"__{role.name}_inputs"]) <= SHARED


@pytest.mark.parametrize("role", STAGED, ids=name_of)
def test_readme_of_a_role_names_the_shared_variables_that_it_reads(role: Path) -> None:
    files = [
        path
        for part in ("defaults", "tasks", "templates", "vars")
        for path in role.glob(f"{part}/**/*.*")
    ]
    named = re.search(
        r"^Shared variables: (.*?)\.$",
        (role / "README.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert set(WORD.findall(named[1]) if named else []) & SHARED == words_of(*files) & SHARED


@pytest.mark.parametrize("role", ROLES, ids=name_of)
def test_role_does_not_use_a_renamed_variable(role: Path) -> None:
    files = [
        path for path in role.glob("**/*.*") if path != COMMON / "vars/main.yml" and path.is_file()
    ]
    # A module has an option of this name.
    assert words_of(*files) & RENAMED.keys() - {"certificate_file"} == set()


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_setting_names_the_check_that_notices_its_absence(table: Path) -> None:
    for entry in entries_of(table):
        assert {"name", "value", "why", "reference"} - entry.keys() == set(), entry
        assert len({"check", "unnoticed"} & entry.keys()) == 1, entry
        assert "\n" not in entry["why"].strip(), entry


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_check_that_a_setting_names_exists(table: Path) -> None:
    assert {entry["check"] for entry in entries_of(table) if "check" in entry} - CHECKS == set()


#: Filters that return a set, whose order changes with each process. unique keeps the order.
UNORDERED = re.compile(
    r"\|\s*(ansible[.]builtin[.])?((symmetric_)?difference|intersect|union)\b|\bset\("
)
RENDERED = sorted(
    path
    for pattern in ("roles/*/*/**/*", "playbooks/*.yml", "playbooks/lab_parts/**/*")
    for path in ROOT.glob(pattern)
    if path.suffix in (".yml", ".j2")
)


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_rendered_has_the_same_order_in_each_run(path: Path) -> None:
    assert [found[0] for found in UNORDERED.finditer(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("table", ["a | difference(b)", "a|intersect(b)", "(a |\n  union(b))"])
def test_an_unordered_filter_is_found(table: str) -> None:
    assert UNORDERED.search(table)
