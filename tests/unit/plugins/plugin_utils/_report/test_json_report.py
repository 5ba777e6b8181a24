# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report as data: it holds everything, and its schema takes it and nothing else."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow.probes import FACTS
from ansible_collections.airtight.mail.plugins.module_utils._probes.other_ports import SIDE
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.plugins.module_utils._survey import pipeline
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.base import PROBE
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries
from ansible_collections.airtight.mail.plugins.plugin_utils._report import grouping, json_report
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    verdicts,
)

ROOT = Path(__file__).resolve().parents[5]


def text() -> str:
    run = {"tool": "airtight.mail", "version": "0.1.0", "policy": "baseline"}
    return "".join(json_report.parts(verdicts("mx1.example.org", CHECKS, BAD), run, BAD))


def document() -> dict[str, t.Any]:
    return dict(json.loads(text()))


def test_document_holds_every_verdict_and_observation() -> None:
    found = document()
    assert [item["status"] for item in found["verdicts"]] == [
        "fail",
        "fail",
        "unknown",
        "waived",
        "pass",
    ]
    assert sum(found["summary"].values()) == len(CHECKS)
    assert found["headline"] == grouping.headline(found["verdicts"])
    assert len(found["observations"]) == len(BAD)


def test_each_verdict_and_observation_has_a_line() -> None:
    lines = text().splitlines()
    assert sum(line.startswith('{"schema"') for line in lines) == len(CHECKS) + len(BAD)


def test_what_no_file_can_hold_is_replaced_and_nothing_acts_on_a_terminal() -> None:
    odd = {"sentence": "a\udc80b \u202e \x9b31m \U0001f4e7", "target": "x", "status": "fail"}
    whole = "".join(json_report.parts([], {}, [odd]))
    assert whole.isascii()
    assert json.loads(whole)["observations"][0]["sentence"] == "a�b \u202e \x9b31m \U0001f4e7"


@pytest.fixture(scope="module")
def schema() -> dict[str, t.Any]:
    return dict(
        json.loads((ROOT / "docs/reference/report.schema.json").read_text(encoding="utf-8"))
    )


def schema_errors(schema: dict[str, t.Any], found: dict[str, t.Any]) -> list[str]:
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(found)]


def test_schema_takes_a_report(schema: dict[str, t.Any]) -> None:
    assert schema_errors(schema, document()) == []
    assert schema_errors(schema, json.loads("".join(json_report.parts([], {})))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["verdicts", 0, "status"], "passed"),
        (["verdicts", 0, "fix"], None),
        (["verdicts", 0, "extra"], 1),
        (["summary", "passed"], 1),
        (["observations", 0, "error"], {"kind": "odd", "text": ""}),
        (["observations", 0, "transcript"], [["X", "hello"]]),
        (["schema"], 1),
    ],
)
def test_schema_refuses_a_report_with_a_wrong_value(
    schema: dict[str, t.Any], path: list[t.Any], value: t.Any
) -> None:
    found = document()
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert schema_errors(schema, found)


def test_schema_knows_every_value_of_the_model(schema: dict[str, t.Any]) -> None:
    parts = schema["$defs"]
    assert tuple(parts["status"]["enum"]) == _model.STATUSES
    assert tuple(parts["verdict"]["properties"]["severity"]["enum"]) == _model.SEVERITIES
    assert tuple(parts["verdict"]["properties"]["group"]["enum"]) == evaluate.GROUPS
    assert tuple(parts["observation"]["properties"]["probe"]["enum"]) == (
        *PROBES,
        "port_scan",
        "dns",
        "mta_sts",
        *FACTS,
        PROBE,
        pipeline.STEP,
    )
    assert tuple(parts["observation"]["properties"]["service"]["enum"]) == (
        *_model.SERVICES,
        SIDE,
        "dns",
        "https",
        "host",
        pipeline.STEP,
    )
    assert tuple(parts["observation"]["properties"]["error"]["properties"]["kind"]["enum"]) == (
        *WireError.KINDS,
        *queries.KINDS,
        "budget",
        "exception",
    )
    assert schema["properties"]["schema"]["const"] == _model.SCHEMA
