# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The candidate: the host as it would be with the new files.

A process of its own sees the new files in their places, in a mount namespace that no other process
shares and that ends with it. So the daemons' programs read the candidate as they would read it
live, with everything that it includes, while the host runs with the old files.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import tempfile
import typing as t

from .files import ConfigError, write_state
from .journal import status_of
from .paths import resolved

if t.TYPE_CHECKING:
    from .files import FileState
    from .transaction import Change

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18


class NamespaceError(ConfigError):
    """The host permits no namespace of its own to a process."""


def call(name: str, *arguments: t.Any) -> None:
    """A function of the C library; raises OSError where it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), f"{name} of a namespace")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    texts = [os.fsencode(text) for text in (source, target, kind)]
    call("mount", *texts, ctypes.c_ulong(flags), os.fsencode(options))


def nearest_folder(path: str) -> str:
    """The directory that exists, of those above a path."""
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def like(folder: str, place: str) -> None:
    """Make an empty directory with the owner and the permissions of another one."""
    status = os.stat(folder)
    os.mkdir(place)
    os.chown(place, status.st_uid, status.st_gid)
    os.chmod(place, status.st_mode & 0o7777)


def cover(folder: str, room: str, empty: t.Iterable[str] = ()) -> None:
    """Have changes below a directory go elsewhere: by an overlay, else by a copy of it.

    empty: directories in it that have nothing in them from the start, whatever comes into the
    real ones.
    """
    upper, work = os.path.join(room, "upper"), os.path.join(room, "work")
    for path in (room, work):
        os.mkdir(path)
    like(folder, upper)
    places = {path: os.path.join(upper, os.path.basename(path)) for path in empty}
    try:
        for path, place in places.items():
            like(path, place)
            os.setxattr(place, "trusted.overlay.opaque", b"y")
        options = f"lowerdir={folder},upperdir={upper},workdir={work}"
        mount("overlay", folder, "overlay", options=options)
    except OSError:
        if status_of(("cp", "-a", f"{folder}/.", upper)):
            raise OSError(f"{folder} cannot be copied") from None
        for path, place in places.items():
            shutil.rmtree(place)
            like(path, place)
        mount(upper, folder, "", MS_BIND)


def show(changes: t.Iterable[Change], room: str) -> None:
    """Put the new files into their places, for this process and its children alone."""
    call("unshare", CLONE_NEWNS)
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    mount("tmpfs", room, "tmpfs", options="mode=0700")
    wanted = [(resolved(change.desired.path), change.after) for change in changes]
    covered: list[str] = []
    for folder in sorted(
        {nearest_folder(path) for path, after in wanted if not _fits(path, after)}
    ):
        if not _is_below(folder, covered):
            cover(folder, os.path.join(room, f"folder-{len(covered)}"))
            covered.append(folder)
    for number, (path, after) in enumerate(wanted):
        if _is_below(path, covered):
            write_state(path, after)
        else:
            write_state(os.path.join(room, str(number)), after)
            mount(os.path.join(room, str(number)), path, "", MS_BIND)


def _fits(path: str, after: FileState) -> bool:
    """Whether a new file can be put over an old one."""
    return after.content is not None and os.path.isfile(path)


def _is_below(path: str, folders: t.Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def seen(
    changes: t.Sequence[Change], look: t.Callable[[str], t.Any], *, sealed: bool = False
) -> t.Any:
    """What a function returns, as JSON, in a process that sees the new files; raises ConfigError
    where there can be no such process.

    look: is given a directory that is private to the process. sealed: the process has a network of
    its own, and all that it starts ends with it.
    """
    room = tempfile.mkdtemp(prefix="config-files-")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(writer, changes, room, look, sealed)
    os.close(writer)
    with open(reader, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(child, 0)
    os.rmdir(room)
    answer = json.loads(text or '{"error": "the process ended"}')
    if "namespace" in answer:
        raise NamespaceError(answer["namespace"])
    if "error" in answer:
        raise ConfigError(answer["error"])
    return answer["seen"]


def _seal() -> None:
    """Go on in a process that no route leads out of, and that is the first one of its kind."""
    call("unshare", CLONE_NEWNET | CLONE_NEWPID)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)


def _answer(
    writer: int,
    changes: t.Sequence[Change],
    room: str,
    look: t.Callable[[str], t.Any],
    sealed: bool,
) -> t.NoReturn:
    """The process: look, write what was seen, and end without anything that Python does then."""
    try:
        if sealed:
            _seal()
        show(changes, room)
        answer = {"seen": look(room)}
    except ConfigError as exc:
        answer = {"error": str(exc)}
    except OSError as exc:
        answer = {"namespace": f"no namespace can be had on this host ({exc})"}
    except BaseException as exc:
        answer = {"error": f"reading it ended with {type(exc).__name__}"}
    with open(writer, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os._exit(0)
