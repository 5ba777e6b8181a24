# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files as they are and as they have to be.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import secrets
import stat
import typing as t
from dataclasses import dataclass

from .paths import open_file, open_parent

UNKNOWN_ID = -1
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class ConfigError(Exception):
    """The configuration was not changed, or was restored; the message says why."""


@dataclass(frozen=True)
class DesiredFile:
    """One file as it has to be; content None: it has to be absent."""

    path: str
    content: bytes | None
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    secret: bool = False
    restart: bool = False


@dataclass(frozen=True)
class FileState:
    """One file as it is, or as it will be; content None: there is none."""

    content: bytes | None = None
    uid: int = UNKNOWN_ID
    gid: int = UNKNOWN_ID
    mode: int = 0


def read_state(path: str) -> FileState:
    """A file as it is; raises ConfigError where it cannot be read."""
    try:
        with open_file(path) as file:
            status = os.fstat(file.fileno())
            return FileState(
                file.read(), status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)
            )
    except FileNotFoundError:
        return FileState()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}.") from exc


def desired_state(desired: DesiredFile, lenient: bool) -> FileState:
    """The state to reach. lenient: an owner or a group that does not exist yet is no error."""
    if desired.content is None:
        return FileState()
    try:
        uid = pwd.getpwnam(desired.owner).pw_uid
        gid = grp.getgrnam(desired.group).gr_gid
    except KeyError as exc:
        if not lenient:
            raise ConfigError(
                f"{desired.path} cannot belong to {desired.owner}:{desired.group}: {exc.args[0]}."
            ) from exc
        uid = gid = UNKNOWN_ID
    return FileState(desired.content, uid, gid, desired.mode)


def missing_folders(paths: t.Iterable[str]) -> list[str]:
    """The directories that do not exist yet, the outer ones first."""
    found: list[str] = []
    for path in paths:
        folder, chain = os.path.dirname(path), []
        while folder not in found and not os.path.isdir(folder):
            chain.append(folder)
            folder = os.path.dirname(folder)
        found += reversed(chain)
    return found


def write_state(path: str, state: FileState) -> None:
    """Bring one file into a state, by an atomic rename. Raises OSError.

    A symbolic link is followed where only root can have made it; otherwise nothing is written.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder, name = open_parent(path, create=state.content is not None)
        except FileNotFoundError:
            if state.content is None:
                return
            raise
        stack.callback(os.close, folder)
        if state.content is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            return
        _replace(folder, name, state, state.content)


def _replace(folder: int, name: str, state: FileState, content: bytes) -> None:
    """Write a file in an open directory under another name, then rename it."""
    temporary = f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(temporary, NEW, 0o600, dir_fd=folder)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(descriptor, state.uid, state.gid)
            os.fchmod(descriptor, state.mode)
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(temporary, dir_fd=folder)
        raise


def write_new(folder: int, name: str, state: FileState) -> None:
    """Write a file of a transaction into an open directory; what a run left there is removed."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    with open(os.open(name, NEW, 0o600, dir_fd=folder), "wb") as file:
        file.write(state.content or b"")
        file.flush()
        os.fchown(file.fileno(), state.uid, state.gid)
        os.fchmod(file.fileno(), state.mode)
        os.fsync(file.fileno())


def keep(folder: int, name: str, kept: str, state: FileState) -> None:
    """Give a file a second name, which needs no space; else copy it."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(kept, dir_fd=folder)
    try:
        os.link(name, kept, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError:
        write_new(folder, kept, state)
