# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Takes one failed verdict of each check, and the steps that its report gives.

cases.py VERDICTS.json... prints {check: {target, command, lines, params, decisive}}: decisive is
what decided, as [speaker, text]. A check without a command has an empty one.
"""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

from ansible_collections.airtight.mail.plugins.plugin_utils._report.evidence import (
    deciding_evidence,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._report.reproduce import (
    reproduction,
    without_control_inside_tls,
)

Case = dict[str, Any]


def case_of(verdict: dict[str, Any]) -> Case:
    """The steps of a verdict, beside the evidence that they follow from."""
    for entry in deciding_evidence(verdict):
        steps = reproduction({**verdict, "evidence": [entry]})
        if steps:
            shown = without_control_inside_tls(entry)
            return {
                "target": verdict["target"],
                "command": steps.command,
                "lines": steps.lines,
                "params": entry["params"],
                "decisive": [shown["transcript"][index] for index in shown["decisive"]],
            }
    return {"target": verdict["target"], "command": "", "lines": [], "params": {}, "decisive": []}


def chosen_cases(verdicts: list[dict[str, Any]]) -> dict[str, Case]:
    """One case of each check that failed, one with a command where there is one."""
    cases: dict[str, Case] = {}
    for verdict in verdicts:
        if verdict["status"] == "fail" and not cases.get(verdict["check"], {}).get("command"):
            cases[verdict["check"]] = case_of(verdict)
    return dict(sorted(cases.items()))


def main(paths: list[str]) -> None:
    """Prints the cases of all files."""
    verdicts = [row for path in paths for row in json.loads(pathlib.Path(path).read_text())]
    json.dump(chosen_cases(verdicts), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
