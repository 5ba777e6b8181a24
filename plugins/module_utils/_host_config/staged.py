# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a host as it would be with new files, which are in a stage yet.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import typing as t

from .reader import Host, Run

#: The file that a program reads first; the programs of Postfix are given its directory.
FIRST_FILE = {"postconf": "main.cf", "postmap": "main.cf", "doveconf": "dovecot.conf"}


class StagedHost(Host):
    """A host, of whose files some are elsewhere. places: their paths to where they are now."""

    def __init__(self, run: Run, places: t.Mapping[str, str]) -> None:
        super().__init__(run)
        self._places = places

    def run(self, *argv: str, given: str = "", quiet: bool = False) -> str | None:
        return super().run(*self._staged(argv), given=given, quiet=quiet)

    def query(self, *argv: str, given: str) -> str | None:
        return super().query(*self._staged(argv), given=given)

    def read(self, path: str, quiet: bool = False) -> str | None:
        return super().read(self._places.get(path, path), quiet)

    def _staged(self, argv: t.Sequence[str]) -> list[str]:
        """A command that reads the stage."""
        program, *rest = argv
        rest = [self._moved(part) for part in rest]
        for place in self._places.values():
            folder, name = os.path.split(place)
            if name == FIRST_FILE.get(program):
                rest = ["-c", place if program == "doveconf" else folder, *rest]
        return [program, *rest]

    def _moved(self, part: str) -> str:
        """A path, or a table such as texthash:/path, at its place."""
        kind, colon, path = part.rpartition(":")
        return kind + colon + self._places.get(path, path)
