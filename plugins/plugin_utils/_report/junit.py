# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as JUnit XML for CI servers: a suite for each host, a case for each check.

A failure is C(failure), unknown is C(error), waived and not applicable are C(skipped). The
attributes are those that Jenkins and Ant require.
Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
from xml.etree import ElementTree

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    UNKNOWN,
    WAIVED,
)

from .escaping import visible_data
from .evidence import title, waiver_terms
from .grouping import Verdict, sorted_verdicts, verdicts_by_host
from .text import detail_lines

TAGS = {FAIL: "failure", UNKNOWN: "error", WAIVED: "skipped", NOT_APPLICABLE: "skipped"}
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def _add_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    """Append the case of one check on one host."""
    names = {
        "classname": f"{verdict['target']}.{verdict['group']}",
        "name": verdict["check"],
        "time": "0",
    }
    case = ElementTree.SubElement(suite, "testcase", names)
    tag = TAGS.get(verdict["status"])
    if tag == "skipped":
        ElementTree.SubElement(case, tag, {"message": _skip_reason(verdict)})
    elif tag:
        attributes = {
            "message": f"{title(verdict)}: {verdict['sentence']}",
            "type": verdict["severity"],
        }
        ElementTree.SubElement(case, tag, attributes).text = "\n".join(
            detail_lines(verdict, verbose=True)
        )


def _skip_reason(verdict: Verdict) -> str:
    if verdict["status"] != WAIVED:
        return str(verdict["sentence"])
    return f"Waived: {waiver_terms(verdict)}"


def _add_suite(
    root: ElementTree.Element, host: str, verdicts: t.Sequence[Verdict], timestamp: str
) -> None:
    """Append the suite of one host."""
    tags = [TAGS.get(verdict["status"], "") for verdict in verdicts]
    attributes = {
        "name": host,
        "package": "airtight.mail",
        "id": str(len(root)),
        "hostname": host,
        "time": "0",
        "tests": str(len(tags)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
        "timestamp": timestamp,
    }
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    ElementTree.SubElement(suite, "properties")
    for verdict in verdicts:
        _add_case(suite, verdict)
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")


def report(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> str:
    """The report as XML. run: its C(written) becomes the time of the suites."""
    hosts = verdicts_by_host(sorted_verdicts(visible_data(list(verdicts))))
    written = _TIMESTAMP.match(str(run.get("written", "")))
    timestamp = written[0] if written else "1970-01-01T00:00:00"
    root = ElementTree.Element("testsuites", {"name": "airtight.mail"})
    for host in sorted(hosts):
        _add_suite(root, host, hosts[host], timestamp)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
