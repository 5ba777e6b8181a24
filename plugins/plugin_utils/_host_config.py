# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read on the hosts themselves, as it is handed to an audit: checked, and with a word for
the hosts that have none.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from ._checks.host.base import PROBE

DECLINED = (
    "nothing was read on the host itself (the playbook does with audit_host_config: true; a task "
    "of your own gives host_config what "
    "mail_host_info returned)"
)
LOST = "the host was to be read by mail_host_info, but nothing came from it"


def plain(value: t.Any) -> t.Any:
    """Ansible's tagged and lazy containers as plain ones."""
    if isinstance(value, t.Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def given(targets: t.Sequence[_model.Target], told: t.Any) -> list[_model.Observation]:
    """One observation for each target; told: what was handed in, None where nobody asked for it."""
    found: dict[str, t.Any] = {}
    for entry in plain(told or []):
        if (
            not isinstance(entry, dict)
            or entry.get("probe") != PROBE
            or entry.get("schema") != _model.SCHEMA
        ):
            raise _model.ModelError(
                "host_config: this is no observation of mail_host_info, as this version returns it."
            )
        found[entry["target"]] = entry
    strange = sorted(set(found) - {target.name for target in targets})
    if strange:
        raise _model.ModelError(
            f"host_config: there is no target {', '.join(strange)}; give mail_host_info the name "
            "that the audit uses."
        )
    return [found.get(target.name) or nothing(target, asked=told is not None) for target in targets]


def nothing(target: _model.Target, asked: bool) -> _model.Observation:
    """The observation for a host that was not read."""
    error: _model.Error = (
        {"kind": "unavailable", "text": LOST} if asked else {"kind": "declined", "text": DECLINED}
    )
    return _model.observation(
        _model.Job(PROBE, target.name, "host", "", 0, {}), {}, error, [], {"source": ""}
    )


def signing(target: _model.Target, truth: t.Mapping[str, t.Any]) -> _model.Target:
    """The target with the selectors that the host itself signs with, so that their records are
    looked up.
    """
    keys = [name.split("/") for name in (truth["facts"].get("opendkim") or {}).get("keys", {})]
    more = [
        selector
        for domain, selector in keys
        if domain in target.domains and _model.is_name(selector)
    ]
    return dataclasses.replace(
        target, dkim_selectors=tuple(dict.fromkeys((*target.dkim_selectors, *more)))
    )
