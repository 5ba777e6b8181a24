# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The chart of the last runs in the HTML page."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import html, html_trend
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY, RUN, mixed


def run(day: int, fail: int, unknown: int, **more: str) -> dict[str, t.Any]:
    summary = {"fail": fail, "unknown": unknown, "waived": 0, "pass": 9, "not_applicable": 0}
    written = f"2026-11-{day:02d}T01:00:00Z"
    return {"written": written, "outcome": "fail", "hosts": 2, "summary": summary, **more}


RUNS = [run(1, 4, 0), run(2, 2, 1, interrupted="SIGINT"), run(3, 0, 3)]


def page(runs: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    return html.report(mixed(), {**RUN, "trend": runs})


def test_lines_reach_from_the_first_run_to_the_last_and_from_none_to_most() -> None:
    found = html_trend.chart(RUNS)
    assert found
    assert [line["points"] for line in found["lines"]] == [
        "0.0,0.0 300.0,60.0 600.0,120.0",
        "0.0,120.0 300.0,90.0 600.0,30.0",
    ]
    assert (found["most"], found["first"], found["last"]) == (
        *(4, RUNS[0]["written"], RUNS[2]["written"]),
    )
    assert [row["counts"] for row in found["rows"]] == [[0, 3], [2, 1], [4, 0]]


def test_runs_without_a_finding_are_a_line_at_the_bottom() -> None:
    found = html_trend.chart([run(1, 0, 0), run(2, 0, 0)])
    assert found
    assert {line["points"] for line in found["lines"]} == {"0.0,120.0 600.0,120.0"}


@pytest.mark.parametrize("runs", [[], RUNS[:1]], ids=len)
def test_one_run_is_no_trend(runs: list[dict[str, t.Any]]) -> None:
    assert page(runs) == html.report(mixed(), RUN)
    assert "<svg" not in page(runs)


def test_chart_has_a_name_and_all_its_numbers_as_a_table() -> None:
    whole = page(RUNS)
    text = whole[whole.index('<h2 id="trend">') : whole.index("</details>", whole.index("<svg"))]
    svg = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"].startswith("Checks that failed or were unknown in the last 3")
    assert [line.attrib["class"] for line in svg] == ["fail", "unknown"]
    assert " style=" not in text
    assert "from 4 to 0" in text
    assert "(broken line) from 0 to 3" in text
    for one in RUNS:
        assert f'<th scope="row">{one["written"]}' in text
    assert f"{RUNS[1]['written']}, interrupted by SIGINT</th>" in text
    assert text.count('<td class="number">') == 9


def test_equal_runs_give_equal_pages() -> None:
    assert page(RUNS) == page([dict(one) for one in RUNS])


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_text_of_the_file_stays_text(words: str) -> None:
    odd = [run(1, 1, 1, written=words), run(2, 1, 1, interrupted=words)]
    plain = [run(1, 1, 1, written="x"), run(2, 1, 1, interrupted="x")]
    assert page(odd).count("<") == page(plain).count("<")


def test_pages_of_hosts_have_no_chart() -> None:
    ((_name, text),) = html.host_pages(mixed(), {**RUN, "trend": RUNS}, "../report.html")
    assert "<svg" not in text
