# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs programs as a module does, and gives recorded output of real ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

RECORDED = Path(__file__).resolve().parents[1] / "plugins/module_utils/_host_config/recorded"
SECRET = "Xyzzy-17"


def run(argv: list[str], given: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a program."""
    done = subprocess.run(argv, input=given, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


def recorded(name: str) -> str:
    """The recorded output of a program."""
    return (RECORDED / name).read_text(encoding="utf-8")
