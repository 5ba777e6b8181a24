# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A DNS server on loopback with records that a test names."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

Records = Mapping[tuple[str, str], list[str]]


class _Server(asyncio.DatagramProtocol):
    """Answers from its records, where an alias leads too, and everything else with none."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        alias = self.records.get((name, "CNAME"))
        if alias and kind != "CNAME":
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        found = self.records.get((name, kind))
        if found:
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *found))
        self.transport.sendto(response.to_wire(), addr)


@contextlib.contextmanager
def serving(records: Records, address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The server in a thread of its own; its ADDRESS:PORT. port: 0 for any that is free."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    transport, _protocol = asyncio.run_coroutine_threadsafe(
        loop.create_datagram_endpoint(lambda: _Server(records), local_addr=(address, port)), loop
    ).result(5)
    try:
        yield "{}:{}".format(*transport.get_extra_info("sockname"))
    finally:
        loop.call_soon_threadsafe(transport.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
        thread.join(5)
        loop.close()
