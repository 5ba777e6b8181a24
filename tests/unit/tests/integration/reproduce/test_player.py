# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The player awaits each reply, and gives up a program that does not end."""

from __future__ import annotations

from typing import Any

import player
import pytest

#: Answers each line a little later, and says how many lines had come by then.
SLOW = """python3 -u -c '
import os, select, time
print("ready")
while line := os.read(0, 999):
    time.sleep(0.2)
    print(line.count(b"\\n"), "line:", line.decode().strip())
'"""


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "CASE_SECONDS", 10.0)


def output(command: str, *lines: str) -> Any:
    return player.play({"command": command, "lines": list(lines)})


def test_each_line_is_typed_after_the_reply_to_the_one_before() -> None:
    assert output(SLOW, "one", "two") == "ready\n1 line: one\n1 line: two\n"


def test_command_without_lines_ends_by_itself() -> None:
    assert output("printf a; sleep 1.5; printf b") == "ab"


def test_script_is_the_here_document_of_its_command() -> None:
    assert output("python3 - <<'END'", "print(6 * 7)", "END") == "42\n"


def test_program_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "CASE_SECONDS", 1.0)
    assert output("echo begun; sleep 60") == "begun\n"


def test_line_for_a_program_that_has_ended_is_lost() -> None:
    assert output("echo done", "a line") == "done\n"
