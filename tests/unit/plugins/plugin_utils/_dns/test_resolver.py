# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Questions to a resolver on loopback that answers, refuses, sends loops or is silent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import resolver as _resolver
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import Question

message = pytest.importorskip("dns.message")
rrset = pytest.importorskip("dns.rrset")


#: Names that were refused once.
SEEN: list[str] = []


class Closes(asyncio.Protocol):
    """Closes each connection."""

    def connection_made(self, transport: Any) -> None:
        transport.close()


class Answers(asyncio.DatagramProtocol):
    """Answers by the first label of the name."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = message.from_wire(data)
        name = str(query.question[0].name)
        response = message.make_response(query)
        response.flags |= 0x20
        if name.startswith("silent"):
            return
        if name.startswith("refused"):
            response.set_rcode(5)
        elif name.startswith("gone"):
            response.set_rcode(3)
        elif name.startswith("bogus") and not query.flags & 0x10:
            response.set_rcode(2)
        elif name.startswith("broken") or (name.startswith("tired") and name not in SEEN):
            SEEN.append(name)
            response.set_rcode(2)
        elif name.startswith("truncated"):
            response.flags |= 0x200
        elif name.startswith("loop"):
            response.answer += [
                rrset.from_text(name, 5, "IN", "CNAME", "b."),
                rrset.from_text("b.", 5, "IN", "CNAME", name),
            ]
        elif name.startswith("alias"):
            response.answer += [
                rrset.from_text(name, 5, "IN", "CNAME", "b."),
                rrset.from_text("b.", 5, "IN", "TXT", '"a " "b"'),
            ]
        self.transport.sendto(response.to_wire(), addr)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a resolver at 127.0.0.1, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    endpoint = asyncio.run_coroutine_threadsafe(
        loop.create_datagram_endpoint(Answers, local_addr=("127.0.0.1", 0)), loop
    ).result(5)
    number = endpoint[0].get_extra_info("sockname")[1]
    server = asyncio.run_coroutine_threadsafe(
        loop.create_server(Closes, "127.0.0.1", number), loop
    ).result(5)
    yield number
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(endpoint[0].close)
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join(5)
    loop.close()


def ask(port: int, name: str, kind: str = "TXT", trusted: bool = True) -> dict[str, Any]:
    async def asked() -> dict[str, Any]:
        return await _resolver.Resolver([_resolver.Server("127.0.0.1", port, trusted)]).ask(
            Question(name, kind)
        )

    return asyncio.run(asked())


def test_answer_of_each_kind(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_resolver, "TIMEOUTS", (0.1, 0.1))
    assert ask(port, "alias.example")["facts"]["records"] == ["a b"]
    assert ask(port, "alias.example")["facts"]["chain"] == ["b"]
    assert (
        ask(port, "gone.example")["facts"]["state"],
        ask(port, "empty.example")["facts"]["state"],
    ) == ("nxdomain", "nodata")
    kinds = {
        name: ask(port, name + ".example")["error"]["kind"]
        for name in ("refused", "silent", "loop", "a" * 64)
    }
    assert kinds == {
        "refused": "refused",
        "silent": "timeout",
        "loop": "garbled",
        "a" * 64: "garbled",
    }
    assert all(ask(port, name + ".example")["facts"] == {} for name in ("refused", "silent"))


def test_question_is_asked_once(port: int) -> None:
    async def twice() -> bool:
        resolver = _resolver.Resolver([_resolver.Server("127.0.0.1", port, True)])
        first, second = await asyncio.gather(
            *(resolver.ask(Question("empty.example", "A")) for _number in range(2))
        )
        return first is second

    assert asyncio.run(twice())


@pytest.mark.parametrize("declared", [False, True])
def test_answer_keeps_whether_its_resolver_was_declared_to_validate(
    port: int, declared: bool
) -> None:
    resolver = _resolver.Resolver([_resolver.Server("127.0.0.1", port, True, declared)])
    seen = asyncio.run(resolver.ask(Question("empty.example", "A")))
    expected = {"name": "empty.example", "type": "A", "trusted": True, "declared": declared}
    assert seen["params"] == expected


def test_option_names_a_resolver_and_loopback_is_trusted() -> None:
    assert [
        (entry.trusted, entry.declared)
        for option, validated in (("127.0.0.1", False), ("[::1]:5353", False), ("::1", True))
        for entry in _resolver.servers(option, validated)
    ] == [(True, False), (True, False), (True, True)]
    assert _resolver.servers("192.0.2.53:5300", False) == [
        _resolver.Server("192.0.2.53", 5300, False)
    ]
    declared = _resolver.Server("2001:db8::53", 53, True, True)
    assert _resolver.servers("2001:db8::53", True) == [declared]
    invalid = ("localhost", "192.0.2.53:x", "[192.0.2", "192.0.2.53:0", "192.0.2.53:65536")
    for option in (*invalid, "192.0.2.53/x", "a@192.0.2.53", "[::1]:53#x", "[::1", "[::1]x"):
        with pytest.raises(_model.ModelError, match=r"^dns_resolver: "):
            _resolver.servers(option, False)


def test_what_is_behind_servfail_is_asked_for(port: int) -> None:
    kinds = {
        name: (ask(port, name + ".example")["error"] or {"kind": ""})["kind"]
        for name in ("bogus", "broken", "tired")
    }
    assert kinds == {"bogus": "bogus", "broken": "servfail", "tired": ""}


def test_truncated_answer_without_tcp_costs_this_question(port: int) -> None:
    found = ask(port, "truncated.example")
    assert (found["facts"], found["error"]["kind"]) == ({}, "closed")
