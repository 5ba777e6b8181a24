# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What ansible-test runs to put pip into an empty environment: Python's own pip, then the one that
was asked for.

Stands in for a download, so that a sanity run needs nothing but a package index. Each in a process
of its own, since ensurepip turns off pip's configuration for the process it runs in."""

from __future__ import annotations

import subprocess
import sys

arguments = [
    argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")
]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
