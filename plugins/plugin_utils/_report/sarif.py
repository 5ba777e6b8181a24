# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as SARIF 2.1.0, for code scanning and dashboards: failures, what was not seen, and what is waived.

What was not seen is of the kind C(open), whose level is C(none) by the standard; what is waived is suppressed.
Pure: verdicts in, plain data out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t
from urllib.parse import quote

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN, WAIVED

from .._checks.catalogue import CATALOGUE
from .escaping import clean
from .grouping import Verdict, endpoint, ordered, spoken, subjects, transcript, was
from .reproduce import steps

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/airtight-mail/airtight.mail"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
#: What GitHub sorts by.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
_ROWS = {check.id: check for check in CATALOGUE}


def message(words: str) -> dict[str, str]:
    """A plain message; braces would be placeholders and C([text](link)) a link (section 3.11)."""
    return {"text": words.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _rule(verdict: Verdict) -> dict[str, t.Any]:
    """The check itself; its texts are in the catalogue, unless a later version retired it."""
    row = _ROWS.get(verdict["check"])
    texts = (row.rationale, row.remedy, row.by_hand) if row else tuple(verdict.get(key, "") for key in ("rationale", "remedy", "by_hand"))
    help_ = "What can be: %s\nWhat to set: %s\nBy hand: %s" % texts
    return {
        "id": verdict["check"],
        "shortDescription": {"text": verdict["title"]},
        "fullDescription": {"text": "%s. %s" % (verdict["title"], texts[0])},
        "help": {"text": help_},
        "helpUri": "%s/blob/main/docs/reference/checks.md#%s" % (HOME, quote(verdict["check"])),
        "defaultConfiguration": {"level": LEVELS[verdict["severity"]]},
        "properties": {"tags": ["security", "mail", verdict["group"]], "security-severity": SCORES[verdict["severity"]]},
    }


def _location(target: str, subject: str) -> dict[str, t.Any]:
    """An endpoint as a URI, and by its name within the host."""
    place = endpoint(subject)
    uri = "%s://%s:%d" % (place.service, place.host, place.port) if place else "smtp://%s" % quote(target, safe="[]:")
    name = subject or target
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}},
        "logicalLocations": [{"name": name, "fullyQualifiedName": "%s/%s" % (target, name), "kind": "resource"}],
    }


def _result(verdict: Verdict, index: int) -> dict[str, t.Any]:
    target, again = verdict["target"], steps(verdict)
    waived = verdict.get("waived")
    accepted = {"kind": "external", "status": "accepted", "justification": ""}
    if waived:
        accepted["justification"] = "%s (until %s)" % (waived["justification"], waived["expiration_date"])
    failed = was(verdict) == FAIL
    return {
        "ruleId": verdict["check"],
        "ruleIndex": index,
        "kind": "fail" if failed else "open",
        "level": LEVELS[verdict["severity"]] if failed else "none",
        "message": message("%s: %s" % (target, verdict["sentence"])),
        "locations": [_location(target, subject) for subject in subjects(verdict) or [""]],
        "partialFingerprints": {"checkAndTarget/v1": hashlib.sha256(("%s\n%s" % (verdict["check"], target)).encode()).hexdigest()},
        "suppressions": [accepted] if waived else [],
        "properties": {
            "status": verdict["status"],
            "severity": verdict["severity"],
            "target": target,
            "transcript": [spoken(line) for line in transcript(verdict)],
            "seeItAgain": [again.command, *again.lines] if again else [],
        },
    }


def document(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The log as plain data. run: version, and whatever else is to be kept."""
    items = ordered(clean(list(verdicts)))
    rules = {item["check"]: _rule(item) for item in items}
    order = list(rules)
    facts = clean(dict(run))
    driver = {"name": "airtight.mail", "informationUri": HOME, "rules": list(rules.values())}
    if facts.get("version"):
        driver["version"] = str(facts["version"])
    told = [item for item in items if item["status"] in (FAIL, UNKNOWN, WAIVED)]
    results = [_result(item, order.index(item["check"])) for item in told]
    one = {"tool": {"driver": driver}, "results": results, "properties": {"run": facts}}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [one]}
