# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of an auditing task, each with the options that hold for it: its own, else those of
the task.

One of several targets whose options cannot be used fails, and the others are audited.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.airtight.mail.plugins.module_utils import (
    _model,
    _own_options,
    _run_options,
    _target,
    _target_options,
)
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey

from .._checks import base, evaluate, policy, waivers
from . import options as _options

#: How many hosts a sentence names.
MAX_NAMES = 5
#: Options of the task that a target may have for itself.
OWN = tuple(option.name for option in _own_options.own_options(_target_options.AUDIT))
OBSERVING = tuple(option.name for option in _own_options.OBSERVING_OPTIONS)
#: Those that a target adds to the value of the task instead of replacing it.
ADDED = frozenset(("policy_changes", "trust_anchors"))
#: Options of one host that the task has for all: what may be spent on each.
SPENT = ("target_timeout", "target_connections")


class AuditedTarget(t.NamedTuple):
    """A target, what was given of it, and the options that hold for it.

    chosen: the checks to make. named: whether checks or groups were asked for. given: the key of
    the target in whose place it is audited, such as the domain of an MX host.
    """

    target: _target.Target
    entry: dict[str, t.Any]
    options: dict[str, t.Any]
    rules: dict[str, t.Any]
    waived: list[waivers.Waiver]
    chosen: list[base.Check]
    named: bool
    given: str = ""

    @property
    def groups(self) -> list[str]:
        """The groups of its checks."""
        return sorted({check.group for check in self.chosen})

    def for_vantage(self) -> dict[str, t.Any]:
        """What the vantage is told of it."""
        known = self.target.to_dict()
        return {
            **{key: known[key] for key in known if key in _options.AT_VANTAGE},
            **{name: self.options[name] for name in OBSERVING},
            "account": self.entry.get("account"),
            "observe": self.groups,
        }


class Plan(t.NamedTuple):
    """What a task audits. refused: why a target is not audited, by its key; names: those of all
    targets.
    """

    audited: list[AuditedTarget]
    refused: dict[str, str]
    names: dict[str, str]

    def refused_verdicts(self) -> list[dict[str, t.Any]]:
        """A failure for each target that is not audited."""
        return [
            evaluate.refused(key, self.names[key], sentence)
            for key, sentence in self.refused.items()
        ]

    def missing_domains(self) -> str:
        """What to declare so that more can be checked; empty where nothing is missing."""
        hosts = [
            entry.target.key
            for entry in self.audited
            if "dns" in entry.groups and not entry.target.domains
        ]
        more = f" and {len(hosts) - MAX_NAMES} more" if len(hosts) > MAX_NAMES else ""
        sentence = (
            f"No domain is declared for {', '.join(hosts[:MAX_NAMES])}{more}. Give audit_domains "
            "(domains in a task) to check SPF, DKIM, DMARC, MX, MTA-STS and the mailboxes "
            "postmaster and abuse."
        )
        return sentence if hosts else ""

    def unused_waivers(self, verdicts: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
        """A sentence for each waiver that waives nothing."""
        entries = self._waivers()
        names = {entry.target.key: (entry.target.key, entry.target.name) for entry in self.audited}
        return waivers.unused(entries, names, verdicts)

    def expiring_waivers(self, verdicts: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
        """A sentence for each waiver that is needed and ends soon."""
        return waivers.expiring(self._waivers(), verdicts)

    def _waivers(self) -> list[waivers.Waiver]:
        return [waiver for entry in self.audited for waiver in entry.waived]


def plan(
    entries: t.Sequence[dict[str, t.Any]],
    args: t.Mapping[str, t.Any],
    preset: t.Mapping[str, t.Sequence[str]],
    now: datetime.datetime,
) -> Plan:
    """The targets of a task. preset: its checks and groups, where the user does not choose them.

    Raises ModelError for options that hold for all of them, and for a single target's.
    """
    if not args.get("targets"):
        return Plan([_audited({}, entries[0], args, preset, now)], {}, {})
    _audited({}, {"name": "localhost"}, args, preset, now)  # what holds for all is refused at once
    names = {entry["key"]: str(entry.get("name") or entry["key"]) for entry in entries}
    found = Plan([], {}, names)
    spent = {name: args[name] for name in SPENT if args.get(name) is not None}
    for entry in entries:
        try:
            own = _validated({**spent, **entry})
            found.audited.append(_audited(own, own, args, preset, now))
        except _model.ModelError as exc:
            found.refused[entry["key"]] = str(exc)
    return found


def _validated(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """One of several targets as its argument spec takes it."""
    spec = _own_options.each_spec(_target_options.AUDIT)
    _options.refuse_wrong_types(entry, spec)
    result = ArgumentSpecValidator(spec).validate(entry)
    if result.error_messages:
        raise _model.ModelError(" ".join(result.error_messages[0].split()).rstrip(".") + ".")
    return dict(result.validated_parameters)


def _audited(
    own: t.Mapping[str, t.Any],
    entry: dict[str, t.Any],
    args: t.Mapping[str, t.Any],
    preset: t.Mapping[str, t.Sequence[str]],
    now: datetime.datetime,
) -> AuditedTarget:
    """A target with its own options over those of the task; raises ModelError."""
    set_here = {name: own[name] for name in OWN if own.get(name) is not None}
    options = _run_options.validated({**args, **set_here})
    for name in set_here.keys() & ADDED:
        options[name] = _added(args[name], options[name])
    checks = preset["checks"] or options.get("checks") or ()
    groups = preset["groups"] or options.get("groups") or ()
    target = _target.target(entry)
    _run_options.refuse_own_domains(options, target.domains)
    _require_opt_ins(options["opt_in"])
    return AuditedTarget(
        target,
        entry,
        options,
        policy.policy(options["policy"], options["policy_changes"]),
        waivers.waivers(options["waivers"], evaluate.IDS, now.date()),
        evaluate.choose(checks, groups),
        bool(preset["checks"] or options.get("checks") or options.get("groups")),
    )


def _added(value: t.Any, own: t.Any) -> t.Any:
    """A value of the task and what a target adds to it."""
    return {**value, **own} if isinstance(value, dict) else f"{value}\n{own}".strip()


def _require_opt_ins(names: t.Iterable[str]) -> None:
    choices = survey.ARGUMENT_SPEC["opt_in"]["choices"]
    for name in names:
        if name not in choices:
            raise _model.ModelError(f"opt_in: {name!r} is not one of {', '.join(choices)}.")
