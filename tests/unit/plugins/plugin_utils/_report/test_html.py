# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The HTML page: one file for eyes, keyboards, screen readers and paper."""

from __future__ import annotations

import base64
import functools
import hashlib
import random
import re
import typing as t
from html import unescape

import jinja2
import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._report import (
    evidence,
    fixes,
    formats,
    html,
    html_parts,
)
from ansible_collections.airtight.mail.tests.unit.helpers import sample_fleet
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    NASTY,
    RUN,
    mixed,
    verdicts,
)

ONE = html.report(mixed(), RUN)
FLEET = html.report([item for number in range(5) for item in mixed(f"mx{number}.example.org")], RUN)


def visible_text(page: str) -> str:
    """The text of a page without its elements, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.partition("</style>")[2])).split())


MEBIBYTE = 1 << 20


@functools.cache
def large() -> str:
    """The summary of 1,000 hosts, of which a fifth differ in ten findings and more."""
    return html.report(sample_fleet.fleet(1000), RUN, "pages")


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def inline(page: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)


def test_page_is_one_file_that_loads_nothing() -> None:
    for page in (ONE, FLEET, large()):
        assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert "default-src 'none'" in page
        shown = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
        for forbidden in ("<link", "<img", "<iframe", "src=", " style=", " onclick="):
            assert forbidden not in shown
        for text in (*inline(page, "style"), *inline(page, "script")):
            for forbidden in (
                "url(",
                "@import",
                "fetch",
                "XMLHttp",
                "innerHTML",
                "Storage",
                "http",
            ):
                assert forbidden not in text


def test_page_runs_nothing_but_the_script_that_its_policy_names() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', FLEET)
    (style,), (script,) = inline(FLEET, "style"), inline(FLEET, "script")
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {digest(style)}",
        f"script-src {digest(script)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert "script" not in re.sub(r"text/.*", "", ONE)


@pytest.mark.parametrize(("tag", "name"), [("style", "report.css"), ("script", "report.js")])
def test_style_and_script_are_files_beside_the_template(tag: str, name: str) -> None:
    text = (html.TEMPLATES / name).read_text(encoding="utf-8")
    assert inline(FLEET, tag) == [f"\n{text}"]


def test_everything_is_there_before_the_script_runs() -> None:
    (script,) = inline(FLEET, "script")
    assert FLEET.index("<script>") > FLEET.index("</main>")
    assert FLEET.count(" hidden") == 1
    assert '<div id="controls" hidden>' in FLEET
    for name in re.findall(r'field\("([a-z-]+)"\)', script):
        assert f'id="{name}"' in FLEET


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
    heads = re.findall(r"<h2[^>]*>([^<]*)</h2>", ONE)
    assert heads == [
        "Findings by severity",
        "Findings",
        "Critical",
        "High",
        "Waived",
        "Passed or not applicable",
    ]
    severities = re.findall(r'badge \w+"><[^>]*>.</span> \w+, (\w+)</span> <h3>', large())
    assert severities == sorted(severities, key=_model.SEVERITIES.index)
    assert len(severities) > 100


def test_unknown_of_a_grave_check_stands_above_a_failure_of_a_lesser_one() -> None:
    lesser = [{**item, "severity": "low"} for item in mixed() if item["status"] == "fail"]
    grave = [{**item, "severity": "critical"} for item in mixed() if item["status"] == "unknown"]
    page = html.report([*lesser, *grave], RUN)
    statuses = re.findall(r'<article class="(\w+)"', page)
    assert statuses == ["unknown", "fail", "fail"]


def test_page_of_many_hosts_folds_their_evidence() -> None:
    assert "<details" not in ONE.replace('<details class="whole">', "")
    assert FLEET.count('<details class="like">') == 15
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
    assert "(5&nbsp;hosts)" in FLEET
    lone = html.report(
        [
            *mixed(),
            *verdicts("mx2.example.org", CHECKS[:1], [])[:1],
            {**mixed()[0], "target": "mx3.example.org"},
        ],
        RUN,
    )
    assert "(1&nbsp;host)" not in lone
    pair = html.report([*mixed("mx1"), *mixed("mx2")], RUN)
    assert "1&nbsp;more<" in pair
    for page in (ONE, FLEET, lone, pair, large()):
        plural = r"(?<![\d.])1 (other )?(hosts|findings|lines|checks|rows)\b"
        assert not re.search(plural, visible_text(page))


def test_tables_have_row_headers_and_are_reached_by_keyboard() -> None:
    for page in (ONE, FLEET):
        bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
        assert bodies
        for body in bodies:
            assert len(re.findall("<tr[ >]", body)) == body.count('<th scope="row">')
        tables = len(re.findall("<table[ >]", page))
        regions = r'<div class="scroll[^"]*" role="region" aria-label="[^"]+" tabindex="0">\n<table'
        assert len(re.findall(regions, page)) == tables


def test_the_column_check_holds_the_title_and_the_column_status_the_status() -> None:
    for table in re.findall(r"<table>.*?</table>", ONE, re.DOTALL)[1:]:
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

    data = html.page_data(html_parts.found_in(mixed()), RUN)
    assert types(data) <= {str, int, bool, type(None)}


def test_summary_of_a_large_fleet_is_small() -> None:
    assert len(large().encode()) < 5 * MEBIBYTE
    assert large().count('<tr id="host-') == 201


def test_summary_is_small_even_where_no_host_is_like_another() -> None:
    found = [
        {**item, "target": f"mx{number:04}.mail.example.org"}
        for number in range(1000)
        for item in sample_fleet.host(number * sample_fleet.EVERY)
    ]
    page = html.report(found, RUN, formats.FOLDERS["html"])
    assert page.count('<tr id="host-') > 990
    assert len(page.encode()) < 5 * MEBIBYTE


def test_summary_names_every_host_and_each_finding_once() -> None:
    for number in range(1000):
        name = sample_fleet.name_of(number)
        assert large().count(f'id="host-{name}"') == 1
        assert f'href="pages/{name}.html"' in large()
    anchors = re.findall(r'<article class="\w+" id="([^"]*)"', large())
    failing = {
        item["check"]
        for number in range(1000)
        for item in sample_fleet.host(number)
        if item["status"] == "fail"
    }
    assert sorted(anchors) == sorted(f"finding-fail-{check}" for check in failing)


def test_links_within_a_page_lead_somewhere() -> None:
    for page in (ONE, FLEET, large()):
        ids = re.findall(r' id="([^"]*)"', page)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)


def test_each_finding_links_to_the_page_of_its_check() -> None:
    for page in (ONE, FLEET, large()):
        for article in re.findall(r"<article.*?</article>", page, re.DOTALL):
            (check,) = re.findall(r'id="finding-[a-z]+-(\w+)"', article)
            assert f'checks.md#{check}" rel="noreferrer"' in article


def test_equal_runs_have_equal_pages_but_for_the_time() -> None:
    hosts = [sample_fleet.host(number) for number in range(210)]
    found = [item for host in hosts for item in host]
    later = [item for host in random.Random(1).sample(hosts, len(hosts)) for item in host]
    times = [RUN["written"], "2026-11-23T22:00:00Z"]
    pages = [
        [html.report(items, {**RUN, "written": time}), *map(str, html.host_pages(items, {}, ""))]
        for items, time in zip((found, later), times, strict=True)
    ]
    assert pages[0][0] == pages[1][0].replace(times[1], times[0])
    assert sorted(pages[0][1:]) == sorted(pages[1][1:])


def test_host_has_a_page_of_its_own_above_200_hosts() -> None:
    assert not html.has_host_pages(item for number in range(200) for item in mixed(f"mx{number}"))
    assert html.has_host_pages(item for number in range(201) for item in mixed(f"mx{number}"))


def test_page_of_a_host_has_all_that_a_report_on_it_alone_has() -> None:
    found = [*mixed("mx1.example.org"), *verdicts("mx2.example.org", CHECKS, BAD)]
    pages = dict(html.host_pages(found, RUN, "../report.html"))
    assert list(pages) == ["mx1.example.org.html", "mx2.example.org.html"]
    link = '<a href="../report.html">All hosts</a> \u203a '
    assert pages["mx1.example.org.html"].replace(link, "") == ONE


def test_page_of_a_host_knows_what_other_hosts_showed() -> None:
    """Port 25 of a host that does not answer is not blocked here where that of another answers."""
    unreachable = {
        **html_parts.sorted_verdicts(mixed("mx1"))[0],
        "status": "unknown",
        "evidence": [{**entry_of("relay_third_party"), "caused_by": "port_25_unreachable"}],
    }
    heard = [item for item in mixed("mx1") if item["check"] == "pop3_capabilities"]
    page = dict(html.host_pages([unreachable, *heard, *mixed("mx2")], RUN, ""))["mx1.html"]
    assert "Port 25 of this host is not reachable from here" in page
    assert "most likely blocked" not in page


def entry_of(check: str) -> dict[str, t.Any]:
    """The evidence of a check, as of a server that sent nothing."""
    (item,) = (item for item in mixed() if item["check"] == check)
    return {**item["evidence"][0], "status": "unknown", "transcript": [], "decisive": []}


@pytest.mark.parametrize("count", [2, html.MAX_HOSTS_OF_PAGE + 1])
def test_name_of_a_host_is_text_in_every_place(count: int) -> None:
    names = [f"mx{number}" for number in range(count)]
    folder = "pages" if count > html.MAX_HOSTS_OF_PAGE else ""
    plain = html.report([item for name in names for item in mixed(name)], RUN, folder)
    names[: len(NASTY)] = [f"mx1 {words}" for words in NASTY]
    found = [{**item, "target": name} for name in names for item in mixed()]
    pages = [
        html.report(found, RUN, folder),
        *(text for _name, text in html.host_pages(found[:200], RUN, "")),
    ]
    for page in pages:
        shown = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
        for value in re.findall(r' id="([^"]*)"', shown):
            assert re.fullmatch(r"[A-Za-z0-9._-]+", value)
        for value in re.findall(r' href="([^"]*)"', shown):
            assert re.fullmatch(r"#[A-Za-z0-9._-]+|pages/[a-z0-9.-]+\.html|https://[!-~]+|", value)
        assert not set("\x1b\u202e\x00\ud800") & set(shown)
        assert set(re.findall(r"<([a-z0-9]+)", shown)) <= set(
            re.findall(r"<([a-z0-9]+)", plain + ONE)
        )


def test_cell_has_the_icon_of_its_status() -> None:
    style = (html.TEMPLATES / "report.css").read_text(encoding="utf-8")
    for status in ("fail", "unknown", "waived"):
        icon = html_parts.ICONS[status]
        assert f".{status}.c::before" in style
        assert f'content: "{icon}"; content: "{icon}" / "";' in style
