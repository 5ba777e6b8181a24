# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user of a rehearsal: nobody else sees it, and its password ends with the rehearsal.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import typing as t
from dataclasses import replace

from .candidate import MS_BIND, mount
from .files import read_state, write_state

if t.TYPE_CHECKING:
    from .messages import Hide


def ssha512(password: str, salt: bytes) -> str:
    """A password in the scheme SSHA512 of Dovecot, which it does not call weak."""
    digest = hashlib.sha512(password.encode() + salt).digest()
    return "{SSHA512}" + base64.b64encode(digest + salt).decode()


def possible(user: t.Mapping[str, t.Any] | None) -> bool:
    """Whether there is every file that a user of the rehearsal is added to."""
    return bool(user) and all(os.path.isfile(entry["path"]) for entry in (user or {})["lines"])


def installed(user: t.Mapping[str, t.Any]) -> list[t.Mapping[str, t.Any]]:
    """The daemons that know a user, of those whose program exists."""
    return [daemon for daemon in user["daemons"] if os.path.isfile(daemon["argv"][0])]


def add_user(user: t.Mapping[str, t.Any], room: str, hide: Hide) -> str:
    """Add a user for this process and its children alone, and return the password.

    user: lines are dicts of path and line, in which HASH stands for the hash of the password.
    room: a directory that is private to the process. hide: is told each secret, which no message
    may show.
    """
    password = secrets.token_urlsafe(24)
    hashed = ssha512(password, secrets.token_bytes(8))
    for secret in (password, hashed):
        hide(secret)
    for number, entry in enumerate(user["lines"]):
        place = os.path.join(room, f"lines-{number}")
        _append(entry["path"], entry["line"].replace("HASH", hashed), place)
    return password


def _append(path: str, line: str, place: str) -> None:
    """Have a file end with another line, as a file that lies elsewhere."""
    state = read_state(path)
    text = state.content or b""
    ended = text if text.endswith(b"\n") or not text else text + b"\n"
    write_state(place, replace(state, content=ended + line.encode() + b"\n"))
    mount(place, path, "", MS_BIND)
