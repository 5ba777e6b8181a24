# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A primary name server on loopback that takes signed updates over TCP (RFC 2136, RFC 8945), and
does what a test scripts.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

ZONE, KEY = "example.org", "update.example.org"
SECRET = base64.b64encode(b"a secret of 32 octets, and no more").decode("ascii")
_KEYS = {dns.name.from_text(KEY): dns.tsig.Key(f"{KEY}.", SECRET, "hmac-sha256")}
#: A request in, the octets of a reply out; None for a reply as usual.
Fault = Callable[[Any], "bytes | None"]
Sets = dict[tuple[str, str], tuple[int, list[str]]]


class Server:
    """sets: time to live and values by name and type. faults: one for each message to come, after
    which all goes as usual. updates: how many came.
    """

    def __init__(self, sets: Sets) -> None:
        self.sets: Sets = {(ZONE, "SOA"): (60, ["ns. host. 1 60 60 600 5"]), **sets}
        self.faults: list[Fault] = []
        self.updates = 0
        self.address = ""

    @property
    def records(self) -> dict[tuple[str, str], list[str]]:
        """The values alone."""
        return {key: values for key, (_ttl, values) in self.sets.items()}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One message on a connection."""
        size = int.from_bytes(await reader.readexactly(2), "big")
        request = dns.message.from_wire(await reader.readexactly(size), keyring=_KEYS)
        is_update = isinstance(request, dns.update.UpdateMessage)
        self.updates += is_update
        fault = self.faults.pop(0) if self.faults else lambda _request: None
        reply = fault(request)
        if reply is None:
            reply = (self._update(request) if is_update else self._answer(request)).to_wire()
        writer.write(len(reply).to_bytes(2, "big") + reply if reply else b"")
        writer.close()

    def _answer(self, request: Any) -> Any:
        response = dns.message.make_response(request)
        response.flags |= dns.flags.AA
        name, kind = _key(request.question[0].name, request.question[0].rdtype)
        known = any(seen == name for seen, _kind in self.sets)
        wildcard = f"*.{name.partition('.')[2]}"
        for asked in (kind, "CNAME"):
            owner = name if known else wildcard
            if (owner, asked) in self.sets:
                ttl, values = self.sets[owner, asked]
                response.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", asked, *values))
                break
        return response

    def _update(self, request: Any) -> Any:
        response = dns.message.make_response(request)
        whole: dict[tuple[str, str], set[str]] = {}
        for rrset in request.prerequisite:  # each holds one record
            response.set_rcode(response.rcode() or self._unmet(rrset))
            if rrset.deleting is None:
                whole.setdefault(_key(rrset.name, rrset.rdtype), set()).update(_values(rrset))
        if any(found != set(self.records.get(key, ())) for key, found in whole.items()):
            response.set_rcode(dns.rcode.NXRRSET)
        if response.rcode():
            return response
        for rrset in request.update:
            self._change(rrset)
        return response

    def _unmet(self, rrset: Any) -> int:
        """The error code where a set or name exists that must not (RFC 2136 section 3.2)."""
        key = _key(rrset.name, rrset.rdtype)
        if rrset.deleting == dns.rdataclass.NONE:
            if rrset.rdtype == dns.rdatatype.ANY:
                is_used = any(name == key[0] for name, _kind in self.sets)
                return dns.rcode.YXDOMAIN if is_used else dns.rcode.NOERROR
            return dns.rcode.YXRRSET if key in self.sets else dns.rcode.NOERROR
        return dns.rcode.NOERROR

    def _change(self, rrset: Any) -> None:
        key = _key(rrset.name, rrset.rdtype)
        ttl, values = self.sets.pop(key, (0, []))
        given = _values(rrset)
        left = [] if key[1] == "CNAME" else [value for value in values if value not in given]
        if not rrset.deleting:
            ttl, left = rrset.ttl, [*left, *given]
        if left:
            self.sets[key] = (ttl, left)


def _key(name: Any, rdtype: Any) -> tuple[str, str]:
    return name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(rdtype)


def _values(rrset: Any) -> set[str]:
    return {record.to_text() for record in rrset}


def rcode(text: str, signed: bool = True) -> Fault:
    """A reply with an error code."""

    def reply(request: Any) -> bytes:
        response = dns.message.make_response(request)
        response.set_rcode(dns.rcode.from_text(text))
        response.flags |= dns.flags.AA
        if not signed:
            response.tsig = None
        return bytes(response.to_wire())

    return reply


def tsig_error(number: int) -> Fault:
    """A refusal of the signature (RFC 8945 section 5.2)."""

    def reply(request: Any) -> bytes:
        response = dns.message.make_response(request, tsig_error=number)
        response.set_rcode(dns.rcode.NOTAUTH)
        return bytes(response.to_wire())

    return reply


@contextlib.contextmanager
def serving(sets: Sets) -> Iterator[Server]:
    """The server in a thread of its own, on a port that is free."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(sets)
    listening = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(server.talk, "127.0.0.1", 0), loop
    ).result(5)
    server.address = "{}:{}".format(*listening.sockets[0].getsockname())
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
        thread.join(5)
        loop.close()
