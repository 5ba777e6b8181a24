# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter targets: host names of a play in, targets of an audit out."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import is_address
from ansible_collections.airtight.mail.plugins.module_utils._option_values import text_of
from ansible_collections.airtight.mail.plugins.module_utils._own_options import own_options
from ansible_collections.airtight.mail.plugins.module_utils._target_options import (
    AUDIT,
    TARGET_OPTIONS,
    Option,
)

OPTIONS = (*TARGET_OPTIONS, *own_options(AUDIT))
#: The domains of a host that the playbook of the audit found by the DNS, where audit_domains has
#: those of all hosts.
FOUND_DOMAINS = "__audit_domains"
Services = t.Sequence[str] | t.Mapping[str, t.Sequence[str]]


def targets(
    hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any], services: Services = ()
) -> list[dict[str, t.Any]]:
    """One target for each host; see the documentation beside this file."""
    return [_target(host, hostvars[host], services) for host in hosts]


def _target(host: str, variables: t.Mapping[str, t.Any], services: Services) -> dict[str, t.Any]:
    """The options of one target, from the variables of its host."""
    target = {option.name: _value(option, variables) for option in OPTIONS}
    target.update(_called(host, target, variables))
    target["key"] = host if host != target["name"] else None
    offered = services.get(host) if isinstance(services, t.Mapping) else services
    if target["services"] is None:
        target["services"] = list(offered or ())
    target["domains"] = variables.get(FOUND_DOMAINS) or target["domains"]
    return {
        option.name: target[option.name]
        for option in OPTIONS
        if _is_given(option, target[option.name])
    }


def _called(
    host: str, target: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """The name of a target, and its addresses: where its name in the inventory is an alias that no
    DNS knows, Ansible's own variable says where it is.
    """
    address = text_of("ansible_host", variables.get("ansible_host") or "")
    name, is_named = target["name"], target["name"] is not None or "." in host or ":" in host
    if is_named or target["addresses"] is not None or not address:
        found = host if name is None else name
        return {"name": found if isinstance(found, bool) else text_of("name", found)}
    return {"name": address, "addresses": [address] if is_address(address) else None}


def _value(option: Option, variables: t.Mapping[str, t.Any]) -> t.Any:
    """The value of the first variable that is set. A list may be text with commas."""
    for name in option.variables:
        value = variables.get(name)
        if _is_given(option, value):
            is_text = option.spec["type"] == "list" and isinstance(value, str)
            return [item.strip(" ") for item in str(value).split(",")] if is_text else value
    return None


def _is_given(option: Option, value: t.Any) -> bool:
    """Whether a value says something. Of what Python takes for false, 0 and false do."""
    if option.empty_counts:
        return value is not None
    return bool(value) or isinstance(value, (int, float))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"targets": targets}
