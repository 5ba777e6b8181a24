# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test compliant: whether a task's result, a report or verdicts leave nothing to fix."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError


def compliant(subject: t.Any, allow_unknown: bool | None = None) -> bool:
    """True when there are verdicts and none is fail or, unless allowed, unknown."""
    if isinstance(subject, t.Mapping):
        return _is_compliant_result(subject, allow_unknown)
    if isinstance(subject, str):
        raise _error("text (parse a JSON report with from_json first)")
    if not isinstance(subject, t.Iterable):
        raise _error(type(subject).__name__)
    statuses = {_status(item, number) for number, item in enumerate(subject, 1)}
    return bool(statuses) and not statuses & _bad_statuses(allow_unknown)


def _error(found: str) -> AnsibleFilterError:
    return AnsibleFilterError(
        "compliant: expected the result of audit, relay_closed, tls_enforced or mail_flows, "
        f"a JSON report, or a list of verdicts; got {found}."
    )


def _bad_statuses(allow_unknown: bool | None) -> set[str]:
    return {"fail"} if allow_unknown else {"fail", "unknown"}


def _status(item: t.Any, number: int) -> str:
    if not isinstance(item, t.Mapping) or "status" not in item:
        raise _error(f"a list whose item {number} is no verdict")
    return str(item["status"])


def _is_compliant_result(subject: t.Mapping[str, t.Any], allow_unknown: bool | None) -> bool:
    """The same for a report, or the result of a task, whose own option is the default."""
    results = subject.get("results")
    if isinstance(results, t.Sequence):
        return bool(results) and all(compliant(item, allow_unknown) for item in results)
    counts = subject.get("summary")
    if not isinstance(counts, t.Mapping):
        raise _error(_kind(subject))
    if allow_unknown is None and "compliant" in subject:
        return bool(subject["compliant"])
    bad = _bad_statuses(allow_unknown)
    return any(counts.values()) and not any(counts.get(status) for status in bad)


def _kind(subject: t.Mapping[str, t.Any]) -> str:
    """What a mapping without a summary is."""
    if subject.get("skipped"):
        return "the result of a task that was skipped"
    if subject.get("failed"):
        reason = subject.get("msg", "no message")
        return f"the result of a task that failed before it evaluated anything ({reason})"
    if "observations" in subject:
        return "observations, which the filter airtight.mail.verdicts evaluates"
    return "a mapping without a summary"


class TestModule:
    """The tests of this file."""

    def tests(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"compliant": compliant}
