# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed since an earlier report: findings that are new, worse, better or gone.

A finding is a check of a target that fails or is unknown.
Pure: verdicts in, verdicts and sentences out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN

from .causes import is_interrupted
from .evidence import BETTER, NEW, UNCHANGED, WORSE, Verdict
from .grouping import name_list

GONE = "gone"
#: Those of findings that were reported before.
KNOWN = (BETTER, UNCHANGED)
_RANK = {FAIL: 2, UNKNOWN: 1}
#: Status by target and check.
Statuses = t.Mapping[tuple[str, str], str]


def statuses(verdicts: t.Iterable[Verdict]) -> dict[tuple[str, str], str]:
    """The statuses of a report, for a comparison with a later one; without what an interrupted run
    did not look at.
    """
    return {
        (str(item["target"]), str(item["check"])): str(item["status"])
        for item in verdicts
        if not is_interrupted(item)
    }


def marked(verdicts: t.Iterable[Verdict], before: Statuses) -> list[Verdict]:
    """The verdicts, of which each finding says how it changed, and what its status was."""
    return [_marked(item, before) for item in verdicts]


def _marked(verdict: Verdict, before: Statuses) -> Verdict:
    rank = _RANK.get(verdict["status"], 0)
    if not rank or is_interrupted(verdict):
        return verdict
    status = before.get((verdict["target"], verdict["check"]), "")
    earlier = _RANK.get(status, 0)
    change = NEW if not earlier else UNCHANGED
    if earlier and earlier != rank:
        change = WORSE if rank > earlier else BETTER
    return {**verdict, "change": change, **({"status_before": status} if status else {})}


def gone(verdicts: t.Sequence[Verdict], before: Statuses) -> list[dict[str, str]]:
    """The findings of the earlier report that are none any more. What was not evaluated again is
    not gone.
    """
    now = statuses(verdicts)
    return [
        {"target": target, "check": check, "status_before": status, "status": now[target, check]}
        for (target, check), status in before.items()
        if status in _RANK and now.get((target, check), status) not in _RANK
    ]


def is_known(verdict: Verdict) -> bool:
    """Whether an earlier report has a finding already, as grave as it is now."""
    return verdict.get("change") in KNOWN


def sentence(verdicts: t.Sequence[Verdict], ended: t.Sequence[t.Mapping[str, str]]) -> str:
    """How many findings changed in which way, and the first that are new or gone."""
    counts = collections.Counter(item.get("change", "") for item in verdicts)
    counted = [f"{counts[name]} {name}" for name in (NEW, WORSE, BETTER)]
    found = f"Since the baseline: {', '.join(counted)}, {len(ended)} gone."
    fresh = [_name(item) for item in verdicts if item.get("change") in (NEW, WORSE)]
    if fresh:
        found += f" New or worse: {name_list(fresh)}."
    return f"{found} Gone: {name_list([_name(item) for item in ended])}." if ended else found


def _name(item: t.Mapping[str, t.Any]) -> str:
    return f"{item['check']} of {item['target']}"
