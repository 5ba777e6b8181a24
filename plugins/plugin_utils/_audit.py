# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the auditing actions share: read the options, observe, evaluate, return.

The shell: it decides nothing itself.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.airtight.mail.plugins.module_utils import _model, _run_options, _target
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey

from . import (
    _audit_dns,
    _audit_mx,
    _audit_options,
    _audit_result,
    _audit_targets,
    _host_config,
    _retired,
)
from ._checks import base, evaluate
from ._report import text

display = Display()


class AuditAction(ActionBase):
    """Base of the actions; a subclass names its preset."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    #: Groups of checks and single checks of the preset; empty means that the user chooses.
    GROUPS: tuple[str, ...] = ()
    CHECKS: tuple[str, ...] = ()
    #: What asking for the preset asks for.
    OPT_IN: tuple[str, ...] = ()

    def _spec(self) -> dict[str, t.Any]:
        preset = bool(self.GROUPS or self.CHECKS)
        asks_dns = bool(self.CHECKS) or "mail" in self.OPT_IN
        return _audit_options.argument_spec(preset, resolver=asks_dns)

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Carry out the task."""
        result = super().run(tmp, task_vars)
        self._refuse_retired(task_vars or {})
        args = self._validated()
        args["opt_in"] = [*args["opt_in"], *self.OPT_IN]
        try:
            args = _run_options.validated(args)
            result.update(self._audit(args, task_vars or {}))
        except _model.ModelError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        return result

    def _validated(self) -> dict[str, t.Any]:
        """The options of the task; each of several targets is validated by itself later."""
        spec = self._spec()
        if "targets" in spec:
            spec["targets"] = {**spec["targets"], "options": None}
        _result, args = self.validate_argument_spec(argument_spec=spec)
        return dict(args)

    def _refuse_retired(self, task_vars: dict[str, t.Any]) -> None:
        args = self._task.args
        targets = args.get("targets") or ()
        nested = (name for entry in targets if isinstance(entry, t.Mapping) for name in entry)
        groups = args.get("groups") or ()
        refusal = _retired.refusal((*args, *nested), task_vars, groups)
        if refusal:
            raise AnsibleActionFail(refusal)

    def _audit(self, args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        now = evaluate.moment()
        preset = {"checks": self.CHECKS, "groups": self.GROUPS}
        plan = _audit_targets.plan(self._described(args, task_vars), args, preset, now)
        if not self.CHECKS and plan.missing_domains():
            display.display(plan.missing_domains())
        host_observations = _host_config.host_observations(
            [entry.target for entry in plan.audited], args.get("host_config")
        )
        audited = [
            entry._replace(target=_host_config.with_own_selectors(entry.target, observation))
            for entry, observation in zip(plan.audited, host_observations, strict=True)
        ]
        seen = self._look(args, audited, task_vars)
        seen["observations"] = [
            *seen["observations"],
            *(
                observation
                for entry, observation in zip(audited, host_observations, strict=True)
                if "host" in entry.groups
            ),
        ]
        audited, seen = self._with_mx_hosts(args, audited, seen, task_vars)
        verdicts = [
            verdict
            for entry in audited
            for verdict in evaluate.evaluate(_context(entry, seen, now), entry.chosen, entry.waived)
        ]
        verdicts += plan.refused_verdicts()
        return self._result(args, verdicts, seen, plan.unused_waivers(verdicts))

    @staticmethod
    def _described(args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """The targets as they were given, with what no observation may show."""
        return _target.keyed(
            args.get("targets")
            or [{**args, "name": args.get("name") or str(task_vars.get("inventory_hostname", ""))}]
        )

    def _look(
        self,
        args: dict[str, t.Any],
        audited: list[_audit_targets.AuditedTarget],
        task_vars: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """Observe from here, or from the host that the task is delegated to. The controller queries
        the DNS in any case.
        """
        asked_how = _audit_dns.settings(args, audited)
        seen = self._connect(args, audited, task_vars)
        return _audit_dns.observe(asked_how, seen)

    def _with_mx_hosts(
        self,
        args: dict[str, t.Any],
        audited: list[_audit_targets.AuditedTarget],
        seen: dict[str, t.Any],
        task_vars: dict[str, t.Any],
    ) -> tuple[list[_audit_targets.AuditedTarget], dict[str, t.Any]]:
        """The targets and what was seen, with the MX hosts of a domain in place of the domain."""
        preset = self.GROUPS or self.CHECKS
        domains = [] if preset else _audit_mx.perhaps_domains(audited, seen["observations"])
        found = _audit_mx.mx_hosts(audited, domains, _audit_dns.mx_answers(args, domains))
        if not found:
            return audited, seen
        for domain, hosts in found.items():
            display.display(_audit_mx.sentence(domain, hosts))
        added = [host for hosts in found.values() for host in hosts]
        more = self._look(args, added, task_vars)
        kept = [entry for entry in audited if entry.target.key not in found]
        return [*kept, *added], _audit_mx.seen_instead(seen, found, more)

    def _connect(
        self,
        args: dict[str, t.Any],
        audited: list[_audit_targets.AuditedTarget],
        task_vars: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """The observations of all connections."""
        if not audited:
            return {"observations": [], "addresses": {}}
        params = {key: args[key] for key in _audit_options.SURVEY}
        params["targets"] = [entry.for_vantage() for entry in audited]
        params["observe"] = sorted({group for entry in audited for group in entry.groups})
        if not self._task.delegate_to or self._connection.transport == "local":
            return survey.survey(params, Progress(), lambda text: display.display(f"  {text}"))
        seen = self._execute_module("airtight.mail.probe_info", params, task_vars=task_vars)
        if seen.get("failed") or "observations" not in seen:
            raise AnsibleActionFail(
                f"The vantage {self._task.delegate_to} could not probe: "
                f"{seen.get('msg', 'no answer')}"
            )
        return seen

    @staticmethod
    def _result(
        args: dict[str, t.Any],
        verdicts: list[dict[str, t.Any]],
        seen: dict[str, t.Any],
        notes: list[str],
    ) -> dict[str, t.Any]:
        """Show what failed, and return what the task returns."""
        found = _audit_result.result(verdicts, seen, args)
        for line in evaluate.exceptions(verdicts, seen["observations"]):
            display.warning(f"{line} Please report this fault.")
        found["unused_waivers"] = notes
        for note in notes:
            display.warning(note)
        if not found["compliant"]:
            _show(verdicts)
        return found


def _show(verdicts: list[dict[str, t.Any]]) -> None:
    """The verdicts on the terminal, as far as they can be shown."""
    try:
        display.display(text.terminal(verdicts))
    except Exception as exc:
        display.warning(f"The verdicts cannot be shown here: {_model.exception_text(exc)}.")


def _context(
    entry: _audit_targets.AuditedTarget, seen: dict[str, t.Any], now: datetime.datetime
) -> base.AuditContext:
    """What the evaluators read of a target."""
    key = entry.target.key
    return base.AuditContext(
        entry.target,
        tuple(one for one in seen["observations"] if one["target"] == key),
        entry.rules,
        now,
        tuple(seen["addresses"].get(key, ())),
        entry.options["vantage_untrusted"],
        tuple(entry.options["opt_in"]),
    )


class Progress:
    """Shows now and then how far a survey has come."""

    EVERY = 40

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, observation: _model.Observation) -> None:
        self.count += 1
        if self.count % self.EVERY == 0:
            place = f"{observation['target']}, {observation['address']}:{observation['port']}"
            display.display(f"  {self.count} connections made ({place})")
