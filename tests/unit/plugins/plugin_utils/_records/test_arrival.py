# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""An address of a name server without a route is waited for only where it is the only one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dns_response, resolver
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import Question
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.update import Client
from ansible_collections.airtight.mail.plugins.plugin_utils._records import arrival, record_sets
from ansible_collections.airtight.mail.tests.unit.helpers import dns_server, update_server

UNREACHABLE = "2001:db8::53"
MX = Question("example.org", "MX")
VALUE = "10 mx1.example.org."


@pytest.fixture(autouse=True)
def _without_route(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "PAUSES", (0.01,))
    ask_server = resolver._ask_server

    async def without_route(question: Any, server: Any, *arguments: Any) -> Any:
        if server.address != UNREACHABLE:
            return await ask_server(question, server, *arguments)
        return {}, dns_response.Failure("unreachable", "no route")

    monkeypatch.setattr(resolver, "_ask_server", without_route)


def seen(host_of_unreachable: str, seconds: float) -> arrival.Seen:
    rdata = record_sets.rdata(MX, VALUE)
    same = record_sets.RecordSet(60, (rdata,))
    change = record_sets.Change(MX, same, same)
    key = (update_server.KEY, update_server.SECRET, "hmac-sha256")
    with (
        update_server.serving({MX: (60, [VALUE])}) as primary,
        dns_server.serving({MX: [VALUE]}) as answering,
    ):
        host, port = primary.address.rsplit(":", 1)
        address, number = answering.rsplit(":", 1)
        chosen = {
            "ns1.example.net (192.0.2.53)": resolver.Server(address, int(number), False),
            f"{host_of_unreachable} ({UNREACHABLE})": resolver.Server(UNREACHABLE, 53, False),
        }

        async def main() -> arrival.Seen:
            client = Client("example.org", resolver.Server(host, int(port), False), key, 5)
            order = arrival.Wait("example.org", seconds, [], chosen)
            return await arrival.wait(client, [change], order)

        return asyncio.run(main())


def test_server_that_has_all_at_another_address_has_all() -> None:
    arrived, late = seen("ns1.example.net", 30)
    assert (set(arrived), late) == ({"server", "ns1.example.net (192.0.2.53)"}, {})


def test_server_without_another_address_is_late() -> None:
    arrived, late = seen("ns2.example.net", 2)
    assert set(arrived) == {"server", "ns1.example.net (192.0.2.53)"}
    assert late == {f"ns2.example.net ({UNREACHABLE})": "gave no answer (no route)"}
