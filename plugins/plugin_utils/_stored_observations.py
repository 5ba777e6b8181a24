# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations that were stored and are evaluated again: checked, and told apart by their vantages.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from . import _host_config

#: What every observation has.
KEYS = frozenset(_model.Observation.__required_keys__)


def stored(data: t.Any) -> list[_model.Observation]:
    """Observations from plain data: a list, or a dictionary of lists by the name of the vantage.

    Raises ModelError for what this version did not observe.
    """
    plain = _host_config.plain(data)
    if not isinstance(plain, dict):
        return _checked(plain)
    return [
        t.cast(
            "_model.Observation", {**entry, "vantage": {**entry.get("vantage", {}), "name": name}}
        )
        for name, entries in plain.items()
        for entry in _checked(entries)
    ]


def _checked(entries: t.Any) -> list[_model.Observation]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _model.ModelError(
            "give a list of observations, or a dictionary of such lists by the name of the vantage."
        )
    for entry in entries:
        if entry.get("schema") != _model.SCHEMA:
            raise _model.ModelError(
                f"observations of schema {entry.get('schema')} cannot be evaluated, only those of "
                f"schema {_model.SCHEMA}; observe again."
            )
        missing = sorted(KEYS - set(entry))
        if missing:
            raise _model.ModelError(
                f"an observation has no {missing[0]}; give them as they were returned."
            )
    return entries


def by_vantage(
    observations: t.Iterable[_model.Observation], usual: str = ""
) -> dict[str, tuple[_model.Observation, ...]]:
    """The observations by the name of their vantage, where there are several; else all under the
    usual name.

    What no vantage saw, such as the DNS and the host itself, belongs to each of them.
    """
    found = list(observations)
    names = dict.fromkeys(filter(None, map(_name, found)))
    if len(names) < 2:
        return {usual: tuple(found)}
    return {name: tuple(entry for entry in found if _name(entry) in ("", name)) for name in names}


def _name(entry: _model.Observation) -> str:
    return str((entry.get("vantage") or {}).get("name") or "")
