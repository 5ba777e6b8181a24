# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Text of servers and users: each format stays well-formed, and nothing in it acts."""

from __future__ import annotations

import csv
import json
import re
import typing as t
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ansible_collections.airtight.mail.plugins.plugin_utils._report import (
    csv_report,
    escaping,
    formats,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY, RUN, hostile

PLAIN = "harmless"
#: Links and marks depend on the text; all other elements are the same whatever it is.
ALIKE = {"a": "span", "code": "span"}
SAMPLE = re.compile(r'\w+\{\w+="(?:[^"\\\n]|\\[\\"n])*"(?:,\w+="(?:[^"\\\n]|\\[\\"n])*")*\} -?\d+')
WORDS = st.text(
    alphabet=st.characters() | st.sampled_from("<>&'\"`|[]()\\{}=+-@#*_~:/\n\r\x1b\x00 "),
    max_size=60,
)


def render(name: str, words: str) -> str:
    return formats.render(name, hostile(words), {**RUN, "vantage": words}, [], verbose=True)


class Shape(HTMLParser):
    """The elements of a page, their attributes and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Where a name or a line may break, and which line is marked, depends on the text.
        if tag not in ("wbr", "mark"):
            self.tags.append(ALIKE.get(tag, tag))
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def check_html(page: str, words: str) -> None:
    found, plain = Shape(page), Shape(render("html", PLAIN))
    if words.strip():
        assert found.tags == plain.tags
    assert {name for name, _value in found.attributes} <= {
        name for name, _value in plain.attributes
    }
    for name, value in found.attributes:
        if name == "href":
            assert value.startswith(("#finding-", "#severity-", "https://"))
        elif name == "aria-label":
            assert (name, value) in plain.attributes
        elif name not in ("content", "rel", "lang", "name", "charset", "http-equiv"):
            assert re.fullmatch(r"[a-z_ 0-9-]*", value)
    assert escaping.visible(words) in found.words


def check_markdown(report: str, words: str) -> None:
    renderer = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    found, plain = (Shape(renderer.render(page)) for page in (report, render("markdown", PLAIN)))
    if words.strip():
        assert [tag for tag in found.tags if tag != "span"] == [
            tag for tag in plain.tags if tag != "span"
        ]
    assert {name for name, _value in found.attributes} <= {"href", "class"}
    outside = re.sub(
        r"^(```+)text\n.*?\n\1$|<https://[^>\n]*>", "", report, flags=re.MULTILINE | re.DOTALL
    )
    assert not re.search(r"(?i)https?://|www\.|@(?!&#8203;)", outside)


def check_text(report: str, words: str) -> None:
    assert all(line.isprintable() for line in report.splitlines())
    assert report.count("\n") == len(report.splitlines())
    assert max(map(len, report.splitlines())) < 5 * escaping.MAX_LENGTH
    assert len(report.splitlines()) < 150 or len(words) > 100


def check_junit(report: str, _words: str) -> None:
    found, plain = (
        ElementTree.fromstring(page.encode()) for page in (report, render("junit", PLAIN))
    )
    assert [element.tag for element in found.iter()] == [element.tag for element in plain.iter()]


def check_sarif(report: str, _words: str) -> None:
    log = json.loads(report)
    for result in log["runs"][0]["results"]:
        message = result["message"]["text"]
        assert "](" not in message
        assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", message)
        for location in result["locations"]:
            assert re.fullmatch(
                r"[a-z0-9]+://[!-~]+", location["physicalLocation"]["artifactLocation"]["uri"]
            )


def check_json(report: str, words: str) -> None:
    document = json.loads(report)
    said = document["verdicts"][0]["evidence"][0]["transcript"][0][1]
    assert said == escaping.storable_data(words)
    assert escaping.storable_data(said).encode() == said.encode()


def check_openmetrics(report: str, _words: str) -> None:
    *lines, last = report.split("\n")[:-1]
    assert last == "# EOF"
    names = {
        match[1] for match in (re.match(r"# TYPE (\w+) gauge$", line) for line in lines) if match
    }
    for line in lines:
        assert line.startswith(("# TYPE mail_", "# HELP mail_")) or SAMPLE.fullmatch(line)
        assert line.startswith("#") or line.partition("{")[0] in names


def check_csv(report: str, _words: str) -> None:
    rows = list(csv.reader(report.splitlines()))
    assert {len(row) for row in rows} == {len(csv_report.COLUMNS)}
    assert len(rows) == len(hostile(PLAIN)) + 1
    for row in rows:
        assert not [value for value in row if value.strip()[:1] in tuple("=+-@|%")]


def check_jsonl(report: str, words: str) -> None:
    (line,) = report.splitlines()
    assert line.isascii()
    target = json.loads(line)["target"]
    assert target == escaping.storable_data("mx1 " + words)


CHECKS: dict[str, t.Callable[[str, str], None]] = {
    "html": check_html,
    "markdown": check_markdown,
    "text": check_text,
    "junit": check_junit,
    "sarif": check_sarif,
    "json": check_json,
    "openmetrics": check_openmetrics,
    "csv": check_csv,
    "jsonl": check_jsonl,
}


def test_every_format_has_a_check() -> None:
    assert set(CHECKS) == set(formats.FILES)


@pytest.mark.parametrize("words", [PLAIN, *NASTY], ids=lambda words: ascii(words)[:24])
@pytest.mark.parametrize("name", CHECKS)
def test_hostile_text_stays_text_in_each_format(name: str, words: str) -> None:
    report = render(name, words)
    report.encode("utf-8")
    CHECKS[name](report, words)


@pytest.mark.parametrize("name", CHECKS)
@settings(
    max_examples=40,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(words=WORDS)
def test_any_text_stays_text_in_each_format(name: str, words: str) -> None:
    report = render(name, words)
    report.encode("utf-8")
    CHECKS[name](report, words)


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_visible_text_is_printable_short_and_stays_the_same(words: str) -> None:
    shown = escaping.visible(words)
    assert shown.isprintable()
    assert escaping.visible(shown) == shown
    assert len(shown) <= escaping.MAX_LENGTH + len(escaping.CUT)


def test_visible_text_keeps_letters_and_escapes_what_acts() -> None:
    assert escaping.visible("\x1b[31m\u202e\ud800\n") == r"\x1b[31m\u202e\ud800\n"
    assert escaping.visible("Grüße, 日本, e\u0301") == "Grüße, 日本, e\u0301"
    assert escaping.visible("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + r"\u0301\u0301"


def test_storable_data_has_no_lone_surrogate() -> None:
    assert escaping.storable_data({"a": ("\ud800b", 1, None)}) == {"a": ["\ufffdb", 1, None]}


def test_markdown_text_and_code_block_show_markup_as_it_is() -> None:
    assert escaping.markdown_code_block(["a", "````", "b"]) == [
        "`````text",
        "a",
        "````",
        "b",
        "`````",
    ]
    expected = r"1\. &lt;b&gt; a\_b \[x\](y) @&#8203;me https:\//x www\.x"
    assert escaping.markdown_text("1. <b> a_b [x](y) @me https://x www.x") == expected


def test_spreadsheet_cell_is_no_formula() -> None:
    cells = [escaping.spreadsheet_cell(text) for text in ("=1", " +1", "-1", "@x", "a=1", "")]
    assert cells == ["'=1", "' +1", "'-1", "'@x", "a=1", ""]
