# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SIGINT and SIGTERM during an audit: the process ends soon, and the report has what was seen."""

from __future__ import annotations

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.plugin_utils._audit.interruption import (
    Interrupted,
    Interruption,
)
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import ansible_environment

BOTH = (signal.SIGINT, signal.SIGTERM)
#: Seconds within which an interrupted audit has to end; the servers below are never done.
SOON = 20


class Peer(socketserver.StreamRequestHandler):
    """A server without STARTTLS that permits everything, and takes its time for each reply."""

    server: Server

    def handle(self) -> None:
        self.server.heard = time.monotonic()
        self._reply(b"220 mx1.example.org ESMTP")
        for line in self.rfile:
            self._reply(b"354 go on" if line[:4].upper() == b"DATA" else b"250 fine")

    def _reply(self, text: bytes) -> None:
        self.server.over.wait(self.server.delay)
        self.wfile.write(text + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """Listens on one address. delay: seconds before each reply."""

    daemon_threads = True

    def __init__(self, address: str, port: int, delay: float) -> None:
        super().__init__((address, port), Peer)
        self.delay, self.heard, self.over = delay, 0.0, threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Peers:
    """Two of them on one port: 127.0.0.2 replies at once, and 127.0.0.3 is never done."""

    def __init__(self) -> None:
        first = Server("127.0.0.2", 0, 0)
        self.port = int(first.server_address[1])
        self.all = [first, Server("127.0.0.3", self.port, 8)]

    def wait(self, audit: subprocess.Popen[str]) -> None:
        """Until one was audited and the other is being waited for."""
        while not all(0 < one.heard < time.monotonic() - 2 for one in self.all):
            assert audit.poll() is None
            time.sleep(0.1)

    def close(self) -> None:
        for one in self.all:
            one.over.set()
            one.shutdown()
            one.server_close()


@pytest.fixture(name="peers")
def two_peers() -> Iterator[Peers]:
    peers = Peers()
    yield peers
    peers.close()


def start(folder: Path, peers: Peers) -> subprocess.Popen[str]:
    shared = {
        "audit_ports": {"smtp": peers.port},
        "audit_services": ["smtp"],
        "audit_checks": ["starttls_offered"],
        "audit_other_ports": [],
        "audit_dns_resolver": "none",
        "audit_report_forms": ["json", "html", "text"],
    }
    hosts = {"open": {"audit_addresses": ["127.0.0.2"]}, "slow": {"audit_addresses": ["127.0.0.3"]}}
    inventory = {"all": {"vars": shared, "hosts": hosts}}
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    command = [*(sys.executable, "-m", "ansible"), "playbook", "airtight.mail.audit"]
    return subprocess.Popen(
        [*command, "-i", "inventory.yml"],
        env=ansible_environment(folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", BOTH, ids=lambda number: number.name)
def test_the_report_has_what_was_seen(number: signal.Signals, tmp_path: Path, peers: Peers) -> None:
    done = start(tmp_path, peers)
    try:
        peers.wait(done)
        sent = time.monotonic()
        done.send_signal(number)
        assert done.wait(SOON) != 0
        # After SIGTERM ansible-playbook does not wait for the process that writes the report.
        folder = tmp_path / "airtight-report"
        while not (folder / "report.html").exists():
            assert time.monotonic() < sent + SOON
            time.sleep(0.1)
    finally:
        done.kill()
        done.wait()
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (report["run"]["interrupted"], report["run"]["outcome"]) == (number.name, "fail")
    found = {item["target"]: item for item in report["verdicts"]}
    assert {name: item["status"] for name, item in found.items()} == {
        "open": "fail",
        "slow": "unknown",
    }
    sentence = f"The audit was ended by {number.name} before this host was finished."
    assert found["slow"]["sentence"] == sentence
    assert {entry["caused_by"] for entry in found["slow"]["evidence"]} == {"interrupted"}
    assert {seen["target"] for seen in report["observations"]} == {"open"}
    for name in ("report.html", "report.txt"):
        assert "was interrupted before" in (folder / name).read_text(encoding="utf-8")


@pytest.fixture(name="taken")
def recorded_signals() -> Iterator[list[int]]:
    """The signals that arrive where no interruption takes them."""
    taken: list[int] = []
    before = {number: signal.getsignal(number) for number in BOTH}
    for number in BOTH:
        signal.signal(number, lambda one, _frame: taken.append(one))
    yield taken
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", BOTH)
def test_the_first_signal_stops_and_is_handed_on_afterwards(
    number: signal.Signals, taken: list[int]
) -> None:
    with Interruption() as interruption:
        with pytest.raises(Interrupted):
            signal.raise_signal(number)
        for other in BOTH:
            signal.raise_signal(other)
        assert (interruption.name, taken) == (number.name, [])
    assert taken == [number]


def test_a_signal_calls_what_it_was_told_to(taken: list[int]) -> None:
    called: list[str] = []
    with Interruption() as interruption:
        interruption.call(lambda: called.append("stop"))
        signal.raise_signal(signal.SIGTERM)
        assert called == ["stop"]
        with pytest.raises(Interrupted):
            interruption.expect()
    with Interruption() as interruption:
        interruption.ignore()
        signal.raise_signal(signal.SIGINT)
    assert taken == [signal.SIGTERM, signal.SIGINT]


def test_without_a_signal_nothing_is_raised(taken: list[int]) -> None:
    with Interruption() as interruption:
        interruption.expect()
        assert interruption.name == ""
    signal.raise_signal(signal.SIGINT)
    assert taken == [signal.SIGINT]


def test_in_another_thread_there_is_nothing_to_take(taken: list[int]) -> None:
    def enter() -> None:
        with Interruption():
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert taken == [signal.SIGINT]
