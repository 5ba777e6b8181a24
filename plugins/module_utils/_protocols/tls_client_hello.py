# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first words of TLS on the wire: a hello of our own making and what the server says to it.

Made by hand because no current TLS library can offer what must be seen refused (RFC 5246 and 8446
section 4.1, RFC 6101, the SSL 2.0 draft). Goes no further than the ServerHello and passes no
judgement.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import os
import re
import struct
import typing as t

from .._scan.conversation import WireError, text

SSLV2, SSLV3, TLS10, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0303, 0x0304
VERSIONS = {
    "SSLv2": SSLV2,
    "SSLv3": SSLV3,
    "TLSv1": TLS10,
    "TLSv1.1": 0x0302,
    "TLSv1.2": TLS12,
    "TLSv1.3": TLS13,
}
VERSION_NAMES = {code: name for name, code in VERSIONS.items()}

#: The group of the only key share that is sent; without it the server has to ask for another.
X25519 = 0x001D
#: With secp256r1, secp384r1, secp521r1, x448, ffdhe2048, ffdhe3072 and ffdhe4096 (RFC 8422, RFC
#: 7919).
GROUPS = (X25519, 0x0017, 0x0018, 0x0019, 0x001E, 0x0100, 0x0101, 0x0102)
#: ECDSA, EdDSA, RSA-PSS and RSA with SHA-2, then RSA, ECDSA and DSA with SHA-1 (RFC 8446 section
#: 4.2.3).
SIGNATURE_ALGORITHMS = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0201, 0x0203, 0x0202, 0x0402),
)
SSLV2_SUITES = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0, 0x080080)

_ALERTS = """
0 close_notify 10 unexpected_message 20 bad_record_mac 21 decryption_failed 22 record_overflow
30 decompression_failure 40 handshake_failure 41 no_certificate 42 bad_certificate 43 unsupported_certificate
44 certificate_revoked 45 certificate_expired 46 certificate_unknown 47 illegal_parameter 48 unknown_ca
49 access_denied 50 decode_error 51 decrypt_error 60 export_restriction 70 protocol_version
71 insufficient_security 80 internal_error 86 inappropriate_fallback 90 user_canceled 100 no_renegotiation
109 missing_extension 110 unsupported_extension 111 certificate_unobtainable 112 unrecognized_name
113 bad_certificate_status_response 115 unknown_psk_identity 116 certificate_required 120 no_application_protocol
"""
ALERTS = {int(code): name for code, name in re.findall(r"(\d+) (\w+)", _ALERTS)}

_ALERT, _HANDSHAKE = 21, 22
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_MAX_RECORD = 16384 + 2048
_MAX_PLAIN = 300


class Answer(t.NamedTuple):
    """What a server said; kind is hello (a ServerHello), alert, plain (text, no TLS) or sslv2 (a
    hello of SSL 2.0).

    group: of the key share of TLS 1.3; alpn: the protocol that was agreed to in TLS 1.2.
    """

    kind: str
    version: int = 0
    suite: int = 0
    compression: int = 0
    extensions: tuple[int, ...] = ()
    retry: bool = False
    alert_level: int = 0
    alert: int = 0
    alert_name: str = ""
    text: str = ""
    group: int = 0
    alpn: str = ""


def _vector(size: int, data: bytes) -> bytes:
    """Data behind its length, which takes so many octets."""
    return len(data).to_bytes(size, "big") + data


def _shorts(values: t.Iterable[int]) -> bytes:
    return b"".join(struct.pack("!H", value) for value in values)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _extensions(
    version: int,
    server_name: str,
    groups: t.Sequence[int],
    signatures: t.Sequence[int],
    share: bool,
) -> t.Iterator[tuple[int, bytes]]:
    """The extensions of a hello, as number and body."""
    if server_name and not _is_address(server_name):
        yield 0, _vector(2, b"\0" + _vector(2, server_name.rstrip(".").encode("ascii")))
    yield 10, _vector(2, _shorts(groups))
    yield 11, _vector(1, b"\0\1\2")
    if version >= TLS12:
        yield 13, _vector(2, _shorts(signatures))
    yield 23, b""
    yield 35, b""
    if version >= TLS13:
        yield 43, _vector(1, _shorts(range(version, SSLV3, -1)))
        yield 45, _vector(1, b"\1")
        yield (
            51,
            _vector(
                2,
                _shorts([X25519]) + _vector(2, os.urandom(32))
                if share and X25519 in groups
                else b"",
            ),
        )
    yield 0xFF01, _vector(1, b"")


def client_hello(
    version: int,
    suites: t.Sequence[int],
    server_name: str = "",
    groups: t.Sequence[int] = GROUPS,
    signature_algorithms: t.Sequence[int] = SIGNATURE_ALGORITHMS,
    compression: t.Sequence[int] = (0,),
    record_version: int | None = None,
    more: t.Sequence[tuple[int, bytes]] = (),
    share: bool = True,
) -> bytes:
    """A hello for at most this version, as one record; SSL 3.0 gets no extensions, only the signal
    for RFC 5746.

    more: further extensions, as number and body; share: whether TLS 1.3 gets a key share, or must
    ask for one by name.
    """
    offered = [*suites, 0x00FF] if version == SSLV3 else suites
    session = os.urandom(32) if version >= TLS13 else b""
    body = struct.pack("!H", min(version, TLS12)) + os.urandom(32) + _vector(1, session)
    body += _vector(2, _shorts(offered)) + _vector(1, bytes(compression))
    if version > SSLV3:
        found = [*_extensions(version, server_name, groups, signature_algorithms, share), *more]
        body += _vector(
            2, b"".join(struct.pack("!H", number) + _vector(2, data) for number, data in found)
        )
    record = record_version if record_version is not None else min(version, TLS10)
    return struct.pack("!BH", _HANDSHAKE, record) + _vector(2, b"\1" + _vector(3, body))


