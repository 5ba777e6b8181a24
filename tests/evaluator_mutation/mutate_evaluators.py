#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Changes the functions that decide critical and high checks, one place after the other, and
expects a unit test to fail.

Prints each mutant that no test noticed and that survivors.yml does not explain, each explanation
without a survivor, and each function whose tests fail in the same way without any change.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import os
import sys
import types
import typing as t
from pathlib import Path

import mutants
import pytest
import scope
import session
import survivors

ROOT = Path(__file__).resolve().parents[2]
CHECKS = Path("plugins/plugin_utils/_checks")
REPLAYS = "test_evaluate.py::test_check_has_the_status_of_its_recording"


def tests(places: t.Sequence[str]) -> list[str]:
    """The tests with the same path as the files, and those that evaluate recordings."""
    mirrored = ROOT / "tests/unit" / CHECKS
    found = [str(mirrored / REPLAYS)]
    for place in places:
        folder = mirrored / place.partition("/")[0]
        path = folder if folder.is_dir() else folder.with_name(f"test_{folder.name}.py")
        found.append(str(path))
    return list(dict.fromkeys(found))


def prepare(places: t.Sequence[str]) -> tuple[set[types.CodeType], list[mutants.Mutant]]:
    """The code in scope, and its mutants."""
    catalogue = importlib.import_module(f"{scope.PACKAGE}catalogue")
    codes = scope.deciding(catalogue.CATALOGUE)
    by_path: dict[Path, set[types.CodeType]] = {}
    for code in codes:
        by_path.setdefault(Path(code.co_filename), set()).add(code)
    made = []
    for path, of_file in sorted(by_path.items()):
        place = str(path.resolve().relative_to(ROOT / CHECKS).with_suffix(""))
        if survivors.is_in(place, places):
            lines = {
                (code.co_name, line) for code in of_file for line in session._first_lines(code)
            }
            made += mutants.mutants(
                path,
                place,
                lambda name, line, lines=lines: (name.rpartition(".")[2], line) in lines,
            )
    return codes, made


def main() -> int:
    """Try the mutants and compare the survivors with the reasons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", help="files or folders of _checks, without .py")
    options = parser.parse_args()
    os.chdir(ROOT)
    listed = survivors.listed()
    places = options.places or listed.finished
    plugin = session.Session(lambda: prepare(places), os.cpu_count() or 1)
    arguments = ["-s", "--assert=plain", "--tb=short", "--rootdir", str(ROOT), "-c"]
    arguments += [str(ROOT / "pyproject.toml"), *tests(places)]
    status = pytest.main(arguments, plugins=[plugin])
    if status or not plugin.results:
        return int(status) or 1
    return report(plugin.results, listed.reasons, places)


def report(
    results: t.Sequence[tuple[mutants.Mutant, str]],
    reasons: t.Mapping[survivors.Key, str],
    places: t.Sequence[str],
) -> int:
    """Print what is wrong, and whether anything is."""
    changed = [(mutant, result) for mutant, result in results if mutant.is_changed]
    survived = {mutant.key for mutant, result in changed if result == session.SURVIVED}
    broken = {mutant.key for mutant, result in results if result == session.BROKEN}
    failing = {
        mutant.key
        for mutant, result in results
        if not mutant.is_changed and result == session.NOTICED
    }
    wrong = survivors.wrong(survived, reasons, places)
    wrong += [("NOT TRIED", key) for key in sorted(broken)]
    wrong += [("FAILS without a change", key) for key in sorted(failing)]
    for words, (name, was, now) in wrong:
        print(f"{words}: {name}\n  - {was}\n  + {now}")
    counts = collections.Counter(result for _mutant, result in changed)
    print(
        f"evaluators: {len(changed)} mutants, {counts[session.NOTICED]} noticed, "
        f"{counts[session.SURVIVED]} survived, {len(wrong)} wrong."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
