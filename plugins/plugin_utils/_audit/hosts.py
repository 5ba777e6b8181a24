# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditing task returns of each host, so that each host of a play has its own result.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._checks import evaluate
from .._report import causes, grouping
from . import result as _result

Verdict = dict[str, t.Any]


def host_results(
    verdicts: t.Sequence[Verdict], given: t.Mapping[str, str], allow_unknown: bool
) -> dict[str, dict[str, t.Any]]:
    """The result of each host, by its key as it was given.

    given: that key by the key of each target, where they differ.
    """
    blocked = causes.port_25_blocked(verdicts)
    by_host: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        key = verdict["target"]
        by_host.setdefault(given.get(key, key), []).append(verdict)
    return {key: _host_result(own, allow_unknown, blocked) for key, own in by_host.items()}


def _host_result(
    verdicts: t.Sequence[Verdict], allow_unknown: bool, blocked: t.Container[str]
) -> dict[str, t.Any]:
    compliant = _result.is_compliant(verdicts, allow_unknown, whole=False)
    failed, unknown = _checks(verdicts, _model.FAIL), _checks(verdicts, _model.UNKNOWN)
    notice = [causes.BLOCKED_NOTICE] if any(one["target"] in blocked for one in verdicts) else []
    sentences = [*notice, *_counted(failed, "failed"), *_counted(unknown, "unknown")]
    return {
        "compliant": compliant,
        "outcome": _result.outcome(verdicts, compliant),
        "msg": " ".join(sentences) or "Nothing failed, and nothing is unknown.",
        "summary": evaluate.summary(verdicts),
        "failed": failed,
        "unknown": unknown,
    }


def _checks(verdicts: t.Iterable[Verdict], status: str) -> list[str]:
    """The checks with a status, gravest first."""
    ranked = grouping.sorted_verdicts(verdicts)
    return list(dict.fromkeys(item["check"] for item in ranked if item["status"] == status))


def _counted(checks: t.Sequence[str], word: str) -> list[str]:
    """How many checks have a status, and the first of them; nothing where there is none."""
    if not checks:
        return []
    return [f"{grouping.count_words(len(checks), 'check')} {word}: {grouping.name_list(checks)}."]
