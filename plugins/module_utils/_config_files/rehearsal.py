# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rehearsal: the daemon runs with the new files, sealed in namespaces, and is asked as by a
client, before the host runs with them.

It has the maps, certificates, milters and sockets of the host, addresses of its own and no route.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import re
import resource
import socket
import threading
import typing as t

from .._scan.redaction import Redactor
from .candidate import MS_BIND, NamespaceError, cover, like, mount, seen
from .files import ConfigError
from .messages import command_text, one_line, redact, result_text
from .rehearsal_user import add_user, installed, possible

if t.TYPE_CHECKING:
    from .messages import Run
    from .transaction import Change

#: The addresses of a host and of a stranger, from the networks for documentation (RFC 5737, 3849).
HOST, STRANGER, STRANGER6 = "192.0.2.25", "192.0.2.66", "2001:db8::66"
ADDRESSES = (f"{HOST}/32", f"{STRANGER}/32", "2001:db8::25/128", f"{STRANGER6}/128")
JOURNALD = "/run/systemd/journal"
#: How many lines of a log a message quotes.
LINES = 3
#: As many characters of a password as no message shows in a row; fewer may be other words.
PIECE = 8
_SERIOUS = re.compile(r"\b(warning|error|fatal|panic): ", re.IGNORECASE)


def own_addresses(text: str) -> list[str]:
    """The addresses in the output of ip -o address, each as a network of its own."""
    found = re.findall(r"\binet6? ([0-9a-fA-F.:]+)", text)
    return [f"{address}/{128 if ':' in address else 32}" for address in found]


def outermost(paths: t.Iterable[str]) -> list[str]:
    """Some directories without those that lie in another one of them, each once."""
    found = list(dict.fromkeys(os.path.normpath(path) for path in paths))
    return [path for path in found if not any(path.startswith(f"{other}/") for other in found)]


def rehearsed(
    changes: t.Sequence[Change],
    options: t.Mapping[str, t.Any],
    check: t.Sequence[str],
    run: Run,
) -> dict[str, str]:
    """Rehearse, and return in words that it was done or why not, and what the daemon said if it
    failed.
    """
    code, addresses, _errors = run(["ip", "-o", "address"])
    if code:
        return {"rehearsal": "The new files were not rehearsed, since there is no program ip."}

    def perform(room: str) -> tuple[str, bool]:
        user = options["user"] if possible(options["user"]) else None
        own = own_addresses(addresses)
        return _perform(room, {**options, "user": user}, check, run, own), bool(user)

    try:
        problem, login = seen(changes, perform, sealed=True)
    except (NamespaceError, OSError) as exc:
        return {"rehearsal": f"The new files were not rehearsed: {exc}."}
    except ConfigError as exc:  # it began, and nobody knows how it ended
        return {"rehearsal": "", "rehearsal_problem": f"The rehearsal did not end: {exc}."}
    problem = redact(problem, [change.desired for change in changes])
    done = f"The new files were rehearsed, {'with' if login else 'without'} the login of a user."
    return {"rehearsal": done, "rehearsal_problem": problem}


def _perform(
    room: str,
    options: t.Mapping[str, t.Any],
    check: t.Sequence[str],
    run: Run,
    addresses: list[str],
) -> str:
    """What went wrong, in a process that is sealed; empty where all is well."""
    user = options["user"] or {"empty": [], "daemons": []}
    daemons = installed(user)
    own = {path for daemon in daemons for path in daemon["serves"]}
    shared = _kept([path for path in options["share"] if path not in own], room)
    empty = outermost(filter(os.path.isdir, (*options["empty"], *user["empty"])))
    covered = {path for path in empty if os.path.dirname(path) in options["cover"]}
    for number, folder in enumerate(options["cover"]):
        inside = [path for path in covered if os.path.dirname(path) == folder]
        cover(folder, os.path.join(room, f"cover-{number}"), inside)
    for place, path in shared.items():
        mount(place, path, "", MS_BIND)
    for number, folder in enumerate(path for path in empty if path not in covered):
        place = os.path.join(room, f"empty-{number}")
        like(folder, place)
        mount(place, folder, "", MS_BIND)
    os.environ.update(
        REHEARSAL_HOST=HOST, REHEARSAL_STRANGER=STRANGER, REHEARSAL_STRANGER6=STRANGER6
    )
    hidden = Redactor(PIECE)
    password = add_user(user, room, hidden.add) if options["user"] else ""
    log = _log(os.path.join(room, "journal"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    run(["ip", "link", "set", "lo", "up"])
    for address in (*ADDRESSES, *addresses):
        run(["ip", "address", "add", address, "dev", "lo"])
    starts = [*(daemon["argv"] for daemon in daemons), options["start"]]
    problem = _failure(starts, run, log)
    if check and not problem:
        if password:
            os.environ["REHEARSAL_USER"] = user["address"]
            _give(password)
        problem = _failure([check], run, log)
    return hidden.text(problem)


def _kept(paths: t.Iterable[str], room: str) -> dict[str, str]:
    """Other names for the sockets that exist of some paths, which lead to them after their
    directory is covered.
    """
    found = {}
    for number, path in enumerate(paths):
        if os.path.exists(path):
            place = os.path.join(room, f"share-{number}")
            with open(place, "wb"):
                mount(path, place, "", MS_BIND)
            found[place] = path
    return found


def _give(line: str) -> None:
    """Have the next command find a line on its standard input, whether it reads it or not."""
    reader, writer = os.pipe()
    os.write(writer, f"{line}\n".encode())
    os.close(writer)
    os.dup2(reader, 0)
    os.close(reader)


def _log(place: str) -> list[str]:
    """What the daemon logs from now on: a thread reads it in place of the journal of the host."""
    messages: list[str] = []
    if os.path.isdir(JOURNALD):
        os.mkdir(place)
        mount(place, JOURNALD, "", MS_BIND)
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(os.path.join(JOURNALD, "dev-log"))
        os.chmod(os.path.join(JOURNALD, "dev-log"), 0o666)

        def take() -> None:
            while True:
                messages.append(log.recv(8192).decode("utf-8", "replace"))

        threading.Thread(target=take, daemon=True).start()
    return messages


def _failure(commands: t.Iterable[t.Sequence[str]], run: Run, log: t.Sequence[str]) -> str:
    """Why the first command failed, with the end of the log."""
    for argv in commands:
        code, out, err = run(list(argv))
        if code:
            said = f"{command_text(argv)} failed: {result_text(code, out, err)}."
            lines = serious(log)
            return f"{said} Its log ends: {one_line(chr(10).join(lines))}." if lines else said
    return ""


def serious(messages: t.Iterable[str]) -> list[str]:
    """The last warnings and errors of a log, without the time and the process."""
    return [
        message[found.start() :]
        for message in messages
        for found in [_SERIOUS.search(message)]
        if found
    ][-LINES:]
