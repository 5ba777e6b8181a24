# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What ansible-test runs to put pip into an empty environment: Python's own pip, then the one that was asked for.

Stands in for a download, so that a sanity run needs nothing but a package index."""

from __future__ import annotations

import ensurepip
import subprocess
import sys

ensurepip.bootstrap()
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
