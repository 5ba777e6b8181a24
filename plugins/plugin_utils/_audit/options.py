# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the auditing tasks: those of a target, of a survey, of evaluation and of the DNS.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import math
import typing as t

from ansible.module_utils.common.validation import check_type_dict

from ansible_collections.airtight.mail.plugins.module_utils import (
    _model,
    _option_values,
    _own_options,
    _target_options,
)
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
    "trend": {"type": "path"},
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


def refuse_wrong_types(given: t.Mapping[str, t.Any], spec: Spec) -> None:
    """Raise ModelError for a value of a type that the option does not have, where ansible-core
    would take it for another value, or could not read it.
    """
    for name in given.keys() & spec.keys():
        value, option = given[name], spec[name]
        if option["type"] not in ("bool", "raw"):
            _refuse_odd_items(name, value)
        if option["type"] == "dict" and option.get("options") and not _is_dictionary(value):
            keys = ", ".join(f"{key}: ..." for key in option["options"])
            raise _model.ModelError(f"{name}: this is not a dictionary; write {{{keys}}}.")


def _refuse_odd_items(name: str, value: t.Any) -> None:
    """Raise ModelError where a value, or an item of a list, is true, false or no finite number, as
    YAML has them.
    """
    for item in value if isinstance(value, (list, tuple)) else [value]:
        problem = ""
        if isinstance(item, bool):
            problem = "true and false are no values of this option"
        elif isinstance(item, float) and not math.isfinite(item):
            problem = "this is no finite number"
        if problem:
            raise _model.ModelError(
                f"{name}: {_option_values.shown(value)}: {problem}; leave it out for its default."
            )


def _is_dictionary(value: t.Any) -> bool:
    """Whether ansible-core can read a value as a dictionary; none is one that is left out."""
    if value is None:
        return True
    try:
        check_type_dict(value)
    except TypeError:
        return False
    return True
