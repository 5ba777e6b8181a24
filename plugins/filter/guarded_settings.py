# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter guarded_settings: a user's settings in, those that a role refuses out."""

from __future__ import annotations

import typing as t


def _text(value: t.Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _shown(name: str, value: t.Any) -> str:
    return name if isinstance(value, (t.Mapping, list, tuple)) else f"{name} = {_text(value)}"


def guarded_settings(
    settings: t.Mapping[str, t.Any],
    guarded: t.Mapping[str, t.Sequence[t.Any]] | t.Sequence[str],
    allow_insecure: t.Sequence[str] = (),
) -> list[str]:
    """One text for each setting that is refused; see the documentation beside this file."""
    permitted = guarded if isinstance(guarded, t.Mapping) else dict.fromkeys(guarded, ())
    return [
        _shown(name, value)
        for name, value in settings.items()
        if name in permitted
        and name not in allow_insecure
        and _text(value) not in map(_text, permitted[name])
    ]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"guarded_settings": guarded_settings}
