# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The observations of mail_host_info, as they are handed to an audit: validated, and completed for
the hosts that have none.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import (
    _model,
    _option_values,
    _target,
)

from ._checks.host.base import PROBE

DECLINED = (
    "nothing was read on the host itself (in the playbook, set audit_host_config: true; in a task "
    "of your own, pass what mail_host_info returned to host_config)"
)
UNAVAILABLE = "mail_host_info was to read the host, but returned nothing"


def plain(value: t.Any) -> t.Any:
    """Ansible's tagged and lazy containers as plain ones."""
    if isinstance(value, t.Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def host_observations(
    targets: t.Sequence[_target.Target], option: t.Any
) -> list[_model.Observation]:
    """One observation for each target. option: host_config of the action, None where not given."""
    by_target: dict[str, t.Any] = {}
    entries = plain(option or [])
    for entry in entries if isinstance(entries, list) else [entries]:
        if (
            not isinstance(entry, dict)
            or entry.get("probe") != PROBE
            or entry.get("schema") != _model.SCHEMA
            or not isinstance(entry.get("target"), str)
        ):
            raise _model.ModelError(
                "host_config: this is no observation of mail_host_info, as this version returns it."
            )
        by_target[entry["target"]] = entry
    names = [target.name for target in targets]
    for target in targets:
        entry = by_target.pop(target.name, None) if names.count(target.name) == 1 else None
        if entry and target.key not in by_target:
            by_target[target.key] = {**entry, "target": target.key}
    unknown = sorted(set(by_target) - {target.key for target in targets})
    if unknown:
        raise _model.ModelError(
            f"host_config: there is no target {_option_values.shown(', '.join(unknown))}; give "
            "mail_host_info the name that the audit uses."
        )
    return [
        by_target.get(target.key) or not_read(target, requested=option is not None)
        for target in targets
    ]


def not_read(target: _target.Target, requested: bool) -> _model.Observation:
    """The observation for a host that was not read. requested: whether it should have been."""
    error: _model.Error = {"kind": "declined", "text": DECLINED}
    if requested:
        error = {"kind": "unavailable", "text": UNAVAILABLE}
    job = _model.Job(PROBE, target.key, "host", "", 0, {})
    return _model.observation(job, {}, error, [], {"source": ""})


def with_own_selectors(
    target: _target.Target, observation: t.Mapping[str, t.Any]
) -> _target.Target:
    """The target with the selectors that the host signs with, so that their records are queried."""
    keys = (observation["facts"].get("opendkim") or {}).get("keys", {})
    own = [
        selector
        for domain, selector in (name.split("/") for name in keys)
        if domain in target.domains and _model.is_name(selector)
    ]
    selectors = tuple(dict.fromkeys((*target.dkim_selectors, *own)))
    return dataclasses.replace(target, dkim_selectors=selectors)
