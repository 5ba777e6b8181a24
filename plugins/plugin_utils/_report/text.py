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

from .causes import (
    SILENT_HOST_ADVICE,
    Cause,
    CauseGroup,
    Followers,
    cause_groups,
    follow_sentence,
    followers,
    hints,
    notices,
)
from .escaping import visible_data
from .evidence import Line, excerpt, headed, places, proof_lines, waiver_terms
from .fixes import fixes
from .grouping import (
    CheckGroup,
    Verdict,
    check_groups,
    count_words,
    counted_headline,
    followers_of,
    name_list,
    shown_causes,
    silent_hosts,
    sorted_verdicts,
    status_counts,
    verdicts_by_host,
    without_followers,
)
from .reproduce import reproduction
from .text_layout import WIDTH, conversation, paragraph, status_line

#: With more hosts than these a terminal gets the short form.
MAX_HOSTS_IN_FULL = 3
FULL_REPORT_ADVICE = (
    "The report that the playbook airtight.mail.audit writes has the evidence and the fix of each "
    f"finding. A terminal has them for up to {MAX_HOSTS_IN_FULL} hosts."
)


def summary_line(verdict: Verdict) -> str:
    """One verdict in one line."""
    where = ""
    if verdict["status"] in (FAIL, UNKNOWN, WAIVED) and places(verdict):
        where = f" [{', '.join(places(verdict))}]"
    return status_line(
        verdict["status"], verdict["severity"], f"{verdict['check']}: {headed([verdict])}{where}"
    )


def detail_lines(verdict: Verdict, verbose: bool) -> list[str]:
    """A verdict with evidence, impact and fix; verbose adds steps to reproduce and references."""
    lines = [summary_line(verdict), *paragraph("Evidence", verdict["sentence"])]
    if verdict["status"] == WAIVED:
        return lines + paragraph("Waived", waiver_terms(verdict))
    lines += conversation(excerpt(verdict))
    lines += paragraph("Impact", verdict["impact"])
    for fix in fixes(verdict):
        lines += paragraph("Fix", fix.sentence)
    if verbose:
        lines += _reproduction_lines(verdict)
        lines += paragraph("References", " ".join(verdict["references"]))
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
        *paragraph("Evidence", verdict["sentence"]),
        *conversation(lines),
    ]


def _silent_host_lines(reason: str, unknown: int) -> list[str]:
    """The one cause of all that is unknown of a silent host."""
    checks = "1 check is" if unknown == 1 else f"{unknown} checks are"
    return [
        f"UNKNOWN          No service on this host answered, so {checks} unknown.",
        *paragraph("Evidence", reason),
        *paragraph("Fix", SILENT_HOST_ADVICE),
        "",
    ]


def _cause_lines(cause: Cause) -> list[str]:
    """A cause that is no check, with what follows from it."""
    return [
        status_line(UNKNOWN, CauseGroup([cause]).severity, f"{cause.title}."),
        *paragraph("Evidence", cause.sentence),
        *paragraph("Fix", cause.advice),
        *paragraph("Follows", follow_sentence(cause.followers)),
        "",
    ]


def _finding_lines(verdict: Verdict, followed: Followers, verbose: bool) -> list[str]:
    """A finding, with what follows from it."""
    members = followers_of(verdict, followed)
    follows = paragraph("Follows", follow_sentence(members)) if members else []
    return [*detail_lines(verdict, verbose), *follows, ""]


class _Run(t.NamedTuple):
    """What the report of each host needs to know of all verdicts."""

    silent: dict[str, str]
    followed: Followers
    causes: list[Cause]
    shown: dict[str, list[Verdict]]


def _host_lines(host: str, verdicts: t.Sequence[Verdict], run: _Run, verbose: bool) -> list[str]:
    """All that there is to report of one host."""
    counts = status_counts(verdicts)
    causes = [cause for cause in run.causes if cause.target == host]
    lines = [host, *(line for cause in causes for line in _cause_lines(cause))]
    if host in run.silent:
        unknown = counts[UNKNOWN] - sum(len(cause.followers) for cause in causes)
        lines += _silent_host_lines(run.silent[host], unknown)
    for verdict in run.shown.get(host, ()):
        if verdict["status"] in (FAIL, UNKNOWN, WAIVED):
            lines += _finding_lines(verdict, run.followed, verbose)
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
    run = _Run(
        silent_hosts(items),
        followers(items),
        shown_causes(items),
        verdicts_by_host(without_followers(items)),
    )
    lines = [*notices(items), counted_headline(items), *hints(items), ""]
    for host, members in verdicts_by_host(items).items():
        lines += _host_lines(host, members, run, verbose)
    return "\n".join(lines).rstrip() + "\n"


def _group_lines(group: CheckGroup) -> list[str]:
    words = f"{group.check}: {headed(group.verdicts)}"
    hosts = paragraph(count_words(len(group.hosts), "host"), name_list(group.hosts))
    return [status_line(group.status, group.first["severity"], words), *hosts]


def fleet_report(verdicts: t.Iterable[Verdict]) -> str:
    """The short report for many hosts: each failed check once, with the hosts that have it."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    lines = [*notices(items), counted_headline(items), *hints(items), ""]
    for cause in cause_groups(shown_causes(items)):
        lines.append(status_line(UNKNOWN, cause.severity, f"{cause.first.title}."))
        lines += paragraph(count_words(len(cause.hosts), "host"), name_list(cause.hosts))
    for group in check_groups(items, (FAIL, UNKNOWN)):
        lines += _group_lines(group)
    silent = list(silent_hosts(items))
    if silent:
        lines.append(
            "UNKNOWN          No service on these hosts answered, so their checks are all unknown."
        )
        lines += paragraph(count_words(len(silent), "host"), name_list(silent))
    return "\n".join([*lines, "", *textwrap.wrap(FULL_REPORT_ADVICE, WIDTH)]) + "\n"


def terminal(verdicts: t.Sequence[Verdict]) -> str:
    """The whole report for a few hosts, the short one for a fleet; one sentence where it cannot be
    made, since the task has more to return.
    """
    hosts = {verdict["target"] for verdict in verdicts}
    try:
        return fleet_report(verdicts) if len(hosts) > MAX_HOSTS_IN_FULL else report(verdicts)
    except Exception as exc:
        return f"The report for the terminal could not be made ({type(exc).__name__}: {exc}).\n"
