# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Of a step that failed, the lines that say why come last: a log is often kept by its end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TASK = """\
TASK [Audit] ***
fatal: [mx -> outsider]: FAILED! =>
    compliant: false
    hosts:
        mx:
            msg: inner
    msg: |-
        Nothing failed, but one check is unknown.
        smtp: timed out
    report: {}

PLAY RECAP ***
"""
SAID = """\
fatal: [mx -> outsider]: FAILED! =>
    msg: |-
        Nothing failed, but one check is unknown.
        smtp: timed out
"""


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (TASK, SAID),
        (
            "failed: [mx] (item=a) =>\n    cmd: x\n    stderr: no\n\nok: [mx]\n",
            "failed: [mx] (item=a) =>\n    stderr: no\n",
        ),
        (
            "    assert 1\nE   assert 1 == 2\nFAILED tests/a.py\n",
            "E   assert 1 == 2\nFAILED tests/a.py\n",
        ),
        ("all is well\n", ""),
    ],
)
def test_shown(tmp_path: Path, log: str, shown: str) -> None:
    path = tmp_path / "step.log"
    path.write_text(log, encoding="utf-8")
    done = subprocess.run(
        [ROOT / "tools/failures.sh", path], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == shown
