# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host may run with new configuration files: its candidate, evaluated by the checks of
an audit that read nothing but the configuration of a host.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target

from . import _host_config
from ._checks import base, evaluate, policy, waivers
from ._checks.host.base import PROBE

if t.TYPE_CHECKING:
    import datetime

#: The checks that decide by the configuration alone: neither by what runs, nor by DNS or time.
CHECKS = (
    *("relay_configured", "submission_configured", "trusted_networks", "xclient_hosts_trusted"),
    *("senders_bound", "postfix_defaults", "tls_configured", "passwords_need_tls"),
    *("secrets_unreadable", "dkim_signs_by_origin", "milters_fail_closed"),
    "password_hash_strength",
)
#: What accepts a candidate that could not be read, and one that failed in a rehearsal.
UNJUDGED, UNREHEARSED = "candidate_judged", "candidate_rehearsed"
GRAVE = ("critical", "high")
ADVICE = (
    "To accept a finding, add its check to mail_accept_findings (accept_findings of a task) with a "
    "justification and an expiration_date."
)


class Judgement(t.NamedTuple):
    """Sentences about a candidate: those that refuse it, and those that were accepted."""

    refused: list[str]
    accepted: list[str]


def judge(
    host: str,
    result: t.Mapping[str, t.Any],
    options: t.Mapping[str, t.Any],
    now: datetime.datetime,
    *,
    certain: bool = True,
) -> Judgement:
    """Evaluate what the module returned for a candidate. Raises ModelError for options that cannot
    be used.

    host: its name in the inventory. options: those of the task. certain: whether what could not be
    read refuses the candidate. It does not in check mode, in which no earlier task brought it.
    """
    daemons, accept, trusted = (
        _host_config.plain(options.get(name) or [])
        for name in ("daemons", "accept_findings", "trusted_networks")
    )
    waived = waivers.waivers(accept, (*evaluate.IDS, UNJUDGED, UNREHEARSED), now.date())
    rules = policy.policy("baseline", {"trusted_networks": list(trusted)})
    facts = _host_config.plain(result.get("candidate") or {})
    found = Judgement([], [])
    said = (
        (UNJUDGED, _unread(facts, result.get("candidate_error") or "", daemons)),
        (UNREHEARSED, result.get("rehearsal_problem") or ""),
    )
    for check, sentence in said:
        waiver = waivers.waiver_for(waived, check, (host,))
        accepted = waiver is not None and not waiver.ended
        accepted = accepted or (check == UNJUDGED and not certain)
        if sentence:
            (found.accepted if accepted else found.refused).append(f"{check}: {sentence}")
    target = _target.target({"name": "candidate.invalid", "key": host})
    job = _model.Job(PROBE, host, "host", "", 0, {})
    seen = _model.observation(job, facts, None, [], {"source": ""})
    context = base.AuditContext(target, (seen,), rules, now)
    verdicts = evaluate.evaluate(context, evaluate.choose(CHECKS), waived) if facts else []
    for verdict in verdicts:
        sentences = list(_sentences(verdict))
        doubtful = verdict["status"] == _model.UNKNOWN and verdict["severity"] in GRAVE
        if verdict["status"] == _model.WAIVED or (doubtful and not certain):
            found.accepted.extend(sentences)
        elif verdict["status"] == _model.FAIL or doubtful:
            found.refused.extend(sentences)
    return found


def _unread(facts: t.Mapping[str, t.Any], error: str, daemons: t.Sequence[str]) -> str:
    """What is said where a daemon's configuration could not be read."""
    absent = [name for name in daemons if name not in facts]
    why = error or "its programs are not there"
    names = ", ".join(absent)
    return f"the new configuration of {names} could not be read: {why}." if absent else ""


def _sentences(verdict: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What a check found, each finding with what it is about."""
    bad = (_model.FAIL, _model.UNKNOWN)
    for item in verdict["evidence"]:
        if item["status"] in bad:
            about = f"{item['subject']}: " if item["subject"] else ""
            yield f"{verdict['check']} ({verdict['severity']}): {about}{item['sentence']}"
    if "ended" in verdict["sentence"] and verdict["status"] == _model.FAIL:
        yield verdict["sentence"]
