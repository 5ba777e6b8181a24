# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The result of an auditing task: what it returns where it passes and where it fails."""

from __future__ import annotations

from typing import Any

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._scan import scanner
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import result as _result
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate

WHOLE = {"schema": 2, "severity": "high", "title": "x", "sentence": "y", "evidence": []}


def verdict(
    status: str, number: int = 0, target: str = "mx1.example.org", **more: Any
) -> dict[str, Any]:
    return {**WHOLE, "target": target, "check": f"check_{number}", "status": status, **more}


def returned(verdicts: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    args = {"allow_unknown": False, "report_only": False, **options}
    return _result.result(verdicts, 0, args)


def test_a_failed_task_returns_the_worst_verdicts_in_short() -> None:
    answer = returned(
        [
            verdict("pass"),
            verdict("unknown", 1),
            verdict("fail", 2, severity="low"),
            verdict("fail", 3, severity="critical"),
        ]
    )
    assert answer["failed"] is True
    assert [item["check"] for item in answer["verdicts"]] == ["check_3", "check_1", "check_2"]
    assert {tuple(item) for item in answer["verdicts"]} == {
        ("target", "check", "severity", "status", "sentence")
    }


def test_a_failed_task_returns_no_more_than_twenty() -> None:
    answer = returned([verdict("fail", number) for number in range(30)])
    assert len(answer["verdicts"]) == 20
    assert answer["summary"]["fail"] == 30


def test_what_is_allowed_is_not_returned() -> None:
    answer = returned([verdict("fail"), verdict("unknown", 1)], allow_unknown=True)
    assert [item["status"] for item in answer["verdicts"]] == ["fail"]


def test_of_a_host_that_never_answered_one_verdict_is_enough() -> None:
    silent = [verdict("unknown", number, target="mx2.example.org") for number in range(5)]
    answer = returned([verdict("fail"), verdict("unknown", 1), *silent])
    assert [(item["target"], item["check"]) for item in answer["verdicts"]] == [
        ("mx1.example.org", "check_0"),
        ("mx1.example.org", "check_1"),
        ("mx2.example.org", "check_0"),
    ]


def test_with_report_only_all_are_returned_whole() -> None:
    verdicts = [verdict("fail", number) for number in range(30)]
    answer = returned(verdicts, report_only=True)
    assert (answer["failed"], answer["verdicts"]) == (False, verdicts)


def test_what_is_in_a_report_is_returned_in_short() -> None:
    answer = returned(
        [verdict("pass"), verdict("fail", 1), verdict("unknown", 2)],
        report_only=True,
        report_dir="report",
    )
    assert [item["check"] for item in answer["verdicts"]] == ["check_1", "check_2"]
    assert set(answer["verdicts"][0]) == set(_result.BRIEF)
    assert answer["summary"]["pass"] == 1


def test_ansible_prints_no_result_that_is_whole() -> None:
    """With -v the result of a fleet would be one line of several hundred thousand characters."""
    key = "_ansible_verbose_override"
    assert returned([verdict("fail")], report_only=True)[key] is True
    assert returned([verdict("pass")])[key] is True
    assert key not in returned([verdict("fail")])


def test_nothing_seen_is_never_success() -> None:
    assert returned([verdict("pass"), verdict("unknown", 1)], allow_unknown=True)["compliant"]
    silent = [verdict("unknown", 1, target="mx2"), verdict("not_applicable", 2, target="mx2")]
    answer = returned([verdict("pass"), *silent], allow_unknown=True)
    assert (answer["compliant"], answer["failed"], answer["outcome"]) == (False, True, "unknown")
    assert [item["target"] for item in answer["verdicts"]] == ["mx2"]
    assert returned([], allow_unknown=True)["compliant"] is False


def test_outcome_tells_a_wrong_option_from_a_flaw() -> None:
    refused = evaluate.refused("mx2", "mail.example.org", "name: 'a b' is no host name.")
    assert returned([verdict("pass")])["outcome"] == "compliant"
    assert returned([verdict("pass"), refused])["outcome"] == "wrong_option"
    assert returned([verdict("fail"), refused])["outcome"] == "fail"
    assert returned([verdict("unknown"), verdict("pass", 1)])["outcome"] == "unknown"


def test_scan_that_was_not_made_stands_for_no_connection() -> None:
    job = _model.Job("port_scan", "mx1.example.org", "side", "192.0.2.25", 0, {"ports": [2525]})
    assert _result.connection_count(scanner.not_made(job, "not scanned: time was over")) == 0
