# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the auditing tasks: those of a target, of a survey, of evaluation and of the DNS.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _own_options, _target_options
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey

from .._checks import evaluate, policy
from .._report import formats
from . import report_folder as _report_folder

Spec = dict[str, dict[str, t.Any]]

#: What the vantage is told of a target.
AT_VANTAGE = frozenset(_target_options.argument_spec(_target_options.VANTAGE))
RESOLVER: Spec = {
    "dns_resolver": {"type": "str", "default": ""},
    "dns_validated": {"type": "bool", "default": False},
}
EVALUATION: Spec = {
    "policy": {"type": "str", "choices": list(policy.PROFILES), "default": "baseline"},
    "policy_changes": {"type": "dict", "default": {}},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "vantage_untrusted": {"type": "bool", "default": False},
    "allow_unknown": {"type": "bool", "default": False},
    "report_only": {"type": "bool", "default": False},
    "return_observations": {"type": "bool", "default": False},
}
SURVEY: Spec = {
    name: spec for name, spec in survey.ARGUMENT_SPEC.items() if name not in ("targets", "observe")
}
#: What only the audit takes, where the user chooses the checks.
CHOICE: Spec = {
    "checks": {"type": "list", "elements": "str", "default": []},
    "groups": {
        "type": "list",
        "elements": "str",
        "choices": list(evaluate.GROUPS),
        "default": [],
    },
    "targets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": _own_options.each_spec(_target_options.AUDIT),
    },
    **_target_options.argument_spec(_target_options.AUDIT),
    **RESOLVER,
    "host_config": {"type": "list", "elements": "dict"},
    "baseline": {"type": "path"},
    "report_dir": {"type": "path"},
    "report_forms": {
        "type": "list",
        "elements": "str",
        "choices": list(formats.FILES),
        "default": list(_report_folder.DEFAULT_FORMS),
    },
}


def argument_spec(preset: bool, resolver: bool) -> Spec:
    """The options of a task. preset: it has its checks; resolver: it queries the DNS even so."""
    return {
        **_target_options.argument_spec(_target_options.TASK),
        **SURVEY,
        **EVALUATION,
        **({} if preset else CHOICE),
        **(RESOLVER if resolver else {}),
    }
