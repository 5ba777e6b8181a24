# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From observations to verdicts: every chosen check gets exactly one for every target.

Opens nothing; the time of judging is handed in.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    UNKNOWN,
    Finding,
    ModelError,
)

from .. import _retired
from . import causes, waivers
from .catalogue import CATALOGUE
from .host.base import PROBE as HOST_CONFIG
from .software import software
from .waivers import Waiver, waiver_for

if t.TYPE_CHECKING:
    from .base import AuditContext, Check

GROUPS = tuple(dict.fromkeys(check.group for check in CATALOGUE))
IDS = tuple(check.id for check in CATALOGUE)
#: How the sentence of a verdict begins that an exception took the place of.
EXCEPTION = "The evaluation ended with an exception: "


def choose(checks: t.Sequence[str] = (), groups: t.Sequence[str] = ()) -> list[Check]:
    """The rows asked for by id or group, in the order of the catalogue; all of them where nothing
    was asked.
    """
    for name in checks:
        if name in _retired.CHECKS:
            raise ModelError(f"checks: {name!r} was renamed; use {_retired.CHECKS[name]!r}.")
        if name not in IDS:
            raise ModelError(
                f"checks: {_option_values.shown(name)} does not exist; docs/reference/checks.md "
                "lists those that do."
            )
    for name in groups:
        if name in _retired.GROUPS:
            raise ModelError(f"groups: {name!r} was renamed; use {_retired.GROUPS[name]!r}.")
        if name not in GROUPS:
            raise ModelError(
                f"groups: {_option_values.shown(name)} is not one of {', '.join(GROUPS)}."
            )
    if not checks and not groups:
        return list(CATALOGUE)
    return [check for check in CATALOGUE if check.id in checks or check.group in groups]


def evaluate(
    context: AuditContext, chosen: t.Sequence[Check], waived: t.Sequence[Waiver] = ()
) -> list[dict[str, t.Any]]:
    """One verdict for each check, worst first, as plain data."""
    reachable, checks = causes.on_reachable_addresses(context, chosen)
    verdicts = [
        _verdict(
            reachable,
            check,
            waiver_for(waived, check.id, (context.target.key, context.target.name)),
        )
        for check in checks
    ]
    return sorted(causes.attributed(reachable, verdicts), key=rank)


def unfinished(
    context: AuditContext, chosen: t.Sequence[Check], sentence: str
) -> list[dict[str, t.Any]]:
    """The verdicts on a target that a run was interrupted at: nothing is known, for that reason. No
    waiver accepts that.
    """
    nothing = Finding(UNKNOWN, sentence, caused_by=causes.INTERRUPTED)
    checks = [dataclasses.replace(check, evaluate=lambda _context: [nothing]) for check in chosen]
    return sorted((_verdict(context, check, None) for check in checks), key=rank)


def rank(verdict: t.Mapping[str, t.Any]) -> tuple[int, int]:
    """Sort key: worst status first, then the gravest."""
    return _model.STATUSES.index(verdict["status"]), _model.SEVERITIES.index(verdict["severity"])


def _findings(context: AuditContext, check: Check) -> list[Finding]:
    if check.opt_in and check.opt_in not in context.opted_in:
        sentence = f"Only done when asked for: opt_in: [{check.opt_in}]."
        return [Finding(NOT_APPLICABLE, sentence, reason=NOT_REQUESTED)]
    return check.evaluate(context)


def _judged(context: AuditContext, check: Check) -> tuple[list[Finding], str]:
    """The findings, worst first, and the software that they are about."""
    findings = sorted(
        _findings(context, check), key=lambda item: _model.STATUSES.index(item.status)
    )
    return findings, software(context, findings)


def _judged_or_exception(context: AuditContext, check: Check) -> tuple[list[Finding], str]:
    """The same; an exception costs the verdict of this check about this target."""
    try:
        return _judged(context, check)
    except Exception as exc:
        return [Finding(UNKNOWN, f"{EXCEPTION}{_model.exception_text(exc)}.")], ""


