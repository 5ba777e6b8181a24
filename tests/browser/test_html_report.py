# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The HTML report in Chromium: eyes, keyboards, screen readers, narrow screens and paper."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import html
from ansible_collections.airtight.mail.tests.unit.helpers import sample_fleet
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    RUN,
    mixed,
    verdicts,
)

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".cache/browser"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
MISSING = {
    "no Chromium is installed": CHROMIUM is None,
    "Node.js is not installed": shutil.which("node") is None,
    "axe-core is not installed, which make browser does": not (
        PACKAGES / "node_modules/axe-core"
    ).is_dir(),
}
pytestmark = [pytest.mark.skipif(missing, reason=why) for why, missing in MISSING.items()]
#: Seconds within which the page of 1,000 hosts answers.
INTERACTIVE = 2.0
#: How wide a narrow screen is, and the printed part of a sheet.
NARROW, SHEET = 390, 720


def fleet() -> list[dict[str, t.Any]]:
    """Hosts that differ, hosts that are alike, a silent one, and what is waived or unknown."""
    return [
        *sample_fleet.fleet(12),
        *mixed("mail.example.net"),
        *verdicts("quiet.example.org", (), []),
    ]


#: A run with some before it.
LATER = {
    **RUN,
    "trend": [
        {
            "written": f"2026-11-{day:02d}T01:00:00Z",
            "hosts": 14,
            "summary": {"fail": 30 - day, "unknown": day % 4},
        }
        for day in range(1, 29)
    ],
}
PAGES: dict[str, t.Callable[[], str]] = {
    "one host": lambda: html.report(mixed(), LATER),
    "fleet": lambda: html.report(fleet(), LATER),
    "large fleet": lambda: html.report(sample_fleet.fleet(1000), RUN, "report-hosts"),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each of PAGES as a file."""
    folder = tmp_path_factory.mktemp("reports")
    files = {name: folder / f"{name.replace(' ', '_')}.html" for name in PAGES}
    for name, path in files.items():
        path.write_text(PAGES[name](), encoding="utf-8")
    return files


def examine(page: Path, what: str) -> t.Any:
    """What examine.mjs finds on a page."""
    done = subprocess.run(
        ["node", Path(__file__).with_name("examine.mjs"), str(CHROMIUM), page, what],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "BROWSER_PACKAGES": str(PACKAGES)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[what]


every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_page_breaks_no_rule_of_accessibility(reports: dict[str, Path], name: str) -> None:
    found = examine(reports[name], "axe")
    assert {state: broken for state, broken in found.items() if broken} == {}


@every_page
def test_page_asks_for_nothing_and_runs_nothing_that_gets_into_it(
    reports: dict[str, Path], name: str
) -> None:
    assert examine(reports[name], "policy") == {
        "faults": [],
        "requests": 1,
        "ran": False,
        "refused": True,
    }


@every_page
def test_narrow_screen_shows_all_without_a_broken_word(reports: dict[str, Path], name: str) -> None:
    assert examine(reports[name], "narrow") == {"width": NARROW, "broken": []}


@every_page
def test_paper_has_all_names_and_no_control(reports: dict[str, Path], name: str) -> None:
    found = examine(reports[name], "paper")
    assert not found["controls"]
    assert found["width"] <= SHEET
    assert found["names"] == {"one host": 0, "fleet": 8, "large fleet": 799}[name]
    assert found["sheets"] < 200


ALIKE = sample_fleet.name_of(1)
DIFFERENT = [sample_fleet.name_of(number) for number in (0, 5, 10)]


def test_table_is_filtered_by_host_check_and_severity(reports: dict[str, Path]) -> None:
    found = examine(reports["fleet"], "filter")
    every = {*DIFFERENT, ALIKE, "mail.example.net", "quiet.example.org"}
    assert set(found["all"]["names"]) == every
    assert found["all"]["status"] == "14 hosts in 6 of 6 rows."
    assert (found["host"]["names"], found["host"]["status"]) == (
        [DIFFERENT[1]],
        "1 host in 1 of 6 rows.",
    )
    assert found["folded"] == {"names": [ALIKE], "status": "1 host in 1 of 6 rows.", "open": 1}
    assert found["again"] == found["all"]
    assert "mail.example.net" in found["check"]["names"]
    assert ALIKE not in found["check"]["names"]
    assert set(found["severity"]["names"]) == every - {ALIKE}


def test_table_is_sorted(reports: dict[str, Path]) -> None:
    found = examine(reports["fleet"], "filter")
    assert found["name"]["names"] == sorted(found["all"]["names"])
    assert found["place"] == found["all"]
    failed = {
        name: sum(item["status"] == "fail" for item in fleet() if item["target"] == name)
        for name in found["all"]["names"]
    }
    assert [failed[name] for name in found["fail"]["names"]] == sorted(
        failed.values(), reverse=True
    )


def test_cells_are_spoken_with_their_row_and_their_status(reports: dict[str, Path]) -> None:
    worst = examine(reports["fleet"], "spoken")[0]
    assert '- rowheader "mx00' in worst
    assert '- cell "fail"' in worst


def test_everything_is_readable_without_the_script(reports: dict[str, Path]) -> None:
    found = examine(reports["fleet"], "no script")
    assert found["controls"] is False
    assert found["rows"] == 6
    assert found["findings"] > 20


def test_every_table_is_reached_and_scrolled_by_keyboard(reports: dict[str, Path]) -> None:
    found = examine(reports["fleet"], "keyboard")
    reached = [stop["name"] for stop in found["stops"]]
    assert [region for region in found["regions"] if region not in reached] == []
    assert {"by-host", "by-check", "by-severity", "sort-by"} <= set(reached)
    assert [stop for stop in found["stops"] if stop["outline"] == "none"] == []


def test_page_of_1000_hosts_answers_within_two_seconds(reports: dict[str, Path]) -> None:
    found = examine(reports["large fleet"], "speed")
    assert found["loaded"] < INTERACTIVE
    assert max(found["filtered"], found["sorted"]) < INTERACTIVE / 2
