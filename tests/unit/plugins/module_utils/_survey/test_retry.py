# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Greylisting on loopback: servers that put off what they hear for the first time, open and closed
behind that.
"""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._probes import deferred
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._scan import scanner
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
    monkeypatch.setattr(deferred, "DELAY", 0.02)
    server = Server("never")

    async def run() -> tuple[list[t.Any], list[t.Any]]:
        listening = await asyncio.start_server(server.serve, HOST, 0)
        survey = scanner.Survey(PROBES, lambda _job, _seen: [], LIMITS._replace(target_timeout=0.3))
        first = await survey.run(jobs(listening.sockets[0].getsockname()[1]))
        second = await ask_again(survey, first)
        listening.close()
        return first, second

    first, second = asyncio.run(run())
    assert second[:3] == first
    for entry in second[3:]:
        assert entry["error"]["kind"] == "budget"
        assert entry["error"]["text"].endswith(" s, and target_timeout (0.3 s) was over")
    assert [entry["params"]["transactions"] for entry in second[3:]] == [
        entry["params"]["transactions"] for entry in first
    ]
    assert 4 <= server.connections <= 7
