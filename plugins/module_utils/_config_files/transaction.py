# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a set of configuration files as one transaction: all of them, or none.

Knows no daemon and no Ansible: takes values, and a callable that runs a command.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

from .files import ConfigError, DesiredFile, FileState, desired_state, read_state, write_state
from .messages import Run, command_text, one_line, redact, result_text


@dataclass(frozen=True)
class Change:
    """One file that differs from what it has to be."""

    desired: DesiredFile
    before: FileState
    after: FileState


@dataclass(frozen=True)
class Apply:
    """The commands that make a service read its files and prove that it did.

    log: a command that prints the end of the log of the service.
    """

    commands: t.Sequence[t.Sequence[str]] = ()
    log: t.Sequence[str] = ()


def journal_path(files: t.Iterable[DesiredFile]) -> str:
    """The file that exists from before the first replacement until the service has read them all.

    A run that finds it knows that an earlier one was interrupted.
    """
    return min(os.path.realpath(desired.path) for desired in files) + ".unapplied"


def plan(files: t.Sequence[DesiredFile], lenient: bool = False) -> list[Change]:
    """What has to change, in the order given; everything after a run that was interrupted."""
    changes = [
        Change(desired, read_state(desired.path), desired_state(desired, lenient))
        for desired in files
    ]
    return [
        change
        for change in changes
        if change.before != change.after or os.path.exists(journal_path(files))
    ]


def _failure(apply: Apply, run: Run) -> str:
    """Runs the commands; returns why the first one failed, or an empty string."""
    for argv in apply.commands:
        code, out, err = run(list(argv))
        if code != 0:
            problem = f"{command_text(argv)} failed: {result_text(code, out, err)}"
            log = one_line(run(list(apply.log))[1]) if apply.log else ""
            return f"{problem} Its log ends: {log}" if log else problem
    return ""


def commit(
    changes: t.Sequence[Change], apply: Apply, run: Run, journal: str, backup: bool = True
) -> None:
    """Write the changes and run the commands; where anything fails, restore the old files and run
    the commands again.

    journal: the path that journal_path returned; a process that is killed leaves the file.
    """
    written: list[Change] = []
    try:
        write_state(journal, FileState(b"", os.getuid(), os.getgid(), 0o600))
        for change in changes:
            if backup and change.before.content is not None and not change.desired.secret:
                write_state(f"{os.path.realpath(change.desired.path)}~", change.before)
            write_state(change.desired.path, change.after)
            written.append(change)
        problem = _failure(apply, run)
    except OSError as exc:
        problem = f"a file could not be written: {exc}"
    second_problem = ""
    if problem:
        for change in reversed(written):
            write_state(change.desired.path, change.before)
        second_problem = _failure(apply, run)
    if not second_problem:
        write_state(journal, FileState())
    if problem:
        if second_problem:
            problem += f" With the old files, {second_problem}"
        problem = redact(problem, [change.desired for change in changes])
        raise ConfigError(f"The old files were restored, because {problem}")


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
