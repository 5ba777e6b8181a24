# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whatever a server, a name or a user says, each form stays well-formed, and nothing in it acts."""

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

from ansible_collections.airtight.mail.plugins.plugin_utils._report import escaping, formats, text
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY, RUN, hostile

PLAIN = "harmless"
#: Links and marks come and go with the words; all else stands whatever they are.
ALIKE = {"a": "span", "mark": "span", "code": "span"}
SAMPLE = re.compile(r'\w+\{\w+="(?:[^"\\\n]|\\[\\"n])*"(?:,\w+="(?:[^"\\\n]|\\[\\"n])*")*\} -?\d+')
WORDS = st.text(alphabet=st.characters() | st.sampled_from("<>&'\"`|[]()\\{}=+-@#*_~:/\n\r\x1b\x00 "), max_size=60)


def render(form: str, words: str) -> str:
    return formats.render(form, hostile(words), {**RUN, "vantage": words}, [], verbose=True)


class Shape(HTMLParser):
    """The elements of a page, their attributes and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(ALIKE.get(tag, tag))
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def look_html(page: str, words: str) -> None:
    found, plain = Shape(page), Shape(render("html", PLAIN))
    if words.strip():
        assert found.tags == plain.tags
    assert {name for name, _value in found.attributes} <= {name for name, _value in plain.attributes}
    for name, value in found.attributes:
        if name == "href":
            assert value.startswith(("#finding-", "https://"))
        elif name not in ("content", "rel", "lang", "name", "charset", "http-equiv"):
            assert re.fullmatch(r"[a-z_ 0-9-]*", value)
    assert escaping.visible(words) in found.words


def look_markdown(report: str, words: str) -> None:
    renderer = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    found, plain = (Shape(renderer.render(page)) for page in (report, render("markdown", PLAIN)))
    if words.strip():
        assert [tag for tag in found.tags if tag != "span"] == [tag for tag in plain.tags if tag != "span"]
    assert {name for name, _value in found.attributes} <= {"href", "class"}
    outside = re.sub(r"^(```+)text\n.*?\n\1$|<https://[^>\n]*>", "", report, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"(?i)https?://|www\.|@(?!&#8203;)", outside)


def look_text(report: str, words: str) -> None:
    assert all(line.isprintable() for line in report.splitlines())
    assert report.count("\n") == len(report.splitlines())
    assert max(map(len, report.splitlines())) < 5 * escaping.LONGEST
    assert len(report.splitlines()) < 150 or len(words) > 100


def look_junit(report: str, _words: str) -> None:
    found, plain = (ElementTree.fromstring(page.encode()) for page in (report, render("junit", PLAIN)))
    assert [element.tag for element in found.iter()] == [element.tag for element in plain.iter()]


def look_sarif(report: str, _words: str) -> None:
    log = json.loads(report)
    for result in log["runs"][0]["results"]:
        message = result["message"]["text"]
        assert "](" not in message
        assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", message)
        for location in result["locations"]:
            assert re.fullmatch(r"[a-z0-9]+://[!-~]+", location["physicalLocation"]["artifactLocation"]["uri"])


def look_json(report: str, words: str) -> None:
    document = json.loads(report)
    said = document["verdicts"][0]["evidence"][0]["transcript"][0][1]
    assert said == escaping.storable(words)
    assert escaping.storable(said).encode() == said.encode()


def look_openmetrics(report: str, _words: str) -> None:
    *lines, last = report.split("\n")[:-1]
    assert last == "# EOF"
    names = {match[1] for match in (re.match(r"# TYPE (\w+) gauge$", line) for line in lines) if match}
    for line in lines:
        assert line.startswith(("# TYPE mail_", "# HELP mail_")) or SAMPLE.fullmatch(line)
        assert line.startswith("#") or line.partition("{")[0] in names


def look_csv(report: str, _words: str) -> None:
    rows = list(csv.reader(report.splitlines()))
    assert {len(row) for row in rows} == {10}
    assert len(rows) == len(hostile(PLAIN)) + 1
    for row in rows:
        assert not [value for value in row if value.strip()[:1] in tuple("=+-@|%")]


LOOKS: dict[str, t.Callable[[str, str], None]] = {
    "html": look_html,
    "markdown": look_markdown,
    "text": look_text,
    "junit": look_junit,
    "sarif": look_sarif,
    "json": look_json,
    "openmetrics": look_openmetrics,
    "csv": look_csv,
}


def test_every_form_is_looked_at() -> None:
    assert set(LOOKS) == set(formats.FILES)


@pytest.mark.parametrize("words", [PLAIN, *NASTY], ids=lambda words: ascii(words)[:24])
@pytest.mark.parametrize("form", LOOKS)
def test_what_is_said_stays_words(form: str, words: str) -> None:
    report = render(form, words)
    report.encode("utf-8")
    LOOKS[form](report, words)


@pytest.mark.parametrize("form", LOOKS)
@settings(max_examples=40, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(words=WORDS)
def test_whatever_is_said(form: str, words: str) -> None:
    report = render(form, words)
    report.encode("utf-8")
    LOOKS[form](report, words)


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_the_terminal_shows_what_would_act_on_it(words: str) -> None:
    look_text(text.fleet(hostile(words)), words)
    shown = escaping.visible(words)
    assert shown.isprintable()
    assert escaping.visible(shown) == shown
    assert len(shown) <= escaping.LONGEST + len(escaping.CUT)


def test_what_is_made_visible() -> None:
    assert escaping.visible("\x1b[31m\u202e\ud800\n") == r"\x1b[31m\u202e\ud800\n"
    assert escaping.visible("Grüße, 日本, e\u0301") == "Grüße, 日本, e\u0301"
    assert escaping.visible("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + r"\u0301\u0301"
    assert escaping.storable({"a": ("\ud800b", 1, None)}) == {"a": ["\ufffdb", 1, None]}
    assert escaping.fenced(["a", "````", "b"]) == ["`````text", "a", "````", "b", "`````"]
    assert [escaping.cell(words) for words in ("=1", " +1", "-1", "@x", "a=1", "")] == ["'=1", "' +1", "'-1", "'@x", "a=1", ""]
    assert escaping.markdown("1. <b> a_b [x](y) @me https://x www.x") == r"1\. &lt;b&gt; a\_b \[x\](y) @&#8203;me https:\//x www\.x"
