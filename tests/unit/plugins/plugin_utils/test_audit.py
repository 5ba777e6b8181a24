# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The auditing tasks: their options are as documented, and what a failed one returns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.action import (
    audit,
    mail_flows,
    relay_closed,
    tls_enforced,
)
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey
from ansible_collections.airtight.mail.plugins.plugin_utils import _audit

ACTIONS = {
    "audit": audit,
    "mail_flows": mail_flows,
    "relay_closed": relay_closed,
    "tls_enforced": tls_enforced,
}
COMPARED = ("type", "elements", "choices", "default", "required")
WHOLE = {"schema": 2, "severity": "high", "title": "x", "sentence": "y", "evidence": []}


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    """The documented options of each module, fragments and all."""
    root = Path(__file__).resolve().parents[4]
    argv = [sys.executable, "-m", "ansible", "doc", "--type", "module", "--json"]
    done = subprocess.run(
        [*argv, *(f"airtight.mail.{name}" for name in (*ACTIONS, "probe_info"))],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root / ".cache/collections")},
    )
    found = json.loads(done.stdout)
    return {name.rpartition(".")[2]: entry["doc"]["options"] for name, entry in found.items()}


def compared(options: dict[str, Any]) -> dict[str, Any]:
    """What an option is, without what is said of it; nested ones below it."""
    return {
        name: {
            **{key: option[key] for key in COMPARED if option.get(key) not in (None, False, [])},
            "options": compared(option.get("suboptions") or option.get("options") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_options_of_an_action_are_its_argument_spec(documented: dict[str, Any], name: str) -> None:
    action = ACTIONS[name].ActionModule
    spec = _audit.AuditAction._spec(action.__new__(action))
    assert compared(documented[name]) == compared(spec)


def test_options_of_probe_info_are_those_of_a_survey(documented: dict[str, Any]) -> None:
    assert compared(documented["probe_info"]) == compared(survey.ARGUMENT_SPEC)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_audit.text, "terminal", lambda verdicts: f"{len(verdicts)} verdicts")


def verdict(
    status: str, number: int = 0, target: str = "mx1.example.org", **more: Any
) -> dict[str, Any]:
    return {**WHOLE, "target": target, "check": f"check_{number}", "status": status, **more}


def returned(verdicts: list[dict[str, Any]], **options: bool) -> dict[str, Any]:
    args = {"allow_unknown": False, "report_only": False, "return_observations": False, **options}
    return _audit.AuditAction._answer(args, verdicts, {"observations": [], "addresses": {}})


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
    assert [item["check"] for item in answer["verdicts"]] == ["check_3", "check_2", "check_1"]
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
