# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JSON lines, one for each host, which programs read without holding a whole fleet in
memory (docs/reference/report_line.schema.json).

Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA, WAIVED

from .evidence import places, title
from .grouping import OPEN, Verdict, sorted_verdicts, status_counts, worst_status
from .json_report import line

#: Facts of the run that stand in each line, as far as they are known.
RUN_FACTS = ("version", "written", "vantage", "policy")
#: What a finding has of its verdict, where the verdict has it.
KEPT = ("check", "group", "severity", "status", "sentence", "software", "change", "waived")


def parts(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """A line for each host and vantage, by name. run: facts of the run."""
    facts = {key: run[key] for key in RUN_FACTS if run.get(key)}
    hosts: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        hosts.setdefault((verdict["target"], verdict.get("vantage", "")), []).append(verdict)
    for _place, own in sorted(hosts.items()):
        yield f"{line(_host(own, facts))}\n"


def _host(verdicts: t.Sequence[Verdict], facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What is known of one host."""
    first = verdicts[0]
    return {
        "schema": SCHEMA,
        **facts,
        **({"vantage": first["vantage"]} if first.get("vantage") else {}),
        "target": first["target"],
        **({"name": first["name"]} if first.get("name") else {}),
        "status": worst_status(verdicts),
        "summary": status_counts(verdicts),
        "findings": [
            _finding(item)
            for item in sorted_verdicts(verdicts)
            if item["status"] in (*OPEN, WAIVED)
        ],
    }


def _finding(verdict: Verdict) -> dict[str, t.Any]:
    """What is known of a check that fails, is unknown or is waived."""
    return {
        **{key: verdict[key] for key in KEPT if key in verdict},
        "title": title(verdict),
        "places": places(verdict),
    }
