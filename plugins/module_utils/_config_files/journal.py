# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a transaction: after an interruption at any step, all files can be as before.

A file of the host is only ever replaced by a rename. Beside it, .NAME.airtight-new holds the new
content before that, and .NAME.airtight-old is a second name of the old file. So nothing has to be
written to go back, and a full disk is no obstacle. The name of the journal tells how far a run is:

prepare  the files beside are being written: what is there of them is removed
swap     the files are being replaced, or the daemons read them: the old files are put back
done     the new files stay: the old ones are removed, or become backups

Uses the standard library alone, since a copy of this file restores the host when a run is killed.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
import typing as t

PREPARE, SWAP, DONE = STATES = ("prepare", "swap", "done")
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
BOOT_ID = "/proc/sys/kernel/random/boot_id"
Record = t.Dict[str, t.Any]


class LockedError(Exception):
    """Another run holds the lock."""


def boot_id() -> str:
    """What tells one boot of the host from another."""
    with contextlib.suppress(OSError), open(BOOT_ID, encoding="ascii") as file:
        return file.read().strip()
    return ""


@contextlib.contextmanager
def lock(directory: str, seconds: float) -> t.Iterator[None]:
    """Keep other runs out; the kernel releases the lock of a process that ends in any way."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    descriptor = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    raise LockedError from None
                time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def place(path: str) -> t.Iterator[tuple[int, str]]:
    """An open directory and a name in it. No link is followed: a journal holds resolved paths, and
    a link that is there now was put there by a daemon that owns a directory.
    """
    *folders, name = path.split("/")[1:]
    descriptor = os.open("/", FOLDER)
    try:
        for part in folders:
            outer, descriptor = descriptor, os.open(part, FOLDER, dir_fd=descriptor)
            os.close(outer)
        yield descriptor, name
    finally:
        os.close(descriptor)


def _unlink(name: str, folder: int | None = None) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(name, dir_fd=folder)


def beside(name: str, kind: str) -> str:
    """The name beside a file that belongs to a transaction. It matches no pattern such as *.conf,
    by which daemons include files.
    """
    return f".{name}.airtight-{kind}"


class Journal:
    """The journal in a directory. Its states follow one another by renames alone."""

    def __init__(self, directory: str) -> None:
        self.directory = os.path.realpath(directory)

    def _path(self, state: str) -> str:
        return os.path.join(self.directory, state)

    def state(self) -> str:
        """How far a run is; empty where none is under way."""
        return next((state for state in STATES if os.path.exists(self._path(state))), "")

    def record(self) -> Record:
        """What the run that is under way changes."""
        with open(self._path(self.state()), encoding="utf-8") as file:
            return t.cast("Record", json.load(file))

    def _advance(self, before: str, after: str) -> None:
        os.rename(self._path(before), self._path(after))
        self._sync()

    def begin(self, record: Record) -> None:
        """Note what a run is going to change. record: files, folders and units."""
        temporary = self._path("next")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({**record, "boot": boot_id()}, file, indent=1)
            file.flush()
            os.fsync(descriptor)
        os.rename(temporary, self._path(PREPARE))
        self._sync()

    def forget_next(self) -> None:
        """Remove a record that was not written to its end."""
        _unlink(self._path("next"))

    def abandon(self) -> None:
        """Leave everything as it was, when not everything could be prepared."""
        self.forget_next()
        if self.state() == SWAP:
            self.undo()
            self.settled()
        elif self.state() == PREPARE:
            self.discard()

    def prepared(self) -> None:
        """Everything is beside the files that it replaces."""
        self._advance(PREPARE, SWAP)

    def swap(self) -> None:
        """Replace the files."""
        for entry in self.record()["files"]:
            with place(entry["path"]) as (folder, name):
                if entry["present"]:
                    os.rename(beside(name, "new"), name, src_dir_fd=folder, dst_dir_fd=folder)
                else:
                    os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def finish(self) -> None:
        """Keep the new files; from here on nothing leads back."""
        if self.state() == SWAP:
            self._advance(SWAP, DONE)
        for entry in self.record()["files"]:
            with place(entry["path"]) as (folder, name):
                old = beside(name, "old")
                if entry["backup"] and old in os.listdir(folder):
                    with contextlib.suppress(OSError):
                        os.rename(old, f"{name}~", src_dir_fd=folder, dst_dir_fd=folder)
                _unlink(old, folder)
        self._remove(DONE)

    def discard(self) -> None:
        """Remove what was prepared; no file was replaced yet."""
        self._clear("new", "old")
        self._remove(PREPARE)

    def undo(self) -> None:
        """Put the old files back, as far as that was not done before; settled() has to follow."""
        for entry in reversed(self.record()["files"]):
            with contextlib.suppress(FileNotFoundError), place(entry["path"]) as (folder, name):
                old = beside(name, "old")
                there = os.listdir(folder)
                if old in there:
                    os.rename(old, name, src_dir_fd=folder, dst_dir_fd=folder)
                    _unlink(old, folder)  # a rename onto the same file does nothing
                elif not entry["existed"] and beside(name, "new") not in there:
                    _unlink(name, folder)
                os.fsync(folder)

    def settled(self) -> None:
        """The daemons run with the old files again: remove what is left."""
        self._clear("new")
        self._remove(SWAP)

    def _clear(self, *kinds: str) -> None:
        """Remove what is beside the files, and the directories that were made."""
        record = self.record()
        for entry in record["files"]:
            with contextlib.suppress(FileNotFoundError), place(entry["path"]) as (folder, name):
                for kind in kinds:
                    _unlink(beside(name, kind), folder)
        for path in reversed(record["folders"]):
            with contextlib.suppress(OSError), place(path) as (folder, name):
                os.rmdir(name, dir_fd=folder)

    def _sync(self) -> None:
        """Have the renames of the journal reach the disk."""
        with place(self._path(PREPARE)) as (folder, _name):
            os.fsync(folder)

    def _remove(self, state: str) -> None:
        for path in self.record().get("guard", ()):
            _unlink(path)
        _unlink(self._path(state))
        self._sync()


def resume(journal: Journal, run: t.Callable[[t.Sequence[str]], int]) -> str:
    """Finish or undo what an interrupted run left, and return in words what was done. The journal
    stays where a daemon does not run with the old files again.

    run: starts a command and returns its exit code. After a new boot only those units have to read
    the old files that run already.
    """
    state = journal.state()
    journal.forget_next()
    if state == PREPARE:
        journal.discard()
    elif state == DONE:
        journal.finish()
    elif state == SWAP:
        record = journal.record()
        journal.undo()
        for unit in record["units"]:
            active = ("systemctl", "is-active", "--quiet", unit["name"])
            if record["boot"] == boot_id() or run(active) == 0:
                for argv in unit["commands"]:
                    if run(argv):
                        program = " ".join(part for part in argv if "\n" not in part)
                        return f"An interrupted run was undone, but then {program} failed."
        journal.settled()
        return "An interrupted run was undone; all files were as before it."
    return ""


def status_of(argv: t.Sequence[str]) -> int:
    """How a program of the host ended, 0 for well; for a process that is no module."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            os.execvp(argv[0], list(argv))
        os._exit(127)
    return os.waitpid(child, 0)[1]


def main(directory: str) -> int:
    """Wait until the run that is under way has ended, and restore what it left."""
    with lock(directory, float("inf")):
        sys.stdout.write(resume(Journal(directory), status_of))
        return 1 if Journal(directory).state() else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
