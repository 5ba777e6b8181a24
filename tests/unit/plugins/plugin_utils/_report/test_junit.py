# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report for CI servers, as Jenkins and Ant require it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ansible_collections.airtight.mail.plugins.plugin_utils._report import junit
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    CHECKS,
    GOOD,
    RUN,
    mixed,
    verdicts,
)


def test_report_has_a_suite_for_each_host_with_every_attribute() -> None:
    found = [*mixed(), *verdicts("a.example.org", CHECKS[:1], GOOD)]
    suites = ElementTree.fromstring(junit.report(found, RUN))
    assert (suites.tag, [suite.get("name") for suite in suites]) == (
        "testsuites",
        ["a.example.org", "mx1.example.org"],
    )
    for suite in suites:
        assert {
            "name",
            "package",
            "id",
            "timestamp",
            "hostname",
            "tests",
            "failures",
            "errors",
            "time",
        } <= set(suite.attrib)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        cases = suite.findall("testcase")
        assert [child.tag for child in suite] == [
            "properties",
            *["testcase"] * len(cases),
            "system-out",
            "system-err",
        ]
        assert all(
            set(case.attrib) == {"classname", "name", "time"} and len(case) <= 1 for case in cases
        )
        for attribute, tag in (
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.attrib["tests"]) == len(cases)


def test_case_of_a_failure_has_message_severity_and_fix() -> None:
    suite = ElementTree.fromstring(junit.report(mixed(), RUN))[0]
    found = suite.findall("testcase/failure") + suite.findall("testcase/error")
    assert len(found) == 3
    for bad in found:
        assert bad.get("message")
        assert bad.get("type") in ("critical", "high")
        assert "    Fix " in (bad.text or "")


def test_report_has_a_case_for_each_check_with_the_tag_of_its_status() -> None:
    suite = ElementTree.fromstring(junit.report(mixed(), RUN))[0]
    cases = {
        case.attrib["name"]: [child.tag for child in case] for case in suite.findall("testcase")
    }
    tags = {
        "fail": ["failure"],
        "unknown": ["error"],
        "waived": ["skipped"],
        "pass": [],
        "not_applicable": ["skipped"],
    }
    assert cases == {item["check"]: tags[item["status"]] for item in mixed()}
    classes = {case.attrib["classname"] for case in suite.findall("testcase")}
    assert classes >= {"mx1.example.org.relay", "mx1.example.org.tls"}


def test_skipped_case_gives_its_reason() -> None:
    suite = ElementTree.fromstring(junit.report(mixed(), RUN))[0]
    reasons = {skipped.get("message") for skipped in suite.findall("testcase/skipped")}
    assert reasons == {
        "Waived: a printer (postmaster@example.org, until 2026-12-31)",
        "Not offered.",
    }
