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

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA, Observation

from . import csv_report, html, json_report, jsonl, junit, markdown, openmetrics, sarif, text
from .grouping import Verdict, with_vantage_in_target

Observations = t.Iterable[Observation]
FILES = {
    "text": "report.txt",
    "json": "report.json",
    "html": "report.html",
    "markdown": "report.md",
    "junit": "report.xml",
    "sarif": "report.sarif",
    "openmetrics": "report.prom",
    "csv": "report.csv",
    "jsonl": "report.jsonl",
}
#: The folder beside it with a page for each host, of a form that has such pages.
FOLDERS = {"html": "report-hosts"}


def _json_text(data: t.Mapping[str, t.Any]) -> str:
    return json.dumps(data, indent=2, default=str) + "\n"


class ReportError(ValueError):
    """The verdicts are not such as this version renders; the message says what to do."""


def checked_verdicts(data: t.Any) -> list[Verdict]:
    """The verdicts, if their schema is the one that this version renders; raises ReportError."""
    verdicts: list[t.Any] = [data] if isinstance(data, str) else list(data)
    if not all(isinstance(item, t.Mapping) for item in verdicts):
        raise ReportError("give a list of verdicts, such as the key verdicts of report.json.")
    for verdict in verdicts:
        if verdict.get("schema") != SCHEMA:
            raise ReportError(
                f"verdicts of schema {verdict.get('schema')} cannot be rendered, only those of "
                f"schema {SCHEMA}; audit again."
            )
    return verdicts


def render(
    format_name: str,
    verdicts: t.Sequence[Verdict],
    run: t.Mapping[str, t.Any],
    observations: Observations,
    verbose: bool,
) -> str:
    """Verdicts in a format of FILES; raises KeyError for another. verbose: see text.report."""
    return "".join(parts(format_name, verdicts, run, observations, verbose))


def pages(
    format_name: str, verdicts: t.Sequence[Verdict], run: t.Mapping[str, t.Any]
) -> t.Iterator[tuple[str, str]]:
    """The pages of the hosts with their file names, where a form has some for so many hosts."""
    shown = with_vantage_in_target(verdicts) if format_name in FOLDERS else []
    if html.has_host_pages(shown):
        yield from html.host_pages(shown, run, f"../{FILES[format_name]}")


def parts(
    format_name: str,
    verdicts: t.Sequence[Verdict],
    run: t.Mapping[str, t.Any],
    observations: Observations,
    verbose: bool,
    folder: str = "",
) -> t.Iterable[str]:
    """The same in parts, of which the observations are read one after the other.

    folder: where the pages of the hosts are; empty where there are none.
    """
    shown = with_vantage_in_target(verdicts)
    renderers: dict[str, t.Callable[[], t.Iterable[str]]] = {
        "text": lambda: [text.report(shown, verbose)],
        "json": lambda: json_report.parts(verdicts, run, observations),
        "html": lambda: [html.report(shown, run, folder)],
        "markdown": lambda: [markdown.report(shown)],
        "junit": lambda: [junit.report(shown, run)],
        "sarif": lambda: [_json_text(sarif.document(shown, run))],
        "openmetrics": lambda: [openmetrics.report(shown, observations)],
        "csv": lambda: [csv_report.report(shown)],
        "jsonl": lambda: jsonl.parts(verdicts, run),
    }
    return renderers[format_name]()
