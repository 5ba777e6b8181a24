# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The structure of the repository: sizes, names and headers that no linter checks."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]  # fmt: skip
MODULES = sorted(ROOT.glob("plugins/modules/*.py"))
ACTIONS = sorted(ROOT.glob("plugins/action/*.py"))
UTILITIES = sorted(ROOT.glob("plugins/*_utils/**/*.py"))
JINJA = sorted(path for kind in ("filter", "test") for path in ROOT.glob(f"plugins/{kind}/*.py"))
TASKS = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*/*.yml")])
LICENSED = {".py", ".sh", ".yml", ".yaml", ".toml", ".j2"}
NOT_OURS_TO_MARK = ("changelogs/changelog.yaml", "changelogs/fragments/")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def load(path: Path) -> Any:
    return yaml.safe_load(read(path))


def lines_of_code(path: Path) -> int:
    """Lines that are not blank, after the documentation."""
    body = ast.parse(read(path)).body
    ends = [0]
    for node in body:
        names = [
            target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)
        ]
        if set(names) & {"DOCUMENTATION", "EXAMPLES", "RETURN"} or node is body[0]:
            ends.append(node.end_lineno or 0)
    return sum(bool(line.strip()) for line in read(path).splitlines()[max(ends) :])


def functions(path: Path) -> list[tuple[str, int]]:
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


@pytest.mark.parametrize("path", [*MODULES, *ACTIONS], ids=name_of)
def test_module_is_small_and_decides_nothing(path: Path) -> None:
    size = lines_of_code(path)
    assert size < 60
    assert [(name, size) for name, size in functions(path) if name == "main" and size >= 25] == []


@pytest.mark.parametrize("path", UTILITIES, ids=name_of)
def test_utility_is_small(path: Path) -> None:
    """Rows of the catalogue stand beside their evaluators, hence the larger limit for checks."""
    size = lines_of_code(path)
    assert size < (400 if "_checks" in path.parts else 200)
    assert [(name, size) for name, size in functions(path) if size > 50] == []


@pytest.mark.parametrize("path", UTILITIES, ids=name_of)
def test_utility_is_private(path: Path) -> None:
    assert path.relative_to(ROOT).parts[2].startswith("_")


@pytest.mark.parametrize("path", TASKS, ids=name_of)
def test_task_file_is_small(path: Path) -> None:
    size = len(read(path).splitlines())
    assert size < 75


@pytest.mark.parametrize("path", TASKS, ids=name_of)
def test_task_file_has_no_shell_and_ignores_no_errors(path: Path) -> None:
    text = read(path)
    found = [
        word
        for word in ("ansible.builtin.shell", "ansible.builtin.raw", "ignore_errors")
        if word in text
    ]
    assert found == []


@pytest.mark.parametrize("path", JINJA, ids=name_of)
def test_filter_or_test_has_the_name_of_its_file(path: Path) -> None:
    kind = path.parent.name
    module = importlib.import_module(
        f"ansible_collections.airtight.mail.plugins.{kind}.{path.stem}"
    )
    plugins = module.FilterModule().filters() if kind == "filter" else module.TestModule().tests()
    documentation = load(path.with_suffix(".yml"))["DOCUMENTATION"]
    assert (list(plugins), documentation["name"]) == ([path.stem], path.stem)


def test_action_group_has_every_probe() -> None:
    group = load(ROOT / "meta/runtime.yml")["action_groups"]["probes"]
    probes = {path.stem for path in ACTIONS} - {"config_files", "dns_records"} | {"probe_info"}
    assert sorted(group) == sorted(f"airtight.mail.{name}" for name in probes)
    assert {path.stem for path in ACTIONS} <= {path.stem for path in MODULES}


def test_files_have_a_licence_header() -> None:
    files = [
        path
        for path in TRACKED
        if path.suffix in LICENSED and not name_of(path).startswith(NOT_OURS_TO_MARK)
    ]
    bare = [
        name_of(path)
        for path in files
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in read(path)[:600]
    ]
    assert bare == []


def test_files_have_no_path_of_this_machine() -> None:
    places = (f"{ROOT}/", f"{Path.home()}/.")
    named = [
        name_of(path)
        for path in TRACKED
        if any(place.encode() in path.read_bytes() for place in places)
    ]
    assert named == []


def test_sanity_has_no_ignore_files() -> None:
    assert list(ROOT.glob("tests/sanity/ignore*")) == []


#: Unit tests below these folders bear the path of the file that they test.
MIRRORED = ("plugins", "tools", "tests")
#: Tests of what is no single file.
NOT_MIRRORED = (
    "tests/unit/helpers",
    "tests/unit/repository",
    "tests/unit/roles",
    "tests/unit/playbooks",
    "tests/unit/plugins/servers",
)
UNIT_TESTS = sorted(ROOT.glob("tests/unit/**/test_*.py"))


@pytest.mark.parametrize("path", UNIT_TESTS, ids=name_of)
def test_unit_test_has_the_path_of_what_it_tests(path: Path) -> None:
    relative = path.relative_to(ROOT / "tests/unit")
    if name_of(path).startswith(NOT_MIRRORED):
        return
    assert relative.parts[0] in MIRRORED
    stem = path.stem.removeprefix("test_")
    folder = ROOT / relative.parent
    tested = [
        folder / f"{prefix}{stem}{suffix}" for prefix in ("", "_") for suffix in (".py", ".sh")
    ]
    assert any(candidate.is_file() for candidate in tested), f"no file {relative.parent}/{stem}"


#: Variables of a role that were retired and whose names are options of a module too.
OPTIONS_OF_MODULES = ("certificate_file", "certificate_key_file")


def retired() -> dict[str, str]:
    module = importlib.import_module(
        "ansible_collections.airtight.mail.plugins.plugin_utils._retired"
    )
    names: dict[str, str] = {**module.CHECKS, **module.OPTIONS, **module.VARIABLES}
    names.update(module.ROLE_VARIABLES)
    for option in OPTIONS_OF_MODULES:
        del names[option]
    return {**names, **module.WORDS}


#: Where a retired name has to stand: the list itself, what is made from it, and its tests.
LISTING_RETIRED = (
    "plugins/plugin_utils/_retired.py",
    "roles/common/vars/main.yml",
    "changelogs/",
    "CHANGELOG.md",
    "docs/reference/checks.md",
    "tests/unit/plugins/plugin_utils/test_retired.py",
    "tests/unit/plugins/plugin_utils/_checks/test_evaluate.py",
    "tests/unit/roles/",
)
NAMING = {".py", ".yml", ".yaml", ".j2", ".sh", ".toml", ""}


def test_retired_names_are_used_nowhere() -> None:
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(retired())})(?![\w-])")
    used = [
        f"{name_of(path)}: {found[0]}"
        for path in TRACKED
        if path.suffix in NAMING and not name_of(path).startswith(LISTING_RETIRED)
        for found in [pattern.search(read(path))]
        if found
    ]
    assert used == []


def test_retired_names_are_in_no_file_name() -> None:
    module = importlib.import_module(
        "ansible_collections.airtight.mail.plugins.plugin_utils._retired"
    )
    names = set(retired()) | set(module.FILES)
    found = [name_of(path) for path in TRACKED if path.name.split(".")[0].lstrip("_") in names]
    assert found == []
