# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The test compliant: which subjects it takes, and what it says to any other."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.test.compliant import TestModule as Plugin
from ansible_collections.airtight.mail.plugins.test.compliant import compliant

CLEAN = {"fail": 0, "unknown": 0, "waived": 1, "pass": 3, "not_applicable": 2}


@pytest.mark.parametrize(
    ("statuses", "strictly", "leniently"),
    [
        (["pass"], True, True),
        (["pass", "waived", "not_applicable"], True, True),
        (["pass", "unknown"], False, True),
        (["pass", "fail"], False, False),
        ([], False, False),
    ],
)
def test_verdicts_are_compliant_when_none_is_bad(
    statuses: list[str], strictly: bool, leniently: bool
) -> None:
    verdicts = [{"status": status} for status in statuses]
    counts = {status: statuses.count(status) for status in CLEAN}
    assert compliant(verdicts) is strictly
    assert compliant(iter(verdicts), allow_unknown=True) is leniently
    assert compliant({"summary": counts}) is strictly
    assert compliant({"summary": counts}, allow_unknown=True) is leniently
    assert Plugin().tests() == {"compliant": compliant}


@pytest.mark.parametrize(
    ("compliance", "unknown", "asked", "expected"),
    [
        (True, 0, None, True),
        (True, 2, None, True),  # the task ran with allow_unknown
        (True, 2, False, False),
        (False, 2, None, False),
        (False, 2, True, True),
    ],
)
def test_a_result_follows_its_task_unless_the_test_says_otherwise(
    compliance: bool, unknown: int, asked: bool | None, expected: bool
) -> None:
    result = {"changed": False, "compliant": compliance, "summary": {**CLEAN, "unknown": unknown}}
    assert compliant(result, allow_unknown=asked) is expected


def test_a_failed_result_is_not_compliant() -> None:
    verdict = {
        "target": "mx1.example.org",
        "check": "relay_third_party",
        "severity": "critical",
        "status": "fail",
        "sentence": "x",
    }
    assert (
        compliant(
            {
                "failed": True,
                "compliant": False,
                "summary": {**CLEAN, "fail": 1},
                "verdicts": [verdict],
            }
        )
        is False
    )


@pytest.mark.parametrize(("second", "expected"), [(0, True), (1, False)])
def test_a_loop_is_compliant_when_each_item_is(second: int, expected: bool) -> None:
    results = [{"summary": {**CLEAN, "fail": failures}} for failures in (0, second)]
    assert compliant({"results": results, "msg": "All items completed"}) is expected
    assert compliant({"results": []}) is False


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ('{"summary": {}}', "got text (parse a JSON report with from_json first)."),
        (3, "got int."),
        (None, "got NoneType."),
        ([{"status": "pass"}, "fail"], "got a list whose item 2 is no verdict."),
        ([{"check": "relay_third_party"}], "got a list whose item 1 is no verdict."),
        ({"skipped": True, "changed": False}, "got the result of a task that was skipped."),
        (
            {"failed": True, "msg": "name: bad"},
            "got the result of a task that failed before it evaluated anything (name: bad).",
        ),
        (
            {"observations": [], "addresses": {}},
            "got observations, which the filter airtight.mail.verdicts evaluates.",
        ),
        ({"rc": 0}, "got a mapping without a summary."),
    ],
)
def test_any_other_subject_is_an_error_that_names_it(subject: Any, words: str) -> None:
    with pytest.raises(
        AnsibleFilterError, match="compliant: expected the result of audit"
    ) as error:
        compliant(subject)
    assert words in str(error.value)
