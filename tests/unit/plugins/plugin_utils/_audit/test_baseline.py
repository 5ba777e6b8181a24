# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The earlier report that an audit is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import baseline as _baseline
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import result as _result
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    verdicts,
)


def report(folder: Path) -> list[Any]:
    """A report in a folder, and its verdicts."""
    found = [dict(item) for item in verdicts("mx1.example.org", CHECKS, BAD)]
    text = formats.render("json", found, {}, [], True)
    (folder / "report.json").write_text(text, encoding="utf-8")
    return found


def test_run_that_found_the_same_is_compliant(tmp_path: Path) -> None:
    found = report(tmp_path)
    for path in (tmp_path, tmp_path / "report.json"):
        known = _baseline.baseline(str(path))
        assert known
        marked = known.marked(found)
        assert not _result.is_compliant(found, allow_unknown=False)
        assert _result.is_compliant(marked, allow_unknown=False)
        assert _result.outcome(marked, compliant=True) == "compliant"
        assert known.returned(marked)["msg"] == (
            "Since the baseline: 0 new, 0 worse, 0 better, 0 gone."
        )


def test_new_finding_and_one_that_is_worse_fail(tmp_path: Path) -> None:
    found = report(tmp_path)
    known = _baseline.baseline(str(tmp_path))
    assert known
    for before, now in (("pass", "fail"), ("pass", "unknown"), ("unknown", "fail")):
        first = next(item for item in found if item["status"] == before)
        changed = [{**item, "status": now} if item is first else item for item in found]
        marked = known.marked(changed)
        assert not _result.is_compliant(marked, allow_unknown=False)
        assert _result.outcome(marked, compliant=False) == now
        change = "worse" if before == "unknown" else "new"
        (named,) = known.returned(marked)[change]
        assert named == {"target": "mx1.example.org", "check": first["check"], "status": now}


def test_host_of_which_nothing_is_seen_any_more_fails() -> None:
    seen = {("a", "x"): "pass", ("b", "x"): "unknown", ("c", "x"): "pass"}
    known = _baseline.Baseline(seen)

    def compliant(**statuses: str) -> bool:
        found: list[dict[str, Any]] = [
            {"target": target, "check": "x", "status": status, "evidence": []}
            for target, status in statuses.items()
        ]
        return _result.is_compliant(known.marked(found), allow_unknown=True)

    assert compliant(a="pass", b="unknown"), "it was not seen before either"
    assert not compliant(a="unknown", b="unknown", c="pass")
    assert not compliant(b="unknown"), "a run that saw nothing is never compliant"


def test_before_the_first_run_every_finding_is_new(tmp_path: Path) -> None:
    known = _baseline.baseline(str(tmp_path / "reports"))
    assert known == _baseline.Baseline(
        {}, f"baseline: there is no {tmp_path}/reports/report.json yet, so every finding is new."
    )
    assert _baseline.baseline(None) is None
    assert _baseline.baseline("") is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", r"is no report of this collection; give a report.json, or the folder that holds it"),
        ("[]", "is no report of this collection"),
        ('{"verdicts": 1}', "is no report of this collection"),
        ('{"verdicts": [{"schema": 1}]}', "verdicts of schema 1 cannot be rendered"),
        ('{"verdicts": [{"schema": 2}]}', "is no report of this collection"),
        ("\udcff", "is no report of this collection"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=words):
        _baseline.baseline(str(path))


def test_file_that_is_not_there_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"baseline: there is no file /.*/older.json\."):
        _baseline.baseline(str(tmp_path / "older.json"))
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ModelError, match=r"cannot be read \(Is a directory\)"):
        _baseline.baseline(str(tmp_path))
