# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action behind the module of the same name; see ansible-doc airtight.mail.dns_records."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._records import publish, update_options


class ActionModule(ActionBase):
    """Publish records from the controller, wherever the task is delegated to."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Carry out the task."""
        result = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(argument_spec=update_options.SPEC)
        try:
            found = publish.publish(update_options.request(args), self._task.check_mode)
        except ModelError as exc:
            return {**result, "failed": True, "changed": False, "msg": str(exc)}
        if not self._task.diff:
            del found["diff"]
        return {**result, **found}
