# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The order of verdicts, their groups by check, and the headline."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import evidence, grouping
from ansible_collections.airtight.mail.tests.unit.helpers import recordings
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    GOOD,
    mixed,
    replied,
    verdicts,
)

STATUSES = ["fail", "fail", "unknown", "waived", "pass", "not_applicable"]


def test_sorted_verdicts_are_worst_first_then_by_target() -> None:
    assert [item["status"] for item in grouping.sorted_verdicts(reversed(mixed()))] == STATUSES
    bad = verdicts("a.example.org", CHECKS[:1], BAD)
    unknown = verdicts("b.example.org", CHECKS[:1], [])
    good = verdicts("c.example.org", CHECKS[:1], GOOD)
    found = grouping.sorted_verdicts(good + unknown + bad)
    assert [item["target"] for item in found] == ["a.example.org", "b.example.org", "c.example.org"]


def test_worst_status_decides_whatever_the_severity() -> None:
    worst = [
        {"status": status, "severity": severity}
        for status, severity in (("unknown", "critical"), ("fail", "low"), ("pass", "high"))
    ]
    assert grouping.worst_status(worst) == grouping.worst_status(reversed(worst)) == "fail"
    assert grouping.worst_status(worst[2:]) == "pass"


def test_headline_of_a_fleet_names_failed_and_unknown_hosts() -> None:
    bad = verdicts("a.example.org", CHECKS[:1], BAD)
    unknown = verdicts("b.example.org", CHECKS[:1], [])
    good = verdicts("c.example.org", CHECKS[:1], GOOD)
    other = {**good[0], "target": "d.example.org"}
    sentences = {
        "1 of 3 hosts failed: a.example.org. Unknown in part: b.example.org.": unknown + bad + good,
        "1 of 2 hosts failed: a.example.org.": bad + good,
        "1 of 1 host failed: a.example.org.": bad,
        "Nothing failed, but not everything is known of b.example.org.": unknown + good,
        "All 2 hosts are compliant.": [*good, other],
        "The host is compliant.": good,
        "Nothing was audited.": [],
    }
    for sentence, found in sentences.items():
        assert grouping.headline_sentence(found) == sentence
        assert grouping.headline(found).startswith(f"{sentence} (")


def test_headline_names_the_host_with_the_gravest_failure_first() -> None:
    relay, other = verdicts("z.example.org", CHECKS[:3], BAD)[:2]
    lesser = {**other, "target": "a.example.org", "severity": "low", "status": "fail"}
    unknown = {**relay, "target": "a.example.org", "status": "unknown"}
    sentence = "2 of 2 hosts failed: z.example.org, a.example.org."
    for found in ([lesser, unknown, relay], [relay, unknown, lesser]):
        assert grouping.headline_sentence(found) == sentence


def test_headline_counts_each_status_in_words() -> None:
    expected = " (2 fail, 1 unknown, 1 waived, 1 pass, 1 not applicable)"
    assert grouping.headline(mixed()).endswith(expected)


def test_check_groups_hold_the_hosts_of_a_check_most_hosts_first() -> None:
    found = [*mixed("mx1.example.org"), *mixed("mx2.example.org")]
    lone = {**found[0], "check": "lone", "target": "mx1.example.org"}
    groups = grouping.check_groups([lone, *found], ("fail", "unknown"))
    assert [(group.status, len(group.hosts)) for group in groups] == [
        ("fail", 2),
        ("fail", 1),
        ("fail", 2),
        ("unknown", 2),
    ]
    assert groups[1].first == lone
    assert groups[0].hosts == ["mx1.example.org", "mx2.example.org"]


def test_silent_hosts_are_those_without_any_reply() -> None:
    found = verdicts("quiet.example.org", CHECKS, [])
    assert list(grouping.silent_hosts(found)) == ["quiet.example.org"]
    assert grouping.silent_hosts(replied(found)) == {}
    assert grouping.silent_hosts([*found, {**found[0], "status": "pass"}]) == {}
    assert grouping.check_groups(found, ("unknown",)) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [("", ""), ("a", "a"), ("abcdef", "a, b, c, d, e, f"), ("abcdefg", "a, b, c, d, e and 2 more")],
)
def test_name_list_names_all_while_they_are_few(names: str, expected: str) -> None:
    assert grouping.name_list(list(names)) == expected


def test_count_words_agree_in_number() -> None:
    assert [grouping.count_words(count, "host") for count in (0, 1, 2)] == [
        "0 hosts",
        "1 host",
        "2 hosts",
    ]


def test_target_names_the_vantage_where_one_is_given() -> None:
    (verdict,) = verdicts("mx1.example.org", CHECKS[:1], GOOD)
    (seen,) = grouping.with_vantage_in_target([{**verdict, "vantage": "outside"}])
    assert (seen["target"], seen["host"]) == ("mx1.example.org (from outside)", "mx1.example.org")
    assert grouping.with_vantage_in_target([verdict]) == [verdict]


def test_a_suspected_open_relay_stands_above_findings_of_less_weight() -> None:
    entry = recordings.recorded("relay_every_address")["unknown"]
    (suspected,) = evaluate.evaluate(
        recordings.context_of(entry), evaluate.choose(["relay_every_address"])
    )
    low = {**verdicts("mx1.example.org", CHECKS[:1], BAD)[0], "severity": "low"}
    unseen = verdicts("mx2.example.org", CHECKS[:1], [])[0]
    found = grouping.sorted_verdicts([low, unseen, suspected])
    assert found == [suspected, unseen, low]
    assert evidence.title(suspected) == f"Suspected: {suspected['title_failed']}"
    assert evidence.title(unseen) == unseen["title"]


def test_a_suspicion_on_one_host_is_told_apart_from_what_is_unknown_of_others() -> None:
    (unknown,) = replied(verdicts("mx1.example.org", CHECKS[:1], []))
    entries = [{**entry, "reason": "suspected"} for entry in unknown["evidence"]]
    suspected = {**unknown, "target": "mx2.example.org", "evidence": entries}
    groups = grouping.check_groups([unknown, suspected], ("unknown",))
    assert [group.hosts for group in groups] == [["mx2.example.org"], ["mx1.example.org"]]
