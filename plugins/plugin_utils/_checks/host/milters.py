# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what Postfix does while a milter does not answer.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    split_list,
)

from ..base import Check
from .base import HostConfig, Problem, per_host_config, problems_finding, setting_line
from .postfix_listeners import postfix_listeners, postfix_not_read

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

_OWN_ACTION = re.compile(r"default_action\s*=\s*(\w+)")


def milters_fail_closed(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        milters = listener.value("smtpd_milters")
        if split_list(milters):
            action = listener.value("milter_default_action")
            yield _milters_finding(listener.subject, milters, action)
    milters = config.postfix_defaults.get("non_smtpd_milters", "")
    if split_list(milters):
        action = config.postfix_defaults.get("milter_default_action", "")
        yield _milters_finding("postfix non_smtpd", milters, action)


def _milters_finding(subject: str, milters: str, default_action: str) -> Finding:
    """Whether mail passes a list of milters while one of them does not answer."""
    milters_line = setting_line(subject, "milters", milters)
    default_line = setting_line(subject, "milter_default_action", default_action)
    problems = []
    for milter in split_list(milters):
        own_action = _OWN_ACTION.search(milter)
        action = own_action[1] if own_action else default_action
        if action == "accept":
            socket = (split_list(milter.strip("{} ")) or [milter])[0]
            clause = f"mail passes unchecked and unsigned while {socket} does not answer"
            problems.append(Problem(clause, [milters_line if own_action else default_line]))
    compliant = "No mail passes while a milter does not answer."
    return problems_finding(problems, compliant, subject, [milters_line, default_line])


CHECKS = (
    Check(
        id="milters_fail_closed",
        title="Postfix milters fail closed: milter_default_action is not accept",
        title_failed="milter_default_action = accept",
        group="host",
        severity="medium",
        evaluate=per_host_config(milters_fail_closed, "Postfix uses no milter."),
        control="None needed: the effective parameter is the evidence.",
        false_pass=(
            "Postfix would have to run with another configuration than the one on disk; "
            "configuration_in_force looks for that."
        ),
        impact=(
            "While a milter is down, mail passes unfiltered and leaves unsigned. An attacker who "
            "can crash the milter bypasses it."
        ),
        fix={
            "roles": "The postfix role sets milter_default_action = tempfail. Run the role again.",
            "postfix": (
                "Set milter_default_action = tempfail, and remove default_action = accept from "
                "single milters."
            ),
        },
        references=(
            "https://www.postfix.org/postconf.5.html#milter_default_action",
            "https://www.postfix.org/MILTER_README.html",
        ),
    ),
)
