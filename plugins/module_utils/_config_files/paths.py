# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens directories and files so that nobody but root decides where a path leads.

A symbolic link is followed only where root alone can have made it: it belongs to root, and so does
every directory before it. Otherwise a daemon could make root write to, or read, any other file.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import stat
import typing as t

#: More links than this in one path are a loop, as for the kernel.
MAX_LINKS = 40
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
#: A FIFO in place of a file must not block.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class UnsafePathError(OSError):
    """A path leads through a link that others than root can change, or to no regular file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.strerror = reason


def belongs_to_us(status: os.stat_result) -> bool:
    """Whether root, or the user that this process runs as, owns something."""
    return status.st_uid in (0, os.geteuid())


def only_we_can_change(status: os.stat_result) -> bool:
    """Whether nobody else can replace what is in a directory. In a sticky one only owners can."""
    others = status.st_mode & stat.S_IWOTH
    group = status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid())
    return belongs_to_us(status) and bool(status.st_mode & stat.S_ISVTX or not (others or group))


class _Walk:
    """A walk from the root directory along a path, with an open descriptor of where it is."""

    def __init__(self, path: str, create: bool) -> None:
        self.left = os.path.abspath(path).split("/")[1:]
        self.done: list[str] = []
        self.create = create
        self.links = 0
        self.safe = True
        self.folder = os.open("/", DIRECTORY)

    def move(self, name: str) -> None:
        """Go into a directory."""
        self.done.append(name)
        before, self.folder = self.folder, os.open(name, DIRECTORY, dir_fd=self.folder)
        os.close(before)
        self.safe = self.safe and only_we_can_change(os.fstat(self.folder))

    def follow(self, name: str, status: os.stat_result) -> None:
        """Put the target of a link in front of what is left of the path."""
        if not (self.safe and belongs_to_us(status)):
            raise UnsafePathError(
                f"{name} is a symbolic link that others than root can change; remove it"
            )
        self.links += 1
        if self.links > MAX_LINKS:
            raise UnsafePathError(f"{name} is a symbolic link that leads back to itself")
        target = os.readlink(name, dir_fd=self.folder)
        self.left = [part for part in target.split("/") if part not in ("", ".")] + self.left
        if target.startswith("/"):
            os.close(self.folder)
            self.folder, self.safe, self.done = os.open("/", DIRECTORY), True, []

    def status(self, name: str) -> os.stat_result | None:
        """What a name stands for in the present directory; None: nothing."""
        try:
            return os.stat(name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def finish(self) -> str:
        """Go to the directory of the last name and return that name."""
        while True:
            name = self.left.pop(0)
            status = self.status(name)
            if status and stat.S_ISLNK(status.st_mode):
                self.follow(name, status)
            elif not self.left:
                return name
            else:
                if status is None and self.create:
                    os.mkdir(name, 0o755, dir_fd=self.folder)
                self.move(name)


def open_parent(path: str, create: bool = False) -> tuple[int, str]:
    """A descriptor of the directory that holds a file, and the name of the file in it.

    create: make missing directories. Raises OSError; UnsafePathError where a link is not followed.
    """
    walk = _Walk(path, create)
    try:
        name = walk.finish()
        return walk.folder, name
    except BaseException:
        os.close(walk.folder)
        raise


def resolved(path: str) -> str:
    """A path without links, to a file that need not exist. Raises OSError as open_parent does."""
    walk = _Walk(path, create=False)
    try:
        walk.left = [walk.finish()]
    except FileNotFoundError:
        pass  # the directory that is missing was noted
    finally:
        os.close(walk.folder)
    return os.path.normpath("/".join(["", *walk.done, *walk.left]))


def open_file(path: str) -> t.BinaryIO:
    """A regular file, open for reading. Raises OSError as open_parent does."""
    folder, name = open_parent(path)
    try:
        descriptor = os.open(name, FILE, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnsafePathError("it is not a regular file")
    return os.fdopen(descriptor, "rb")
