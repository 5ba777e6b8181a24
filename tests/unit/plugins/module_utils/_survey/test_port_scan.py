# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ports that take their time, wait for a PROXY header, or speak in clear where TLS is expected:
servers on loopback.
"""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    other_ports,
    proxy_header,
    registry,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import connection, scanner
from ansible_collections.airtight.mail.plugins.module_utils._survey import port_scan

HOST = "127.0.0.1"
LIMITS = connection.Limits(connect=1.0, reply=2.0, probe=5.0)
Seen = t.List[t.Dict[str, t.Any]]


class Relay:
    """An open relay. delay: seconds before the greeting; header: whether it waits for one, and
    closes where something else comes; patience: seconds that it waits.
    """

    def __init__(self, delay: float = 0.0, header: bool = False, patience: float = 9.0) -> None:
        self.delay, self.header, self.patience = delay, header, patience

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay)
        if not self.header or await self.is_given_a_header(reader):
            writer.write(b"220 mx1 ESMTP\r\n")
            while line := await reader.readline():
                known = line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT", b"RSET", b"AUTH", b"QUIT")
                words = b"250-mx1\r\n250 SIZE 1\r\n" if line[:4] == b"EHLO" else b"250 ok\r\n"
                writer.write(words if known else b"500 what\r\n")
                if line[:4] == b"QUIT":
                    break
        writer.close()

    async def is_given_a_header(self, reader: asyncio.StreamReader) -> bool:
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), self.patience)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError):
            return False
        return line.startswith(b"PROXY ")


def seen_of(server: Relay, look: t.Callable[[int], t.Awaitable[Seen]]) -> Seen:
    async def run() -> Seen:
        listening = await asyncio.start_server(server.serve, HOST, 0)
        try:
            return await look(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
            await asyncio.sleep(0.01)

    return asyncio.run(run())


def swept(server: Relay, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What is seen of an open port of no service."""
    monkeypatch.setattr(other_ports, "GREETING", 0.1)
    monkeypatch.setattr(other_ports, "ANSWER", 0.1)
    monkeypatch.setattr(other_ports, "LATE", 2.0)
    monkeypatch.setattr(proxy_header, "GREETING_SECONDS", 0.3)

    async def look(port: int) -> Seen:
        target = _target.target(
            {"name": "mx1.example.org", "domains": ["example.org"], "other_ports": [port]}
        )
        plan = ScanContext(target, Options())
        run = scanner.Survey(
            registry.PROBES, lambda job, found: registry.follow(plan, job, found), LIMITS
        )
        return await port_scan.follow_up(run, plan, [HOST])

    return seen_of(server, look)


def accepted(seen: Seen, probe: str) -> set[int]:
    """The codes of the replies to recipients that a probe tried."""
    return {
        attempt["reply"]["code"]
        for entry in seen
        if entry["probe"] == probe
        for attempt in entry["facts"].get("attempts", ())
    }


def test_a_port_that_greets_late_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = swept(Relay(delay=0.5), monkeypatch)
    late = [entry for entry in seen if entry["params"].get("late")]
    assert [entry["facts"]["kind"] for entry in late] == ["smtp"]
    assert accepted(seen, "relay") == {250}


@pytest.mark.parametrize("patience", [9.0, 0.05])
def test_a_port_that_waits_for_a_header_is_given_one(
    monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    seen = swept(Relay(header=True, patience=patience), monkeypatch)
    assert accepted(seen, "proxy_header") == {250}


@pytest.mark.parametrize("service", ["submissions", "imaps", "pop3s"])
def test_a_service_for_tls_that_speaks_in_clear_is_spoken_to_in_clear(service: str) -> None:
    async def look(port: int) -> Seen:
        target = _target.target(
            {"name": "mx1.example.org", "domains": ["example.org"], "ports": {service: port}}
        )
        plan = ScanContext(target, Options(groups=("relay", "auth")))
        run = scanner.Survey(
            registry.PROBES, lambda job, found: registry.follow(plan, job, found), LIMITS
        )
        jobs = registry.first_jobs(plan, [HOST])
        return await run.run([job for job in jobs if job.service == service])

    seen = seen_of(Relay(), look)
    probe = "smtp_session" if _model.SERVICES[service].protocol == "smtp" else "mailstore_session"
    sessions = [entry for entry in seen if entry["probe"] == probe]
    assert [entry["params"].get("implicit") for entry in sessions] == [None, False]
    if service == "submissions":
        assert sessions[1]["facts"]["auth_in_clear"]["code"] == 250
        relayed = [entry for entry in seen if entry["probe"] == "relay"]
        assert {entry["params"]["state"] for entry in relayed} == {"clear"}
        assert accepted(seen, "relay") == {250}
