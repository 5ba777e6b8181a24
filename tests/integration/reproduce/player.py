# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs commands, types lines into them as a person would, and prints what they showed.

Runs on the outsider: cases as JSON on the standard input, {case: output} on the standard output.
After each line it waits until the program has answered and is silent again. Standard library only.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

#: At most this long for an answer, in seconds, and so long silent until the next line is typed.
ANSWER, SILENCE = 6.0, 0.7
#: So long silent until the first line is typed into what several programs show one after another.
SEQUENCE_SILENCE = 4.0
#: At most this long for a whole case, and as many cases at once.
CASE_SECONDS, CASES_AT_ONCE = 90.0, 4
MAX_OUTPUT = 200_000
#: How the command of a dialog begins or ends: the server greets, and then waits for a line.
DIALOG = re.compile(r"nc -C |.* -quiet -crlf$")
#: A shell reads what follows this in a command as the standard input of a program.
HERE_DOCUMENT = "<<'END'"


class Player:
    """A command that runs, and what it has shown."""

    def __init__(self, command: str, folder: str) -> None:
        self.deadline = time.monotonic() + CASE_SECONDS
        self.output = b""
        self._pieces: queue.Queue[bytes] = queue.Queue()
        self._program = subprocess.Popen(
            ["/bin/bash", "-c", command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._typed: IO[bytes] = self._program.stdin
        self._shown: IO[bytes] = self._program.stdout
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while piece := os.read(self._shown.fileno(), 65536):
            self._pieces.put(piece)
        self._pieces.put(b"")

    def await_reply(self, seconds: float, silence: float = SILENCE) -> bool:
        """Whether the program still runs, after it has answered and is silent again."""
        end = min(time.monotonic() + seconds, self.deadline)
        while (left := end - time.monotonic()) > 0:
            try:
                piece = self._pieces.get(timeout=left)
            except queue.Empty:
                return True
            if not piece:
                return False
            self.output += piece[: MAX_OUTPUT - len(self.output)]
            end = min(time.monotonic() + silence, self.deadline)
        return True

    def type_line(self, line: str) -> None:
        """Types a line; a program that has ended takes none."""
        try:
            self._typed.write(line.encode() + b"\n")
            self._typed.flush()
        except OSError:
            return

    def stop(self) -> None:
        """Ends the program and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._program.pid, signal.SIGKILL)
        self._program.wait()
        self._reader.join()
        self._shown.close()
        with contextlib.suppress(OSError):
            self._typed.close()


def play(case: dict[str, Any]) -> str:
    """What a command shows to somebody who types the lines of a case into it."""
    command, lines = case["command"], case["lines"]
    if command.endswith(HERE_DOCUMENT):
        command, lines = "\n".join([command, *lines]), []
    with tempfile.TemporaryDirectory() as folder:
        player = Player(command, folder)
        try:
            silence = SEQUENCE_SILENCE if "; " in command else SILENCE
            running = player.await_reply(ANSWER, silence)
            for line in lines:
                player.type_line(line)
                running = running and player.await_reply(ANSWER)
            dialog = bool(DIALOG.match(command))
            while running and not dialog and time.monotonic() < player.deadline:
                running = player.await_reply(CASE_SECONDS)
        finally:
            player.stop()
    return player.output.decode("utf-8", "replace")


def main() -> None:
    """Plays all cases."""
    cases = {check: case for check, case in json.load(sys.stdin).items() if case["command"]}
    with concurrent.futures.ThreadPoolExecutor(CASES_AT_ONCE) as pool:
        outputs = {check: pool.submit(play, case) for check, case in cases.items()}
        json.dump({check: output.result() for check, output in outputs.items()}, sys.stdout)


if __name__ == "__main__":
    main()
