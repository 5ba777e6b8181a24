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
from ansible_collections.airtight.mail.plugins.module_utils._checks import judge, policy, waivers
from ansible_collections.airtight.mail.plugins.module_utils._checks.scene import Scene
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._report import json_report, text
from ansible_collections.airtight.mail.plugins.module_utils._wire import dns
from ansible_collections.airtight.mail.plugins.module_utils._wire.talk import WireError

ROOT = Path(__file__).resolve().parents[5]
NOW = judge.moment("2026-11-22T22:00:00+00:00")
WAIVER = {"check": "auth_hidden_before_tls", "justification": "a printer", "expiration_date": "2026-12-31"}


def recorded(check: str, status: str) -> list[dict[str, t.Any]]:
    scenes = json.loads((ROOT / "tests/unit/fixtures" / (check + ".json")).read_text(encoding="utf-8"))
    return list(scenes[status]["observations"])


def verdicts(name: str, checks: t.Sequence[str], observations: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    target = _model.target({"name": name, "addresses": ["198.18.0.25"], "domains": ["example.org"]})
    scene = Scene(target, tuple(observations), policy.policy(), NOW, target.addresses, True)
    return judge.judge(scene, judge.choose(checks), waivers.waivers([WAIVER], judge.IDS, NOW.date()))


CHECKS = ("relay_third_party", "auth_hidden_before_tls", "mx_takes_cleartext", "pop3_capabilities", "imap_login_disabled")
TALK = [["C", "USER nobody"], ["S", "+OK"], ["*", "gone " + "x" * 200]]
BAD = [
    *recorded("relay_third_party", "fail"),
    *recorded("auth_hidden_before_tls", "fail"),
    *({**seen, "transcript": TALK} for seen in recorded("pop3_capabilities", "fail")),
]
GOOD = [*recorded("relay_third_party", "pass"), *recorded("mx_takes_cleartext", "pass")]


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
    assert text.headline(blind + bad + good).startswith("1 of 3 hosts failed: a.example.org.")
    assert text.headline(blind + good).startswith("Nothing failed, but not everything was seen on b.example.org.")
    assert text.headline([*good, {**good[0], "target": "d"}]).startswith("All 2 hosts are compliant.")
    assert text.headline([]).startswith("Nothing was judged.")
    assert [item["target"] for item in text.ordered(good + blind + bad)] == ["a.example.org", "b.example.org", "c.example.org"]


def document() -> dict[str, t.Any]:
    run = {"tool": "airtight.mail", "version": "0.1.0", "policy": "baseline"}
    found = json_report.document(verdicts("mx1.example.org", CHECKS, BAD), run, BAD)
    return dict(json.loads(json.dumps(found)))


def test_json_holds_everything() -> None:
    found = document()
    assert [item["status"] for item in found["verdicts"]] == ["fail", "fail", "unknown", "waived", "pass"]
    assert sum(found["summary"].values()) == len(CHECKS)
    assert found["headline"] == text.headline(found["verdicts"])
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
    assert tuple(parts["verdict"]["properties"]["group"]["enum"]) == judge.GROUPS
    assert tuple(parts["observation"]["properties"]["probe"]["enum"]) == (*PROBES, "dns", "mta_sts")
    assert tuple(parts["observation"]["properties"]["service"]["enum"]) == (*_model.SERVICES, "dns", "https")
    assert tuple(parts["observation"]["properties"]["error"]["properties"]["kind"]["enum"]) == (*WireError.KINDS, *dns.KINDS)
    assert schema["properties"]["schema"]["const"] == _model.SCHEMA
