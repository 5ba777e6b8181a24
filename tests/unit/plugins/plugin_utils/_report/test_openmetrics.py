# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report for Prometheus."""

from __future__ import annotations

import re

from ansible_collections.airtight.mail.plugins.plugin_utils._report import openmetrics
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import mixed, recorded


def samples() -> list[str]:
    report = openmetrics.report(mixed(), recorded("certificate_expiry", "pass"))
    lines = report.splitlines()
    assert lines[-1] == "# EOF"
    return [line for line in lines if not line.startswith("#")]


def test_report_has_one_sample_for_each_set_of_labels() -> None:
    assert len({line.rpartition(" ")[0] for line in samples()}) == len(samples())


def test_check_status_has_the_value_of_each_applicable_verdict() -> None:
    matches = (re.match(r'mail_check_status\{id="(\w+)".* (\d)$', line) for line in samples())
    values = {match[1]: int(match[2]) for match in matches if match}
    numbers = {"pass": 0, "waived": 1, "fail": 2, "unknown": 3}
    assert values == {
        item["check"]: numbers[item["status"]] for item in mixed() if item["status"] in numbers
    }


def test_check_status_names_the_endpoint() -> None:
    assert any(
        'service="smtp",port="25",family="ipv4",address="198.18.0.25"} 2' in line
        for line in samples()
    )


def test_host_verdicts_count_each_status() -> None:
    assert 'mail_host_verdicts{host="mx1.example.org",status="fail"} 2' in samples()


def test_certificate_expiry_is_in_seconds_since_1970() -> None:
    expiry = {
        line.rpartition(" ")[2]
        for line in samples()
        if line.startswith("mail_cert_not_after_seconds{")
    }
    assert len(expiry) == 1
    assert 1_700_000_000 < int(expiry.pop()) < 3_000_000_000
