# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as HTML for a browser, an attachment or paper: one page, which loads nothing.

The page is made of templates/report.html.j2, report.css and, where there is a table to filter,
report.js. Of many hosts it is a summary, with a page for each host in a folder beside it.
Pure but for reading these files: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t
from pathlib import Path

import jinja2
from markupsafe import Markup

from ansible_collections.airtight.mail.plugins.module_utils._model import STATUSES, UNKNOWN

from . import html_lists, html_matrix, html_trend
from .causes import SILENT_HOST_ADVICE, cause_groups, hints, notices
from .escaping import visible, visible_data
from .grouping import (
    Verdict,
    headline_sentence,
    status_counts,
    status_words,
    verdicts_by_host,
    worst_status,
)
from .html_parts import ICONS, Data, Found, badge, cause, finding, found_in
from .links import host_id

TEMPLATES = Path(__file__).parent / "templates"
#: With more hosts than these, each has a page of its own.
MAX_HOSTS_OF_PAGE = 200
#: More names than these are folded.
MAX_NAMES_UNFOLDED = 20
RUN_FACTS = {
    "written": "{}",
    "vantage": "vantage {}",
    "policy": "policy {}",
    "version": "airtight.mail {}",
}


def _news(facts: t.Mapping[str, t.Any]) -> list[str]:
    """What changed since the baseline, where there is one, and which waivers end soon."""
    found = facts.get("changes")
    changed = [str(found["msg"])] if found else []
    return changed + [str(one) for one in facts.get("expiring_waivers") or ()]


def _head(found: Found, hosts: t.Sequence[str]) -> Data:
    """What stands on top: the headline, and how many verdicts have each status."""
    items = found.items
    status = worst_status(items) if items else UNKNOWN
    return {
        "headline": {
            "text": visible(headline_sentence(items)),
            "status": status,
            "icon": ICONS[status],
        },
        "audited": visible(hosts[0]) if len(hosts) == 1 else "mail hosts",
        "counts": [{**badge(name), "count": count} for name, count in status_counts(items).items()],
    }


def _are_many(hosts: t.Collection[str]) -> bool:
    return len(hosts) > MAX_HOSTS_OF_PAGE


def _findings(found: Found, rows: t.Sequence[html_matrix.Row], folder: str) -> list[Data]:
    """The causes and the findings; of many hosts with the rows of the table that have them."""
    many = _are_many([host for row in rows for host in row.hosts])
    groups = cause_groups(found.causes)
    data = [cause(group, many) for group in groups]
    data += [finding(group, found.followed, many) for group in found.groups]
    hosts = [group.hosts for group in groups] + [group.hosts for group in found.groups]
    return [
        {**one, "entries": html_matrix.entries(set(names), rows, folder) if many else []}
        for one, names in zip(data, hosts, strict=True)
    ]


def page_data(
    found: Found, run: t.Mapping[str, t.Any], words: t.Sequence[str] = (), folder: str = ""
) -> Data:
    """All that the template shows, as plain data.

    run: facts of the run. words: what has to be known first. folder: where the pages of the hosts
    are, seen from this one; empty where there are none.
    """
    facts = visible_data(dict(run))
    hosts = list(verdicts_by_host(found.items))
    heads = html_matrix.columns(found) if len(hosts) > 1 else []
    rows = html_matrix.rows(found, heads) if len(hosts) > 1 else []
    return {
        **_head(found, hosts),
        "facts": [
            pattern.format(facts[key]) for key, pattern in RUN_FACTS.items() if facts.get(key)
        ],
        "trend": html_trend.chart(facts.get("trend") or []),
        "statuses": [status_words(name).capitalize() for name in STATUSES],
        "one_host": len(hosts) == 1,
        "folder": folder,
        "max_unfolded": MAX_NAMES_UNFOLDED,
        "notices": [*words, *hints(found.items)],
        "severities": html_lists.by_severity(_findings(found, rows, folder)),
        "matrix": html_matrix.matrix(heads, rows, folder) if rows else None,
        "silent": html_lists.silent_rows(found),
        "silent_advice": SILENT_HOST_ADVICE,
        "waived": html_lists.waived_rows(found, _are_many(hosts)),
        "passed": html_lists.passed_rows(found),
    }


def _inline(name: str) -> Data:
    """A style or script of the page, and what the page's policy permits it by (CSP level 3)."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(f"\n{text}".encode()).digest()).decode()
    return {"text": Markup(text), "source": Markup(f"'sha256-{digest}'")}


@functools.cache
def _template() -> jinja2.Template:
    """The template with its style and its script, read once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["style"] = _inline("report.css")
    environment.globals["script"] = _inline("report.js")
    return environment.get_template("report.html.j2")


def has_host_pages(verdicts: t.Iterable[Verdict]) -> bool:
    """Whether there are so many hosts that each has a page of its own."""
    return _are_many({verdict["target"] for verdict in verdicts})


def report(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any], folder: str = "") -> str:
    """The report as one HTML document. run: facts to show on top; folder: see page_data."""
    found = found_in(verdicts)
    words = [*notices(found.items), *map(visible, _news(run))]
    return _template().render(page_data(found, run, words, folder), home="")


def host_pages(
    verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any], home: str
) -> t.Iterator[tuple[str, str]]:
    """The page of each host with its file name, one after the other. home: where the summary is,
    seen from them.
    """
    whole = found_in(verdicts)
    words = notices(whole.items)
    facts = {key: value for key, value in run.items() if key != "trend"}
    for host, own in verdicts_by_host(whole.items).items():
        causes = [one for one in whole.causes if one.target == host]
        found = found_in(own)._replace(causes=causes)
        page = _template().render(page_data(found, facts, words), home=home)
        yield f"{host_id(host)}.html", page
