# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""check_mode_diff.py FOLDER NAME EXCEPTIONS: whether a run changed what --check had announced, and
announced what it changed.

Reads the reports of ansible-core's junit callback, with changes as failures, of the three newest
runs of the playbook NAME: --check, the run, and a second run. EXCEPTIONS is YAML: unannounced
(task: why --check cannot know) and unfulfilled (task: why nothing was left to change). Prints the
differences; exits 1 if a difference has no reason, or a reason no difference.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

Changes = set[tuple[str, str]]


def changed(path: Path) -> Changes:
    """Host and task of everything that a run changed, or would have."""
    cases = (case for case in ET.parse(path).iter("testcase") if case.find("failure") is not None)
    names = (case.get("name", "").partition("] ") for case in cases)
    return {(host.lstrip("["), task.partition(": ")[2]) for host, _sep, task in names}


def unexplained(differing: Changes, reasons: dict[str, str], what: str) -> list[str]:
    """A line for each difference without a reason, and for each reason without a difference."""
    found = [f"{what} on {host}: {task}" for host, task in sorted(differing) if task not in reasons]
    idle = sorted(reasons.keys() - {task for _host, task in differing})
    return found + [f"never {what}, but has a reason: {task}" for task in idle]


def compare(check: Changes, run: Changes, exceptions: dict[str, dict[str, str]]) -> list[str]:
    """The differences between --check and the run."""
    wrong = unexplained(run - check, exceptions["unannounced"], "unannounced")
    return wrong + unexplained(check - run, exceptions["unfulfilled"], "unfulfilled")


def main() -> int:
    """Compare the runs and print the differences."""
    folder, name, exceptions = (
        Path(sys.argv[1]),
        sys.argv[2],
        yaml.safe_load(Path(sys.argv[3]).read_text(encoding="utf-8")),
    )
    runs = sorted(folder.glob(name + "-*.xml"), key=lambda path: path.stat().st_mtime)[-3:]
    if len(runs) < 3:
        print(
            f"There are {len(runs)} runs of {name} in {folder}; --check, a run and a second one "
            "are needed."
        )
        return 1
    check, run, again = map(changed, runs)
    wrong = compare(check, run, exceptions) + [
        f"a second run changed on {host}: {task}" for host, task in sorted(again)
    ]
    for line in wrong:
        print(line)
    print(
        f"{len(run)} changes, {len(run & check)} of them announced by --check; {len(wrong)} "
        "without a reason."
    )
    return int(bool(wrong) or not run & check)


if __name__ == "__main__":
    sys.exit(main())
