#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One report: its failures in a few lines. Two reports: a table of before and after.

Arguments: one or two report.json files.
"""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

MARKS = {
    "fail": "FAIL",
    "unknown": "unknown",
    "waived": "waived",
    "pass": "pass",
    "not_applicable": "-",
}
Report = dict[str, t.Any]


def load(path: str) -> Report:
    """A report as data."""
    return dict(json.loads(pathlib.Path(path).read_text(encoding="utf-8")))


def short(report: Report) -> t.Iterator[str]:
    """The headline and a line for each kind of failure."""
    yield report["headline"]
    bad = [verdict for verdict in report["verdicts"] if verdict["status"] in ("fail", "unknown")]
    for check in dict.fromkeys(verdict["check"] for verdict in bad):
        same = [verdict for verdict in bad if verdict["check"] == check]
        hosts = ", ".join(verdict["target"].split(".")[0] for verdict in same)
        yield (
            f"{MARKS[same[0]['status']]:8}{same[0]['severity']:9}{hosts}: "
            f"{same[0]['sentence'][:110]}"
        )


def table(before: Report, after: Report) -> t.Iterator[str]:
    """A row for each check that applies anywhere, a column for each host."""
    hosts = list(dict.fromkeys(verdict["target"] for verdict in before["verdicts"]))
    applies = {
        verdict["check"]
        for report in (before, after)
        for verdict in report["verdicts"]
        if verdict["status"] != "not_applicable"
    }
    rows = list(
        dict.fromkeys(
            verdict["check"] for verdict in before["verdicts"] if verdict["check"] in applies
        )
    )
    cells = [
        {
            (verdict["check"], verdict["target"]): MARKS[verdict["status"]]
            for verdict in report["verdicts"]
        }
        for report in (before, after)
    ]
    yield f"{'':28}" + "".join(f"{host.split('.')[0]:20}" for host in hosts)
    yield f"{'check':28}" + f"{'before -> after':20}" * len(hosts)
    for row in rows:
        yield f"{row:28}" + "".join(
            f"{cells[0].get((row, host), ''):7} -> {cells[1].get((row, host), ''):9}"
            for host in hosts
        )


def main() -> None:
    reports = [load(path) for path in sys.argv[1:]]
    for line in short(reports[0]) if len(reports) == 1 else table(*reports):
        print("   " + line.rstrip())


if __name__ == "__main__":
    main()
