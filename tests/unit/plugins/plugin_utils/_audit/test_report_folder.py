# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The files of the reports of a run."""

from __future__ import annotations

import datetime
import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import (
    report_folder as _report_folder,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    verdicts,
)

ROOT = Path(__file__).resolve().parents[5]


def written(folder: _report_folder.ReportFolder) -> _report_folder.Written:
    return folder.write(verdicts("mx1.example.org", CHECKS, BAD), {}, BAD)


def test_every_form_is_a_file_and_nothing_else_is(tmp_path: Path) -> None:
    folder = _report_folder.ReportFolder(str(tmp_path / "a/b"), tuple(formats.FILES))
    folder.prepare()
    done = written(folder)
    assert sorted(done.files) == sorted(formats.FILES.values())
    assert sorted(path.name for path in folder.path.iterdir()) == sorted(done.files)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in folder.path.iterdir())
    assert done.returned(folder) == {"reports": [str(folder.path / name) for name in done.files]}


def test_folder_holds_the_reports_of_one_run_and_keeps_other_files(tmp_path: Path) -> None:
    for name in ("report.html", "report.csv", "notes.txt"):
        (tmp_path / name).write_text("older", encoding="utf-8")
    _report_folder.ReportFolder(str(tmp_path), ["json"]).prepare()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("odd"), r"ValueError \(test_report_folder.py, line \d+\)"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
    ],
    ids=["exception", "full disk"],
)
def test_form_that_cannot_be_made_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def broken(*_arguments: Any) -> str:
        raise error

    monkeypatch.setattr(formats.html, "report", broken)
    folder = _report_folder.ReportFolder(str(tmp_path), ["json", "html", "text"])
    folder.prepare()
    found = written(folder).returned(folder)
    assert found["failed"] is True
    assert found["reports"] == [f"{tmp_path}/report.json", f"{tmp_path}/report.txt"]
    words = rf"Not written to {tmp_path}: report.html \({reason}\)\. All other forms are complete\."
    assert re.fullmatch(words, found["msg"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "report.txt"]


def test_folder_that_cannot_be_is_refused_before_anything_is_observed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    folder = _report_folder.ReportFolder(str(tmp_path / "file/report"), ["json"])
    with pytest.raises(ModelError, match=r"report_dir: /.*/file/report cannot hold the reports \("):
        folder.prepare()


def test_run_says_which_version_made_the_report() -> None:
    now = datetime.datetime(2026, 11, 30, 14, tzinfo=datetime.UTC)
    facts = _report_folder.run_facts("outside", ["strict", "baseline", "strict"], now)
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert facts == {
        "tool": f"{galaxy['namespace']}.{galaxy['name']}",
        "version": galaxy["version"],
        "written": "2026-11-30T14:00:00Z",
        "vantage": "outside",
        "policy": "strict, baseline",
    }
