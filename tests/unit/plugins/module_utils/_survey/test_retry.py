# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Greylisting on loopback: servers that put off what they hear for the first time, open and closed
behind that; and sound servers that take less at once than others do.
"""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import deferred, registry
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._scan import scanner
from ansible_collections.airtight.mail.plugins.module_utils._scan.budget import Budget
from ansible_collections.airtight.mail.plugins.module_utils._scan.connection import Limits
from ansible_collections.airtight.mail.plugins.module_utils._survey.retry import ask_again

HOST = "127.0.0.1"
LIMITS = Limits(connect=1.0, reply=1.0, probe=2.0)


class Server:
    """Defers recipients until the second attempt; kind: what follows (closed, open), or that it
    defers for longer (slow: until the sixth connection; never: always).
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.known, self.connections = kind, set(), 0  # type: ignore[var-annotated]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 mx1\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                first = line not in self.known or self.kind == "never"
                first |= self.kind == "slow" and self.connections < 6
                self.known.add(line)
                after = (
                    b"250 ok\r\n" if self.kind == "open" else b"554 5.7.1 Relay access denied\r\n"
                )
                writer.write(b"450 4.2.0 Greylisted, try again later\r\n" if first else after)
            else:
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        writer.close()


def jobs(port: int) -> list[_model.Job]:
    decks = [
        [
            {
                "helo": "",
                "sender_id": "null",
                "sender": "<>",
                "recipients": [{"form": form, "path": f"<{form}@example.com>"}],
            }
        ]
        for form in ("plain", "plus_tag", "upper_case")
    ]
    common = {"helo": "c.example.net", "server_name": "", "state": "clear", "implicit": False}
    return [
        _model.Job("relay", "mx1.example.org", "smtp", HOST, port, {**common, "transactions": deck})
        for deck in decks
    ]


@pytest.mark.parametrize(
    ("kind", "codes", "connections"),
    [("closed", [554] * 3, 6), ("open", [250] * 3, 6), ("slow", [554] * 3, 8)],
)
def test_what_was_put_off_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, kind: str, codes: list[int], connections: int
) -> None:
    monkeypatch.setattr(deferred, "DELAY", 0.01)
    server = Server(kind)

    async def run() -> tuple[list[t.Any], list[t.Any]]:
        listening = await asyncio.start_server(server.serve, HOST, 0)
        survey = scanner.Survey(PROBES, lambda _job, _seen: [], LIMITS)
        first = await survey.run(jobs(listening.sockets[0].getsockname()[1]))
        second = await ask_again(survey, first)
        listening.close()
        return first, second

    first, second = asyncio.run(run())
    assert [code(entry) for entry in first] == [450] * 3
    assert second[:3] == first
    assert [code(entry) for entry in second[3:]] == codes
    assert server.connections == connections


def code(seen: dict[str, t.Any]) -> int:
    return int(seen["facts"]["attempts"][0]["reply"]["code"])


def test_a_server_that_answers_costs_no_wait() -> None:
    survey = scanner.Survey(PROBES, lambda _job, _seen: [], LIMITS)
    assert asyncio.run(ask_again(survey, [])) == []


def test_a_budget_ends_the_waits_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "DELAY", 0.07)
    server = Server("never")

    async def run() -> tuple[list[t.Any], list[t.Any]]:
        listening = await asyncio.start_server(server.serve, HOST, 0)
        survey = scanner.Survey(PROBES, lambda _job, _seen: [], LIMITS._replace(target_timeout=1.0))
        first = await survey.run(jobs(listening.sockets[0].getsockname()[1]))
        second = await ask_again(survey, first)
        listening.close()
        return first, second

    first, second = asyncio.run(run())
    assert second[:3] == first
    for entry in second[3:]:
        assert entry["error"]["kind"] == "budget"
        assert entry["error"]["text"].endswith(" s, and target_timeout (1 s) was over")
    assert [entry["params"]["transactions"] for entry in second[3:]] == [
        entry["params"]["transactions"] for entry in first
    ]
    assert 4 <= server.connections <= 7


STRICT_LIMITS = Limits(connect=2.0, reply=5.0, probe=10.0, target_connections=400)


class Strict:
    """Relays for nobody. kind: what it does not put up with."""

    def __init__(self, kind: str) -> None:
        self.kind, self.now = kind, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        try:
            if self.kind == "one connection" and self.now > 1:
                writer.write(b"421 4.7.0 one at a time\r\n")
            else:
                await self._talk(reader, writer)
        finally:
            self.now -= 1
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx1 ESMTP\r\n")
        recipients = 0
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                recipients = 0
            if verb == b"RCPT" and recipients and self.kind == "one recipient":
                writer.write(b"452 4.5.3 Too many recipients\r\n")
            elif verb == b"RCPT":
                recipients += 1
                writer.write(b"554 5.7.1 Relay access denied\r\n")
                if self.kind == "hangs up":
                    return
            else:
                writer.write(b"250 ok\r\n" if verb != b"QUIT" else b"221 bye\r\n")
                if verb == b"QUIT":
                    return


@pytest.mark.parametrize("kind", ["hangs up", "one recipient", "one connection"])
def test_every_attempt_is_answered(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "DELAY", 0.01)
    monkeypatch.setattr(Budget, "PAUSES", (0.1, 0.1, 0.1))
    server = Strict(kind)
    planned: set[tuple[str, str]] = set()

    async def run() -> list[t.Any]:
        listening = await asyncio.start_server(server.serve, HOST, 0)
        port = listening.sockets[0].getsockname()[1]
        target = _target.target(
            {"name": "mx1.example.org", "domains": ["example.org"], "ports": {"smtp": port}}
        )
        plan = ScanContext(target, Options(groups=("relay",)))
        survey = scanner.Survey(
            registry.PROBES, lambda job, found: registry.follow(plan, job, found), STRICT_LIMITS
        )
        (first,) = (job for job in registry.first_jobs(plan, [HOST]) if job.service == "smtp")
        jobs = plan.matrix(first, "clear", "brief")
        planned.update(
            (transaction["sender_id"], recipient["form"])
            for job in jobs
            for transaction in job.params["transactions"]
            for recipient in transaction["recipients"]
        )
        try:
            return await ask_again(survey, await survey.run(jobs))
        finally:
            listening.close()
            await asyncio.sleep(0.01)

    answers: dict[tuple[str, str], set[int]] = {}
    for entry in asyncio.run(run()):
        for attempt in entry["facts"].get("attempts", ()):
            key = (attempt["sender"], attempt["form"])
            if attempt["reply"]:
                answers.setdefault(key, set()).add(attempt["reply"]["code"])
    assert {key: 554 in codes for key, codes in answers.items()} == dict.fromkeys(planned, True)
