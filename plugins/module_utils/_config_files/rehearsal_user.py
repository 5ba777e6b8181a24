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

from .candidate import MS_BIND, mount
from .files import ConfigError


def ssha512(password: str, salt: bytes) -> str:
    """A password in the scheme SSHA512 of Dovecot, which it does not call weak."""
    digest = hashlib.sha512(password.encode() + salt).digest()
    return "{SSHA512}" + base64.b64encode(digest + salt).decode()


def add_user(user: t.Mapping[str, str], room: str) -> dict[str, str]:
    """Append a user to a passwd-file, for this process and its children alone, and return what the
    check has to know, as variables of its environment. Raises ConfigError where there is no such
    file.

    user: file is the path of the passwd-file, address the name of the user. room: a directory that
    is private to the process.
    """
    password = secrets.token_hex(16)
    path, place = user["file"], os.path.join(room, "users")
    if not os.path.isfile(path):
        raise ConfigError(f"there is no {path} to add a user to")
    status = os.stat(path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    line = f"{user['address']}:{ssha512(password, secrets.token_bytes(8))}::::::\n"
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(ended + line)
    os.chown(place, status.st_uid, status.st_gid)
    os.chmod(place, status.st_mode & 0o7777)
    mount(place, path, "", MS_BIND)
    return {"REHEARSAL_USER": user["address"], "REHEARSAL_PASSWORD": password}
