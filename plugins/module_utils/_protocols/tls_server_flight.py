# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a server of TLS 1.2 or older says in clear before the keys change: certificates, key
exchange, OCSP staple.

RFC 5246 section 7.4, RFC 8422 section 5.4, RFC 6066 section 8. Up to its ServerHelloDone; of TLS
1.3 only the ServerHello is readable. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._scan.conversation import WireError
from . import tls_cipher_suites, tls_client_hello, tls_server_hello

_HANDSHAKE = 22
_CERTIFICATE, _KEY_EXCHANGE, _DONE, _STATUS = 11, 12, 14, 22
_NAMED_CURVE = 3
_FAMILIES = {1: "rsa", 2: "dsa", 3: "ecdsa"}
_NEWER = {0x0807: "ed25519", 0x0808: "ed448"}
MAX_CERTIFICATES = 10


class Flight(t.NamedTuple):
    """What was read. answer: as tls.server_answer gives it; family: of the key that signed; whole:
    up to its end.
    """

    answer: tls_server_hello.Answer
    chain: tuple[bytes, ...] = ()
    stapled: bool = False
    group: int = 0
    dh_bits: int = 0
    family: str = ""
    whole: bool = True


def family(algorithm: int) -> str:
    """The kind of key that a signature algorithm of TLS needs; empty for an unknown one."""
    if algorithm >> 8 == 8:
        return _NEWER.get(algorithm, "rsa")
    return _FAMILIES.get(algorithm & 0xFF, "")


def answer(buffer: bytes) -> tuple[tls_server_hello.Answer, int] | None:
    """Parser: the first thing that a server says, which is left where it is for the next one to
    read.
    """
    found = tls_server_hello.server_answer(buffer)
    return (found[0], 0) if found else None


def flight(buffer: bytes) -> tuple[Flight, int] | None:
    """Parser: everything up to where only the client can go on."""
    found = tls_server_hello.server_answer(buffer)
    if found is None:
        return None
    if found[0].kind != "hello" or found[0].version > tls_client_hello.TLS12:
        return Flight(found[0]), found[1]
    seen = Flight(found[0])
    messages, used, ended = _messages(buffer)
    for kind, body in messages:
        if kind == _DONE:
            return seen, used
        seen = _add(seen, kind, body)
    return (seen._replace(whole=False), used) if ended else None


def _messages(buffer: bytes) -> tuple[list[tuple[int, bytes]], int, bool]:
    """The whole handshake messages so far, what they took, and whether something that is no
    handshake ended them.
    """
    used, data, ended = 0, b"", False
    while len(buffer) >= used + 5:
        length = int.from_bytes(buffer[used + 3 : used + 5], "big")
        ended = buffer[used] != _HANDSHAKE and bool(data)
        if ended or len(buffer) < used + 5 + length:
            break
        if buffer[used] == _HANDSHAKE:
            data += buffer[used + 5 : used + 5 + length]
        used += 5 + length
    found = []
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[1:4], "big"):
        end = 4 + int.from_bytes(data[1:4], "big")
        found.append((data[0], data[4:end]))
        data = data[end:]
    return found, used, ended


def _add(seen: Flight, kind: int, body: bytes) -> Flight:
    """What one message tells."""
    try:
        if kind == _CERTIFICATE:
            return seen._replace(chain=_chain(body))
        if kind == _STATUS:
            return seen._replace(stapled=body[:1] == b"\1" and len(body) > 4)
        if kind == _KEY_EXCHANGE:
            return _exchange(seen, body)
    except IndexError as exc:
        raise WireError("garbled", "a message of the handshake ends too early") from exc
    return seen


def _chain(body: bytes) -> tuple[bytes, ...]:
    rest, found = body[3:], []  # type: ignore[var-annotated]
    while rest and len(found) < MAX_CERTIFICATES:
        length = int.from_bytes(rest[:3], "big")
        found.append(rest[3 : 3 + length])
        rest = rest[3 + length :]
    return tuple(found)


def _exchange(seen: Flight, body: bytes) -> Flight:
    """The group or the prime of an ephemeral exchange, and what signed it."""
    words = tls_cipher_suites.classes(seen.answer.suite)
    if "ecdhe" in words:
        if body[0] != _NAMED_CURVE:
            return seen
        rest = body[4 + body[3] :]
        seen = seen._replace(group=int.from_bytes(body[1:3], "big"))
    elif "dhe" in words:
        rest, numbers = body, []
        for _number in ("prime", "generator", "public"):
            length = int.from_bytes(rest[:2], "big")
            numbers.append(rest[2 : 2 + length])
            rest = rest[2 + length :]
        seen = seen._replace(dh_bits=int.from_bytes(numbers[0], "big").bit_length())
    else:
        return seen
    signed = (
        seen.answer.version >= tls_client_hello.TLS12 and "anon" not in words and len(rest) >= 2
    )
    return seen._replace(family=family(int.from_bytes(rest[:2], "big"))) if signed else seen
