# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What changed since an earlier report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import (
    changes,
    evidence,
    formats,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    verdicts,
)

GOOD = ("pass", "waived", "not_applicable")


def verdict(status: str, check: str = "tls_versions", target: str = "mx1") -> dict[str, Any]:
    return {"target": target, "check": check, "status": status, "evidence": []}


def interrupted(check: str = "tls_versions") -> dict[str, Any]:
    """The verdict on a host that a run was interrupted at."""
    entry = {"status": "unknown", "caused_by": "interrupted", "reason": ""}
    return {**verdict("unknown", check), "evidence": [entry]}


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        *((status, "fail", "new") for status in (*GOOD, None)),
        *((status, "unknown", "new") for status in (*GOOD, None)),
        ("unknown", "fail", "worse"),
        ("fail", "unknown", "better"),
        ("fail", "fail", "unchanged"),
        ("unknown", "unknown", "unchanged"),
        *(("fail", status, None) for status in GOOD),
    ],
)
def test_finding_says_how_it_changed(before: str | None, now: str, change: str | None) -> None:
    earlier = changes.statuses([verdict(before)] if before else [])
    (found,) = changes.marked([verdict(now)], earlier)
    assert found.get("change") == change
    assert found.get("status_before") == (before if change else None)
    assert changes.is_known(found) == (change in ("better", "unchanged"))


@pytest.mark.parametrize("status", ["fail", "unknown", "pass"])
def test_what_an_interrupted_run_did_not_see_is_neither_known_nor_better(status: str) -> None:
    earlier = changes.statuses([verdict(status)])
    found = changes.marked([interrupted()], earlier)
    assert found == [interrupted()]
    assert not changes.is_known(found[0])
    assert changes.gone(found, earlier) == []
    assert changes.statuses([interrupted(), verdict("fail", "dnssec")]) == {
        ("mx1", "dnssec"): "fail"
    }


def test_what_was_not_evaluated_again_is_not_gone() -> None:
    earlier = changes.statuses(
        [
            verdict("fail"),
            verdict("unknown", target="mx2"),
            verdict("fail", "dnssec"),
            verdict("pass", "spf_record"),
            verdict("fail", "dmarc_record"),
        ]
    )
    now = [verdict("pass"), verdict("fail", "dmarc_record"), verdict("pass", "spf_record")]
    assert changes.gone(now, earlier) == [
        {"target": "mx1", "check": "tls_versions", "status_before": "fail", "status": "pass"}
    ]


def test_sentence_counts_and_names() -> None:
    marked = changes.marked(
        [verdict("fail"), verdict("fail", "dnssec"), verdict("unknown", "spf_record")],
        {("mx1", "dnssec"): "unknown", ("mx1", "spf_record"): "unknown"},
    )
    ended = [{"target": "mx2", "check": "dane_match"}]
    assert changes.sentence(marked, ended) == (
        "Since the baseline: 1 new, 1 worse, 0 better, 1 gone. "
        "New or worse: tls_versions of mx1, dnssec of mx1. Gone: dane_match of mx2."
    )
    assert changes.sentence([], []) == "Since the baseline: 0 new, 0 worse, 0 better, 0 gone."


def test_heading_says_on_how_many_hosts_a_finding_changed() -> None:
    whole = {"title": "x", "title_failed": "Old versions", "evidence": []}
    one, other = ({**whole, **verdict("fail", target=name)} for name in ("mx1", "mx2"))
    assert evidence.headed([one, other]) == "Old versions"
    assert evidence.headed([{**one, "change": "new"}]) == "Old versions (new)"
    assert evidence.headed([{**one, "change": "unchanged"}]) == "Old versions"
    assert evidence.headed([{**one, "change": "new"}, other]) == (
        "Old versions (new on 1 of 2 hosts)"
    )


@pytest.mark.parametrize("form", ["text", "html", "markdown", "json", "sarif"])
def test_every_form_for_people_and_findings_marks_what_is_new(form: str) -> None:
    found = changes.marked(verdicts("mx1.example.org", CHECKS, BAD), {})
    run = {"changes": {"msg": changes.sentence(found, [])}}
    text = formats.render(form, found, run, [], True)
    if form == "json":
        assert [item.get("change") for item in json.loads(text)["verdicts"]].count("new") == 3
    elif form == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        assert [item.get("baselineState") for item in results].count("new") == 3
    else:
        assert "(new)" in text.replace("\\", "")
    if form == "html":
        assert "Since the baseline: 3 new" in text
