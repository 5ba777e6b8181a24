# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Reports of recorded verdicts: for a person worst first and with the remedy, for a program as its schema says."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._probes.other_ports import SIDE
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats, grouping, json_report, text
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import BAD, CHECKS, GOOD, verdicts

ROOT = Path(__file__).resolve().parents[5]


def lines_with(report: str, *words: str) -> list[int]:
    return [next(number for number, line in enumerate(report.splitlines()) if word in line) for word in words]


def test_text_is_worst_first_and_says_what_to_do() -> None:
    report = text.text(verdicts("mx1.example.org", CHECKS, BAD))
    assert report.startswith("1 of 1 hosts failed: mx1.example.org. (2 fail, ")
    found = lines_with(report, "FAIL    critical relay_third_party", "FAIL    high     pop3_capabilities", "UNKNOWN", "WAIVED")
    assert found == sorted(found)
    assert max(map(len, report.splitlines())) <= 200
    for words in ("what can be  Strangers can send spam", "what to set ", "by hand ", "[smtp 198.18.0.25:25]"):
        assert words in report
    assert "conversation > USER nobody" in report
    assert "x" * 100 not in report
    assert "a printer (until 2026-12-31)" in report


def test_text_counts_what_is_in_order() -> None:
    found = verdicts("mx1.example.org", ("relay_third_party", "mx_takes_cleartext"), GOOD)
    assert text.text(found).splitlines()[0].startswith("The host is compliant.")
    assert "2 more passed, 0 do not apply." in text.text(found)
    assert "pass    critical relay_third_party" in text.text(found, verbose=True)


def test_the_headline_of_a_fleet() -> None:
    bad = verdicts("a.example.org", CHECKS[:1], BAD)
    blind = verdicts("b.example.org", CHECKS[:1], [])
    good = verdicts("c.example.org", CHECKS[:1], GOOD)
    assert grouping.headline(blind + bad + good).startswith(
        "1 of 3 hosts failed: a.example.org. Not everything was seen on b.example.org. ("
    )
    assert grouping.headline(bad + good).startswith("1 of 2 hosts failed: a.example.org. (")
    assert grouping.headline(blind + good).startswith("Nothing failed, but not everything was seen on b.example.org.")
    assert grouping.headline([*good, {**good[0], "target": "d"}]).startswith("All 2 hosts are compliant.")
    assert grouping.headline([]).startswith("Nothing was judged.")
    assert [item["target"] for item in grouping.ordered(good + blind + bad)] == ["a.example.org", "b.example.org", "c.example.org"]


def test_a_fleet_is_told_in_short() -> None:
    names = [f"mx{number}.example.org" for number in range(1, 10)]
    found = [item for name in names for item in verdicts(name, CHECKS[:1], BAD)]
    few = [item for item in found if item["target"] in names[: text.FLEET]]
    assert text.terminal(few) == text.text(few)
    late = heard(verdicts("late.example.org", CHECKS[:1], []))
    silent = verdicts("quiet.example.org", CHECKS[:1], [])
    report = text.terminal([*found, *silent, *late, *verdicts("z.example.org", CHECKS[:1], GOOD)])
    assert report.startswith(
        "9 of 12 hosts failed: mx1.example.org, mx2.example.org, mx3.example.org, mx4.example.org, mx5.example.org and 4"
    )
    words = (
        "FAIL    critical relay",
        "    9 hosts ",
        "UNKNOWN critical relay",
        "  late.exa",
        "UNKNOWN          Nothing was seen",
        "  quiet.exa",
    )
    places = lines_with(report, *words)
    assert places == sorted(places)
    assert "z.example.org" not in report
    assert len(report.splitlines()) < 14
    assert report.count("relay_third_party") == 2
    assert "playbook airtight.mail.audit" in " ".join(report.split())


def heard(found: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The same verdicts, of a host that said something."""
    return [{**item, "evidence": [{**entry, "transcript": [["S", "451 later"]]} for entry in item["evidence"]]} for item in found]


def test_a_silent_host_is_told_once() -> None:
    found = verdicts("quiet.example.org", CHECKS, [])
    report = text.text(found)
    assert "Nothing was seen of this host, so 4 checks are unknown." in report
    assert ("audit_vantage" in report, report.count("UNKNOWN"), report.count("WAIVED")) == (True, 1, 1)
    assert text.text(heard(found)).count("UNKNOWN") == 4
    assert grouping.unseen(heard(found)) == {}
    assert grouping.unseen([*found, {**found[0], "status": "pass"}]) == {}
    for form in ("html", "markdown"):
        page = formats.render(form, found, {}, [], False)
        assert "Nothing was seen of these hosts" in page
        assert found[0]["rationale"][:40] not in page


def test_names_are_named_while_they_are_few() -> None:
    assert grouping.named(list("abcdef")) == "a, b, c, d, e, f"
    assert grouping.named(list("abcdefg")) == "a, b, c, d, e and 2 more"


def document() -> dict[str, t.Any]:
    run = {"tool": "airtight.mail", "version": "0.1.0", "policy": "baseline"}
    found = json_report.document(verdicts("mx1.example.org", CHECKS, BAD), run, BAD)
    return dict(json.loads(json.dumps(found)))


def test_json_holds_everything() -> None:
    found = document()
    assert [item["status"] for item in found["verdicts"]] == ["fail", "fail", "unknown", "waived", "pass"]
    assert sum(found["summary"].values()) == len(CHECKS)
    assert found["headline"] == grouping.headline(found["verdicts"])
    assert len(found["observations"]) == len(BAD)


@pytest.fixture(scope="module")
def schema() -> dict[str, t.Any]:
    return dict(json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8")))


def complaints(schema: dict[str, t.Any], found: dict[str, t.Any]) -> list[str]:
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(found)]


def test_the_schema_takes_a_report(schema: dict[str, t.Any]) -> None:
    assert complaints(schema, document()) == []
    assert complaints(schema, json_report.document([], {})) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["verdicts", 0, "status"], "passed"),
        (["verdicts", 0, "remedy"], None),
        (["verdicts", 0, "extra"], 1),
        (["summary", "passed"], 1),
        (["observations", 0, "error"], {"kind": "odd", "text": ""}),
        (["observations", 0, "transcript"], [["X", "hello"]]),
        (["schema"], 2),
    ],
)
def test_and_nothing_else(schema: dict[str, t.Any], path: list[t.Any], value: t.Any) -> None:
    found = document()
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert complaints(schema, found)


def test_the_schema_knows_every_word(schema: dict[str, t.Any]) -> None:
    parts = schema["$defs"]
    assert tuple(parts["status"]["enum"]) == _model.STATUSES
    assert tuple(parts["verdict"]["properties"]["severity"]["enum"]) == _model.SEVERITIES
    assert tuple(parts["verdict"]["properties"]["group"]["enum"]) == evaluate.GROUPS
    assert tuple(parts["observation"]["properties"]["probe"]["enum"]) == (*PROBES, "sweep", "dns", "mta_sts", "host_info")
    assert tuple(parts["observation"]["properties"]["service"]["enum"]) == (*_model.SERVICES, SIDE, "dns", "https", "host")
    assert tuple(parts["observation"]["properties"]["error"]["properties"]["kind"]["enum"]) == (*WireError.KINDS, *queries.KINDS)
    assert schema["properties"]["schema"]["const"] == _model.SCHEMA
