# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a set of configuration files as one: all of them, or none.

Knows no daemon and no Ansible. It takes values and a callable that runs a command.
PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import stat
import tempfile
import typing as t
from dataclasses import dataclass

Run = t.Callable[[t.List[str]], t.Tuple[int, str, str]]

UNKNOWN_ID = -1
HIDDEN = "********"


class ConfigError(Exception):
    """The configuration was not changed, or was put back; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """One file as it shall be; content None means that it shall be absent."""

    path: str
    content: bytes | None
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    secret: bool = False
    restart: bool = False


@dataclass(frozen=True)
class State:
    """One file as it is, or as it will be; content None means that there is none."""

    content: bytes | None = None
    uid: int = UNKNOWN_ID
    gid: int = UNKNOWN_ID
    mode: int = 0


@dataclass(frozen=True)
class Change:
    wanted: Wanted
    before: State
    after: State


@dataclass(frozen=True)
class Validator:
    """A command that must succeed on the staged files; `needs` names what it cannot do without."""

    argv: t.Sequence[str]
    silent: bool = False
    needs: t.Sequence[str] = ()

    def possible(self) -> bool:
        return shutil.which(self.argv[0]) is not None and all(
            os.path.exists(path) for path in self.needs
        )


@dataclass(frozen=True)
class Apply:
    """The commands that make a service read its files and prove that it did, and one that shows the
    end of its log.
    """

    commands: t.Sequence[t.Sequence[str]] = ()
    log: t.Sequence[str] = ()


def read_state(path: str) -> State:
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            return State(file.read(), status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
    except FileNotFoundError:
        return State()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}.") from exc


def wanted_state(wanted: Wanted, lenient: bool) -> State:
    """The state to reach. Lenient: an owner or a group that does not exist yet is no error."""
    if wanted.content is None:
        return State()
    try:
        uid = pwd.getpwnam(wanted.owner).pw_uid
        gid = grp.getgrnam(wanted.group).gr_gid
    except KeyError as exc:
        if not lenient:
            raise ConfigError(
                f"{wanted.path} cannot belong to {wanted.owner}:{wanted.group}: {exc.args[0]}."
            ) from exc
        uid = gid = UNKNOWN_ID
    return State(wanted.content, uid, gid, wanted.mode)


def journal(files: t.Iterable[Wanted]) -> str:
    """The file that lies beside the first one from before the first is replaced until the service
    has read them all.
    """
    return min(os.path.realpath(wanted.path) for wanted in files) + ".unapplied"


def plan(files: t.Sequence[Wanted], lenient: bool = False) -> list[Change]:
    """What has to change, in the order given: nothing when all is as wanted, everything when a run
    was cut short.
    """
    changes = [
        Change(wanted, read_state(wanted.path), wanted_state(wanted, lenient)) for wanted in files
    ]
    return [
        change
        for change in changes
        if change.before != change.after or os.path.exists(journal(files))
    ]


def redact(text: str, files: t.Iterable[Wanted]) -> str:
    """The text without any word of a secret file that is long enough to be a secret."""
    for wanted in files:
        if wanted.secret and wanted.content:
            for word in re.split(
                r"[\s=:;,\"'{}]+", wanted.content.decode("utf-8", errors="replace")
            ):
                if len(word) > 5:
                    text = text.replace(word, HIDDEN)
    return text


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _said(code: int, out: str, err: str) -> str:
    return f"it ended with {code} and said: {_one_line(err) or _one_line(out) or 'nothing'}"


def _shown(argv: t.Iterable[str]) -> str:
    return " ".join("..." if "\n" in part else part for part in argv)


def stage(files: t.Iterable[Wanted], directory: str) -> None:
    """Write every file that shall exist into the directory, by its base name, for root only."""
    for wanted in files:
        target = os.path.join(directory, os.path.basename(wanted.path))
        if os.path.exists(target):
            raise ConfigError(
                f"{wanted.path} cannot be staged: another file has the same base name."
            )
        if wanted.content is not None:
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(wanted.content)


def validate(files: t.Sequence[Wanted], validators: t.Iterable[Validator], run: Run) -> None:
    """Let each command judge the files in a stage; nothing outside the stage is touched."""
    with tempfile.TemporaryDirectory(prefix="config-files-") as directory:
        stage(files, directory)
        for validator in validators:
            code, out, err = run([part.replace("{stage}", directory) for part in validator.argv])
            if code != 0 or (validator.silent and err.strip()):
                said = redact(_said(code, out, err).replace(f"{directory}/", ""), files)
                raise ConfigError(
                    f"Nothing was written, because {_shown(validator.argv)} refuses the files: "
                    f"{said}"
                )


def put(path: str, state: State) -> None:
    """Make one file what the state says, by rename; a symbolic link is followed."""
    path = os.path.realpath(path)
    if state.content is None:
        if os.path.exists(path):
            os.unlink(path)
        return
    folder, name = os.path.split(path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(descriptor, "wb") as file:
            file.write(state.content)
            file.flush()
            os.fchown(descriptor, state.uid, state.gid)
            os.fchmod(descriptor, state.mode)
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _apply(apply: Apply, run: Run) -> str:
    """Why the first command that fails did so, or nothing."""
    for argv in apply.commands:
        code, out, err = run(list(argv))
        if code != 0:
            log = _one_line(run(list(apply.log))[1]) if apply.log else ""
            return (
                f"{_shown(argv)} failed: {_said(code, out, err)}{log and f' Its log ends: {log}'}"
            )
    return ""


def commit(
    changes: t.Sequence[Change], apply: Apply, run: Run, note: str, backup: bool = True
) -> None:
    """Put the changes in place and run the commands; when anything fails, put everything back and
    run them again.

    note: the journal; what is killed in between leaves it, so that the next run knows.
    """
    done: list[Change] = []
    try:
        put(note, State(b"", os.getuid(), os.getgid(), 0o600))
        for change in changes:
            if backup and change.before.content is not None and not change.wanted.secret:
                put(f"{os.path.realpath(change.wanted.path)}~", change.before)
            put(change.wanted.path, change.after)
            done.append(change)
        problem = _apply(apply, run)
    except OSError as exc:
        problem = f"a file could not be written: {exc}"
    again = ""
    if problem:
        for change in reversed(done):
            put(change.wanted.path, change.before)
        again = _apply(apply, run)
    if not again:
        put(note, State())
    if problem:
        sequel = f" With the old files back, {again}" if again else ""
        problem = redact(problem + sequel, [change.wanted for change in changes])
        raise ConfigError(f"The old files were put back, because {problem}")
