# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as one HTML page that loads nothing and runs nothing: for a browser, a mail attachment or paper.

Built as a tree, so that no text can become markup; its own policy forbids scripts all the same (CSP level 3).
Pure: verdicts in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, STATUSES, UNKNOWN, WAIVED

from .escaping import clean
from .grouping import LOOK_ELSEWHERE, Kind, Verdict, headline, kinds, ordered, unseen
from .html_finding import ICONS, Element, add, article, badge
from .html_style import STYLE
from .text import FLEET

WORDS = {FAIL: "failed", UNKNOWN: "not seen", WAIVED: "waived", PASS: "passed", NOT_APPLICABLE: "do not apply"}
TITLES = {FAIL: "Failed", UNKNOWN: "Not seen, so not passed"}
FACTS = {"written": "%s", "vantage": "seen from %s", "policy": "judged by the policy %s", "version": "airtight.mail %s"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _table(parent: Element, heads: t.Sequence[str], numbers: t.Container[int] = ()) -> Element:
    table = add(add(parent, "div", class_="scroll"), "table")
    row = add(add(table, "thead"), "tr")
    for column, head in enumerate(heads):
        add(row, "th", head, scope="col", **({"class": "number"} if column in numbers else {}))
    return add(table, "tbody")


def _overview(parent: Element, findings: t.Sequence[Kind]) -> None:
    """A line for each finding, with a link to it."""
    body = _table(parent, ("Status", "Check", "Hosts"))
    for number, kind in enumerate(findings, 1):
        row = add(body, "tr")
        badge(add(row, "td"), kind.status, "%s, %s" % (kind.status, kind.verdicts[0]["severity"]))
        add(add(row, "td"), "a", kind.verdicts[0]["title"], href="#finding-%d" % number)
        add(row, "td", ", ".join(kind.hosts) if len(kind.hosts) <= FLEET else "%d hosts" % len(kind.hosts))


def _hosts(parent: Element, items: t.Sequence[Verdict], numbers: t.Mapping[tuple[str, str], int]) -> None:
    """A line for each host, worst first, with links to what it fails."""
    add(parent, "h2", "Hosts")
    body = _table(parent, ("Host", *(WORDS[status].capitalize() for status in STATUSES), "Findings"), range(1, len(STATUSES) + 1))
    mine: dict[str, list[Verdict]] = {}
    for item in items:
        mine.setdefault(item["target"], []).append(item)
    counts = {host: [sum(item["status"] == status for item in found) for status in STATUSES] for host, found in mine.items()}
    for host in sorted(mine, key=lambda name: [-count for count in counts[name]]):
        row = add(body, "tr")
        badge(add(row, "td"), mine[host][0]["status"], host)
        for status, count in zip(STATUSES, counts[host]):
            add(row, "td", str(count), class_="number %s" % (status if count else "none"))
        links = [(item, numbers[item["status"], item["check"]]) for item in mine[host] if (item["status"], item["check"]) in numbers]
        cell = add(row, "td")
        if links:
            folded = add(cell, "details")
            add(folded, "summary", "%d\u00a0findings" % len(links))
            for item, number in links:
                add(add(folded, "div"), "a", item["check"], href="#finding-%d" % number)


def _silent(parent: Element, items: t.Sequence[Verdict]) -> None:
    silent = unseen(items)
    if silent:
        add(parent, "h2", "Nothing was seen of these hosts")
        add(parent, "p", LOOK_ELSEWHERE)
        body = _table(parent, ("Host", "Why"))
        for host, reason in silent.items():
            row = add(body, "tr")
            badge(add(row, "td"), UNKNOWN, host)
            add(row, "td", reason)


def _waived(parent: Element, items: t.Sequence[Verdict]) -> None:
    waived = [item for item in items if item["status"] == WAIVED]
    if waived:
        add(parent, "h2", "Waived")
        body = _table(parent, ("Check", "Host", "What was seen", "Why it is accepted", "Until"))
        for item in waived:
            row = add(body, "tr")
            badge(add(row, "td"), WAIVED, item["title"])
            for words in (item["target"], item["sentence"], item["waived"]["justification"], item["waived"]["expiration_date"]):
                add(row, "td", words)


def _rest(parent: Element, items: t.Sequence[Verdict], single: bool) -> None:
    """What passed and what does not apply: for one host with the reason, for many as numbers."""
    groups = kinds(items, (PASS, NOT_APPLICABLE))
    if groups:
        add(parent, "h2", "In order")
        body = _table(parent, ("Check", "What it asks for", "Why" if single else "Hosts"))
        for kind in groups:
            row = add(body, "tr")
            badge(add(row, "td"), kind.status, kind.status.replace("_", " "))
            cell = add(row, "td", kind.verdicts[0]["title"] + " ")
            add(cell, "code", kind.check, class_="soft")
            add(row, "td", kind.verdicts[0]["sentence"] if single else str(len(kind.verdicts)))


def _top(parent: Element, items: t.Sequence[Verdict], run: t.Mapping[str, t.Any]) -> None:
    words, _counts, _end = headline(items).partition(" (")
    status = items[0]["status"] if items else UNKNOWN
    top = add(parent, "header", class_="verdict %s" % status)
    add(top, "p", "Mail hosts, seen from outside", class_="eyebrow")
    title = add(top, "h1")
    add(title, "span", ICONS[status], **{"aria-hidden": "true"}).tail = " " + words
    facts = [pattern % run[key] for key, pattern in FACTS.items() if run.get(key)]
    add(top, "p", ", ".join(facts), class_="facts")
    counts = add(parent, "ul", class_="counts")
    for name in STATUSES:
        count = sum(item["status"] == name for item in items)
        entry = add(counts, "li", class_=name if count else "none")
        add(entry, "span", ICONS[name] + " ", **{"aria-hidden": "true"})
        add(entry, "b", str(count)).tail = WORDS[name]


def page(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> str:
    """The report as one HTML document. run: facts to show on top."""
    items = ordered(clean(list(verdicts)))
    root = Element("html", {"lang": "en"})
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    ElementTree.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    for name, content in (("viewport", "width=device-width, initial-scale=1"), ("color-scheme", "light dark"), ("referrer", "no-referrer")):
        add(head, "meta", name=name, content=content)
    add(head, "title", headline(items).partition(" (")[0])
    add(head, "style", STYLE)
    main = add(add(root, "body"), "main")
    _top(main, items, clean(dict(run)))
    findings = kinds(items, (FAIL, UNKNOWN))
    numbers = {(kind.status, kind.check): number for number, kind in enumerate(findings, 1)}
    single = len({item["target"] for item in items}) == 1
    if findings:
        add(main, "h2", "Findings")
        _overview(main, findings)
    if not single:
        _hosts(main, items, numbers)
    for status in (FAIL, UNKNOWN):
        mine = [kind for kind in findings if kind.status == status]
        if mine:
            add(main, "h2", TITLES[status])
        for kind in mine:
            article(main, kind, numbers[status, kind.check])
    _silent(main, items)
    _waived(main, items)
    _rest(main, items, single)
    add(main, "footer", "Made by airtight.mail. What was not seen is never a pass.")
    return "<!DOCTYPE html>\n%s\n" % ElementTree.tostring(root, encoding="unicode", method="html")