def sslv2_client_hello() -> bytes:
    """The hello of SSL 2.0 with all its cipher kinds."""
    kinds = b"".join(kind.to_bytes(3, "big") for kind in SSLV2_SUITES)
    body = struct.pack("!BHHHH", 1, SSLV2, len(kinds), 0, 16) + kinds + os.urandom(16)
    return struct.pack("!H", 0x8000 | len(body)) + body


def server_answer(buffer: bytes) -> tuple[Answer, int] | None:
    """Parser: the first thing a server says to a hello; raises WireError on what is neither TLS nor
    text.
    """
    if not buffer:
        return None
    if buffer[0] in (_ALERT, _HANDSHAKE):
        return _records(buffer)
    if 0x20 <= buffer[0] < 0x7F or buffer[0] in b"\r\n":
        return _plain(buffer)
    if buffer[0] & 0x80 and (len(buffer) < 3 or buffer[2] in (0, 4)):
        return _sslv2(buffer)
    raise _garbled(buffer)


def _garbled(data: bytes) -> WireError:
    return WireError("garbled", f"not a TLS answer: {data[:40].hex()}")


def _plain(buffer: bytes) -> tuple[Answer, int] | None:
    end = buffer.find(b"\n", len(buffer) - len(buffer.lstrip()), _MAX_PLAIN) + 1
    if not end and len(buffer) < _MAX_PLAIN:
        return None
    used = end or _MAX_PLAIN
    return Answer("plain", text=text(buffer[:used]).strip()), used


def _sslv2(buffer: bytes) -> tuple[Answer, int] | None:
    if len(buffer) < 3:
        return None
    used = 2 + (struct.unpack("!H", buffer[:2])[0] & 0x7FFF)
    if len(buffer) < used:
        return None
    body = buffer[2:used]
    if body[:1] == b"\0" and len(body) == 3:
        code = struct.unpack("!H", body[1:])[0]
        return Answer(
            "alert", SSLV2, alert_level=2, alert=code, alert_name=f"SSLv2 error {code}"
        ), used
    if body[:1] != b"\4" or len(body) < 11:
        raise _garbled(buffer)
    certificate, kinds = struct.unpack("!HH", body[5:9])
    first = body[11 + certificate : 11 + certificate + min(kinds, 3)]
    return Answer("sslv2", struct.unpack("!H", body[3:5])[0], int.from_bytes(first, "big")), used


def _records(buffer: bytes) -> tuple[Answer, int] | None:
    """Join records, and the messages split over them, until the answer is whole."""
    used, alerts, messages = 0, b"", b""
    while len(buffer) >= used + 5:
        kind, major, _minor, length = struct.unpack("!BBBH", buffer[used : used + 5])
        if kind not in (_ALERT, _HANDSHAKE) or major != 3 or length > _MAX_RECORD:
            raise _garbled(buffer[used:])
        if len(buffer) < used + 5 + length:
            return None
        payload = buffer[used + 5 : used + 5 + length]
        used += 5 + length
        if kind == _ALERT:
            alerts += payload
        else:
            messages += payload
        answer = _alert(alerts) or _message(messages)
        if answer:
            return answer, used
    return None


def _alert(data: bytes) -> Answer | None:
    """The first alert that is more than the warning that the name is unknown (RFC 6066 section 3)."""
    for level, code in zip(data[::2], data[1::2]):
        if (level, code) != (1, 112):
            return Answer(
                "alert",
                alert_level=level,
                alert=code,
                alert_name=ALERTS.get(code) or f"alert {code}",
            )
    return None


def _message(data: bytes) -> Answer | None:
    """The ServerHello, once it is whole; a HelloRequest before it is passed over."""
    while data[:4] == b"\0\0\0\0":
        data = data[4:]
    if data and data[0] != 2:
        raise _garbled(data)
    length = int.from_bytes(data[1:4], "big")
    if len(data) < 4 or len(data) < 4 + length:
        if length > 65536:
            raise _garbled(data)
        return None
    try:
        return _server_hello(data[4 : 4 + length])
    except (struct.error, IndexError) as exc:
        raise _garbled(data) from exc


def _server_hello(body: bytes) -> Answer:
    version, session = struct.unpack("!H32xB", body[:35])
    suite, compression = struct.unpack("!HB", body[35 + session : 38 + session])
    found, rest = {}, body[40 + session :]
    while rest:
        number, length = struct.unpack("!HH", rest[:4])
        found[number], rest = rest[4 : 4 + length], rest[4 + length :]
    if len(found.get(43, b"")) == 2:
        version = struct.unpack("!H", found[43])[0]
    if not SSLV3 <= version <= TLS13:
        raise _garbled(body)
    group = int.from_bytes(found.get(51, b"")[:2], "big")
    alpn = text(found.get(16, b"")[3:])
    return Answer(
        "hello",
        version,
        suite,
        compression,
        tuple(found),
        body[2:34] == _RETRY,
        group=group,
        alpn=alpn,
    )
