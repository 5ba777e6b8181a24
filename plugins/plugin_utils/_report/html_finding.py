# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding as a part of the HTML page: what could happen, what to set, and on each host what was said.

Built as a tree, so that no text can become markup.
Pure: verdicts in, elements out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, WAIVED

from .grouping import BEFORE, Kind, Transcript, Verdict, decided, deciding, excerpt, spoken, subjects, transcript
from .reproduce import steps
from .text import FLEET

Element = ElementTree.Element
ICONS = {FAIL: "✖", UNKNOWN: "?", WAIVED: "‖", PASS: "✔", NOT_APPLICABLE: "○"}


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Append an element; an underscore ends the name of an attribute that Python keeps for itself."""
    found = ElementTree.SubElement(parent, tag, {key.rstrip("_"): value for key, value in attributes.items()})
    found.text = text
    return found


def badge(parent: Element, status: str, words: str) -> None:
    """Icon and words, so that colour is never all there is."""
    label = add(parent, "span", class_="badge %s" % status)
    add(label, "span", ICONS[status], **{"aria-hidden": "true"}).tail = " " + words


def _said(parent: Element, lines: Transcript, first: int, at: int) -> None:
    """Lines of a conversation, the one that decided marked."""
    block = add(parent, "pre")
    for number, line in enumerate(lines, first):
        part = add(block, "mark" if number == at else "span", spoken(line))
        part.tail = "\n"


def _conversation(parent: Element, verdict: Verdict) -> None:
    lines = transcript(verdict)
    if not lines:
        return
    at = decided(lines, verdict["sentence"])
    short = excerpt(lines, verdict["sentence"])
    figure = add(parent, "figure")
    add(figure, "figcaption", "What was said (> the audit, < the server)")
    _said(figure, short, max(0, at - BEFORE), at)
    if len(short) < len(lines):
        whole = add(parent, "details", class_="whole")
        add(whole, "summary", "The whole conversation, %d lines" % len(lines))
        _said(whole, lines, 0, at)


def _host(parent: Element, verdict: Verdict, folded: bool) -> None:
    """What was seen on one host."""
    if folded:
        place = add(parent, "details", class_="host")
        add(place, "summary", "%s: %s" % (verdict["target"], verdict["sentence"]))
    else:
        place = add(parent, "section", class_="host")
        add(place, "h4", verdict["target"])
        add(place, "p", verdict["sentence"])
    if subjects(verdict):
        add(place, "p", "Seen at " + ", ".join(subjects(verdict)), class_="soft")
    _conversation(place, verdict)
    others = [entry for entry in deciding(verdict)[1:] if entry["sentence"] != verdict["sentence"]]
    if others:
        listed = add(place, "ul")
        for entry in others:
            add(listed, "li", "%s: %s" % (entry["subject"] or verdict["target"], entry["sentence"]))
    again = steps(verdict)
    if again:
        figure = add(place, "figure")
        add(figure, "figcaption", "See it again by hand" + (": the command, then what to type" if again.lines else ""))
        add(figure, "pre", again.command)
        if again.lines:
            add(figure, "pre", "\n".join(again.lines))


def article(parent: Element, kind: Kind, number: int) -> None:
    """One check that failed or was not seen, with every host that has it."""
    first = kind.verdicts[0]
    inner = add(add(parent, "article", class_=kind.status, id="finding-%d" % number), "div")
    top = add(inner, "header", class_="check")
    badge(top, kind.status, "%s, %s" % (kind.status, first["severity"]))
    add(top, "h3", first["title"])
    add(top, "code", kind.check, class_="soft")
    facts = add(inner, "dl")
    for term, key in (("What can be", "rationale"), ("What to set", "remedy"), ("By hand", "by_hand")):
        add(facts, "dt", term)
        add(facts, "dd", first[key])
    add(facts, "dt", "Read more")
    links = add(facts, "dd")
    for link in first["references"]:
        part = add(links, "a", link, href=link, rel="noreferrer") if link.startswith("https://") else add(links, "span", link)
        part.tail = " "
    for verdict in kind.verdicts:
        _host(inner, verdict, len(kind.verdicts) > FLEET)
