# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a set of configuration files as one transaction: all of them, or none.

Knows no daemon and no Ansible: takes values, and a callable that runs a command.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import os
import typing as t
from dataclasses import dataclass

from .files import (
    ConfigError,
    DesiredFile,
    FileState,
    desired_state,
    keep,
    missing_folders,
    read_state,
    write_new,
    write_state,
)
from .journal import DONE, Journal, Record, beside, place, resume
from .messages import Run, command_text, one_line, redact, result_text
from .paths import resolved


@dataclass(frozen=True)
class Change:
    """One file that differs from what it has to be."""

    desired: DesiredFile
    before: FileState
    after: FileState


@dataclass(frozen=True)
class Apply:
    """The commands that make a service read its files and prove that it did.

    log: a command that prints the end of the log of the service. unit: what systemd calls it.
    """

    commands: t.Sequence[t.Sequence[str]] = ()
    log: t.Sequence[str] = ()
    unit: str = ""


def plan(files: t.Sequence[DesiredFile], lenient: bool = False) -> list[Change]:
    """What has to change, in the order given."""
    changes = [
        Change(desired, read_state(desired.path), desired_state(desired, lenient))
        for desired in files
    ]
    return [change for change in changes if change.before != change.after]


def digest(changes: t.Iterable[Change]) -> str:
    """What tells one set of changes from another."""
    found = hashlib.sha256()
    for change in changes:
        found.update(repr((change.desired.path, change.before, change.after)).encode())
    return found.hexdigest()


def _failure(apply: Apply, run: Run) -> str:
    """Runs the commands; returns why the first one failed, or an empty string."""
    for argv in apply.commands:
        code, out, err = run(list(argv))
        if code != 0:
            problem = f"{command_text(argv)} failed: {result_text(code, out, err)}"
            log = one_line(run(list(apply.log))[1]) if apply.log else ""
            return f"{problem} Its log ends: {log}" if log else problem
    return ""


def _record(changes: t.Sequence[Change], apply: Apply, backup: bool) -> Record:
    """What the journal notes of the changes."""
    paths = [resolved(change.desired.path) for change in changes]
    files = [
        {
            "path": path,
            "present": change.after.content is not None,
            "existed": change.before.content is not None,
            "backup": backup and not change.desired.secret,
        }
        for path, change in zip(paths, changes)
    ]
    unit = {"name": apply.unit, "commands": [list(argv) for argv in apply.commands]}
    folders = missing_folders(paths)
    return {"files": files, "folders": folders, "units": [unit] if apply.commands else []}


def _prepare(path: str, change: Change) -> None:
    """Have the new content and the old file beside a file."""
    with place(path) as (folder, name):
        if change.before.content is not None:
            keep(folder, name, beside(name, "old"), change.before)
        if change.after.content is not None:
            write_new(folder, beside(name, "new"), change.after)
        os.fsync(folder)


def _prepare_all(changes: t.Sequence[Change], apply: Apply, backup: bool, journal: Journal) -> None:
    """Everything that needs space on the disk; where it fails, nothing was changed."""
    try:
        record = _record(changes, apply, backup)
        journal.begin(record)
        for path in record["folders"]:
            with place(path) as (folder, name):
                os.mkdir(name, 0o755, dir_fd=folder)
        for entry, change in zip(record["files"], changes):
            _prepare(entry["path"], change)
        journal.prepared()
    except OSError as exc:
        journal.abandon()
        raise ConfigError(
            f"Nothing was changed, because a file could not be written: {exc}"
        ) from exc


def commit(
    changes: t.Sequence[Change], apply: Apply, run: Run, journal: Journal, backup: bool = True
) -> None:
    """Replace the files and run the commands; where anything fails, put the old files back and run
    the commands again.
    """
    _prepare_all(changes, apply, backup, journal)
    try:
        journal.swap()
        problem = _failure(apply, run)
        if not problem:
            journal.finish()
            return
    except OSError as exc:
        if journal.state() == DONE:
            return  # the next run removes what is left of the old files
        problem = f"a file could not be replaced: {exc}"
    journal.undo()
    second_problem = _failure(apply, run)
    if second_problem:
        problem += f" With the old files, {second_problem}"
    else:
        journal.settled()
    problem = redact(problem, [change.desired for change in changes])
    raise ConfigError(f"The old files were restored, because {problem}")


def recover(journal: Journal, run: Run) -> tuple[str, bool]:
    """Undo or finish what an interrupted run left; returns in words what was done, and whether the
    daemons run with the old files again.
    """
    words = resume(journal, lambda argv: run(list(argv))[0])
    settled = not journal.state()
    if not settled:
        journal.settled()
    return words, settled


def write_file(desired: DesiredFile, dry_run: bool) -> list[Change]:
    """Write one file that no service has to read; returns the change, if there is one."""
    changes = plan([desired], lenient=dry_run)
    if not dry_run:
        for change in changes:
            try:
                write_state(change.desired.path, change.after)
            except OSError as exc:
                raise ConfigError(f"{desired.path} cannot be written: {exc.strerror}.") from exc
    return changes
