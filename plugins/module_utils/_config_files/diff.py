# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes of a transaction as a difference for Ansible, without any secret.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import grp
import pwd
import typing as t

from .files import UNKNOWN_ID, DesiredFile, FileState

if t.TYPE_CHECKING:
    from .transaction import Change


def _name(lookup: t.Callable[[int], t.Any], number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def _attributes(state: FileState, desired: DesiredFile) -> str:
    """Owner, group and mode of a file."""
    if state.content is None:
        return "absent"
    if state.uid == UNKNOWN_ID:
        return f"{desired.owner}:{desired.group} {state.mode:04o}"
    return f"{_name(pwd.getpwuid, state.uid)}:{_name(grp.getgrgid, state.gid)} {state.mode:04o}"


def _body(state: FileState, change: Change, attributes: str) -> str:
    """What is shown of a file: its content, or its attributes where only they change."""
    if change.before.content == change.after.content:
        return f"{attributes}\n"
    if state.content is None:
        return ""
    if change.desired.secret:
        return f"{'old' if state is change.before else 'new'} secret content, not shown\n"
    return state.content.decode("utf-8", errors="replace")


def diff(changes: t.Iterable[Change]) -> list[dict[str, str]]:
    """The changes as Ansible shows them; of a secret file only that its content changes."""
    result = []
    for change in changes:
        entry = {}
        for side, state in (("before", change.before), ("after", change.after)):
            attributes = _attributes(state, change.desired)
            entry[side] = _body(state, change, attributes)
            entry[f"{side}_header"] = f"{change.desired.path} ({attributes})"
        result.append(entry)
    return result
