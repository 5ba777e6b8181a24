# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A fleet on loopback: no target waits for another one, and an exception costs one step of one
target. Takes some seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
import time
import typing as t
from collections import Counter

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._survey import pipeline, survey

HOST = "127.0.0.1"
#: Seconds that a target may take here.
BUDGET = 1.5
WORDS = {
    b"EHLO": b"250 mx1\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"554 5.7.1 Relay access denied\r\n",
    b"QUIT": b"221 bye\r\n",
}


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes nobody's mail."""
    with contextlib.suppress(OSError):
        writer.write(b"220 mx1 ESMTP\r\n")
        while line := await reader.readline():
            writer.write(WORDS.get(line[:4].upper(), b"502 5.5.1 no\r\n"))
            if line[:4].upper() == b"QUIT":
                break
    writer.close()


async def tarpit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says something now and then, and never all of it."""
    with contextlib.suppress(OSError):
        while not reader.at_eof():
            writer.write(b"220-wait\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)
    writer.close()


@pytest.fixture(name="ports", scope="module")
def listening() -> t.Iterator[dict[str, int]]:
    """The ports of both servers, in a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers = {
        name: asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, HOST, 0), loop).result(5)
        for name, serve in (("refusing", refusing), ("tarpit", tarpit))
    }
    yield {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    for server in servers.values():
        loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture(name="closed", scope="module")
def closed_port() -> t.Iterator[int]:
    """A port that is held, and not listened on."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]


def target(number: int, port: int, closed: int, **more: t.Any) -> dict[str, t.Any]:
    """One of a fleet, with SMTP alone."""
    ports = {**dict.fromkeys(_model.SERVICES, closed), "smtp": port}
    return {
        "name": f"mx{number}.example.org",
        "addresses": [HOST],
        "ports": ports,
        "domains": ["example.org"],
        "other_ports": [],
        **more,
    }


def look(
    targets: list[dict[str, t.Any]], notice: pipeline.Notice = None, **more: t.Any
) -> tuple[dict[str, t.Any], float]:
    """What a survey of the group auth sees, and its seconds."""
    params = {
        **{name: spec.get("default") for name, spec in survey.ARGUMENT_SPEC.items()},
        "targets": targets,
        "observe": ["auth"],
        "helo_name": "c.example.net",
        **more,
    }
    started = time.monotonic()
    return survey.survey(params, None, notice), time.monotonic() - started


def test_tarpits_hold_up_no_other_target(ports: dict[str, int], closed: int) -> None:
    sound = [target(number, ports["refusing"], closed) for number in range(28)]
    tarpits = [
        target(number, ports["tarpit"], closed, target_timeout=BUDGET) for number in (28, 29)
    ]
    alone, fast = look(sound)
    seen, slow = look([tarpits[0], *sound, tarpits[1]])
    assert slow < 1.5 * max(fast, BUDGET) + 1.0
    assert list(seen["addresses"]) == [
        "mx28.example.org",
        *(entry["name"] for entry in sound),
        "mx29.example.org",
    ]

    def probes(found: dict[str, t.Any]) -> Counter[tuple[str, str]]:
        return Counter(
            (entry["target"], entry["probe"])
            for entry in found["observations"]
            if entry["target"] not in ("mx28.example.org", "mx29.example.org")
        )

    assert probes(seen) == probes(alone), "other connections were made"
    cut = [
        entry["error"]
        for entry in seen["observations"]
        if entry["target"] == "mx28.example.org" and entry["port"] == ports["tarpit"]
    ]
    assert cut
    assert all("target_timeout (1.5 s) was over" in error["text"] for error in cut)
    assert {error["kind"] for error in cut} == {"budget"}


def test_notice_says_what_is_waited_for_and_until_when(
    ports: dict[str, int], closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "NOTICE_SECONDS", 0.2)
    monkeypatch.setattr(pipeline, "MAX_NAMED", 1)
    said: list[str] = []
    look(
        [target(number, ports["tarpit"], closed, target_timeout=BUDGET) for number in (0, 1)],
        notice=said.append,
    )
    assert said
    assert re.fullmatch(
        r"Waiting for mx0\.example\.org \(replies, for at most [01] s\), and 1 more", said[0]
    ), said


def test_an_exception_costs_one_step_of_one_target(
    ports: dict[str, int], closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_jobs = pipeline.first_jobs

    def broken(context: t.Any, addresses: t.Sequence[str]) -> t.Any:
        if context.target.name == "mx0.example.org":
            raise RecursionError
        return first_jobs(context, addresses)

    monkeypatch.setattr(pipeline, "first_jobs", broken)
    targets = [target(number, ports["refusing"], closed, other_ports=[closed]) for number in (0, 1)]
    seen, _seconds = look(targets)
    mine = [entry for entry in seen["observations"] if entry["target"] == "mx0.example.org"]
    assert [(entry["probe"], (entry["error"] or {}).get("kind")) for entry in mine] == [
        ("step", "exception"),
    ]
    assert mine[0]["error"]["text"].startswith("the step services ended with RecursionError")
    other = [entry for entry in seen["observations"] if entry["target"] == "mx1.example.org"]
    assert len(other) > 3
    assert "exception" not in {(entry["error"] or {}).get("kind") for entry in other}
