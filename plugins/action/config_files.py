# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action behind the module of the same name; see ansible-doc airtight.mail.config_files."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils import _candidate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.evaluate import moment

#: What the module returns for this action alone.
INTERNAL = ("candidate", "candidate_error", "rehearsal_problem", "digest")


class ActionModule(ActionBase):
    """Have the module show the candidate, evaluate it here, and only then replace files."""

    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Carry out the task."""
        result = super().run(tmp, task_vars)
        self._known = task_vars or {}
        if not self._task.args.get("daemons"):
            return {**result, **self._module("commit")}
        seen = self._module("candidate")
        facts = {name: seen.pop(name, None) for name in INTERNAL}
        if seen.get("failed") or not seen.get("changed_files"):
            return {**result, **seen}
        findings = self._judge(facts)
        if not self._task.check_mode:
            done = self._module("commit", digest=facts["digest"])
            kept = {"rehearsal": seen.get("rehearsal", "")}
            seen = {**done, **kept, "recovered": done.get("recovered") or seen["recovered"]}
        return {**result, **seen, "findings": findings}

    def _module(self, step: str, **more: t.Any) -> dict[str, t.Any]:
        args = {**self._task.args, "step": step, **more}
        return dict(self._execute_module("airtight.mail.config_files", args, task_vars=self._known))

    def _judge(self, seen: dict[str, t.Any]) -> list[str]:
        """What was accepted; fails where something was not."""
        name = str(self._known.get("inventory_hostname", ""))
        try:
            certain = not self._task.check_mode
            found = _candidate.judge(name, seen, self._task.args, moment(), certain=certain)
        except ModelError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        if found.refused:
            raise AnsibleActionFail(
                f"Nothing was changed, because the new configuration is refused. "
                f"{' '.join(found.refused)} {_candidate.ADVICE}"
            )
        return found.accepted
