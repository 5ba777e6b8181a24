# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs on a mail host: removes settings, restarts daemons, puts the settings back. One JSON command
a line, one JSON reply a line.

Whatever happens to the other side, the correct files are back when this ends. Standard library
only.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from config_edit import edited
from module_utils._host_config import collect, effective_settings, reader  # type: ignore[import-not-found]

PORTS = (25, 465, 587, 993, 995, 4190)
START_TIMEOUT = 4.0


def run(argv: list[str], given: str) -> tuple[int, str, str]:
    """Run a program: exit code, output, errors."""
    environment = {**os.environ, **reader.ENVIRONMENT}
    done = subprocess.run(
        argv,
        input=given,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def answers(port: int) -> bool:
    """Whether something listens on a port of this host."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Host:
    """The files that were changed, with their correct text."""

    def __init__(self) -> None:
        self.correct: dict[str, str] = {}
        self.touched: set[str] = set()
        self.open = [port for port in PORTS if answers(port)]

    def edit(self, path: str, name: str, listener: str, instead: list[str]) -> dict[str, Any]:
        """Remove a setting; return an error if it is not there or would not change."""
        text = Path(path).read_text(encoding="utf-8")
        try:
            changed = edited(text, name, listener, instead)
        except LookupError as exc:
            return {"error": str(exc)}
        self.correct.setdefault(path, text)
        Path(path).write_text(changed, encoding="utf-8")
        return {}

    def about(self) -> dict[str, Any]:
        """The release of Debian, and the certificate of the private authority."""
        release = dict(
            line.split("=", 1)
            for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
            if "=" in line
        )
        authority = Path("/etc/ssl/mail/private-ca.pem")
        return {
            "release": release["VERSION_ID"].strip('"'),
            "authority": authority.read_text(encoding="ascii") if authority.exists() else "",
        }

    def restart(self, units: list[str]) -> dict[str, Any]:
        """Restart daemons, and wait for a while until the ports that were open are open again."""
        self.touched.update(units)
        subprocess.run(["systemctl", "reset-failed", *units], capture_output=True, check=False)
        done = subprocess.run(
            ["systemctl", "restart", *units], capture_output=True, text=True, check=False
        )
        deadline = time.monotonic() + START_TIMEOUT
        while (
            done.returncode == 0
            and time.monotonic() < deadline
            and not all(map(answers, self.open))
        ):
            time.sleep(0.1)
        return {"started": done.returncode == 0, "errors": done.stderr.strip()}

    def info(self, name: str, expected: list[dict[str, Any]]) -> Any:
        """The configuration of the host."""
        return collect.observe(run, name, (), expected)

    def effective(self, name: str, daemon: str, expected: list[dict[str, Any]]) -> Any:
        """The effective settings of one daemon; to read the whole host takes a second."""
        host = reader.Host(run)
        found = collect.DAEMONS[daemon](host)
        facts = {daemon: found} if found else {}
        facts["effective_settings"] = effective_settings.effective_rows(
            host, facts, [entry for entry in expected if entry["daemon"] == daemon]
        )
        return collect.observation(
            collect.Job(collect.PROBE, name, "host", "", 0, {}),
            {**facts, "missing": host.missing},
            None,
            [],
            {},
        )

    def restore(self) -> dict[str, Any]:
        """Put the correct files back."""
        for path, text in self.correct.items():
            Path(path).write_text(text, encoding="utf-8")
        self.correct.clear()
        return {}


def main() -> None:
    """Carry out commands until the other side closes."""
    host = Host()
    try:
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            print(json.dumps(getattr(host, command)(*arguments)), flush=True)
    finally:
        host.restore()
        host.restart(sorted(host.touched))


if __name__ == "__main__":
    main()
