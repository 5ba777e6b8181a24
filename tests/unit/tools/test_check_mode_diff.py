# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What --check announced is compared with what the run did, both ways; an exception without a
difference is an error too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
CASE = '<testcase name="[%s] Provision: %s">%s</testcase>'
NONE: dict[str, dict[str, str]] = {"unannounced": {}, "unfulfilled": {}}


def compare(
    folder: Path, runs: list[list[str]], exceptions: dict[str, dict[str, str]]
) -> tuple[int, str]:
    """Exit code and output for runs that changed these tasks, oldest first, of the tasks a, b and
    c.
    """
    for at, tasks in enumerate(runs):
        cases = "".join(
            CASE % ("mx", task, '<failure message="rc=0"/>' if task in tasks else "")
            for task in ("role : a", "role : b", "c")
        )
        path = folder / (f"converge-{at}.5.xml")
        path.write_text(
            f"<testsuites><testsuite>{cases}</testsuite></testsuites>", encoding="utf-8"
        )
        os.utime(path, (at, at))
    data = folder / "exceptions.yml"
    data.write_text(yaml.safe_dump(exceptions), encoding="utf-8")
    argv = [
        sys.executable,
        str(ROOT / "tools/check_mode_diff.py"),
        str(folder),
        "converge",
        str(data),
    ]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("runs", "exceptions", "code", "says"),
    [
        ([["role : a"], ["role : a"], []], NONE, 0, "1 changes, 1 of them announced"),
        ([["role : a"], ["role : a", "c"], []], NONE, 1, "unannounced on mx: c\n"),
        ([["role : a", "role : b"], ["role : a"], []], NONE, 1, "unfulfilled on mx: role : b\n"),
        (
            [["role : a"], ["role : a"], ["role : a"]],
            NONE,
            1,
            "a second run changed on mx: role : a\n",
        ),
        (
            [["role : a"], ["role : a", "c"], []],
            {**NONE, "unannounced": {"c": "why"}},
            0,
            "2 changes, 1 of them announced",
        ),
        (
            [["role : a"], ["role : a"], []],
            {**NONE, "unannounced": {"c": "why"}},
            1,
            "never unannounced, but has a reason: c\n",
        ),
        (
            [["role : a", "c"], ["role : a"], []],
            {**NONE, "unfulfilled": {"c": "why"}},
            0,
            "0 without a reason",
        ),
        ([[], [], []], NONE, 1, "0 changes"),
        ([["role : a"], ["role : a"]], NONE, 1, "There are 2 runs of converge"),
        # An earlier test of the same scenario does not count.
        (
            [["c"], ["c"], ["c"], ["role : a"], ["role : a"], []],
            NONE,
            0,
            "1 changes, 1 of them announced",
        ),
    ],
)
def test_compare_runs_with_exceptions_prints_what_differs(
    runs: list[list[str]],
    exceptions: dict[str, dict[str, str]],
    code: int,
    says: str,
    tmp_path: Path,
) -> None:
    found = compare(tmp_path, runs, exceptions)
    assert (found[0], says in found[1]) == (code, True), found[1]
