# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report as JSON lines, one for each host."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import changes, jsonl
from ansible_collections.airtight.mail.plugins.plugin_utils._report.grouping import status_counts
from ansible_collections.airtight.mail.tests.unit.helpers import schemas
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    NASTY,
    RUN,
    hostile,
    mixed,
)

HOSTS = ("mx2.example.org", "mx1.example.org", "mx3.example.org")


def fleet() -> list[dict[str, t.Any]]:
    """Three hosts, each with verdicts of all statuses; one is called otherwise."""
    found = [{**item, "target": host} for host in HOSTS for item in mixed()]
    return [
        {**item, "name": "mail.example.org"} if item["target"] == HOSTS[2] else item
        for item in changes.marked(found, {})
    ]


def lines(
    verdicts: t.Sequence[t.Mapping[str, t.Any]], run: t.Mapping[str, t.Any]
) -> list[dict[str, t.Any]]:
    text = "".join(jsonl.parts(verdicts, run))
    assert text.isascii()
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def test_each_host_has_one_line_by_name() -> None:
    found = lines(fleet(), RUN)
    assert [one["target"] for one in found] == sorted(HOSTS)
    assert [one.get("name") for one in found] == [None, None, "mail.example.org"]
    for one in found:
        own = [item for item in fleet() if item["target"] == one["target"]]
        assert one["summary"] == status_counts(own)
        assert one["status"] == "fail"
        assert [item["status"] for item in one["findings"]] == [
            *("fail", "fail", "unknown", "waived")
        ]
        assert {key: one[key] for key in jsonl.RUN_FACTS} == {
            key: RUN[key] for key in jsonl.RUN_FACTS
        }
        assert one["findings"][0]["places"] == ["smtp 198.18.0.25:25"]
        assert one["findings"][0]["change"] == "new"
        assert one["findings"][3]["waived"]["justification"] == "a printer"


@pytest.mark.parametrize("run", [RUN, {}], ids=["run", "no facts"])
def test_schema_takes_each_line(run: dict[str, t.Any]) -> None:
    for words in ("", *NASTY[:3]):
        verdicts = hostile(words) if words else fleet()
        for one in lines(verdicts, run):
            assert schemas.errors("report_line", one) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["status"], "passed"),
        (["extra"], 1),
        (["written"], "today"),
        (["summary", "passed"], 1),
        (["findings", 0, "severity"], "odd"),
        (["findings", 0, "waived"], {}),
        (["findings", 3, "waived"], {}),
        (["findings", 0, "status"], "pass"),
        (["findings", 0, "change"], "odd"),
    ],
)
def test_schema_refuses_a_wrong_value(path: list[t.Any], value: t.Any) -> None:
    (found,) = lines(mixed(), RUN)
    place: t.Any = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert schemas.errors("report_line", found)


def test_host_that_is_seen_from_two_places_has_two_lines() -> None:
    verdicts = [{**item, "vantage": name} for name in ("office", "internet") for item in mixed()]
    assert [one["vantage"] for one in lines(verdicts, RUN)] == ["internet", "office"]


def test_nobody_has_no_line() -> None:
    assert lines([], RUN) == []
