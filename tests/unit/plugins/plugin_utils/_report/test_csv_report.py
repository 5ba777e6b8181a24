# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report for a spreadsheet."""

from __future__ import annotations

import csv

from ansible_collections.airtight.mail.plugins.plugin_utils._report import csv_report
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import mixed


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(csv_report.report(mixed()).splitlines()))


def test_report_has_one_line_for_each_verdict_worst_first() -> None:
    assert [row["status"] for row in rows()] == [
        "fail",
        "fail",
        "unknown",
        "waived",
        "pass",
        "not_applicable",
    ]


def test_report_names_place_fix_and_waiver() -> None:
    found = rows()
    assert found[0]["where"] == "smtp 198.18.0.25:25"
    assert (found[3]["waived_until"], found[3]["justification"]) == ("2026-12-31", "a printer")
    assert all(row["fix"] for row in found[:3])
