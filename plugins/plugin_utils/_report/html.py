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

from .causes import SILENT_HOST_ADVICE, cause_groups, followers, hints, notices
from .escaping import visible_data
from .evidence import proof_lines, title
from .grouping import (
    CheckGroup,
    Verdict,
    check_groups,
    headline_sentence,
    shown_causes,
    silent_hosts,
    sorted_verdicts,
    status_counts,
    status_words,
    verdicts_by_host,
)
from .html_parts import ICONS, MAX_HOSTS_UNFOLDED, Data, anchor, badge, cause, finding

TEMPLATES = Path(__file__).parent / "templates"
RUN_FACTS = {
    "written": "{}",
    "vantage": "vantage {}",
    "policy": "policy {}",
    "version": "airtight.mail {}",
}


def _host_rows(items: t.Sequence[Verdict], findings: t.Sequence[CheckGroup]) -> list[Data]:
    """A row for each host, worst first, with links to its findings."""
    listed = {anchor(group.first) for group in findings}
    rows = []
    for host, verdicts in verdicts_by_host(items).items():
        links = [
            {"anchor": anchor(item), "text": item["check"]}
            for item in verdicts
            if anchor(item) in listed
        ]
        counts = status_counts(verdicts)
        rows.append({"badge": badge(verdicts[0]["status"], host), "counts": counts, "links": links})
    return sorted(rows, key=lambda row: [-count for count in row["counts"].values()])


def _silent_rows(items: t.Sequence[Verdict]) -> list[Data]:
    return [
        {"badge": badge(UNKNOWN, host), "reason": reason}
        for host, reason in silent_hosts(items).items()
    ]


def _waived_rows(items: t.Sequence[Verdict]) -> list[Data]:
    return [
        {
            "badge": badge(WAIVED),
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
            "badge": badge(group.status),
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


def _changes(facts: t.Mapping[str, t.Any]) -> list[str]:
    """What changed since the baseline, where there is one."""
    found = facts.get("changes")
    return [str(found["msg"])] if found else []


def page_data(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> Data:
    """All that the template shows, as plain data."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    facts = visible_data(dict(run))
    groups, followed = check_groups(items, (FAIL, UNKNOWN)), followers(items)
    findings = [finding(group, followed) for group in groups]
    one_host = len({item["target"] for item in items}) == 1
    status = items[0]["status"] if items else UNKNOWN
    return {
        "headline": {"text": headline_sentence(items), "status": status, "icon": ICONS[status]},
        "facts": [
            pattern.format(facts[key]) for key, pattern in RUN_FACTS.items() if facts.get(key)
        ],
        "counts": [{**badge(name), "count": count} for name, count in status_counts(items).items()],
        "statuses": [
            {"text": status_words(name).capitalize(), "style": "number"} for name in STATUSES
        ],
        "one_host": one_host,
        "notices": [*notices(items), *_changes(facts), *hints(items)],
        "causes": [cause(group) for group in cause_groups(shown_causes(items))],
        "findings": findings,
        "failed": [item for item in findings if item["status"] == FAIL],
        "unknown": [item for item in findings if item["status"] == UNKNOWN],
        "hosts": [] if one_host else _host_rows(items, groups),
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
