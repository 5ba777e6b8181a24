# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a host: the output of programs, and files. Notes what could not be read, writes nothing.

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

from .redaction import Secrets, without_secrets

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: The longest time that a program may take, in seconds.
TIMEOUT = 20
#: How much of a file is read, in octets.
MAX_FILE_SIZE = 4 * 1024 * 1024
#: Why the end of a larger file is missing.
TOO_LARGE = f"is larger than {MAX_FILE_SIZE} octets, and only its beginning was read"
#: Why what is neither a path nor an argument of a program is not read.
NULL = "has an octet of zero in it"
#: Starts a program with a standard input; returns its exit code, output and errors.
Run = t.Callable[[t.List[str], str], t.Tuple[int, str, str]]
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C"}
#: Errors of a program of Postfix, as opposed to warnings.
_FAILED = re.compile(r"(?i)\b(fatal|error|panic|unavailable|unsupported|refused)\b")


class Host:
    """This host. missing: what could not be read, and why; secrets: what must not be stored."""

    def __init__(self, run: Run) -> None:
        self.start_program = run
        self.missing: dict[str, str] = {}
        self.secrets = Secrets()

    def which(self, *names: str) -> str | None:
        """The path of the first of some programs that is installed."""
        paths = (shutil.which(name, path=PATH) for name in names)
        return next((path for path in paths if path), None)

    def run(self, *argv: str, given: str = "", quiet: bool = False) -> str | None:
        """The output of a program; None, and a note, when it fails or takes too long.

        given: its standard input. quiet: no note.
        """
        command = " ".join((os.path.basename(argv[0]), *argv[1:4]))
        program, limit = self.which(argv[0]), self.which("timeout")
        if program is None or _has_null(argv):
            why = "there is no such program" if program is None else NULL
            self._note(command, why, quiet)
            return None
        limited = [limit, "--kill-after=2", str(TIMEOUT)] if limit else []
        code, output, _error = self.start_program([*limited, program, *argv[1:]], given)
        if code:
            self._note(command, f"ended with {code}", quiet)
            return None
        self.secrets.learn(output)
        return output

    def query(self, *argv: str, given: str) -> str | None:
        """What a program answers to questions on its standard input, of which it may know none;
        None when it fails.
        """
        program, limit = self.which(argv[0]), self.which("timeout")
        if program is None or _has_null(argv):
            return None
        limited = [limit, "--kill-after=2", str(TIMEOUT)] if limit else []
        code, output, errors = self.start_program([*limited, program, *argv[1:]], given)
        return None if code not in (0, 1) or _FAILED.search(errors) else output

    def _note(self, what: str, why: str, quiet: bool) -> None:
        if not quiet:
            self.missing[what] = why

    def read(self, path: str, quiet: bool = False) -> str | None:
        """The text of a file; None, and a note, when it cannot be read. quiet: no note."""
        if _has_null([path]):
            self._note(path, NULL, quiet)
            return None
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                self._note(path, "is no regular file", quiet)
                return None
            with open(path, "rb") as stream:
                data = stream.read(MAX_FILE_SIZE + 1)
        except OSError as exc:
            self._note(path, exc.strerror or "cannot be read", quiet)
            return None
        if len(data) > MAX_FILE_SIZE:
            self.missing[path] = TOO_LARGE
        text = data[:MAX_FILE_SIZE].decode("utf-8", "replace")
        self.secrets.learn(text)
        return text

    def about(self, path: str) -> dict[str, t.Any] | None:
        """Owner, group, mode and time of change of a file."""
        if _has_null([path]):
            self._note(path, NULL, quiet=False)
            return None
        try:
            status = os.stat(path)
        except OSError as exc:
            self._note(path, exc.strerror or "cannot be read", quiet=False)
            return None
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        return {
            "mode": mode,
            "owner": _user(status.st_uid),
            "group": _group(status.st_gid),
            "mtime": int(status.st_mtime),
        }

    def glob(self, pattern: str) -> list[str]:
        """The paths that match a pattern, sorted."""
        return [] if _has_null([pattern]) else sorted(glob.glob(pattern))


def _has_null(texts: t.Iterable[str]) -> bool:
    """Whether one of some texts can be no path and no argument of a program."""
    return any("\0" in text for text in texts)


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


def assignments(text: str) -> dict[str, str]:
    """Lines of the form "name = value" as a mapping, without secrets."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = without_secrets(name.strip(), value.strip())
    return found


def directives(text: str) -> list[tuple[str, str]]:
    """Lines of the form "name value" in their order, without comments and secrets."""
    found = []
    for line in text.splitlines():
        words = line.strip().split(None, 1)
        if words and not words[0].startswith("#"):
            value = re.split(r"\s#", words[1])[0].strip() if len(words) > 1 else ""
            found.append((words[0], without_secrets(words[0], value)))
    return found
