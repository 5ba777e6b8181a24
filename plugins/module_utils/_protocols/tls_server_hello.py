# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first answer of a server to a ClientHello: ServerHello, alert, SSL 2.0, or text in clear (RFC
8446, 5246, 6101).

Bytes in, values out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import struct
import typing as t

from .._scan.conversation import WireError, text
from .tls_client_hello import HANDSHAKE, SSLV2, SSLV3, TLS13

_ALERTS = """
0 close_notify 10 unexpected_message 20 bad_record_mac 21 decryption_failed 22 record_overflow
30 decompression_failure 40 handshake_failure 41 no_certificate 42 bad_certificate
43 unsupported_certificate 44 certificate_revoked 45 certificate_expired 46 certificate_unknown
47 illegal_parameter 48 unknown_ca 49 access_denied 50 decode_error 51 decrypt_error
60 export_restriction 70 protocol_version 71 insufficient_security 80 internal_error
86 inappropriate_fallback 90 user_canceled 100 no_renegotiation 109 missing_extension
110 unsupported_extension 111 certificate_unobtainable 112 unrecognized_name
113 bad_certificate_status_response 115 unknown_psk_identity 116 certificate_required
120 no_application_protocol
"""
ALERTS = {int(code): name for code, name in re.findall(r"(\d+) (\w+)", _ALERTS)}
_ALERT = 21
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


def server_answer(buffer: bytes) -> tuple[Answer, int] | None:
    """Parser: the first thing a server says to a hello; raises WireError on what is neither TLS nor
    text.
    """
    if not buffer:
        return None
    if buffer[0] in (_ALERT, HANDSHAKE):
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
        if kind not in (_ALERT, HANDSHAKE) or major != 3 or length > _MAX_RECORD:
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
    """The first alert but for the warning that the name is unknown (RFC 6066 section 3)."""
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
