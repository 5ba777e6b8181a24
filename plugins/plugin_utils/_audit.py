# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the auditing actions share: read the options, observe, evaluate, return.

The shell: it decides nothing itself.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.airtight.mail.plugins.module_utils import _model, _run_options, _target
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey

from . import _audit_options, _audit_result, _host_config, _retired
from ._checks import base, evaluate, policy, waivers
from ._dns import mail_flow_queries, scan
from ._report import text

display = Display()

#: Groups of checks that query the DNS.
DNS_GROUPS = ("dns", "dnsbl", "host")


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
        return _audit_options.argument_spec(preset, resolver="mail" in self.OPT_IN)

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Carry out the task."""
        result = super().run(tmp, task_vars)
        self._refuse_retired(task_vars or {})
        _result, args = self.validate_argument_spec(argument_spec=self._spec())
        args["opt_in"] = [*args["opt_in"], *self.OPT_IN]
        try:
            args = _run_options.validated(args)
            result.update(self._audit(args, task_vars or {}))
        except _model.ModelError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        return result

    def _refuse_retired(self, task_vars: dict[str, t.Any]) -> None:
        args = self._task.args
        targets = args.get("targets") or ()
        nested = (name for entry in targets if isinstance(entry, t.Mapping) for name in entry)
        groups = args.get("groups") or ()
        refusal = _retired.refusal((*args, *nested), task_vars, groups)
        if refusal:
            raise AnsibleActionFail(refusal)

    def _audit(self, args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen = evaluate.choose(
            self.CHECKS or args.get("checks") or (), self.GROUPS or args.get("groups") or ()
        )
        now = evaluate.moment()
        rules = policy.policy(args["policy"], args["policy_changes"])
        waived = waivers.waivers(args["waivers"], evaluate.IDS, now.date())
        targets = [_target.target(entry) for entry in self._described(args, task_vars)]
        host_observations = _host_config.host_observations(targets, args.get("host_config"))
        targets = [
            _host_config.with_own_selectors(target, observation)
            for target, observation in zip(targets, host_observations, strict=True)
        ]
        seen = self._look(args, targets, chosen, task_vars)
        if any(check.group == "host" for check in chosen):
            seen["observations"] = [*seen["observations"], *host_observations]
        verdicts = []
        for target in targets:
            mine = tuple(entry for entry in seen["observations"] if entry["target"] == target.key)
            view = base.AuditContext(
                target,
                mine,
                rules,
                now,
                tuple(seen["addresses"].get(target.key, ())),
                args["vantage_untrusted"],
                tuple(args["opt_in"]),
            )
            verdicts += evaluate.evaluate(view, chosen, waived)
        return self._result(args, verdicts, seen)

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
        targets: list[_target.Target],
        chosen: t.Sequence[base.Check],
        task_vars: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """Observe from here, or from the host that the task is delegated to. The controller queries
        the DNS in any case.
        """
        groups = sorted({check.group for check in chosen})
        named = bool(args.get("checks") or args.get("groups"))
        options = scan.options(
            args.get("dns_resolver", ""),
            args.get("dns_validated", False),
            args["trust_anchors"],
            named,
        )
        seen = self._connect(args, targets, groups, task_vars)
        if set(groups) & set(DNS_GROUPS):
            seen["observations"] = [
                *seen["observations"],
                *scan.observe_targets(targets, seen["addresses"], options),
            ]
        if "mail" in args["opt_in"]:
            planned = [
                (target, mail_flow_queries.lookups(target, seen["observations"]))
                for target in targets
            ]
            seen["observations"] = [*seen["observations"], *scan.observe_lookups(planned, options)]
        return seen

    def _connect(
        self,
        args: dict[str, t.Any],
        targets: list[_target.Target],
        groups: list[str],
        task_vars: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        """The observations of all connections."""
        params = {key: args[key] for key in _audit_options.SURVEY}
        accounts = {
            entry["key"]: entry["account"]
            for entry in self._described(args, task_vars)
            if entry.get("account")
        }
        known = [
            {
                **{
                    key: value
                    for key, value in target.to_dict().items()
                    if key in _audit_options.AT_VANTAGE
                },
                "account": accounts.get(target.key),
            }
            for target in targets
        ]
        params.update(targets=known, observe=groups)
        if not self._task.delegate_to or self._connection.transport == "local":
            return survey.survey(params, Progress())
        seen = self._execute_module("airtight.mail.probe_info", params, task_vars=task_vars)
        if seen.get("failed") or "observations" not in seen:
            raise AnsibleActionFail(
                f"The vantage {self._task.delegate_to} could not probe: "
                f"{seen.get('msg', 'no answer')}"
            )
        return seen

    @staticmethod
    def _result(
        args: dict[str, t.Any], verdicts: list[dict[str, t.Any]], seen: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Show what failed, and return what the task returns."""
        found = _audit_result.result(verdicts, seen, args)
        if not found["compliant"]:
            display.display(text.terminal(verdicts))
        return found


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
