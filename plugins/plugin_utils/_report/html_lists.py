# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of an HTML page as plain data: counts by severity, what is waived or passed, and hosts
without an answer.

Pure: verdicts in, data out; the template escapes all of it.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    SEVERITIES,
    UNKNOWN,
    WAIVED,
)

from .escaping import visible, visible_data
from .evidence import proof_lines, title
from .grouping import Verdict, check_groups
from .html_parts import MAX_HOSTS_UNFOLDED, Data, Found, badge
from .links import check_page


def by_severity(findings: t.Sequence[Data]) -> list[Data]:
    """The findings of each severity that has some, with how many failed and are unknown, and on how
    many hosts. findings: those of html_parts, in their order.
    """
    found = []
    for severity in SEVERITIES:
        members = [item for item in findings if item["severity"] == severity]
        hosts = {host for item in members for host in item["hosts"]}
        statuses = [item["status"] for item in members]
        if members:
            counts = {status: statuses.count(status) for status in (FAIL, UNKNOWN)}
            found.append(
                {"severity": severity, "counts": counts, "hosts": len(hosts), "findings": members}
            )
    return found


def silent_rows(found: Found) -> list[Data]:
    """The hosts of which nothing is known, with the reason."""
    return [
        {"badge": badge(UNKNOWN, visible(host)), "reason": visible(reason)}
        for host, reason in found.silent.items()
    ]


def waived_rows(found: Found, counted: bool) -> list[Data]:
    """What is waived: the hosts of each check and justification. counted: with the number of those
    that are left out.
    """
    alike: dict[tuple[str, ...], list[Verdict]] = {}
    for item in found.items:
        if item["status"] == WAIVED:
            alike.setdefault((item["check"], title(item), *_terms(item)), []).append(item)
    return [_waived(members, counted) for members in alike.values()]


def _terms(verdict: Verdict) -> tuple[str, str, str]:
    waiver = verdict["waived"]
    return waiver["justification"], waiver.get("owner", ""), waiver["expiration_date"]


def _waived(members: t.Sequence[Verdict], counted: bool) -> Data:
    justification, owner, until = map(visible, _terms(members[0]))
    shown = members[:MAX_HOSTS_UNFOLDED] if counted else members
    return {
        **_check(members[0]),
        "badge": badge(WAIVED),
        "said": [_sentence(item) for item in shown],
        "left_out": len(members) - len(shown),
        "justification": justification,
        "owner": owner,
        "until": until,
    }


def passed_rows(found: Found) -> list[Data]:
    """What passed or is not applicable, with the proof for a few hosts, else with their number."""
    return [
        {
            **_check(group.first),
            "badge": badge(group.status),
            "hosts": len(group.hosts),
            "said": [_proof(verdict) for verdict in group.verdicts]
            if len(group.hosts) <= MAX_HOSTS_UNFOLDED
            else [],
        }
        for group in check_groups(found.items, (PASS, NOT_APPLICABLE))
    ]


def _check(verdict: Verdict) -> Data:
    check = visible(verdict["check"])
    return {"check": check, "page": check_page(check), "title": visible(title(verdict))}


def _sentence(verdict: Verdict) -> Data:
    return {"host": visible(verdict["target"]), "sentence": visible(verdict["sentence"])}


def _proof(verdict: Verdict) -> Data:
    return {**_sentence(verdict), "lines": proof_lines(visible_data(dict(verdict)))}
