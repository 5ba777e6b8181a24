# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as JUnit XML, for CI: a suite for each host, a case for each check.

A failure is C(failure), what was not seen is C(error), what is waived or does not apply is C(skipped). The attributes
are those that Jenkins and Ant ask for.
Pure: verdicts in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
from xml.etree import ElementTree

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, UNKNOWN, WAIVED

from .escaping import clean
from .grouping import Verdict, ordered
from .text import details

TAGS = {FAIL: "failure", UNKNOWN: "error", WAIVED: "skipped", NOT_APPLICABLE: "skipped"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def _case(suite: ElementTree.Element, verdict: Verdict) -> None:
    """One check on one host."""
    names = {"classname": "%s.%s" % (verdict["target"], verdict["group"]), "name": verdict["check"], "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", names)
    tag = TAGS.get(verdict["status"])
    if tag == "skipped":
        message = verdict["sentence"]
        if verdict["status"] == WAIVED:
            message = "Waived until %s: %s" % (verdict["waived"]["expiration_date"], verdict["waived"]["justification"])
        ElementTree.SubElement(case, tag, {"message": message})
    elif tag:
        found = ElementTree.SubElement(case, tag, {"message": verdict["sentence"], "type": verdict["severity"]})
        found.text = "\n".join(details(verdict, verbose=True))


def report(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> str:
    """The report as XML. run: its C(written) becomes the time of the suites."""
    items = ordered(clean(list(verdicts)))
    moment = _MOMENT.match(str(run.get("written", "")))
    root = ElementTree.Element("testsuites", {"name": "airtight.mail"})
    for number, host in enumerate(sorted({item["target"] for item in items})):
        mine = [item for item in items if item["target"] == host]
        tags = [TAGS.get(item["status"], "") for item in mine]
        facts = {"name": host, "package": "airtight.mail", "id": str(number), "hostname": host, "time": "0"}
        counts = {"tests": len(tags), "failures": tags.count("failure"), "errors": tags.count("error"), "skipped": tags.count("skipped")}
        suite = ElementTree.SubElement(root, "testsuite", {**facts, **{key: str(count) for key, count in counts.items()}})
        suite.set("timestamp", moment[0] if moment else "1970-01-01T00:00:00")
        ElementTree.SubElement(suite, "properties")
        for item in mine:
            _case(suite, item)
        ElementTree.SubElement(suite, "system-out")
        ElementTree.SubElement(suite, "system-err")
    return '<?xml version="1.0" encoding="UTF-8"?>\n%s\n' % ElementTree.tostring(root, encoding="unicode")
