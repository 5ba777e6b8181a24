# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The lists of an HTML page."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import html_lists, html_parts
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    CHECKS,
    mixed,
    verdicts,
)

HOSTS = [f"mx{number}" for number in range(5)]
FLEET = html_parts.found_in([item for name in HOSTS for item in mixed(name)])


def test_findings_are_counted_by_severity_and_hosts() -> None:
    found = html_parts.found_in([*mixed("a"), *verdicts("b", CHECKS[:1], [])])
    findings = [html_parts.finding(group, found.followed, False) for group in found.groups]
    parts = html_lists.by_severity(findings)
    assert [(part["severity"], part["counts"], part["hosts"]) for part in parts] == [
        ("critical", {"fail": 1, "unknown": 0}, 1),
        ("high", {"fail": 1, "unknown": 1}, 1),
    ]
    assert [item for part in parts for item in part["findings"]] == findings


@pytest.mark.parametrize(("counted", "shown", "left_out"), [(False, 5, 0), (True, 3, 2)])
def test_waived_check_is_listed_once_with_its_hosts(
    counted: bool, shown: int, left_out: int
) -> None:
    (row,) = html_lists.waived_rows(FLEET, counted)
    assert (row["check"], row["justification"]) == ("auth_hidden_before_tls", "a printer")
    assert ([item["host"] for item in row["said"]], row["left_out"]) == (HOSTS[:shown], left_out)


def test_other_justification_is_another_row() -> None:
    other = [
        {**item, "waived": {**item["waived"], "justification": "a scanner"}}
        for item in mixed("mx9")
        if "waived" in item
    ]
    rows = html_lists.waived_rows(html_parts.found_in([*mixed("mx1"), *other]), False)
    assert sorted(row["justification"] for row in rows) == ["a printer", "a scanner"]


def test_proof_of_a_pass_is_shown_for_few_hosts() -> None:
    few = html_lists.passed_rows(html_parts.found_in(mixed("mx1")))
    assert [(row["badge"]["status"], row["hosts"]) for row in few] == [
        ("pass", 1),
        ("not_applicable", 1),
    ]
    assert few[0]["said"][0]["lines"] == ["< 250 2.1.0 Sender ok"]
    assert [(row["hosts"], row["said"]) for row in html_lists.passed_rows(FLEET)] == [(5, [])] * 2
