# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The HTML page: one file for eyes, keyboards, screen readers and paper."""

from __future__ import annotations

import re
import typing as t
from html import unescape

import jinja2
import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import evidence, fixes, html
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    CHECKS,
    RUN,
    mixed,
    verdicts,
)

ONE = html.report(mixed(), RUN)
FLEET = html.report([item for number in range(5) for item in mixed(f"mx{number}.example.org")], RUN)


def visible_text(page: str) -> str:
    """The text of a page without its elements, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.partition("</style>")[2])).split())


def test_page_is_one_file_that_loads_and_runs_nothing() -> None:
    assert ONE.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src 'none'" in ONE
    for forbidden in ("<script", "<link", "<img", "<iframe", "url(", "@import", "src="):
        assert forbidden not in ONE


def test_page_has_the_style_of_the_file_beside_the_template() -> None:
    style = (html.TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert f"<style>\n{style}</style>" in ONE


def test_page_has_impact_fix_and_evidence_of_each_finding() -> None:
    words = visible_text(ONE)
    for item in mixed():
        assert item["sentence"] in words
        assert evidence.title(item) in words
        if item["status"] in ("fail", "unknown"):
            assert item["impact"] in words
            assert all(fix.text in words for fix in fixes.fixes(item))
    assert "250 2.1.0 Sender ok" in words
    assert "nc -C 198.18.0.25 25" in words
    assert "<mark>&lt; 250 2.1.5 Ok</mark>" in ONE


def test_page_is_worst_first() -> None:
    heads = re.findall(r"<h2>([^<]*)</h2>", ONE)
    assert heads == [
        "Findings",
        "Failed",
        "Unknown, so not passed",
        "Waived",
        "Passed or not applicable",
    ]


def test_page_of_many_hosts_folds_their_evidence() -> None:
    assert 'details class="host"' not in ONE
    assert FLEET.count('<details class="host">') == 15
    assert FLEET.count("<article") == 3


def test_anchors_of_findings_name_status_and_check() -> None:
    for page in (ONE, FLEET):
        anchors = re.findall(r'<article class="\w+" id="([^"]*)"', page)
        assert anchors == [
            "finding-fail-relay_third_party",
            "finding-fail-pop3_capabilities",
            "finding-unknown-imap_login_disabled",
        ]
        assert all(f'href="#{anchor}"' in page for anchor in anchors)


def test_numbers_agree_with_their_nouns() -> None:
    assert "2 fail 1 unknown" in visible_text(ONE).replace("? ", "").replace("✖ ", "")
    assert "3&nbsp;findings" in FLEET
    lone = html.report(
        [
            *mixed(),
            *verdicts("mx2.example.org", CHECKS[:1], [])[:1],
            {**mixed()[0], "target": "mx3.example.org"},
        ],
        RUN,
    )
    assert "1&nbsp;finding<" in lone


def test_tables_have_row_headers_and_are_reached_by_keyboard() -> None:
    for page in (ONE, FLEET):
        bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
        assert bodies
        for body in bodies:
            assert body.count("<tr>") == body.count('<th scope="row">')
        assert page.count('<div class="scroll" role="region" aria-label="') == page.count("<table>")
        assert page.count('tabindex="0"') == page.count("<table>")


def test_the_column_check_holds_the_title_and_the_column_status_the_status() -> None:
    for table in re.findall(r"<table>.*?</table>", ONE, re.DOTALL):
        heads = re.findall(r'<th scope="col"[^>]*>([^<]*)<', table)
        for row in re.findall(r"<tr>\n(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL):
            cells = dict(zip(heads, re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL), strict=True))
            assert "badge" in cells["Status"]
            assert "badge" not in cells["Check"]


def test_page_of_a_silent_host_gives_one_cause() -> None:
    found = verdicts("quiet.example.org", CHECKS, [])
    page = html.report(found, RUN)
    assert "No service on these hosts answered" in page
    assert found[0]["impact"][:40] not in page


def test_template_with_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "page_data", lambda *_args: {})
    with pytest.raises(jinja2.UndefinedError):
        html.report([], {})


def test_page_data_is_plain() -> None:
    def types(value: t.Any) -> set[type]:
        if isinstance(value, dict):
            return {kind for item in value.values() for kind in types(item)}
        if isinstance(value, (list, tuple)):
            return {kind for item in value for kind in types(item)}
        return {type(value)}

    assert types(html.page_data(mixed(), RUN)) <= {str, int, bool, type(None)}
