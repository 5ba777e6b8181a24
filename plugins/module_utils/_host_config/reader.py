# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is read: programs and files, what could not be read and why. Nothing is ever written.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import glob
import grp
import os
import pwd
import re
import shutil
import stat
import typing as t

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS = 20
#: Files larger than this are not read.
LARGEST = 4 * 1024 * 1024
HIDDEN = "(hidden)"
#: A program, what it reads on its standard input, and what it answers: exit code, output, errors.
Run = t.Callable[[t.List[str], str], t.Tuple[int, str, str]]
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C"}
_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)s?(_maps)?|_pw|secret|token|nonce|api_key|api_header|dsn|(ssl|tls|crypt)_key)$"
)
_SECRET_PART = re.compile(
    r"(?i)\b((?:\w*pass(?:word|wd)?|\w*secret|\w*token|pw|nonpassword)\s*=\s*)[^\s,;{}]+"
)
_SECRET_URL = re.compile(r"(://)[^/@\s]+@")
_TABLE = re.compile(r"(proxy:)?\w+:/[^\s,:{}]+$")


def harmless(name: str, value: str) -> str:
    """A setting as it may be told: without passwords, keys and credentials, wherever in it they
    stand.
    """
    if (
        _SECRET_NAME.search(name)
        and value not in ("", "yes", "no")
        and not _TABLE.match(value)
        and not value.startswith("</")
    ):
        return HIDDEN
    if "-----BEGIN" in value:
        return HIDDEN
    return _SECRET_URL.sub(rf"\1{HIDDEN}@", _SECRET_PART.sub(rf"\1{HIDDEN}", value))


class Host:
    """This host. run: starts a program with what it reads, as a module's run_command does; missing:
    what could not be read, and why.
    """

    def __init__(self, run: Run) -> None:
        self.start = run
        self.missing: dict[str, str] = {}

    def which(self, *names: str) -> str | None:
        """The first of some programs that is there."""
        return next(
            (found for found in (shutil.which(name, path=PATH) for name in names) if found), None
        )

    def run(self, *argv: str, given: str = "", quiet: bool = False) -> str | None:
        """What a program prints; None, and a note of why, when it fails or takes too long."""
        words = " ".join((os.path.basename(argv[0]), *argv[1:4]))
        program, limit = self.which(argv[0]), self.which("timeout")
        if program is None:
            self._lost(words, "there is no such program", quiet)
            return None
        limited = [limit, "--kill-after=2", str(SECONDS)] if limit else []
        code, told, _error = self.start([*limited, program, *argv[1:]], given)
        if code:
            self._lost(words, f"ended with {code}", quiet)
            return None
        return told

    def _lost(self, what: str, why: str, quiet: bool) -> None:
        if not quiet:
            self.missing[what] = why

    def read(self, path: str, quiet: bool = False) -> str | None:
        """The text of a file; None, and a note of why, when it cannot be read."""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                self._lost(path, "is no regular file", quiet)
                return None
            with open(path, encoding="utf-8", errors="replace") as stream:
                return stream.read(LARGEST)
        except OSError as exc:
            self._lost(path, exc.strerror or "cannot be read", quiet)
            return None

    def about(self, path: str) -> dict[str, t.Any] | None:
        """Owner, group, mode and time of a file."""
        try:
            seen = os.stat(path)
        except OSError as exc:
            self._lost(path, exc.strerror or "cannot be read", quiet=False)
            return None
        mode = f"{stat.S_IMODE(seen.st_mode):04o}"
        return {
            "mode": mode,
            "owner": _user(seen.st_uid),
            "group": _group(seen.st_gid),
            "mtime": int(seen.st_mtime),
        }

    def glob(self, pattern: str) -> list[str]:
        """The paths that a pattern stands for, sorted."""
        return sorted(glob.glob(pattern))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def pairs(text: str) -> dict[str, str]:
    """Lines of the form I(name = value), values harmless."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = harmless(name.strip(), value.strip())
    return found


def directives(text: str) -> list[tuple[str, str]]:
    """Lines of the form I(name value), without comments, values harmless."""
    found = []
    for line in text.splitlines():
        words = line.strip().split(None, 1)
        if words and not words[0].startswith("#"):
            value = re.split(r"\s#", words[1])[0].strip() if len(words) > 1 else ""
            found.append((words[0], harmless(words[0], value)))
    return found
