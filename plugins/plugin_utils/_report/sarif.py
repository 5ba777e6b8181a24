# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as SARIF 2.1.0 for code scanning and dashboards: failed, unknown and waived.

Unknown is of the kind C(open), whose level is C(none) by the standard; waived is suppressed.
Pure: verdicts in, plain data out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t
from urllib.parse import quote

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN, WAIVED

from .._checks.catalogue import CATALOGUE
from .escaping import visible_data
from .evidence import (
    BETTER,
    NEW,
    UNCHANGED,
    WORSE,
    Evidence,
    all_lines,
    deciding_evidence,
    endpoint,
    place,
    status_before_waiver,
    title,
    waiver_terms,
)
from .fixes import fixes
from .grouping import Verdict, sorted_verdicts
from .links import HOME, check_page
from .reproduce import reproduction

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
#: What GitHub sorts by.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
_CHECKS = {check.id: check for check in CATALOGUE}


def message(text: str) -> dict[str, str]:
    """A plain message; braces would be placeholders and C([text](link)) a link (section 3.11)."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _rule(verdict: Verdict) -> dict[str, t.Any]:
    """The check itself; its texts are in the catalogue, unless a later version retired it."""
    check = _CHECKS.get(verdict["check"])
    impact = check.impact if check else verdict.get("impact", "")
    texts = dict(check.fix) if check else verdict.get("fix", {})
    help_lines = [f"{fix.label}: {fix.text}" for fix in fixes({"software": "", "fix": texts})]
    return {
        "id": verdict["check"],
        "shortDescription": {"text": verdict["title"]},
        "fullDescription": {"text": f"{verdict['title']}. {impact}"},
        "help": {"text": "\n".join([f"Impact: {impact}", *help_lines])},
        "helpUri": check_page(verdict["check"]),
        "defaultConfiguration": {"level": LEVELS[verdict["severity"]]},
        "properties": {
            "tags": ["security", "mail", verdict["group"]],
            "security-severity": SCORES[verdict["severity"]],
        },
    }


def _locations(verdict: Verdict) -> list[dict[str, t.Any]]:
    """The places of the deciding evidence; the target itself where there is none."""
    found = {place(entry): entry for entry in reversed(deciding_evidence(verdict)) if place(entry)}
    target = str(verdict["target"])
    return [_location(target, name, found[name]) for name in reversed(found)] or [
        _location(target, target, None)
    ]


def _location(target: str, name: str, entry: Evidence | None) -> dict[str, t.Any]:
    """An endpoint as a URI, and by its name within the host."""
    found = endpoint(entry) if entry else None
    uri = f"smtp://{quote(target, safe='[]:')}"
    if found:
        uri = f"{found.service}://{found.host}:{found.port}"
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}},
        "logicalLocations": [
            {"name": name, "fullyQualifiedName": f"{target}/{name}", "kind": "resource"}
        ],
    }


def _suppressions(verdict: Verdict) -> list[dict[str, str]]:
    if "waived" not in verdict:
        return []
    terms = waiver_terms(verdict)
    return [{"kind": "external", "status": "accepted", "justification": terms}]


#: SARIF 2.1.0 section 3.27.24.
_STATES = {
    NEW: "new",
    WORSE: "updated",
    BETTER: "updated",
    UNCHANGED: "unchanged",
}


def _baseline_state(verdict: Verdict) -> dict[str, str]:
    """How a finding compares with the baseline, where there is one."""
    change = verdict.get("change")
    return {"baselineState": _STATES[change]} if change else {}


def _fingerprint(verdict: Verdict) -> str:
    return hashlib.sha256(f"{verdict['check']}\n{verdict['target']}".encode()).hexdigest()


def _result(verdict: Verdict, rule_index: int) -> dict[str, t.Any]:
    target = verdict["target"]
    failed = status_before_waiver(verdict) == FAIL
    steps = reproduction(verdict)
    return {
        "ruleId": verdict["check"],
        "ruleIndex": rule_index,
        "kind": "fail" if failed else "open",
        "level": LEVELS[verdict["severity"]] if failed else "none",
        "message": message(f"{target}: {title(verdict)}. {verdict['sentence']}"),
        "locations": _locations(verdict),
        "partialFingerprints": {"checkAndTarget/v1": _fingerprint(verdict)},
        "suppressions": _suppressions(verdict),
        **_baseline_state(verdict),
        "properties": {
            "status": verdict["status"],
            "severity": verdict["severity"],
            "target": target,
            "software": verdict["software"],
            "evidence": [line.marked_text for line in all_lines(verdict)],
            "reproduce": [steps.command, *steps.lines] if steps else [],
        },
    }


def document(verdicts: t.Iterable[Verdict], run: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The log as plain data. run: version, and whatever else is to be kept."""
    items = sorted_verdicts(visible_data(list(verdicts)))
    rules = {item["check"]: _rule(item) for item in items}
    rule_indexes = {check: index for index, check in enumerate(rules)}
    facts = visible_data(dict(run))
    driver = {"name": "airtight.mail", "informationUri": HOME, "rules": list(rules.values())}
    if facts.get("version"):
        driver["version"] = str(facts["version"])
    reported = [item for item in items if item["status"] in (FAIL, UNKNOWN, WAIVED)]
    results = [_result(item, rule_indexes[item["check"]]) for item in reported]
    sarif_run = {"tool": {"driver": driver}, "results": results, "properties": {"run": facts}}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [sarif_run]}