def _verdict(context: AuditContext, check: Check, waiver: Waiver | None) -> dict[str, t.Any]:
    findings, about = _judged_or_exception(context, check)
    status = _model.worst(item.status for item in findings)
    verdict: dict[str, t.Any] = {
        "schema": _model.SCHEMA,
        "target": context.target.key,
        **_name(context),
        "check": check.id,
        "title": check.title,
        "title_failed": check.title_failed,
        "group": check.group,
        "severity": check.severity,
        "status": status,
        "sentence": findings[0].sentence if findings else "Nothing was seen.",
        "software": about,
        "evidence": [_evidence(item) for item in findings],
        "reason": findings[0].reason if status == NOT_APPLICABLE and findings else "",
    }
    if status in (FAIL, UNKNOWN) and waiver is not None:
        verdict.update(waivers.waived(waiver, status, verdict["sentence"]))
    if status in (FAIL, UNKNOWN):
        verdict.update(impact=check.impact, fix=dict(check.fix), references=list(check.references))
    return verdict


#: Stands for the options of a target in a verdict about them.
OPTIONS_CHECK = "target_options"


def refused(key: str, name: str, sentence: str) -> dict[str, t.Any]:
    """The verdict about a target that was not audited because an option of it is wrong."""
    return {
        "schema": _model.SCHEMA,
        "target": key,
        **({"name": name} if name != key else {}),
        "check": OPTIONS_CHECK,
        "title": "The options of the target can be used",
        "title_failed": "Wrong option",
        "group": "host",
        "severity": "critical",
        "status": FAIL,
        "sentence": sentence,
        "software": "",
        "evidence": [],
        "reason": "",
        "impact": "Nothing of this target was audited.",
        "fix": {"any": "Correct the option, and audit again."},
        "references": [],
    }


def _name(context: AuditContext) -> dict[str, str]:
    """The name of the host, where it is not what the target is called."""
    target = context.target
    return {} if target.name == target.key else {"name": target.name}


def _evidence(item: Finding) -> dict[str, t.Any]:
    """A finding as plain data; of a pass, only the lines that decided."""
    lines = list(item.transcript)
    decisive = list(item.decisive)
    if item.status not in (FAIL, UNKNOWN):
        lines = [item.transcript[index] for index in decisive]
        decisive = list(range(len(lines)))
    return {
        "service": item.service,
        "address": item.address,
        "port": item.port,
        "subject": item.subject,
        "status": item.status,
        "sentence": item.sentence,
        "transcript": [list(line) for line in lines],
        "decisive": decisive,
        "probe": item.probe,
        "params": dict(item.params),
        "reason": item.reason,
        "caused_by": item.caused_by,
    }


def exceptions(
    verdicts: t.Iterable[t.Mapping[str, t.Any]],
    observations: t.Sequence[t.Mapping[str, t.Any]],
) -> list[str]:
    """What exceptions cost, one line each: observations and verdicts."""
    lost = [
        f"{seen['target']}: {seen['probe']} at {seen['address']} port {seen['port']}: "
        f"{seen['error']['text']}"
        for seen in observations
        if (seen["error"] or {}).get("kind") == "exception"
    ]
    lost += [
        f"{seen['target']}: {part} on the host: {text}"
        for seen in observations
        if seen["probe"] == HOST_CONFIG
        for part, text in seen["facts"].get("exceptions", {}).items()
    ]
    return lost + [
        f"{verdict['target']}: {verdict['check']}: {verdict['sentence']}"
        for verdict in verdicts
        if verdict["sentence"].startswith(EXCEPTION)
    ]


def summary(verdicts: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, int]:
    """How many verdicts have each status."""
    counts = dict.fromkeys(_model.STATUSES, 0)
    for verdict in verdicts:
        counts[verdict["status"]] += 1
    return counts


def moment(text: str = "") -> datetime.datetime:
    """A time of judging from ISO 8601 text, or now."""
    if not text:
        return datetime.datetime.now(datetime.UTC)
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        raise ModelError(
            f"now: {_option_values.shown(text)} is no moment such as 2026-11-22T20:00:00+00:00."
        )
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
