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

from .. import _retired
from .._checks import evaluate
from .._report import text
from . import mx as _mx
from . import options as _options
from .interruption import Interrupted, Interruption
from .run import AuditRun, Entries

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
        return _options.argument_spec(preset, resolver=asks_dns)

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Carry out the task."""
        result = super().run(tmp, task_vars)
        self._refuse_retired(task_vars or {})
        try:
            args = self._validated()
            args["opt_in"] = [*args["opt_in"], *self.OPT_IN]
            args = _run_options.validated(args)
            result.update(self._audit(args, task_vars or {}))
        except _model.ModelError as exc:
            # Ansible would show the exception behind this one, and with it the sentence again.
            raise AnsibleActionFail(str(exc)) from None
        return result

    def _validated(self) -> dict[str, t.Any]:
        """The options of the task; each of several targets is validated by itself later."""
        spec = self._spec()
        if "targets" in spec:
            spec["targets"] = {**spec["targets"], "options": None}
        _options.refuse_wrong_types(self._task.args, spec)
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
        preset = {"checks": self.CHECKS, "groups": self.GROUPS}
        run = AuditRun(args, self._described(args, task_vars), preset, evaluate.moment())
        if not self.CHECKS and run.plan.missing_domains():
            display.display(run.plan.missing_domains())
        if run.baseline and run.baseline.note:
            display.display(run.baseline.note)
        if run.report:
            run.report.prepare()
        with Interruption() as interruption:
            self._observe(run, task_vars, interruption)
            verdicts = run.verdicts()
            found = run.result(verdicts, self._task.delegate_to or "localhost")
        self._show(run, verdicts, found)
        return found

    @staticmethod
    def _described(args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """The targets as they were given, with what no observation may show."""
        return _target.keyed(
            args.get("targets")
            or [{**args, "name": args.get("name") or str(task_vars.get("inventory_hostname", ""))}]
        )

    def _observe(
        self, run: AuditRun, task_vars: dict[str, t.Any], interruption: Interruption
    ) -> None:
        """Observe and evaluate all targets, until a signal ends that."""
        try:
            self._look(run, run.audited, task_vars, interruption)
            self._look_at_mx_hosts(run, task_vars, interruption)
        except (Interrupted, survey.StoppedError):
            run.interrupted(interruption.name)
        interruption.ignore()

    def _look(
        self,
        run: AuditRun,
        entries: Entries,
        task_vars: dict[str, t.Any],
        interruption: Interruption,
    ) -> None:
        """Observe from here, or from the host that the task is delegated to, and evaluate. The
        controller queries the DNS in any case.
        """
        if not entries:
            return
        params = run.survey_params(entries)
        if not self._task.delegate_to or self._connection.transport == "local":
            started = interruption.call
            survey.survey(params, Progress(), _notice, run.evaluation.ended, started)
            interruption.expect()
            return
        seen = self._execute_module("airtight.mail.probe_info", params, task_vars=task_vars)
        if seen.get("failed") or "observations" not in seen:
            raise AnsibleActionFail(
                f"The vantage {self._task.delegate_to} could not probe: "
                f"{seen.get('msg', 'no answer')}"
            )
        run.evaluation.all_ended(seen)

    def _look_at_mx_hosts(
        self, run: AuditRun, task_vars: dict[str, t.Any], interruption: Interruption
    ) -> None:
        """Observe the MX hosts of the targets that are domains."""
        found = run.mx_hosts()
        for domain, hosts in found.items():
            display.display(_mx.sentence(domain, hosts))
        added = [host for hosts in found.values() for host in hosts]
        self._look(run, added, task_vars, interruption)

    @staticmethod
    def _show(
        run: AuditRun, verdicts: list[dict[str, t.Any]], found: t.Mapping[str, t.Any]
    ) -> None:
        """Show what failed."""
        for line in run.evaluation.exceptions:
            display.warning(f"{line} Please report this fault.")
        for note in (*found["unused_waivers"], *found["expiring_waivers"]):
            display.warning(note)
        if not found["compliant"]:
            _show_verdicts(verdicts)
        if run.baseline:
            display.display(found["changes"]["msg"])


def _show_verdicts(verdicts: list[dict[str, t.Any]]) -> None:
    """The verdicts on the terminal, as far as they can be shown."""
    try:
        display.display(text.terminal(verdicts))
    except Exception as exc:
        display.warning(f"The verdicts cannot be shown here: {_model.exception_text(exc)}.")


def _notice(words: str) -> None:
    display.display(f"  {words}")


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
