# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The file in which each audit adds what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import trend as _trend
from ansible_collections.airtight.mail.tests.unit.helpers import schemas
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import mixed

VERDICTS = [*mixed("mx1.example.org"), *mixed("mx2.example.org")[2:], *mixed("mx3.example.org")[3:]]


def facts(day: int, **more: str) -> dict[str, str]:
    return {"written": f"2026-11-{day:02d}T01:00:00Z", "outcome": "fail", **more}


def stored(path: Path) -> dict[str, Any]:
    """What is in the file, which is such as the schema says."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert schemas.errors("trend", data) == []
    return data


def test_each_run_is_added_with_its_numbers(tmp_path: Path) -> None:
    for day, more in ((1, {}), (2, {"interrupted": "SIGTERM"})):
        kept = _trend.trend(str(tmp_path / "reports"))
        assert kept
        assert len(kept.runs) == day - 1
        runs = kept.added({**facts(day, **more), "vantage": "x"}, VERDICTS)
    assert stored(tmp_path / "reports/trend.json") == {"schema": 1, "runs": runs}
    assert [one["written"] for one in runs] == [facts(day)["written"] for day in (1, 2)]
    assert [one.get("interrupted") for one in runs] == [None, "SIGTERM"]
    for one in runs:
        assert (one["hosts"], one["hosts_failed"], one["hosts_unknown"]) == (3, 1, 1)
        assert one["summary"] == {
            "fail": 2,
            "unknown": 2,
            "waived": 3,
            "pass": 3,
            "not_applicable": 3,
        }


def test_file_and_report_keep_the_last_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_trend, "KEPT", 3)
    monkeypatch.setattr(_trend, "SHOWN", 2)
    path = tmp_path / "history.json"
    for day in range(1, 6):
        kept = _trend.trend(str(path))
        assert kept
        shown = kept.added(facts(day), VERDICTS)
    days = [facts(day)["written"] for day in (3, 4, 5)]
    assert [one["written"] for one in stored(path)["runs"]] == days
    assert [one["written"] for one in shown] == days[1:]


def test_without_the_option_there_is_no_history() -> None:
    assert _trend.trend(None) is None
    assert _trend.trend("") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"schema": 2, "runs": []}',
        '{"schema": 1}',
        '{"schema": 1, "runs": [{"written": "x", "hosts": 1}]}',
        '{"schema": 1, "runs": [{"written": "x", "hosts": 1, "summary": {"fail": "a"}}]}',
        '{"schema": 1, "runs": [5]}',
    ],
)
def test_file_that_is_no_history_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "trend.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"^trend: /.*/trend\.json is no trend of this"):
        _trend.trend(str(tmp_path))
    assert path.read_text(encoding="utf-8") == content


def test_file_that_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(ModelError, match=r"^trend: /.*/a\.json cannot be read \(Is a directory\)"):
        _trend.trend(str(tmp_path / "a.json"))
    (tmp_path / "file").touch()
    kept = _trend.Trend(tmp_path / "file/trend.json", [])
    with pytest.raises(ModelError, match=r"^trend: /.*/trend\.json cannot be written \("):
        kept.added(facts(1), VERDICTS)
