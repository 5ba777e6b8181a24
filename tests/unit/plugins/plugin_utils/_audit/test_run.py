# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One run of an auditing task, with a vantage that is scripted."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import evaluation as _evaluation
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import options as _options
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import run as _run
from ansible_collections.airtight.mail.tests.unit.helpers import schemas

NOW = datetime.datetime(2026, 11, 30, 14, tzinfo=datetime.UTC)
RECORDS = ["20 mx2.example.net.", "10 mx1.example.org."]
NOBODY: dict[str, Any] = {"checks": (), "groups": ()}


def options(**more: Any) -> dict[str, Any]:
    spec = _options.argument_spec(preset=False, resolver=False)
    args = {name: option.get("default") for name, option in spec.items()}
    return {**args, "dns_resolver": "none", "report_only": True, **more}


def run(*targets: dict[str, Any], preset: Any = None, **more: Any) -> _run.AuditRun:
    args = options(targets=list(targets), **more)
    return _run.AuditRun(args, _target.keyed(list(targets)), preset or NOBODY, NOW)


def attempt(target: str, source: str = "") -> _model.Observation:
    job = _model.Job("smtp_session", target, "smtp", "192.0.2.1", 25, {})
    error: Any = {"kind": "timeout", "text": "no answer"}
    return _model.observation(job, {}, error, [], {"source": source})


@pytest.fixture(name="mx_records")
def scripted_mx_records(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_args: Any, entries: Any) -> list[_model.Observation]:
        facts = {"state": "records", "records": RECORDS, "chain": [], "ad": False, "ttl": 60}
        return [
            _model.observation(
                _model.Job(
                    "dns",
                    entry.target.key,
                    "dns",
                    "127.0.0.1",
                    53,
                    {"name": entry.target.name, "type": "MX", "trusted": False},
                ),
                {**facts, "signatures": []},
                None,
                [["C", "MX"]],
                {"source": ""},
            )
            for entry in entries
        ]

    monkeypatch.setattr(_run._dns_queries, "mx_answers", answers)


def look(one: _run.AuditRun, entries: Any, source: str = "") -> None:
    seen = [attempt(entry.target.key, source) for entry in entries]
    one.evaluation.all_ended({"observations": seen, "addresses": {}})


@pytest.mark.usefixtures("mx_records")
def test_mx_hosts_are_audited_in_place_of_a_domain() -> None:
    one = run({"name": "example.org"}, {"name": "imap.example.org"}, return_observations=True)
    look(one, one.audited[:1])
    look(one, one.audited[1:], "203.0.113.66")
    found = one.mx_hosts()
    assert [host.target.name for host in found["example.org"]] == [
        "mx1.example.org",
        "mx2.example.net",
    ]
    look(one, found["example.org"], "203.0.113.66")
    keys = [
        "imap.example.org",
        "mx1.example.org (MX of example.org)",
        "mx2.example.net (MX of example.org)",
    ]
    verdicts = one.verdicts()
    assert list(dict.fromkeys(item["target"] for item in verdicts)) == keys
    result = one.result(verdicts, "localhost")
    assert list(result["hosts"]) == ["imap.example.org", "example.org"]
    assert {one["target"] for one in result["observations"]} == set(keys)
    assert result["connections"] == 3


def test_host_that_took_no_connection_is_evaluated_as_a_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = run({"name": "mx1.example.org"}, {"name": "a.example.org", "addresses": ["192.0.2.1"]})
    look(one, one.audited)
    assert list(one.evaluation.aside) == ["mx1.example.org"]
    assert set(one.evaluation.verdicts) == {"a.example.org"}
    monkeypatch.setattr(_run._dns_queries, "mx_answers", lambda _args, _entries: [])
    assert one.mx_hosts() == {}
    assert set(one.evaluation.verdicts) == {"a.example.org", "mx1.example.org"}


@pytest.mark.usefixtures("mx_records")
@pytest.mark.parametrize("preset", [{"checks": (), "groups": ("relay",)}])
def test_task_about_one_host_stays_with_it(preset: dict[str, Any]) -> None:
    one = run({"name": "example.org"}, preset=preset)
    look(one, one.audited)
    assert (one.evaluation.aside, one.mx_hosts()) == ({}, {})
    assert {item["target"] for item in one.verdicts()} == {"example.org"}


