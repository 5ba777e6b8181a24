# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as GitHub Flavored Markdown for the summary of a job or a ticket.

Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    STATUSES,
    UNKNOWN,
    WAIVED,
)

from .causes import (
    SILENT_HOST_ADVICE,
    CauseGroup,
    Followers,
    cause_groups,
    follow_sentence,
    followers,
    hints,
)
from .escaping import markdown_code_block, markdown_text, visible_data
from .evidence import excerpt, headed, places
from .fixes import fixes_of_all
from .grouping import (
    CheckGroup,
    Verdict,
    check_groups,
    followers_of,
    headline,
    shown_causes,
    silent_hosts,
    sorted_verdicts,
    status_counts,
    verdicts_by_host,
)
from .reproduce import reproduction

MARKS = {
    FAIL: "❌ fail",
    UNKNOWN: "❓ unknown",
    WAIVED: "⏸️ waived",
    PASS: "✅ pass",
    NOT_APPLICABLE: "⚪ not applicable",
}


def _table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    """Lines of a table; the cells are escaped already."""
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def _host_table(items: t.Sequence[Verdict]) -> list[str]:
    """One line for each host, worst first."""
    hosts = verdicts_by_host(items)
    rows = [[markdown_text(host), *map(str, status_counts(hosts[host]).values())] for host in hosts]
    return _table(["Host", *(MARKS[status] for status in STATUSES)], rows)


def _cause(group: CauseGroup) -> list[str]:
    """A cause that is no check, with what follows from it on every host that has it."""
    lines = ["", f"### {MARKS[UNKNOWN]}: {markdown_text(group.first.title)}"]
    lines += ["", group.severity, "", f"**Fix:** {markdown_text(group.first.advice)}"]
    for cause in group.causes:
        lines += ["", f"#### {markdown_text(cause.target)}"]
        lines += ["", f"**Evidence:** {markdown_text(cause.sentence)}"]
        lines += ["", f"**Follows:** {markdown_text(follow_sentence(cause.followers))}"]
    return lines


def _evidence(verdict: Verdict, followed: Followers) -> list[str]:
    """The evidence on one host, how to reproduce it, and what follows from it."""
    lines = ["", f"#### {markdown_text(verdict['target'])}"]
    lines += ["", f"**Evidence:** {markdown_text(verdict['sentence'])}"]
    if places(verdict):
        lines += ["", f"Found at {', '.join(map(markdown_text, places(verdict)))}"]
    conversation = [line.marked_text for line in excerpt(verdict)]
    if conversation:
        lines += ["", *markdown_code_block(conversation)]
    steps = reproduction(verdict)
    if steps:
        lines += ["", "**Reproduce:**", "", *markdown_code_block([steps.command, *steps.lines])]
    members = followers_of(verdict, followed)
    if members:
        lines += ["", f"**Follows:** {markdown_text(follow_sentence(members))}"]
    return lines


def _finding(group: CheckGroup, followed: Followers) -> list[str]:
    """One check that failed or is unknown, with every host that has it."""
    first = group.first
    links = " ".join(f"<{link}>" for link in first["references"] if _is_link(link))
    lines = ["", f"### {MARKS[group.status]}: {markdown_text(headed(group.verdicts))}"]
    lines += ["", f"`{group.check}`, {first['severity']}"]
    lines += ["", f"**Impact:** {markdown_text(first['impact'])}"]
    for fix in fixes_of_all(group.verdicts):
        lines += ["", f"**{markdown_text(fix.label)}:** {markdown_text(fix.text)}"]
    lines += ["", f"**References:** {links}"]
    return lines + [line for verdict in group.verdicts for line in _evidence(verdict, followed)]


def _is_link(text: str) -> bool:
    return text.startswith("https://") and not set(text) & set(" <>\\")


def _waived(items: t.Sequence[Verdict]) -> list[str]:
    cells = [
        (
            item["check"],
            item["target"],
            item["waived"]["justification"],
            item["waived"].get("owner", ""),
            item["waived"]["expiration_date"],
        )
        for item in items
        if item["status"] == WAIVED
    ]
    if not cells:
        return []
    rows = [list(map(markdown_text, row)) for row in cells]
    return [
        "",
        "### Waived",
        "",
        *_table(["Check", "Host", "Justification", "Owner", "Until"], rows),
    ]


def _silent_hosts(items: t.Sequence[Verdict]) -> list[str]:
    rows = [
        [markdown_text(host), markdown_text(reason)] for host, reason in silent_hosts(items).items()
    ]
    if not rows:
        return []
    title = f"### {MARKS[UNKNOWN]}: No service on these hosts answered"
    return ["", title, "", markdown_text(SILENT_HOST_ADVICE), "", *_table(["Host", "Reason"], rows)]


def report(verdicts: t.Iterable[Verdict]) -> str:
    """The report in Markdown."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    followed = followers(items)
    lines = ["## Audit of mail hosts", "", f"**{markdown_text(headline(items))}**", ""]
    lines += [part for hint in hints(items) for part in (markdown_text(hint), "")]
    lines += _host_table(items)
    for cause in cause_groups(shown_causes(items)):
        lines += _cause(cause)
    for group in check_groups(items, (FAIL, UNKNOWN)):
        lines += _finding(group, followed)
    return "\n".join([*lines, *_silent_hosts(items), *_waived(items)]) + "\n"
