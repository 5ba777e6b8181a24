# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module config_files as values of a transaction, and the transaction itself.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import re
import tempfile
import typing as t

from .candidate import NamespaceError, seen
from .diff import diff
from .files import ConfigError, DesiredFile, read_state
from .journal import Journal, LockedError, lock
from .rehearsal import rehearsed
from .transaction import Apply, Change, commit, digest, plan, recover
from .validation import Validator, stage, validate

if t.TYPE_CHECKING:
    from .messages import Run

#: Returns the facts of a host; takes the paths of some files to where they are in place of these.
Look = t.Callable[[t.Mapping[str, str]], t.Any]
#: How long a run waits for another one.
LOCK_SECONDS = 30


def _content(
    option: t.Mapping[str, t.Any], secrets: t.Mapping[str, t.Any], lenient: bool
) -> bytes | None:
    """The content of one file; None for one that has to be absent."""
    path, secret = option["path"], option["secret"]
    content, source = option["content"], option["source"]
    if option["state"] == "absent":
        return None
    if source is not None:
        found = read_state(source).content
        if found is None and not lenient:
            raise ConfigError(
                f"{path} cannot be written, because its source {source} does not exist."
            )
        return found or b""
    if secret and content is not None:
        raise ConfigError(f"{path} is secret, so its content has to be in secret_contents.")
    if secret and path in secrets:
        content = str(secrets[path])
    if content is None:
        raise ConfigError(f"{path} has no content; set content, or state: absent.")
    return str(content).encode("utf-8")


def desired_files(
    options: t.Iterable[t.Mapping[str, t.Any]], secrets: t.Mapping[str, t.Any], lenient: bool
) -> list[DesiredFile]:
    """The files that the options describe; raises ConfigError for options that contradict.

    lenient: a source may not exist yet.
    """
    files = []
    for option in options:
        path, owner, group, mode = option["path"], option["owner"], option["group"], option["mode"]
        if not re.fullmatch("0?[0-7]{3}", mode):
            raise ConfigError(
                f"{path} cannot have the mode {mode}; give an octal number such as '0640'."
            )
        data = _content(option, secrets, lenient)
        files.append(
            DesiredFile(path, data, owner, group, int(mode, 8), option["secret"], option["restart"])
        )
    unused = set(secrets) - {desired.path for desired in files if desired.secret}
    if unused:
        names = ", ".join(sorted(unused))
        raise ConfigError(f"secret_contents names {names}, which is not a secret file in files.")
    return files


def required_action(changes: t.Sequence[Change], active: bool) -> str:
    """What makes the unit read the changes: reload, restart or nothing."""
    if not (changes and active):
        return "nothing"
    return "restart" if any(change.desired.restart for change in changes) else "reload"


def apply_commands(
    action: str, unit: str, command: t.Sequence[str] | None, check: t.Sequence[str]
) -> Apply:
    """The commands for an action; the unit has to be active after it, and to pass the check.

    command: what to run instead of systemctl.
    """
    if action == "nothing":
        return Apply()
    # A unit that did not survive a reload has to be started with the old files.
    verb = "reload-or-restart" if action == "reload" else action
    commands = [command or ["systemctl", verb, unit], ["systemctl", "is-active", unit], check]
    return Apply(
        [argv for argv in commands if argv],
        ["journalctl", "-u", unit, "-n", "12", "-o", "cat", "--no-pager"],
        unit,
    )


def replace_files(
    options: t.Mapping[str, t.Any],
    run: Run,
    dry_run: bool,
    journal: Journal,
    look: Look = dict,
) -> dict[str, t.Any]:
    """Replace the files that the options of the module describe; returns what the module returns.

    dry_run: write nothing, and skip a validator whose program does not exist yet. look: returns the
    facts of the candidate, in a process that sees it or from where its files are.
    """
    if dry_run:
        return {**_replace(options, run, True, journal, look), "recovered": ""}
    try:
        with lock(journal.directory, LOCK_SECONDS):
            recovered, settled = recover(journal, run)
            result = _replace(options, run, False, journal, look)
            if not settled and not result["changed"]:
                raise ConfigError(recovered)
    except LockedError:
        raise ConfigError(
            f"Another run changes this host now: it has held {journal.directory}/lock for "
            f"{LOCK_SECONDS} seconds. Nothing was changed."
        ) from None
    except OSError as exc:
        raise ConfigError(f"A file could not be read or written: {exc}") from exc
    return {**result, "changed": result["changed"] or bool(recovered), "recovered": recovered}


def _replace(
    options: t.Mapping[str, t.Any],
    run: Run,
    dry_run: bool,
    journal: Journal,
    look: Look,
) -> dict[str, t.Any]:
    """Validate, show the candidate or replace what differs."""
    files = desired_files(options["files"], options["secret_contents"], dry_run)
    changes = plan(files, dry_run)
    validators = [Validator(**entry) for entry in options["validate"]]
    validate(files, [entry for entry in validators if entry.can_run() or not dry_run], run)
    unit = options["unit"]
    active = unit is not None and run(["systemctl", "is-active", unit])[0] == 0
    action = required_action(changes, active)
    result = {
        "changed": bool(changes),
        "changed_files": [change.desired.path for change in changes],
        "applied": action,
        "diff": diff(changes),
    }
    if options["step"] == "candidate":
        result.update(_candidate(files, changes, look), digest=digest(changes))
        if changes and active and options["rehearse"]:
            result.update(rehearsed(changes, options["rehearse"], options["check"], run))
        return result
    if options["digest"] not in (None, digest(changes)):
        raise ConfigError("Nothing was changed, because the files changed while they were judged.")
    if changes and not dry_run:
        apply = apply_commands(action, unit, options.get(action), options["check"])
        commit(changes, apply, run, journal, options["backup"])
    return result


def _candidate(
    files: t.Sequence[DesiredFile], changes: t.Sequence[Change], look: Look
) -> dict[str, t.Any]:
    """The facts of the candidate, or why there are none."""
    if not changes:
        return {}
    try:
        return {"candidate": seen(changes, lambda _room: look({}))}
    except NamespaceError:
        return {"candidate": _staged(files, look)}
    except (ConfigError, OSError) as exc:
        return {"candidate_error": str(exc)}


def _staged(files: t.Sequence[DesiredFile], look: Look) -> t.Any:
    """The facts of the candidate where no process can see it: of its files in a stage."""
    with tempfile.TemporaryDirectory(prefix="config-files-") as directory:
        stage(files, directory)
        places = {
            desired.path: os.path.join(directory, os.path.basename(desired.path))
            for desired in files
        }
        return look(places)
