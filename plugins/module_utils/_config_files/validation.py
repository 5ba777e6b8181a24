# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate configuration files in a stage before anything is written.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from dataclasses import dataclass

from .files import ConfigError, DesiredFile
from .messages import Run, command_text, redact, result_text


@dataclass(frozen=True)
class Validator:
    """A command that must succeed on the staged files. needs: paths that it cannot do without."""

    argv: t.Sequence[str]
    silent: bool = False
    needs: t.Sequence[str] = ()

    def can_run(self) -> bool:
        """Whether the program and everything that it needs exist."""
        return shutil.which(self.argv[0]) is not None and all(
            os.path.exists(path) for path in self.needs
        )


def stage(files: t.Iterable[DesiredFile], directory: str) -> None:
    """Write every file that has to exist into the directory, by its base name, for root only."""
    for desired in files:
        target = os.path.join(directory, os.path.basename(desired.path))
        if os.path.exists(target):
            raise ConfigError(
                f"{desired.path} cannot be staged: another file has the same base name."
            )
        if desired.content is not None:
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(desired.content)


def validate(files: t.Sequence[DesiredFile], validators: t.Iterable[Validator], run: Run) -> None:
    """Run each command on the files in a stage; nothing outside the stage is changed."""
    with tempfile.TemporaryDirectory(prefix="config-files-") as directory:
        stage(files, directory)
        for validator in validators:
            code, out, err = run([part.replace("{stage}", directory) for part in validator.argv])
            if code != 0 or (validator.silent and err.strip()):
                result = redact(result_text(code, out, err).replace(f"{directory}/", ""), files)
                command = command_text(validator.argv)
                raise ConfigError(
                    f"Nothing was written, because {command} rejects the files: {result}"
                )
