# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report for a terminal: worst first, with evidence, impact and fix."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import text
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    GOOD,
    NASTY,
    hostile,
    mixed,
    replied,
    verdicts,
)


def line_numbers(report: str, *starts: str) -> list[int]:
    """The number of the first line that holds each text."""
    return [
        next(number for number, line in enumerate(report.splitlines()) if start in line)
        for start in starts
    ]


def test_report_of_a_host_is_worst_first_with_evidence_impact_and_fix() -> None:
    report = text.report(verdicts("mx1.example.org", CHECKS, BAD))
    assert report.startswith("1 of 1 host failed: mx1.example.org. (2 fail, ")
    found = line_numbers(
        report,
        "FAIL    critical relay_third_party",
        "FAIL    high     pop3_capabilities",
        "UNKNOWN",
        "WAIVED",
    )
    assert found == sorted(found)
    assert max(map(len, report.splitlines())) <= 200
    for part in (
        "    Impact         ",
        "    Fix            roles: ",
        "    Fix            Postfix: ",
        "< 250 2.1.5 Ok [decisive]",
        "    Evidence     ",
        "[smtp 198.18.0.25:25]",
    ):
        assert part in report
    assert "                   > USER nobody" in report
    assert "a printer (postmaster@example.org, until 2026-12-31)" in report


def test_report_cuts_long_lines_of_a_conversation() -> None:
    assert "x" * 100 not in text.report(mixed())


def test_report_counts_what_passed_and_lists_it_where_verbose() -> None:
    found = verdicts("mx1.example.org", ("relay_third_party", "mx_takes_cleartext"), GOOD)
    assert text.report(found).startswith("The host is compliant.")
    assert "2 pass, 0 not applicable." in text.report(found)
    assert "pass    critical relay_third_party" in text.report(found, verbose=True)


def test_report_shows_the_proof_of_a_pass_where_verbose() -> None:
    assert "                   < 250 2.1.0 Sender ok" in text.report(mixed(), verbose=True)
    assert "Sender ok" not in text.report(mixed())


def test_report_heads_a_failure_by_what_was_found() -> None:
    failed, *_rest, unknown = [item for item in mixed() if item["status"] in ("fail", "unknown")]
    report = text.report(mixed())
    assert f"relay_third_party: {failed['title_failed']} [" in report
    assert f"imap_login_disabled: {unknown['title']}" in report


def test_report_says_how_to_reproduce_only_where_verbose() -> None:
    assert "    Reproduce\nnc -C 198.18.0.25 25\nEHLO " in text.report(mixed(), verbose=True)
    assert "Reproduce" not in text.report(mixed())


def test_report_of_a_silent_host_gives_one_cause() -> None:
    found = verdicts("quiet.example.org", CHECKS, [])
    report = text.report(found)
    assert "No service on this host answered, so 4 checks are unknown." in report
    assert ("audit_vantage" in report, report.count("UNKNOWN"), report.count("WAIVED")) == (
        True,
        1,
        1,
    )
    assert text.report(replied(found)).count("UNKNOWN") == 4


def test_terminal_shows_few_hosts_in_full_and_a_fleet_in_short() -> None:
    names = [f"mx{number}.example.org" for number in range(1, 10)]
    found = [item for name in names for item in verdicts(name, CHECKS[:1], BAD)]
    few = [item for item in found if item["target"] in names[: text.MAX_HOSTS_IN_FULL]]
    assert text.terminal(few) == text.report(few)
    late = replied(verdicts("late.example.org", CHECKS[:1], []))
    silent = verdicts("quiet.example.org", CHECKS[:1], [])
    report = text.terminal([*found, *silent, *late, *verdicts("z.example.org", CHECKS[:1], GOOD)])
    assert report.startswith(
        "9 of 12 hosts failed: mx1.example.org, mx2.example.org, mx3.example.org"
    )
    starts = (
        "FAIL    critical relay_third_party",
        "    9 hosts ",
        "UNKNOWN critical relay_third_party",
        "    1 host         late.example.org",
        "UNKNOWN          No service on these hosts answered",
        "    1 host         quiet.example.org",
    )
    places = line_numbers(report, *starts)
    assert places == sorted(places)
    assert "z.example.org" not in report
    assert len(report.splitlines()) < 14
    assert "playbook airtight.mail.audit" in " ".join(report.split())


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_fleet_report_of_hostile_text_is_printable(words: str) -> None:
    report = text.fleet_report(hostile(words))
    assert all(line.isprintable() for line in report.splitlines())
    assert report.count("\n") == len(report.splitlines())


def test_terminal_that_cannot_be_made_is_one_sentence() -> None:
    (verdict,) = verdicts("mx1.example.org", CHECKS[:1], BAD)
    report = text.terminal([{**verdict, "severity": "odd"}])
    assert report.startswith("The report for the terminal could not be made (")
    assert report.count("\n") == 1
