# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as one HTML page for a browser, an attachment or paper. It loads and runs nothing.

The page is made of templates/report.html.j2 and templates/report.css. This file builds the plain
data that the template shows, with the control characters of servers and users made visible; the
template escapes all of it.
Pure but for reading these two files: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import jinja2
from markupsafe import Markup

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    STATUSES,
    UNKNOWN,
    WAIVED,
)

from .escaping import visible_data
from .evidence import all_lines, deciding_evidence, excerpt, place, places, proof_lines, title
from .fixes import fixes_of_all
from .grouping import (
    SILENT_HOST_ADVICE,
    CheckGroup,
    Verdict,
    check_groups,
    headline_sentence,
    silent_hosts,
    sorted_verdicts,
    status_counts,
    status_words,
    verdicts_by_host,
)
from .reproduce import reproduction

Data = dict[str, t.Any]
TEMPLATES = Path(__file__).parent / "templates"
#: With more hosts than these the evidence of each is folded.
MAX_HOSTS_UNFOLDED = 3
ICONS = {FAIL: "✖", UNKNOWN: "?", WAIVED: "‖", PASS: "✔", NOT_APPLICABLE: "○"}
RUN_FACTS = {
    "written": "{}",
    "vantage": "vantage {}",
    "policy": "policy {}",
    "version": "airtight.mail {}",
}


def _badge(status: str, text: str = "") -> Data:
    """A status as icon and words, so that colour is never all there is."""
    return {"status": status, "icon": ICONS[status], "text": text or status_words(status)}


def _anchor(status: str, check: str) -> str:
    """The id of a finding in the page; the same in each run."""
    return f"finding-{status}-{check}"


def _evidence(verdict: Verdict) -> Data:
    """What was found on one host, and how to reproduce it."""
    shown, whole = excerpt(verdict), all_lines(verdict)
    others = [
        entry
        for entry in deciding_evidence(verdict)[1:]
        if entry["sentence"] != verdict["sentence"]
    ]
    steps = reproduction(verdict)
    return {
        "host": verdict["target"],
        "sentence": verdict["sentence"],
        "places": places(verdict),
        "excerpt": shown,
        "whole": whole if len(shown) < len(whole) else [],
        "others": [
            {"place": place(entry) or verdict["target"], "sentence": entry["sentence"]}
            for entry in others
        ],
        "reproduce": {"command": steps.command, "lines": steps.lines} if steps else None,
    }


def _finding(group: CheckGroup) -> Data:
    """One check that failed or is unknown, with every host that has it."""
    first = group.first
    return {
        "anchor": _anchor(group.status, group.check),
        "status": group.status,
        "badge": _badge(group.status, f"{status_words(group.status)}, {first['severity']}"),
        "check": group.check,
        "title": title(first),
        "hosts": group.hosts,
        "folded": len(group.hosts) > MAX_HOSTS_UNFOLDED,
        "impact": first["impact"],
        "fixes": [{"label": fix.label, "text": fix.text} for fix in fixes_of_all(group.verdicts)],
        "references": [
            {"text": link, "is_link": link.startswith("https://")} for link in first["references"]
        ],
        "evidence": [_evidence(verdict) for verdict in group.verdicts],
    }


def _host_rows(items: t.Sequence[Verdict], findings: t.Sequence[CheckGroup]) -> list[Data]:
    """A row for each host, worst first, with links to its findings."""
    listed = {(group.status, group.check) for group in findings}
    rows = []
    for host, verdicts in verdicts_by_host(items).items():
        links = [
            {"anchor": _anchor(item["status"], item["check"]), "text": item["check"]}
            for item in verdicts
            if (item["status"], item["check"]) in listed
        ]
        counts = status_counts(verdicts)
        rows.append(
            {"badge": _badge(verdicts[0]["status"], host), "counts": counts, "links": links}
        )
    return sorted(rows, key=lambda row: [-count for count in row["counts"].values()])


def _silent_rows(items: t.Sequence[Verdict]) -> list[Data]:
    return [
        {"badge": _badge(UNKNOWN, host), "reason": reason}
        for host, reason in silent_hosts(items).items()
    ]


def _waived_rows(items: t.Sequence[Verdict]) -> list[Data]:
    return [
        {
            "badge": _badge(WAIVED),
            "title": title(item),
            "check": item["check"],
            "host": item["target"],
            "sentence": item["sentence"],
            "justification": item["waived"]["justification"],
            "until": item["waived"]["expiration_date"],
        }
        for item in items
        if item["status"] == WAIVED
    ]


def _passed_rows(items: t.Sequence[Verdict]) -> list[Data]:
    """What passed or is not applicable, with the proof for a few hosts, else with their number."""
    return [
        {
            "badge": _badge(group.status),
            "title": title(group.first),
            "check": group.check,
            "hosts": len(group.hosts),
            "proofs": [_proof(verdict) for verdict in group.verdicts]
            if len(group.hosts) <= MAX_HOSTS_UNFOLDED
            else [],
        }
        for group in check_groups(items, (PASS, NOT_APPLICABLE))
    ]


def _proof(verdict: Verdict) -> Data:
    return {
        "host": verdict["target"],
        "sentence": verdict["sentence"],
        "lines": proof_lines(verdict),
    }


def page_data(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> Data:
    """All that the template shows, as plain data."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    facts = visible_data(dict(run))
    findings = check_groups(items, (FAIL, UNKNOWN))
    one_host = len({item["target"] for item in items}) == 1
    status = items[0]["status"] if items else UNKNOWN
    return {
        "headline": {"text": headline_sentence(items), "status": status, "icon": ICONS[status]},
        "facts": [
            pattern.format(facts[key]) for key, pattern in RUN_FACTS.items() if facts.get(key)
        ],
        "counts": [
            {**_badge(name), "count": count} for name, count in status_counts(items).items()
        ],
        "statuses": [
            {"text": status_words(name).capitalize(), "style": "number"} for name in STATUSES
        ],
        "one_host": one_host,
        "failed": [_finding(group) for group in findings if group.status == FAIL],
        "unknown": [_finding(group) for group in findings if group.status == UNKNOWN],
        "hosts": [] if one_host else _host_rows(items, findings),
        "silent": _silent_rows(items),
        "silent_advice": SILENT_HOST_ADVICE,
        "waived": _waived_rows(items),
        "passed": _passed_rows(items),
    }


@functools.cache
def _template() -> jinja2.Template:
    """The template with its style, read once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["style"] = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return environment.get_template("report.html.j2")


def report(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> str:
    """The report as one HTML document. run: facts to show on top."""
    return _template().render(page_data(verdicts, run))
