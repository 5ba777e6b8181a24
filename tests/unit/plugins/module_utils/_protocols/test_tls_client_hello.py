# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A hello of our own making says what it should, and what a server says to it is understood however
it is cut.
"""

from __future__ import annotations

import struct

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    tls_cipher_suites,
    tls_client_hello,
    tls_server_hello,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import segments


def record(kind: int, payload: bytes, version: int = 0x0303) -> bytes:
    return struct.pack("!BHH", kind, version, len(payload)) + payload


def server_hello(
    version: int, suite: int, extensions: bytes = b"", random: bytes = b"r" * 32
) -> bytes:
    body = struct.pack("!H", version) + random + b"\x02id" + struct.pack("!HB", suite, 0)
    if extensions:
        body += struct.pack("!H", len(extensions)) + extensions
    return b"\x02" + len(body).to_bytes(3, "big") + body


TLS12_HELLO = server_hello(0x0303, 0xC02F, b"\xff\x01\x00\x01\x00\x00\x17\x00\x00")
TLS13_HELLO = server_hello(0x0303, 0x1301, b"\x00\x2b\x00\x02\x03\x04")
RETRY = server_hello(0x0303, 0x1301, b"\x00\x2b\x00\x02\x03\x04", tls_server_hello._RETRY)
TLS11 = record(22, server_hello(0x0302, 47), 0x0302)
HELLO_REQUEST = b"\0\0\0\0"
SSLV2_BODY = b"\x04\x00\x01\x00\x02\x00\x03\x00\x03\x00\x10" + b"DER" + b"\x07\x00\xc0" + b"c" * 16
SSLV2_HELLO = struct.pack("!H", 0x8000 | len(SSLV2_BODY)) + SSLV2_BODY

ANSWERS = {
    "TLS 1.2": (
        record(22, TLS12_HELLO),
        tls_server_hello.Answer("hello", 0x0303, 0xC02F, extensions=(0xFF01, 23)),
    ),
    "no extensions": (
        record(22, server_hello(0x0301, 5), 0x0301),
        tls_server_hello.Answer("hello", 0x0301, 5),
    ),
    "TLS 1.3": (
        record(22, TLS13_HELLO),
        tls_server_hello.Answer("hello", 0x0304, 0x1301, extensions=(43,)),
    ),
    "retry": (
        record(22, RETRY),
        tls_server_hello.Answer("hello", 0x0304, 0x1301, extensions=(43,), retry=True),
    ),
    "fragmented": (
        b"".join(record(22, TLS12_HELLO[at : at + 7]) for at in range(0, len(TLS12_HELLO), 7)),
        tls_server_hello.Answer("hello", 0x0303, 0xC02F, extensions=(0xFF01, 23)),
    ),
    "hello request first": (
        record(22, HELLO_REQUEST + server_hello(0x0302, 47)),
        tls_server_hello.Answer("hello", 0x0302, 47),
    ),
    "hello request alone first": (
        record(22, HELLO_REQUEST) + TLS11,
        tls_server_hello.Answer("hello", 0x0302, 47),
    ),
    "unknown name first": (
        record(21, b"\x01\x70") + TLS11,
        tls_server_hello.Answer("hello", 0x0302, 47),
    ),
    "alert": (
        record(21, b"\x02\x46"),
        tls_server_hello.Answer("alert", alert_level=2, alert=70, alert_name="protocol_version"),
    ),
    "alert in two records": (
        record(21, b"\x02") + record(21, b"\x28"),
        tls_server_hello.Answer("alert", alert_level=2, alert=40, alert_name="handshake_failure"),
    ),
    "goodbye": (
        record(21, b"\x01\x00"),
        tls_server_hello.Answer("alert", alert_level=1, alert=0, alert_name="close_notify"),
    ),
    "unknown alert": (
        record(21, b"\x02\xc8"),
        tls_server_hello.Answer("alert", alert_level=2, alert=200, alert_name="alert 200"),
    ),
    "SMTP text": (b"554 5.5.1 SSL?\r\n", tls_server_hello.Answer("plain", text="554 5.5.1 SSL?")),
    "text after empty lines": (
        b"\r\n\r\n* BAD \xff\r\n",
        tls_server_hello.Answer("plain", text="* BAD \ufffd"),
    ),
    "endless text": (b"x" * 300, tls_server_hello.Answer("plain", text="x" * 300)),
    "SSL 2.0": (SSLV2_HELLO, tls_server_hello.Answer("sslv2", 0x0002, 0x0700C0)),
    "SSL 2.0 error": (
        b"\x80\x03\x00\x00\x01",
        tls_server_hello.Answer(
            "alert", 0x0002, alert_level=2, alert=1, alert_name="SSLv2 error 1"
        ),
    ),
}


@pytest.mark.parametrize(("data", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answer(data: bytes, answer: tls_server_hello.Answer) -> None:
    assert tls_server_hello.server_answer(data) == (answer, len(data))
    assert tls_server_hello.server_answer(data + record(22, b"\x0b\0\0\0")) == (answer, len(data))
    for first, _rest in segments(data):
        assert tls_server_hello.server_answer(first) is None


def test_nothing_is_no_answer_yet() -> None:
    assert tls_server_hello.server_answer(b"") is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02",
        b"\xff\xff\xff\xff\xff",
        b"\x16\x04\x00\x00\x01\x02",
        b"\x16\x03\x01\xff\xff",
        record(22, b"\x0b\0\0\0"),
        record(22, b"\x02\xff\xff\xff\x03\x03"),
        record(22, b"\x02\0\0\x02\x03\x03"),
        record(22, server_hello(0x0303, 5, b"\0\0")),
        record(22, server_hello(0x0003, 0xC02F)),
        record(22, TLS12_HELLO[:9]) + record(23, b"data"),
        b"\x80\x04\x04\0\0\0",
    ],
)
def test_garbage(data: bytes) -> None:
    with pytest.raises(WireError, match="not a TLS answer") as caught:
        tls_server_hello.server_answer(data)
    assert caught.value.kind == "garbled"


class Hello:
    """A client hello taken apart."""

    def __init__(self, data: bytes) -> None:
        self.kind, self.record, length = struct.unpack("!BHH", data[:5])
        assert len(data) == 5 + length
        assert data[5] == 1
        assert int.from_bytes(data[6:9], "big") == length - 4
        self.version = struct.unpack("!H", data[9:11])[0]
        self.rest = data[43:]
        self.session = self.take(1)
        self.suites = struct.unpack(f"!{len(self.peek(2)) // 2}H", self.take(2))
        self.compression = self.take(1)
        self.extensions = {}
        if self.rest:
            self.rest = self.take(2)
            while self.rest:
                number, self.rest = struct.unpack("!H", self.rest[:2])[0], self.rest[2:]
                self.extensions[number] = self.take(2)

    def peek(self, size: int) -> bytes:
        return self.rest[size : size + int.from_bytes(self.rest[:size], "big")]

    def take(self, size: int) -> bytes:
        found = self.peek(size)
        self.rest = self.rest[size + len(found) :]
        return found


@pytest.mark.parametrize(
    ("version", "record_version", "body_version", "extensions"),
    [
        ("SSLv3", 0x0300, 0x0300, set()),
        ("TLSv1", 0x0301, 0x0301, {0, 10, 11, 23, 35, 0xFF01}),
        ("TLSv1.1", 0x0301, 0x0302, {0, 10, 11, 23, 35, 0xFF01}),
        ("TLSv1.2", 0x0301, 0x0303, {0, 10, 11, 13, 23, 35, 0xFF01}),
        ("TLSv1.3", 0x0301, 0x0303, {0, 10, 11, 13, 23, 35, 43, 45, 51, 0xFF01}),
    ],
)
def test_client_hello(
    version: str, record_version: int, body_version: int, extensions: set[int]
) -> None:
    hello = Hello(
        tls_client_hello.client_hello(
            tls_client_hello.VERSIONS[version], (5, 10), "mx1.example.org."
        )
    )
    assert (hello.kind, hello.record, hello.version) == (22, record_version, body_version)
    assert hello.suites[:2] == (5, 10)
    assert hello.compression == b"\0"
    assert set(hello.extensions) == extensions
    if version == "SSLv3":
        assert hello.suites[2:] == (0x00FF,)
    else:
        assert hello.extensions[0] == b"\x00\x12\x00\x00\x0fmx1.example.org"
    if version == "TLSv1.3":
        assert hello.extensions[43] == b"\x08\x03\x04\x03\x03\x03\x02\x03\x01"
        assert hello.extensions[51][:6] == b"\x00\x24\x00\x1d\x00\x20"
        assert len(hello.session) == 32


def test_client_hello_by_the_parameters() -> None:
    data = tls_client_hello.client_hello(
        0x0304, (1,), "192.0.2.1", (0x17,), (0x0403,), (1, 0), 0x0303
    )
    hello = Hello(data)
    assert hello.record == 0x0303
    assert hello.compression == b"\1\0"
    assert 0 not in hello.extensions, "an address is no server name"
    assert hello.extensions[10] == b"\x00\x02\x00\x17"
    assert hello.extensions[13] == b"\x00\x02\x04\x03"
    assert hello.extensions[51] == b"\0\0", "no share for a group that is not offered"


def test_every_suite_fits_one_hello() -> None:
    assert Hello(
        tls_client_hello.client_hello(0x0303, tls_cipher_suites.select("all"))
    ).suites == tuple(tls_cipher_suites.NAMES)


def test_sslv2_client_hello() -> None:
    data = tls_client_hello.sslv2_client_hello()
    assert struct.unpack("!H", data[:2])[0] == 0x8000 | len(data) - 2
    assert struct.unpack("!BHHHH", data[2:11]) == (1, 2, 24, 0, 16)
    assert len(data) == 11 + 24 + 16


def test_names_go_both_ways() -> None:
    assert tls_client_hello.VERSION_NAMES[tls_client_hello.VERSIONS["TLSv1.2"]] == "TLSv1.2"
    assert tls_server_hello.ALERTS[40] == "handshake_failure"
    assert tls_server_hello.ALERTS[120] == "no_application_protocol"
