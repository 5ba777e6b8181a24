# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The observations of the DNS of some targets, with a resolver on loopback or without one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries, scan
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import resolver as _resolver

message = pytest.importorskip("dns.message")
TARGET = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})


class NoRecords(asyncio.DatagramProtocol):
    """Answers each question without a record."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(message.make_response(message.from_wire(data)).to_wire(), addr)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a resolver at 127.0.0.1, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    endpoint = asyncio.run_coroutine_threadsafe(
        loop.create_datagram_endpoint(NoRecords, local_addr=("127.0.0.1", 0)), loop
    ).result(5)
    yield endpoint[0].get_extra_info("sockname")[1]
    loop.call_soon_threadsafe(endpoint[0].close)
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join(5)
    loop.close()


def test_silent_resolver_is_asked_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_resolver, "TIMEOUTS", (0.1,))
    monkeypatch.setattr(
        _resolver, "servers", lambda *_options: [_resolver.Server("127.0.0.1", 1, True)]
    )
    seen = scan.observe_targets([TARGET], {"mx1.example.org": ["192.0.2.25"]}, scan.Options())
    assert [(entry["params"]["name"], entry["facts"]) for entry in seen] == [(".", {})]
    assert seen[0]["error"]["kind"] in ("timeout", "unreachable")


@pytest.mark.parametrize(
    ("missing", "option", "kind"), [(None, "none", "declined"), ("no module", "", "unavailable")]
)
def test_no_question_without_resolver_or_dnspython(
    monkeypatch: pytest.MonkeyPatch, missing: str | None, option: str, kind: str
) -> None:
    monkeypatch.setattr(_resolver, "DNSPYTHON_IMPORT_ERROR", missing)
    seen = scan.observe_targets([TARGET], {}, scan.options(option, False, ""))
    assert [(entry["target"], entry["service"], entry["error"]["kind"]) for entry in seen] == [
        ("mx1.example.org", "dns", kind)
    ]


def test_questions_are_those_that_evaluators_replay(port: int) -> None:
    seen = scan.observe_targets(
        [TARGET], {"mx1.example.org": ["192.0.2.25"]}, scan.Options(f"127.0.0.1:{port}")
    )
    asked = {(entry["params"]["name"], entry["params"]["type"]) for entry in seen}
    assert {
        (".", "NS"),
        ("example.org", "MX"),
        ("25.2.0.192.in-addr.arpa", "PTR"),
        ("_25._tcp.mx1.example.org", "TLSA"),
    } <= asked
    assert {entry["service"] for entry in seen} == {"dns"}


def test_target_without_domain_is_looked_up_only_if_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_resolver, "DNSPYTHON_IMPORT_ERROR", "no module")
    bare = _target.target({"name": "mx2.example.org"})
    kinds = [
        [
            entry["error"]["kind"]
            for entry in scan.observe_targets(
                [TARGET, bare], {}, scan.options("", False, "", everything)
            )
        ]
        for everything in (False, True)
    ]
    assert [sorted(found) for found in kinds] == [
        ["declined", "unavailable"],
        ["unavailable", "unavailable"],
    ]


def test_lookups_of_a_message_are_observed_or_the_reason_why_not(port: int) -> None:
    planned = [(TARGET, [queries.addresses("mx1.example.org")])]
    seen = scan.observe_lookups(planned, scan.Options(f"127.0.0.1:{port}"))
    assert [(entry["params"]["name"], entry["facts"]["state"]) for entry in seen] == [
        ("mx1.example.org", "nodata"),
        ("mx1.example.org", "nodata"),
        (".", "nodata"),
    ]
    declined = scan.observe_lookups(planned, scan.options("none", False, ""))
    assert [entry["error"]["kind"] for entry in declined] == ["declined"]
    assert scan.observe_lookups([(TARGET, [])], scan.Options(f"127.0.0.1:{port}")) == []


def test_exception_costs_one_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def response_facts(*_response: Any) -> Any:
        raise IndexError

    servers = [_resolver.Server("127.0.0.1", port, True)]
    monkeypatch.setattr(_resolver, "servers", lambda *_options: servers)
    monkeypatch.setattr(_resolver, "response_facts", response_facts)
    seen = scan.observe_targets([TARGET], {"mx1.example.org": ["192.0.2.25"]}, scan.Options())
    assert {entry["error"]["kind"] for entry in seen} == {"exception"}


def test_exception_costs_the_lookups_of_one_target(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fill(book: scan.AnswerBook, *_settings: Any) -> None:
        if book.target.key == "pool-1":
            raise KeyError
        await book.run_all([])

    servers = [_resolver.Server("127.0.0.1", port, True)]
    monkeypatch.setattr(_resolver, "servers", lambda *_options: servers)
    monkeypatch.setattr(scan.AnswerBook, "fill", fill)
    pool = [
        _target.target({"name": "mx1.example.org", "key": key, "domains": ["example.org"]})
        for key in ("pool-1", "pool-2")
    ]
    seen = scan.observe_targets(pool, {}, scan.Options())
    errors = [(entry["target"], (entry["error"] or {}).get("kind")) for entry in seen]
    assert errors == [
        ("pool-1", "exception"),
        ("pool-1", None),
        ("pool-2", None),
    ]


def test_target_that_waits_for_answers_takes_no_time_of_others(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_question(name: str) -> queries.Lookup:
        return (yield [queries.Question(name, "MX")])

    async def fill(book: scan.AnswerBook, *_settings: Any) -> None:
        if book.target.name.startswith("slow"):
            await asyncio.sleep(60)
        await book.run_all([one_question(book.target.name)])

    names = [*(f"slow{number}.example" for number in range(4)), "a.example", "b.example"]
    targets = [_target.target({"name": name, "domains": [name]}) for name in names]
    servers = [_resolver.Server("127.0.0.1", port, True)]
    monkeypatch.setattr(_resolver, "servers", lambda *_options: servers)
    monkeypatch.setattr(scan, "DEADLINE", 0.5)
    monkeypatch.setattr(scan, "TARGETS_AT_ONCE", 2)
    monkeypatch.setattr(scan.AnswerBook, "fill", fill)
    seen = scan.observe_targets(targets, {}, scan.Options())
    asked = {entry["params"]["name"] for entry in seen}
    assert asked == {".", "a.example", "b.example"}
