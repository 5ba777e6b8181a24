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
    mixed,
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


#: So many that each has a page of its own.
FLEET = [item for number in range(201) for item in mixed(f"mx{number}.example.org")]
PAGES = formats.FOLDERS["html"]


def fleet_folder(path: Path) -> _report_folder.ReportFolder:
    folder = _report_folder.ReportFolder(str(path), ["html"])
    folder.prepare()
    return folder


def test_hosts_of_a_large_fleet_have_pages_in_a_folder_beside_the_summary(tmp_path: Path) -> None:
    folder = fleet_folder(tmp_path)
    assert folder.write(FLEET, {}, ()) == _report_folder.Written(["report.html"], {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [PAGES, "report.html"]
    summary = (tmp_path / "report.html").read_text(encoding="utf-8")
    linked = set(re.findall(rf'href="({PAGES}/[^"]*)"', summary))
    pages = list((tmp_path / PAGES).iterdir())
    assert linked == {f"{PAGES}/{page.name}" for page in pages}
    assert len(pages) == 201
    assert (tmp_path / PAGES).stat().st_mode & 0o777 == 0o755
    assert {page.stat().st_mode & 0o777 for page in pages} == {0o644}
    assert 'href="../report.html"' in pages[0].read_text(encoding="utf-8")


def test_folder_holds_the_pages_of_one_run(tmp_path: Path) -> None:
    fleet_folder(tmp_path).write(FLEET, {}, ())
    written(fleet_folder(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_folder_of_pages_with_another_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / PAGES).mkdir()
    (tmp_path / PAGES / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot hold the reports \(Directory not empty\)"):
        fleet_folder(tmp_path)
    assert (tmp_path / PAGES / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_link_in_place_of_the_pages_costs_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/page.html").write_text("mine", encoding="utf-8")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / PAGES).symlink_to(tmp_path / "elsewhere")
    fleet_folder(tmp_path / "report")
    assert (tmp_path / "elsewhere/page.html").exists()
    assert list((tmp_path / "report").iterdir()) == []


@pytest.mark.parametrize("broken", ["pages", "summary"])
def test_pages_and_summary_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def half(*_arguments: Any) -> Any:
        yield "mx0.example.org.html", "a page"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def none(*_arguments: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    name, function = ("host_pages", half) if broken == "pages" else ("report", none)
    monkeypatch.setattr(formats.html, name, function)
    done = fleet_folder(tmp_path).write(FLEET, {}, ())
    assert done == _report_folder.Written([], {"report.html": "No space left on device"})
    assert list(tmp_path.iterdir()) == []


def test_pages_are_made_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the pages of a large fleet take the memory of one."""

    def pages(*_arguments: Any) -> Any:
        for number in range(3):
            assert len(list(tmp_path.glob(".*/*.html"))) == number
            yield f"mx{number}.html", "a page"

    monkeypatch.setattr(formats.html, "host_pages", pages)
    assert fleet_folder(tmp_path).write(FLEET, {}, ()).problems == {}
    assert len(list((tmp_path / PAGES).iterdir())) == 3


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
