# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs a program of Ansible as a person would, with none of the caller's own settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def ansible_environment(folder: Path, **settings: str) -> dict[str, str]:
    """The variables of the environment for a program of Ansible that works in a folder."""
    inherited = {name: text for name, text in os.environ.items() if name[:8] != "ANSIBLE_"}
    return {
        **inherited,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PWD": str(folder),
        **settings,
    }


def run_ansible(
    program: str,
    *arguments: str,
    folder: Path,
    timeout: int = 240,
    before: Sequence[str] = (),
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """What ``ansible-PROGRAM`` said, in text.

    ``folder`` is its working directory and holds its home; ``timeout`` is in seconds; ``before``
    stands before the command; ``settings`` are more variables of the environment.
    """
    return subprocess.run(
        [*before, sys.executable, "-m", "ansible", program, *arguments],
        env=ansible_environment(folder, **settings),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
