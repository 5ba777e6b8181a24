# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd knows about a unit, and which files are newer than what the service has read.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import calendar
import glob
import os
import time
import typing as t
from dataclasses import dataclass

#: Starts a command; returns its exit code, output and errors.
Run = t.Callable[[t.List[str]], t.Tuple[int, str, str]]

PROPERTIES = {
    "LoadState": "load",
    "ActiveState": "active",
    "UnitFileState": "file_state",
    "NeedDaemonReload": "outdated",
    "FragmentPath": "fragment",
    "DropInPaths": "drop_ins",
    "InactiveExitTimestamp": "started",
    "StateChangeTimestamp": "loaded",
}


#: Where the administrator's unit files are. Those of packages lie elsewhere.
DIRECTORY = "/etc/systemd/system"


class ServiceError(Exception):
    """The service could not be brought into the state; the message says why."""


@dataclass(frozen=True)
class Unit:
    """One unit. started and loaded: when it was last started, and last started or reloaded."""

    exists: bool
    active: bool
    enabled: bool
    outdated: bool
    unit_files: tuple[str, ...]
    started: float
    loaded: float


def _seconds(timestamp: str) -> float:
    """The time of 'Mon 2026-11-30 01:44:57.123456 UTC'; 0 for none."""
    parts = timestamp.split()
    if len(parts) != 4:
        return 0.0
    whole, _dot, fraction = parts[2].partition(".")
    moment = time.strptime(f"{parts[1]} {whole}", "%Y-%m-%d %H:%M:%S")
    return calendar.timegm(moment) + float(f"0.{fraction or 0}")


def _unread(name: str, fragment: str, drop_ins: t.Collection[str]) -> bool:
    """Whether the administrator's files for a unit are others than those that systemd has read.

    systemd does not notice the first drop-in of a unit by itself.
    """
    own = os.path.join(DIRECTORY, name)
    expected = set(glob.glob(f"{glob.escape(own)}.d/*.conf"))
    known = {path for path in drop_ins if os.path.dirname(path) == f"{own}.d"}
    return expected != known or (os.path.isfile(own) and fragment not in (own, ""))


def read_unit(name: str, run: Run) -> Unit:
    """The unit as systemd sees it now; raises ServiceError where systemd does not answer."""
    argv = ["systemctl", "show", "--timestamp=us+utc", f"--property={','.join(PROPERTIES)}", name]
    code, out, err = run(argv)
    if code != 0:
        raise ServiceError(f"systemd does not describe {name}: {err.strip() or out.strip()}")
    pairs = (line.partition("=") for line in out.splitlines())
    shown = {PROPERTIES[key]: value for key, _equals, value in pairs if key in PROPERTIES}
    fragment, drop_ins = shown.get("fragment", ""), shown.get("drop_ins", "").split()
    return Unit(
        exists=shown.get("load") == "loaded",
        active=shown.get("active") in ("active", "reloading"),
        enabled=shown.get("file_state", "").startswith("enabled"),
        outdated=shown.get("outdated") == "yes" or _unread(name, fragment, drop_ins),
        unit_files=tuple(path for path in [fragment, *drop_ins] if path),
        started=_seconds(shown.get("started", "")),
        loaded=_seconds(shown.get("loaded", "")),
    )


def newer_files(patterns: t.Iterable[str], moment: float) -> list[str]:
    """The files that were written, replaced or renamed after the moment."""
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern)})
    found = []
    for path in paths:
        try:
            if os.stat(path).st_ctime > moment:
                found.append(path)
        except OSError:
            continue
    return found


def stale_copies(paths: t.Iterable[str], directory: str | None) -> list[str]:
    """The files whose copy below the directory has another content; a missing copy has none."""
    found = []
    for path in paths if directory is not None else ():
        try:
            with open(path, "rb") as file, open(f"{directory}{path}", "rb") as copy:
                if file.read() != copy.read():
                    found.append(path)
        except OSError:
            continue
    return found
