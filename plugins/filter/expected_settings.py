# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter expected_settings: the effective settings that the settings table of a role leads to."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.settings import (
    STYLES,
    Style,
    spelled,
)

Entry = t.Mapping[str, t.Any]


def _leaves(name: str, value: t.Any, style: Style) -> t.Iterator[tuple[str, t.Any]]:
    """Every setting in nested sections, by its path; None stands for a setting that is not set."""
    if isinstance(value, t.Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}/{key}", inner, style)
        return
    lines = spelled(value, style)
    if isinstance(value, (list, tuple)) and style.separator is None:
        yield name, lines
    elif lines:
        yield name, lines[0]


def _merged(value: t.Any, change: t.Any) -> t.Any:
    """A value with a change in it; sections are merged, other values are replaced."""
    if isinstance(value, t.Mapping) and isinstance(change, t.Mapping):
        return {**value, **{key: _merged(value.get(key), inner) for key, inner in change.items()}}
    return change


def _services(entry: Entry, listeners: t.Sequence[str]) -> list[dict[str, str]]:
    """The listeners of Postfix that have a setting; one without a name for a setting of main.cf."""
    if "listeners" not in entry:
        return [{}]
    return [{"service": f"{name}/inet"} for name in entry["listeners"] if name in listeners]


def expected_settings(
    entries: t.Iterable[Entry],
    daemon: str,
    release: str,
    changes: Entry | None = None,
    listeners: t.Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    """One row for each value that the role writes; see the documentation beside this file."""
    changes = dict(changes or {})
    rows = []
    for entry in entries:
        if not entry.get("enabled", True) or release not in entry.get("releases", [release]):
            continue
        own = {**entry, **(entry.get("debian12", {}) if release == "12" else {})}
        name, value = own["name"], own["value"]
        if name in changes:
            value = _merged(value, changes.pop(name))
        rows += [
            {"daemon": daemon, **service, "name": path, "value": leaf, "why": own["why"]}
            for service in _services(own, listeners)
            for path, leaf in _leaves(name, value, STYLES[daemon])
        ]
    rows += [
        {"daemon": daemon, "name": path, "value": leaf, "why": "You chose it."}
        for name, value in changes.items()
        for path, leaf in _leaves(name, value, STYLES[daemon])
    ]
    return rows


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"expected_settings": expected_settings}
