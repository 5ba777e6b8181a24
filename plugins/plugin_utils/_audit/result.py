# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditing task returns, from verdicts and from what was observed.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports

from .._checks import evaluate
from .._report import changes, grouping

Verdict = dict[str, t.Any]

#: What a failed task returns of how many verdicts. Ansible prints all of a failed result; the keys
#: that it does not print (_ansible_*) are not in the registered variable either.
BRIEF = ("target", "check", "severity", "status", "sentence")
MAX_BRIEF = 20
#: Ansible prints the result of a task that is not failed with -v, all in one line, unless this key
#: is set. The registered variable does not have it.
NOT_PRINTED = {"_ansible_verbose_override": True}


def result(
    verdicts: list[Verdict], connections: int, args: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """The result of a task. connections: how many were made; args: the options of the task."""
    failing = (_model.FAIL,) if args["allow_unknown"] else (_model.FAIL, _model.UNKNOWN)
    compliant = is_compliant(verdicts, args["allow_unknown"])
    silent = (_model.UNKNOWN,) if unseen(verdicts) else ()
    failed = not compliant and not args["report_only"]
    short = failed or bool(args.get("report_dir"))
    return {
        "changed": False,
        "failed": failed,
        "compliant": compliant,
        "outcome": outcome(verdicts, compliant),
        "summary": evaluate.summary(verdicts),
        "msg": grouping.headline(verdicts),
        "connections": connections,
        "verdicts": brief(verdicts, (*failing, *silent)) if short else verdicts,
        **({} if failed else NOT_PRINTED),
    }


def is_compliant(verdicts: t.Sequence[Verdict], allow_unknown: bool, whole: bool = True) -> bool:
    """Whether nothing failed, nothing that counts is unknown, and each target was seen. What the
    baseline has too does not count, unless nothing at all was seen in a whole run.
    """
    failing = (_model.FAIL,) if allow_unknown else (_model.FAIL, _model.UNKNOWN)
    silent = unseen(verdicts)
    fresh = [item for item in verdicts if not changes.is_known(item)]
    return (
        not any(item["status"] in failing for item in fresh)
        and not silent & {item["target"] for item in fresh if item["status"] == _model.UNKNOWN}
        and not (whole and silent >= {item["target"] for item in verdicts})
    )


def unseen(verdicts: t.Iterable[t.Mapping[str, t.Any]]) -> set[str]:
    """The targets of which nothing was seen: no verdict but unknown and not applicable. A run
    without a verdict has seen nothing either.
    """
    statuses: dict[str, set[str]] = {}
    for verdict in verdicts:
        statuses.setdefault(verdict["target"], set()).add(verdict["status"])
    nothing = {_model.UNKNOWN, _model.NOT_APPLICABLE}
    found = {key for key, seen in statuses.items() if _model.UNKNOWN in seen and seen <= nothing}
    return found if statuses else {""}


def outcome(verdicts: t.Iterable[t.Mapping[str, t.Any]], compliant: bool) -> str:
    """One word for a script: compliant, fail, wrong_option or unknown."""
    if compliant:
        return "compliant"
    fresh = [verdict for verdict in verdicts if not changes.is_known(verdict)]
    failed = {verdict["check"] for verdict in fresh if verdict["status"] == _model.FAIL}
    if failed - {evaluate.OPTIONS_CHECK}:
        return _model.FAIL
    return "wrong_option" if failed else _model.UNKNOWN


def brief(verdicts: list[Verdict], statuses: t.Container[str]) -> list[Verdict]:
    """The worst verdicts with some statuses, without evidence; of a silent host only the first."""
    silent = grouping.silent_hosts(verdicts).keys()
    kept: list[Verdict] = []
    named: set[str] = set()
    for verdict in grouping.sorted_verdicts(verdicts):
        if verdict["status"] in statuses and verdict["target"] not in named:
            kept.append({key: verdict[key] for key in BRIEF})
            named |= {verdict["target"]} & silent
    return kept[:MAX_BRIEF]


def connection_count(observation: t.Mapping[str, t.Any]) -> int:
    """How many connections an observation stands for: those that a target accepted."""
    if observation["probe"] == "port_scan":
        states = observation["facts"].get("ports", {}).values()
        return sum(state == other_ports.OPEN for state in states)
    return int(bool(observation["source"]))
