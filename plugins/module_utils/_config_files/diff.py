# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the changes of a transaction over configuration files, without any secret.

Changes nothing itself. PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import grp
import pwd
import typing as t

from .transaction import UNKNOWN_ID, Change, State, Wanted


def _name(lookup: t.Callable[[int], t.Any], number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def _attributes(state: State, wanted: Wanted) -> str:
    if state.content is None:
        return "absent"
    if state.uid == UNKNOWN_ID:
        return f"{wanted.owner}:{wanted.group} {state.mode:04o}"
    return f"{_name(pwd.getpwuid, state.uid)}:{_name(grp.getgrgid, state.gid)} {state.mode:04o}"


def _body(state: State, change: Change, attributes: str) -> str:
    if change.before.content == change.after.content:
        return f"{attributes}\n"
    if state.content is None:
        return ""
    if change.wanted.secret:
        return f"{'old' if state is change.before else 'new'} secret content, not shown\n"
    return state.content.decode("utf-8", errors="replace")


def diff(changes: t.Iterable[Change]) -> list[dict[str, str]]:
    """The changes as Ansible shows them; of a secret file only that it changes."""
    result = []
    for change in changes:
        entry = {}
        for side, state in (("before", change.before), ("after", change.after)):
            attributes = _attributes(state, change.wanted)
            entry[side] = _body(state, change, attributes)
            entry[f"{side}_header"] = f"{change.wanted.path} ({attributes})"
        result.append(entry)
    return result
