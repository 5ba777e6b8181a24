# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a server says in clear before its keys change is understood however it is cut, and never
beyond its end.
"""

from __future__ import annotations

import struct

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    tls_server_flight,
    tls_server_hello,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import segments


def record(payload: bytes, kind: int = 22, version: int = 0x0303) -> bytes:
    return struct.pack("!BHH", kind, version, len(payload)) + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def hello(suite: int, version: int = 0x0303, extensions: bytes = b"") -> bytes:
    body = struct.pack("!H", version) + b"r" * 32 + b"\0" + struct.pack("!HB", suite, 0)
    return message(
        2, body + (struct.pack("!H", len(extensions)) + extensions if extensions else b"")
    )


def chain(*certificates: bytes) -> bytes:
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    return message(11, len(listed).to_bytes(3, "big") + listed)


def number(size: int) -> bytes:
    return struct.pack("!H", size) + b"\x80" + bytes(size - 1)


DONE = message(14, b"")
STAPLE = message(22, b"\1\0\0\4OCSP")
ECDHE = message(12, b"\3\0\x1d\x20" + b"p" * 32 + b"\x04\x03" + b"\0\2si")
DHE = message(12, number(128) + number(1) + number(128) + b"\x08\x04" + b"\0\2si")
DHE_OLD = message(12, number(128) + number(1) + number(128) + b"\0\2si")
ANONYMOUS = message(12, number(96) + number(1) + number(96))

FLIGHTS = {
    "ecdsa": (
        hello(0xC02B) + chain(b"leaf", b"middle") + STAPLE + ECDHE + DONE,
        {"chain": (b"leaf", b"middle"), "stapled": True, "group": 0x1D, "family": "ecdsa"},
    ),
    "dhe": (
        hello(0x9E) + chain(b"leaf") + DHE + DONE,
        {"chain": (b"leaf",), "dh_bits": 1024, "family": "rsa"},
    ),
    "dhe of TLS 1.0": (
        hello(0x33, 0x0301) + chain(b"leaf") + DHE_OLD + DONE,
        {"chain": (b"leaf",), "dh_bits": 1024},
    ),
    "anonymous": (hello(0x34) + ANONYMOUS + DONE, {"dh_bits": 768}),
    "static": (hello(0x2F) + chain(b"leaf") + DONE, {"chain": (b"leaf",)}),
}


@pytest.mark.parametrize(("data", "wanted"), FLIGHTS.values(), ids=FLIGHTS)
def test_flights(data: bytes, wanted: dict[str, object]) -> None:
    for whole in (
        record(data),
        b"".join(record(data[at : at + 50]) for at in range(0, len(data), 50)),
    ):
        found = tls_server_flight.flight(whole)
        assert found is not None
        seen, used = found
        assert (seen.answer.kind, used, seen.whole) == ("hello", len(whole), True)
        assert {key: getattr(seen, key) for key in wanted} == wanted
        assert all(tls_server_flight.flight(before) is None for before, _after in segments(whole))


def test_what_is_no_flight_is_an_answer() -> None:
    for data in (
        record(b"\2\x28", 21),
        b"500 what?\r\n",
        record(hello(0x1301, extensions=b"\x00\x2b\x00\x02\x03\x04")),
    ):
        answer = tls_server_hello.server_answer(data)
        assert answer is not None
        assert tls_server_flight.flight(data) == (tls_server_flight.Flight(answer[0]), answer[1])
        assert tls_server_flight.answer(data) == (answer[0], 0)
    assert tls_server_flight.flight(b"") is tls_server_flight.answer(b"") is None


def test_an_alert_in_the_middle_ends_it() -> None:
    found = tls_server_flight.flight(record(hello(0xC02B) + chain(b"leaf")) + record(b"\2\x50", 21))
    assert found is not None
    assert (found[0].whole, found[0].chain) == (False, (b"leaf",))


@pytest.mark.parametrize("body", [b"", b"\3", b"\3\0\x1d"])
def test_a_message_that_ends_too_early(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        tls_server_flight.flight(record(hello(0xC02B) + message(12, body) + DONE))
    assert caught.value.kind == "garbled"


def test_a_chain_without_end_is_cut() -> None:
    found = tls_server_flight.flight(record(hello(0x2F) + chain(*[b"x"] * 50) + DONE))
    assert found is not None
    assert len(found[0].chain) == tls_server_flight.MAX_CERTIFICATES


def test_families() -> None:
    known = {
        0x0401: "rsa",
        0x0403: "ecdsa",
        0x0202: "dsa",
        0x0804: "rsa",
        0x0807: "ed25519",
        0x0808: "ed448",
        0x0000: "",
    }
    assert {code: tls_server_flight.family(code) for code in known} == known
