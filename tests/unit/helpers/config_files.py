# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desired files of the user who runs the tests, and commands with scripted results."""

from __future__ import annotations

import getpass
import grp
import os
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import DesiredFile

if t.TYPE_CHECKING:
    import pathlib

OWNER = getpass.getuser()
GROUP = grp.getgrgid(os.getgid()).gr_name


class Commands:
    """Answers each command by its first word, and keeps the commands."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers = answers
        self.seen: list[list[str]] = []

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        self.seen.append(list(argv))
        answer = self.answers.get(argv[0], (0, "", ""))
        return answer.pop(0) if isinstance(answer, list) else answer


def desired(
    path: pathlib.Path | str, content: bytes | None = b"new\n", **more: t.Any
) -> DesiredFile:
    """A file with a content, of the user who runs the tests."""
    return DesiredFile(str(path), content, **{"owner": OWNER, "group": GROUP, **more})
