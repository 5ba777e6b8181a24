# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter variable_errors: host names of a play in, what is wrong with the variables of the audit
out.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.airtight.mail.plugins.module_utils._option_values import shown
from ansible_collections.airtight.mail.plugins.module_utils._own_options import own_options
from ansible_collections.airtight.mail.plugins.module_utils._target_options import (
    AUDIT,
    TARGET_OPTIONS,
)
from ansible_collections.airtight.mail.plugins.plugin_utils import _retired

PREFIX = "audit_"
#: Variables of which a run has one value.
OF_THE_RUN = (
    *("audit_vantage", "audit_dns_resolver", "audit_dns_validated", "audit_host_config"),
    *("audit_canary_domain", "audit_canary_listen", "audit_canary_port", "audit_canary_wait"),
    *("audit_spf_fail_domain", "audit_allow_unknown", "audit_report_dir", "audit_report_forms"),
    *("audit_report_only", "audit_baseline", "audit_trend"),
)
#: Those that the playbook reads itself, where a text such as "false" is true and a number no name;
#: the task of the audit checks the others.
SWITCHES = ("audit_host_config", "audit_report_only")
TEXTS = {
    "audit_vantage": "a host of the inventory",
    "audit_report_dir": "a directory",
    "audit_baseline": "an earlier report",
    "audit_trend": "a file or a directory",
}
#: Variables of a host.
OF_A_HOST = (
    *("audit_hosts", "audit_expected_settings", "audit_next_keys"),
    *(
        name
        for option in (*TARGET_OPTIONS, *own_options(AUDIT))
        for name in option.variables
        if name.startswith(PREFIX)
    ),
)
KNOWN = tuple(sorted({*OF_THE_RUN, *OF_A_HOST}))


def variable_errors(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any]) -> list[str]:
    """One sentence for each error; see the documentation beside this file."""
    variables = {host: hostvars[host] for host in hosts}
    given = dict.fromkeys(
        str(name) for known in variables.values() for name in known if str(name).startswith(PREFIX)
    )
    unknown = [_unknown(name) for name in given if name not in KNOWN]
    different = [words for name in OF_THE_RUN for words in _different(name, variables)]
    return unknown + (different or _of_wrong_types(variables))


def _unknown(name: str) -> str:
    """What is said of a variable that nothing reads."""
    renamed = _retired.refusal(variables=[name])
    if renamed:
        return renamed
    names = [known.removeprefix(PREFIX) for known in KNOWN]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), names, 1)
    hint = (
        f"did you mean {PREFIX}{near[0]}?" if near else "docs/guides/audit.md lists those that are."
    )
    return f"{name} is not a variable of the audit; {hint}"


def _of_wrong_types(variables: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """What is said of values that the playbook cannot read. All hosts have the same ones."""
    known = next(iter(variables.values()), {})
    switches = [
        f"{name}: {shown(known[name])} is neither true nor false."
        for name in SWITCHES
        if not _is_switch(known.get(name, False))
    ]
    return switches + [
        f"{name}: {shown(known[name])} is not text; write the name of {meaning}, or leave it out."
        for name, meaning in TEXTS.items()
        if not isinstance(known.get(name, ""), (str, type(None)))
    ]


def _is_switch(value: t.Any) -> bool:
    """Whether a value is true or false, in one of the ways in which Ansible writes them."""
    try:
        boolean(value)
    except TypeError:
        return False
    return True


def _different(name: str, variables: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    """What is said of a variable of the run that hosts do not agree about."""
    hosts: dict[str, str] = {}
    for host, known in variables.items():
        hosts.setdefault(repr(known.get(name)), host)
    if len(hosts) > 1:
        first, second = list(hosts.values())[:2]
        yield (
            f"{name} can have one value in a run, but {first} and {second} differ; set it for all "
            "hosts, or audit them in two runs."
        )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"variable_errors": variable_errors}
