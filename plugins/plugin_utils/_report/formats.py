# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of a report by name, and the file that each is written to.

Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import typing as t

from . import csv_report, html, json_report, junit, markdown, openmetrics, sarif, text
from .grouping import Verdict, with_vantage_in_target

Observations = t.Sequence[t.Mapping[str, t.Any]]
FILES = {
    "text": "report.txt",
    "json": "report.json",
    "html": "report.html",
    "markdown": "report.md",
    "junit": "report.xml",
    "sarif": "report.sarif",
    "openmetrics": "report.prom",
    "csv": "report.csv",
}


def _json_text(data: t.Mapping[str, t.Any]) -> str:
    return json.dumps(data, indent=2, default=str) + "\n"


def render(
    format_name: str,
    verdicts: t.Sequence[Verdict],
    run: t.Mapping[str, t.Any],
    observations: Observations,
    verbose: bool,
) -> str:
    """Verdicts in a format of FILES; raises KeyError for another. verbose: for text only, see there."""
    shown = with_vantage_in_target(verdicts)
    renderers: dict[str, t.Callable[[], str]] = {
        "text": lambda: text.report(shown, verbose),
        "json": lambda: _json_text(json_report.document(verdicts, run, observations)),
        "html": lambda: html.report(shown, run),
        "markdown": lambda: markdown.report(shown),
        "junit": lambda: junit.report(shown, run),
        "sarif": lambda: _json_text(sarif.document(shown, run)),
        "openmetrics": lambda: openmetrics.report(shown, observations),
        "csv": lambda: csv_report.report(shown),
    }
    return renderers[format_name]()
