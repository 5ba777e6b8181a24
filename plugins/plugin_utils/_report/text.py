# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as text for a terminal: worst first, with evidence, impact and fix.

Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WAIVED,
)

from .escaping import CUT, visible_data
from .evidence import DECISIVE_MARK, Line, excerpt, places, proof_lines, title
from .fixes import fixes
from .grouping import (
    SILENT_HOST_ADVICE,
    CheckGroup,
    Verdict,
    check_groups,
    count_words,
    headline,
    name_list,
    silent_hosts,
    sorted_verdicts,
    status_counts,
    verdicts_by_host,
)
from .reproduce import reproduction

WIDTH = 110
LABEL_WIDTH = 15
MARKS = {
    FAIL: "FAIL",
    UNKNOWN: "UNKNOWN",
    WAIVED: "WAIVED",
    PASS: "pass",
    NOT_APPLICABLE: "not applicable",
}
#: With more hosts than these a terminal gets the short form.
MAX_HOSTS_IN_FULL = 3
FULL_REPORT_ADVICE = (
    "The report that the playbook airtight.mail.audit writes has the evidence and the fix of each "
    f"finding. A terminal has them for up to {MAX_HOSTS_IN_FULL} hosts."
)


def _status_line(status: str, severity: str, words: str) -> str:
    return f"{MARKS[status]:<7} {severity:<8} {words}"


def summary_line(verdict: Verdict) -> str:
    """One verdict in one line."""
    where = ""
    if verdict["status"] in (FAIL, UNKNOWN, WAIVED) and places(verdict):
        where = f" [{', '.join(places(verdict))}]"
    return _status_line(
        verdict["status"], verdict["severity"], f"{verdict['check']}: {title(verdict)}{where}"
    )


def _paragraph(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        f"{label:<{LABEL_WIDTH}}{text}",
        WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * (LABEL_WIDTH + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _conversation(lines: t.Iterable[Line]) -> list[str]:
    """Lines that are cut, not wrapped; those that decided are marked."""
    width = WIDTH - LABEL_WIDTH - 4
    return [
        f"{'':{LABEL_WIDTH + 4}}{line.text[:width]}{CUT if len(line.text) > width else ''}"
        f"{DECISIVE_MARK if line.decisive else ''}"
        for line in lines
    ]


def detail_lines(verdict: Verdict, verbose: bool) -> list[str]:
    """A verdict with evidence, impact and fix; verbose adds steps to reproduce and references."""
    lines = [summary_line(verdict), *_paragraph("Evidence", verdict["sentence"])]
    if verdict["status"] == WAIVED:
        waiver = verdict["waived"]
        return lines + _paragraph(
            "Waived", f"{waiver['justification']} (until {waiver['expiration_date']})"
        )
    lines += _conversation(excerpt(verdict))
    lines += _paragraph("Impact", verdict["impact"])
    for fix in fixes(verdict):
        lines += _paragraph("Fix", fix.sentence)
    if verbose:
        lines += _reproduction_lines(verdict)
        lines += _paragraph("References", " ".join(verdict["references"]))
    return lines


def _reproduction_lines(verdict: Verdict) -> list[str]:
    """Neither cut nor indented, so that it can be copied."""
    steps = reproduction(verdict)
    return ["    Reproduce", steps.command, *steps.lines, ""] if steps else []


def proof(verdict: Verdict) -> list[str]:
    """A verdict that passed or is not applicable, with what shows it."""
    lines = [Line(line, decisive=False) for line in proof_lines(verdict)]
    return [
        summary_line(verdict),
        *_paragraph("Evidence", verdict["sentence"]),
        *_conversation(lines),
    ]


def _silent_host_lines(reason: str, unknown: int) -> list[str]:
    """The one cause of all that is unknown of a silent host."""
    checks = "1 check is" if unknown == 1 else f"{unknown} checks are"
    return [
        f"UNKNOWN          No service on this host answered, so {checks} unknown.",
        *_paragraph("Evidence", reason),
        *_paragraph("Fix", SILENT_HOST_ADVICE),
        "",
    ]


def _host_lines(
    host: str, verdicts: t.Sequence[Verdict], silent_reason: str | None, verbose: bool
) -> list[str]:
    """All that there is to report of one host."""
    counts = status_counts(verdicts)
    lines = [host]
    if silent_reason is not None:
        lines += _silent_host_lines(silent_reason, counts[UNKNOWN])
    shown = (FAIL, WAIVED) if silent_reason is not None else (FAIL, UNKNOWN, WAIVED)
    for verdict in verdicts:
        if verdict["status"] in shown:
            lines += [*detail_lines(verdict, verbose), ""]
    if verbose:
        lines += [
            line
            for item in verdicts
            if item["status"] in (PASS, NOT_APPLICABLE)
            for line in proof(item)
        ]
        lines.append("")
    elif counts[PASS] or counts[NOT_APPLICABLE]:
        lines.append(f"    {counts[PASS]} pass, {counts[NOT_APPLICABLE]} not applicable.")
    return lines


def report(verdicts: t.Iterable[Verdict], verbose: bool = False) -> str:
    """The report for a terminal; verbose adds steps to reproduce, references and passes."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    silent = silent_hosts(items)
    lines = [headline(items), ""]
    for host, members in verdicts_by_host(items).items():
        lines += _host_lines(host, members, silent.get(host), verbose)
    return "\n".join(lines).rstrip() + "\n"


def _group_lines(group: CheckGroup) -> list[str]:
    words = f"{group.check}: {title(group.first)}"
    hosts = _paragraph(count_words(len(group.hosts), "host"), name_list(group.hosts))
    return [_status_line(group.status, group.first["severity"], words), *hosts]


def fleet_report(verdicts: t.Iterable[Verdict]) -> str:
    """The short report for many hosts: each failed check once, with the hosts that have it."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    lines = [headline(items), ""]
    for group in check_groups(items, (FAIL, UNKNOWN)):
        lines += _group_lines(group)
    silent = list(silent_hosts(items))
    if silent:
        lines.append(
            "UNKNOWN          No service on these hosts answered, so their checks are all unknown."
        )
        lines += _paragraph(count_words(len(silent), "host"), name_list(silent))
    return "\n".join([*lines, "", *textwrap.wrap(FULL_REPORT_ADVICE, WIDTH)]) + "\n"


def terminal(verdicts: t.Sequence[Verdict]) -> str:
    """The whole report for a few hosts, the short one for a fleet."""
    hosts = {verdict["target"] for verdict in verdicts}
    return fleet_report(verdicts) if len(hosts) > MAX_HOSTS_IN_FULL else report(verdicts)
