# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report in Markdown."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.plugin_utils._report import markdown
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    CHECKS,
    mixed,
    verdicts,
)

TITLE = mixed()[0]["title_failed"]
REPORT = markdown.report([*mixed(), *mixed("mx2.example.org")])


def test_report_has_each_failed_check_once_with_its_hosts() -> None:
    assert REPORT.count(f"❌ fail: {TITLE}") == 1
    assert REPORT.count("#### mx1.example.org") == REPORT.count("#### mx2.example.org") == 3


def test_report_has_tables_of_hosts_and_waivers() -> None:
    assert "| mx1.example.org | 2 | 1 | 1 | 1 | 1 |" in REPORT
    row = "| a printer | postmaster@&#8203;example.org | 2026-12-31 |"
    assert f"| auth\\_hidden\\_before\\_tls | mx1.example.org {row}" in REPORT


def test_report_has_impact_fix_evidence_and_reproduce() -> None:
    for label in ("Impact", "Fix (roles)", "Fix (Postfix)", "Evidence", "Reproduce"):
        assert f"**{label}:**" in REPORT
    assert "```text\nnc -C 198.18.0.25 25\nEHLO client.example.net\n" in REPORT


def test_report_of_a_silent_host_gives_one_cause() -> None:
    found = verdicts("quiet.example.org", CHECKS, [])
    report = markdown.report(found)
    assert "No service on these hosts answered" in report
    assert found[0]["impact"][:40] not in report
