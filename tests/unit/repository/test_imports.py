# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which part of plugins/ may import which: by folder, in one direction, without a cycle.

Imports for type checkers alone count like all others.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "ansible_collections.airtight.mail."
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in sorted(ROOT.glob("plugins/**/*.py"))
}
UTILS, CONTROLLER = "plugins.module_utils.", "plugins.plugin_utils."
MODULES = tuple(name for name in FILES if name.startswith("plugins.modules."))
#: What each part of module_utils may import beside itself. Parts that are not named here import
#: nothing of the collection. _mail_flow is below _survey, because a survey runs the mail flow.
MODULE_UTILS = {
    "_target_options": {"_model"},
    "_option_values": {"_international_names", "_model", "_public_suffixes"},
    "_declared": {"_model", "_option_values"},
    "_run_options": {"_model", "_option_values"},
    "_own_options": {"_target_options"},
    "_target": {
        *("_declared", "_international_names", "_model", "_option_values"),
        *("_run_options", "_target_options"),
    },
    "_scan": {"_model"},
    "_protocols": {"_scan"},
    "_probes": {"_protocols", "_scan", "_model", "_target"},
    "_mail_flow": {"_probes", "_protocols", "_scan", "_model", "_target"},
    "_survey": {
        *("_mail_flow", "_probes", "_protocols", "_scan"),
        *("_model", "_own_options", "_run_options", "_target", "_target_options"),
    },
    "_host_config": {"_dnssec_zones", "_model", "_password_schemes"},
    "_config_files": {"_host_config", "_model", "_scan"},
    "_passwd_file": {"_password_schemes"},
    "_openssl": {"_config_files"},
    "_dkim_key": {"_config_files", "_openssl"},
    "_sieve_scripts": {"_config_files"},
}
#: What a module may import of Ansible.
OF_ANSIBLE = "ansible.module_utils."


@cache
def imported(name: str) -> frozenset[str]:
    """The modules that a file names in its imports, each with the name that is imported from it."""
    return frozenset(_imported(name))


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")[: -node.level] if node.level else []
            parts += [node.module] if node.module else []
            yield from (".".join([*parts, alias.name]) for alias in node.names)


def of_collection(name: str) -> set[str]:
    """The files of plugins/ that a file imports."""
    paths = (path.removeprefix(COLLECTION) for path in imported(name))
    return {
        found
        for path in paths
        for found in (path, path.rpartition(".")[0])
        if found in FILES and found != name
    }


def of_others(name: str) -> set[str]:
    """What a file imports that is neither of the collection nor of the standard library."""
    return {
        path
        for path in imported(name)
        if not path.startswith((COLLECTION, "plugins."))
        and path.partition(".")[0] not in {*sys.stdlib_module_names, "__future__"}
    }


def reached(*names: str) -> set[str]:
    """These files and all that they import, directly or not."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += of_collection(name)
    return found


def part_of(name: str) -> str:
    return name.removeprefix(UTILS).partition(".")[0]


def test_no_file_imports_itself_in_a_cycle() -> None:
    cycles = [name for name in FILES if name in reached(*of_collection(name))]
    assert cycles == []


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(UTILS)])
def test_module_utils_import_downwards_only(name: str) -> None:
    parts = {part_of(found) for found in of_collection(name) if found.startswith(UTILS)}
    assert parts - {part_of(name)} <= MODULE_UTILS.get(part_of(name), set())


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(UTILS)])
def test_module_utils_import_the_standard_library_and_each_other(name: str) -> None:
    assert {found for found in of_collection(name) if not found.startswith(UTILS)} == set()
    assert of_others(name) == set()


@pytest.mark.parametrize(
    "name",
    [name for name in FILES if name.startswith((f"{CONTROLLER}_checks", f"{CONTROLLER}_dns"))],
)
def test_evaluators_import_nothing_of_ansible(name: str) -> None:
    """make units tests them on one ansible-core, as it does module_utils."""
    assert {path.partition(".")[0] for path in of_others(name)} <= {"cryptography", "dns"}


def test_every_file_of_module_utils_is_imported_by_a_module() -> None:
    unused = {name for name in FILES if name.startswith(UTILS)} - reached(*MODULES)
    assert unused == set()


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_module_utils_and_ansible_only(name: str) -> None:
    assert {found for found in of_collection(name) if not found.startswith(UTILS)} == set()
    assert {path for path in of_others(name) if not path.startswith(OF_ANSIBLE)} == set()


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(CONTROLLER)])
def test_plugin_utils_import_no_plugin(name: str) -> None:
    assert {
        found for found in of_collection(name) if not found.startswith((UTILS, CONTROLLER))
    } == set()


def test_a_task_that_uses_one_filter_imports_no_evaluator_and_no_report() -> None:
    """Ansible imports the files of all filters and tests in each task that uses one of them."""
    names = [name for name in FILES if name.startswith(("plugins.filter.", "plugins.test."))]
    code = (
        f"import importlib, sys; sys.path.insert(0, {str(ROOT / '.cache/collections')!r})\n"
        f"for name in {names!r}: importlib.import_module({COLLECTION!r} + name)\n"
        "print([name for name in sys.modules if '._checks' in name or '._report' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