def test_report_has_what_the_task_does_not_return(tmp_path: Path) -> None:
    one = run(
        {"name": "mx1.example.org", "addresses": ["192.0.2.1"], "policy": "strict"},
        {"name": "no host", "key": "odd"},
        report_dir=str(tmp_path),
        report_forms=["json"],
    )
    look(one, one.audited, "203.0.113.66")
    one.mx_hosts()
    result = one.result(one.verdicts(), "outside")
    assert "observations" not in result
    assert len(result["verdicts"]) <= 20
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["policy"] == "strict"
    assert (report["run"]["vantage"], report["run"]["outcome"]) == ("outside", result["outcome"])
    assert {item["target"] for item in report["verdicts"]} == {"mx1.example.org", "odd"}
    assert [item["probe"] for item in report["observations"]].count("smtp_session") == 1


def test_interrupted_run_reports_what_was_seen(tmp_path: Path) -> None:
    waiver = {
        "check": "tls_versions",
        "justification": "x",
        "expiration_date": "2020-01-01",
    }
    one = run(
        {"name": "mx1.example.org", "addresses": ["192.0.2.1"]},
        {"name": "mx2.example.org", "addresses": ["192.0.2.2"], "waivers": [waiver]},
        {"name": "mx3.example.org"},
        report_dir=str(tmp_path),
        report_forms=["json"],
        allow_unknown=True,
    )
    look(one, one.audited[:1], "203.0.113.66")
    look(one, one.audited[2:])
    seen = dict(one.evaluation.verdicts)
    assert list(seen) == ["mx1.example.org"]
    one.interrupted("SIGINT")
    look(one, one.audited[1:2], "203.0.113.66")  # what a thread still finds is too late
    verdicts = one.verdicts()
    result = one.result(verdicts, "localhost")
    assert one.evaluation.verdicts["mx1.example.org"] == seen["mx1.example.org"]
    for key in ("mx2.example.org", "mx3.example.org"):
        found = [item for item in verdicts if item["target"] == key]
        assert {item["status"] for item in found} == {"unknown", "not_applicable"}
        assert {item["reason"] for item in found} == {"", "not_requested"}
        assert {item["sentence"] for item in found if item["status"] == "unknown"} == {
            "The audit was ended by SIGINT before this host was finished."
        }
    assert (result["compliant"], result["outcome"]) == (False, "unknown")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["interrupted"] == "SIGINT"
    assert {item["target"] for item in report["observations"]} == {"mx1.example.org"}


def test_signal_after_the_last_target_leaves_the_report_as_it_is() -> None:
    one = run({"name": "mx1.example.org", "addresses": ["192.0.2.1"]})
    look(one, one.audited, "203.0.113.66")
    verdicts = one.verdicts()
    one.interrupted("SIGTERM")
    assert one.verdicts() == verdicts
    assert "interrupted" not in one._facts(
        "localhost", {"outcome": "", "unused_waivers": [], "expiring_waivers": []}
    )


def test_runs_are_a_trend_in_the_report(tmp_path: Path) -> None:
    for number in (1, 2):
        one = run(
            {"name": "mx1.example.org", "addresses": ["192.0.2.1"]},
            report_dir=str(tmp_path),
            report_forms=["json", "html"],
            trend=str(tmp_path),
        )
        assert one.report
        one.report.prepare()
        look(one, one.audited, "203.0.113.66")
        one.result(one.verdicts(), "outside")
        report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert schemas.errors("report", report) == []
        assert len(report["run"]["trend"]) == number
        assert report["run"]["trend"][-1]["summary"] == report["summary"]
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert ("<svg" in page) == (number > 1)
    kept = json.loads((tmp_path / "trend.json").read_text(encoding="utf-8"))
    assert kept["runs"] == report["run"]["trend"]


def test_exception_of_the_dns_costs_only_the_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> list[Any]:
        raise ValueError("odd")

    monkeypatch.setattr(_evaluation._dns_queries, "observe", broken)
    one = run({"name": "mx1.example.org", "addresses": ["192.0.2.1"]}, return_observations=True)
    look(one, one.audited, "203.0.113.66")
    assert len(one.verdicts()) > 50
    assert any("ValueError" in line for line in one.evaluation.exceptions)
