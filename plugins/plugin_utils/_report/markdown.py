# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as GitHub Flavored Markdown, for the summary of a job or a ticket: each failure once, with its hosts.

Pure: verdicts in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, STATUSES, UNKNOWN, WAIVED

from .escaping import clean, fenced, markdown
from .grouping import LOOK_ELSEWHERE, Kind, Verdict, excerpt, headline, kinds, ordered, spoken, subjects, transcript, unseen
from .reproduce import steps

MARKS = {FAIL: "❌ fail", UNKNOWN: "❓ unknown", WAIVED: "⏸️ waived", PASS: "✅ pass", NOT_APPLICABLE: "⚪ not applicable"}


def _row(*cells: str) -> str:
    return "| %s |" % " | ".join(cells)


def _hosts(items: t.Sequence[Verdict]) -> list[str]:
    """A table with one line for each host, worst first."""
    counts: dict[str, dict[str, int]] = {}
    for item in items:
        counts.setdefault(item["target"], dict.fromkeys(STATUSES, 0))[item["status"]] += 1
    rows = [_row(markdown(host), *(str(count[status]) for status in STATUSES)) for host, count in counts.items()]
    return [_row("host", *(MARKS[status] for status in STATUSES)), _row(*["---"] * (len(STATUSES) + 1)), *rows]


def _host(verdict: Verdict) -> list[str]:
    """What was seen on one host, and how to see it again."""
    lines = ["", "#### %s" % markdown(verdict["target"]), "", markdown(verdict["sentence"])]
    lines += ["", "Seen at: %s" % ", ".join(markdown(place) for place in subjects(verdict))] if subjects(verdict) else []
    said = [spoken(entry) for entry in excerpt(transcript(verdict), verdict["sentence"])]
    lines += ["", *fenced(said)] if said else []
    again = steps(verdict)
    lines += ["", "See it again:", "", *fenced([again.command, *again.lines])] if again else []
    return lines


def _kind(kind: Kind) -> list[str]:
    first = kind.verdicts[0]
    lines = ["", "### %s: %s" % (MARKS[kind.status], markdown(first["title"]))]
    lines += ["", "`%s`, %s" % (kind.check, first["severity"]), "", "**What can be:** " + markdown(first["rationale"])]
    lines += ["", "**What to set:** " + markdown(first["remedy"]), "", "**By hand:** " + markdown(first["by_hand"])]
    lines += ["", "**Read:** " + " ".join("<%s>" % link for link in first["references"] if _is_link(link))]
    return lines + [line for verdict in kind.verdicts for line in _host(verdict)]


def _is_link(text: str) -> bool:
    return text.startswith("https://") and not set(text) & set(" <>\\")


def _waived(items: t.Sequence[Verdict]) -> list[str]:
    rows = [
        _row(*map(markdown, (item["check"], item["target"], item["waived"]["justification"], item["waived"]["expiration_date"])))
        for item in items
        if item["status"] == WAIVED
    ]
    return ["", "### Waived", "", _row("check", "host", "why", "until"), _row(*["---"] * 4), *rows] if rows else []


def _silent(items: t.Sequence[Verdict]) -> list[str]:
    rows = [_row(markdown(host), markdown(reason)) for host, reason in unseen(items).items()]
    title = "### %s: Nothing was seen of these hosts" % MARKS[UNKNOWN]
    return ["", title, "", markdown(LOOK_ELSEWHERE), "", _row("host", "why"), _row("---", "---"), *rows] if rows else []


def report(verdicts: t.Iterable[Verdict]) -> str:
    """The report in Markdown."""
    items = ordered(clean(list(verdicts)))
    lines = ["## Mail hosts, seen from outside", "", "**%s**" % markdown(headline(items)), "", *_hosts(items)]
    for kind in kinds(items, (FAIL, UNKNOWN)):
        lines += _kind(kind)
    return "\n".join([*lines, *_silent(items), *_waived(items)]) + "\n"
