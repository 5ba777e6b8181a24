# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One case of each check that failed, with the command of its report."""

from __future__ import annotations

from typing import Any

import cases

from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import entry

DIALOG = [["S", "220 mx1"], ["C", "EHLO me"], ["S", "250 mx1"]]


def verdict(target: str, probe: str, status: str = "fail") -> dict[str, Any]:
    evidence = [entry(transcript=DIALOG, decisive=[2], probe=probe, status=status)]
    return {"target": target, "check": "relay", "status": status, "evidence": evidence}


def test_chosen_case_is_one_with_a_command() -> None:
    verdicts = [verdict("a", ""), verdict("b", "relay"), verdict("c", "relay")]
    assert cases.chosen_cases(verdicts) == {
        "relay": {
            "target": "b",
            "command": "nc -C 192.0.2.25 25",
            "lines": ["EHLO me"],
            "params": {},
            "decisive": [["S", "250 mx1"]],
        }
    }


def test_check_without_a_command_keeps_an_empty_one() -> None:
    assert cases.chosen_cases([verdict("a", "")])["relay"]["command"] == ""


def test_verdict_that_passed_is_no_case() -> None:
    assert cases.chosen_cases([verdict("a", "relay", "pass")]) == {}
