# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The compiled forms of the Sieve scripts in a directory.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import stat
import tempfile
import typing as t

from ._config_files.files import ConfigError, FileState, read_state, write_state

#: Starts a command; returns its exit code, output and errors.
Run = t.Callable[[t.List[str]], t.Tuple[int, str, str]]


def _compile(script: str, compiler: str, run: Run) -> bytes:
    """What the compiler of this host makes of a script now."""
    with tempfile.TemporaryDirectory(prefix="sieve-scripts-") as folder:
        target = os.path.join(folder, "compiled")
        code, out, err = run([compiler, script, target])
        content = read_state(target).content
    if code != 0 or content is None:
        raise ConfigError(f"{compiler} cannot compile {script}: {' '.join((err or out).split())}")
    return content


def _fits(script: str, binary: str, content: bytes) -> bool:
    """Whether a binary has the content and is newer than its script, as Dovecot demands."""
    try:
        found, source = os.lstat(binary), os.stat(script)
    except FileNotFoundError:
        return False
    same = stat.S_ISREG(found.st_mode) and read_state(binary).content == content
    return same and found.st_mtime > source.st_mtime


def compile_scripts(directory: str, compiler: str, run: Run, dry_run: bool) -> dict[str, list[str]]:
    """Bring each script's compiled form up to date, and remove those without a script."""
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        names = []
    scripts = [name[: -len(".sieve")] for name in names if name.endswith(".sieve")]
    compiled = []
    for name in scripts:
        script, binary = (os.path.join(directory, name + end) for end in (".sieve", ".svbin"))
        content = _compile(script, compiler, run)
        if not _fits(script, binary, content):
            compiled.append(script)
            if not dry_run:
                write_state(binary, FileState(content, os.getuid(), os.getgid(), 0o644))
    removed = [
        os.path.join(directory, name)
        for name in names
        if name.endswith(".svbin") and name[: -len(".svbin")] not in scripts
    ]
    for path in [] if dry_run else removed:
        os.unlink(path)
    return {"compiled": compiled, "removed": removed}
