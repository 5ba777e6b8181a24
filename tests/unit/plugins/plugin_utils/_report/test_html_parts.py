# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The findings of an HTML page."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import html_parts
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import mixed


def fleet(count: int, same: bool) -> html_parts.Found:
    """Hosts whose sentences are the same, or not."""
    return html_parts.found_in(
        [
            {**item, "sentence": item["sentence"] + ("" if same else f" ({number})")}
            for number in range(count)
            for item in mixed(f"mx{number}")
        ]
    )


def first(found: html_parts.Found, examples: bool) -> dict[str, t.Any]:
    return html_parts.finding(found.groups[0], found.followed, examples)


def test_hosts_that_say_the_same_stand_together() -> None:
    assert [one["count"] for one in first(fleet(5, True), False)["said"]["alike"]] == [5]
    assert [one["count"] for one in first(fleet(5, False), False)["said"]["alike"]] == [1] * 5


def test_sentence_of_most_hosts_comes_first() -> None:
    groups = html_parts.by_sentence(["one", "other", "other"], str)
    assert groups == [["other", "other"], ["one"]]


@pytest.mark.parametrize(("same", "examples", "left_out"), [(True, 1, 0), (False, 3, 2)])
def test_examples_stand_for_hosts_that_have_pages(same: bool, examples: int, left_out: int) -> None:
    found = first(fleet(5, same), True)
    assert [len(one["evidence"]) for one in found["said"]["alike"]] == [1] * examples
    assert found["said"]["left_out"] == left_out
    assert len(found["hosts"]) == 5


def test_every_host_has_its_evidence_where_there_are_no_pages() -> None:
    for same in (True, False):
        alike = first(fleet(5, same), False)["said"]["alike"]
        hosts = [entry["host"] for one in alike for entry in one["evidence"]]
        assert hosts == [f"mx{number}" for number in range(5)]


def test_finding_leads_to_the_page_of_its_check() -> None:
    found = first(fleet(1, True), False)
    assert found["page"].endswith("/docs/reference/checks.md#relay_third_party")
    assert found["anchor"] == "finding-fail-relay_third_party"
