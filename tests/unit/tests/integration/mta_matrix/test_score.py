# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""How a target of the MTA matrix counts, by its entry, its ground truth and the audit."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import score


def row(seeded: list[str], facts: list[str], excused: str = "", **audit: set[str]) -> score.Row:
    target = {"name": "t", "host": "t.test", "flaws": seeded, "inconclusive": excused}
    found: dict[str, set[str]] = defaultdict(set, {"pass": {"tls_versions"}, **audit})
    return score.Row(target, {fact: ["seen"] for fact in facts}, found)


@pytest.mark.parametrize(
    ("entry", "result", "errors"),
    [
        (row([], []), "true negative", []),
        (row(["relays"], ["relays"], fail={"relay_third_party"}), "true positive", []),
        (row(["relays"], ["relays"]), "false negative", ["FALSE NEGATIVE: relays"]),
        (row([], [], fail={"tls_versions"}), "false positive", ["FALSE POSITIVE: tls_versions"]),
        (
            row(["relays"], ["relays"], unknown={"relay_third_party"}),
            "inconclusive",
            ["INCONCLUSIVE: relays"],
        ),
        (
            row(["relays"], ["relays"], "accepts all", unknown={"relay_third_party"}),
            "inconclusive",
            [],
        ),
        (row(["relays"], ["relays"], "accepts all"), "false negative", ["FALSE NEGATIVE: relays"]),
        (row(["old_tls"], []), "true negative", ["SEEDED, NOT SEEN: old_tls"]),
        (
            row([], ["old_tls"], fail={"tls_versions"}),
            "true positive",
            ["SEEN, NOT SEEDED: old_tls (seen)"],
        ),
        (row([], ["not_reached"]), "true negative", ["NO GROUND TRUTH: seen"]),
    ],
)
def test_result_and_errors_of_a_target(entry: score.Row, result: str, errors: list[str]) -> None:
    assert score.result(entry) == result
    assert score.errors(entry) == errors


@pytest.mark.parametrize(
    ("flaws", "found", "no_result", "expected"),
    [
        ({"relays"}, ["relays"], [], "true positive"),
        (set(), ["relays"], [], "false positive"),
        ({"relays"}, [], ["*"], "inconclusive"),
        ({"relays"}, [], ["old_tls"], "false negative"),
        (set(), [], [], "true negative"),
    ],
)
def test_answer_of_another_scanner(
    flaws: set[str], found: list[str], no_result: list[str], expected: str
) -> None:
    answers = {"flaws": found, "no_result": no_result}
    assert score.answer("relays", flaws, answers) == expected


def test_main_wrong_target_fails_and_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files: dict[str, Any] = {
        "targets-a": [{"name": "t", "host": "t.test", "flaws": ["relays"]}],
        "ground_truth": {"t.test": {"relays": ["arrived"]}},
        "audit": {
            "verdicts": [{"target": "t.test", "check": "relay_third_party", "status": "pass"}]
        },
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["score.py", str(tmp_path)])
    assert score.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("WRONG false negative t.test")
    assert lines[-1].startswith("zoo: 0 of 1 targets right")


@pytest.mark.parametrize("status", ["pass", "not_applicable", "unknown"])
def test_errors_client_that_is_turned_away_only_unknown_is_right(status: str) -> None:
    entry = row([], [], **{status: {"relay_third_party"}})
    entry.target["must_be_unknown"] = ["relaying"]
    wrong = [f"{status.upper()}, BUT CANNOT BE KNOWN: relay_third_party"]
    assert score.errors(entry) == ([] if status == "unknown" else wrong)


@pytest.mark.parametrize("also", [[], ["relay_third_party"]])
def test_errors_one_check_that_cannot_be_known_excuses_no_other(also: list[str]) -> None:
    entry = row([], [], unknown={"imap_login_refused", *also})
    entry.target["must_be_unknown"] = ["imap_login_refused"]
    assert score.errors(entry) == [f"INCONCLUSIVE: {check}" for check in also]


@pytest.mark.parametrize(("same", "outcome"), [(150.0, "held"), (151.0, "MISSED")])
def test_print_wall_time_ratio_to_nmap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], same: float, outcome: str
) -> None:
    seconds = {"audit": 400.0, "same": same, "nmap": 100.0, "targets": 9}
    (tmp_path / "wall_time.json").write_text(json.dumps(seconds), encoding="utf-8")
    score.print_wall_time(tmp_path)
    assert capsys.readouterr().out.rstrip().endswith(outcome)


def test_counts_fail_of_a_proxy_header_as_relaying() -> None:
    assert score.counts("relay_proxy_header", "fail")
    assert not score.counts("relay_proxy_header", "unknown")


@pytest.mark.parametrize(("check", "fact"), sorted(score.NOT_OFFERED.items()))
@pytest.mark.parametrize("status", ["pass", "not_applicable"])
@pytest.mark.parametrize("offered", [True, False])
def test_errors_client_that_is_turned_away_not_applicable_is_right_without_the_extension(
    check: str, fact: str, status: str, offered: bool
) -> None:
    facts = [] if offered else [fact]
    failed = {one for seen in facts for one in score.CHECKS_OF.get(seen, ())}
    entry = row([seen for seen in facts if seen in score.CHECKS_OF], facts, fail=failed)
    entry.audit[status].add(check)
    entry.target["must_be_unknown"] = ["relaying"]
    wrong = [f"{status.upper()}, BUT CANNOT BE KNOWN: {check}"]
    assert score.errors(entry) == ([] if status == "not_applicable" and not offered else wrong)


@pytest.mark.parametrize(
    ("facts", "failed", "result", "errors"),
    [
        (["any_login"], {"made_up_login_refused"}, "true positive", []),
        (
            ["any_login"],
            {"made_up_login_refused", "relay_after_failed_login"},
            "true positive",
            [],
        ),
        (
            ["any_login"],
            {"relay_after_failed_login"},
            "false negative",
            ["FALSE NEGATIVE: any_login"],
        ),
        (
            ["any_login", "relays"],
            {"made_up_login_refused", "relay_after_failed_login"},
            "false negative",
            ["FALSE NEGATIVE: relays"],
        ),
        (
            [],
            {"relay_after_failed_login"},
            "false positive",
            ["FALSE POSITIVE: relay_after_failed_login"],
        ),
    ],
)
def test_errors_relaying_after_a_login_that_any_password_gets(
    facts: list[str], failed: set[str], result: str, errors: list[str]
) -> None:
    entry = row(facts, facts, fail=failed)
    assert score.result(entry) == result
    assert score.errors(entry) == errors
