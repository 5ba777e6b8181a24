# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter expected_settings: the settings table of a role in, what a daemon must be found to run
with out.
"""

from __future__ import annotations

import typing as t

Entry = t.Mapping[str, t.Any]


def _leaves(name: str, value: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    if isinstance(value, t.Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}/{key}", inner)
    elif isinstance(value, bool):
        yield name, "yes" if value else "no"
    elif value is not None:
        yield name, list(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _merged(value: t.Any, change: t.Any) -> t.Any:
    if isinstance(value, t.Mapping) and isinstance(change, t.Mapping):
        return {**value, **{key: _merged(value.get(key), inner) for key, inner in change.items()}}
    return change


def expected_settings(
    entries: t.Iterable[Entry],
    daemon: str,
    release: str,
    changes: Entry | None = None,
    listeners: t.Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    """One entry for each value that the role writes; see the documentation beside this file."""
    changes = dict(changes or {})
    found = []
    for entry in entries:
        if not entry.get("enabled", True) or release not in entry.get("releases", [release]):
            continue
        own = {**entry, **(entry.get("debian12", {}) if release == "12" else {})}
        value = (
            _merged(own["value"], changes.pop(own["name"]))
            if own["name"] in changes
            else own["value"]
        )
        for service in (
            [name for name in own["listeners"] if name in listeners] if "listeners" in own else [""]
        ):
            common = {"daemon": daemon, **({"service": service + "/inet"} if service else {})}
            found += [
                {**common, "name": name, "value": leaf, "why": own["why"]}
                for name, leaf in _leaves(own["name"], value)
            ]
    for changed, value in changes.items():
        found += [
            {"daemon": daemon, "name": name, "value": leaf, "why": "You chose it."}
            for name, leaf in _leaves(changed, value)
        ]
    return found


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"expected_settings": expected_settings}
