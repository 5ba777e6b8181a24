# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first words of TLS on the wire: a hello of our own making and what the server says to it.

Made by hand because no current TLS library can offer what must be seen refused (RFC 5246 and 8446
section 4.1, RFC 6101, the SSL 2.0 draft). Goes no further than the ServerHello and passes no
evaluation.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import os
import struct
import typing as t

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
#: The type of a record that carries handshake messages.
HANDSHAKE = 22
_UNKNOWN_VERSION = 0x0A0A
#: The suites of SSL 2.0 by their codes of three octets. All have MD5.
SSLV2_SUITES = {
    0x010080: "SSL2_RC4_128_WITH_MD5",
    0x020080: "SSL2_RC4_128_EXPORT40_WITH_MD5",
    0x030080: "SSL2_RC2_128_CBC_WITH_MD5",
    0x040080: "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5",
    0x050080: "SSL2_IDEA_128_CBC_WITH_MD5",
    0x060040: "SSL2_DES_64_CBC_WITH_MD5",
    0x0700C0: "SSL2_DES_192_EDE3_CBC_WITH_MD5",
    0x080080: "SSL2_RC4_64_WITH_MD5",
}


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
    shape: int | None,
) -> t.Iterator[tuple[int, bytes]]:
    """The extensions of a hello, as number and body; those that a hello for the version shape
    has, where one is given.
    """
    like = shape or version
    if server_name and not _is_address(server_name):
        yield 0, _vector(2, b"\0" + _vector(2, server_name.rstrip(".").encode("ascii")))
    yield 10, _vector(2, _shorts(groups))
    yield 11, _vector(1, b"\0\1\2")
    if like >= TLS12:
        yield 13, _vector(2, _shorts(signatures))
    yield 23, b""
    yield 35, b""
    if like >= TLS13:
        yield 43, _vector(1, _shorts(_supported_versions(version, shape is not None)))
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


def _supported_versions(version: int, alike: bool) -> list[int]:
    """A version and those below it. alike: two entries for any version.

    SSL 3.0 has none below it, and a value in its place that no server knows (RFC 8701).
    """
    if not alike:
        return list(range(version, SSLV3, -1))
    return [version, version - 1 if version > SSLV3 else _UNKNOWN_VERSION]


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
    shape: int | None = None,
) -> bytes:
    """A hello for at most this version, as one record; SSL 3.0 gets no extensions, only the signal
    for RFC 5746, unless a shape is given.

    more: further extensions, as number and body; share: whether TLS 1.3 gets a key share, or must
    ask for one by name; shape: the version whose hellos have the same size and extensions.
    """
    offered = [*suites, 0x00FF] if version == SSLV3 and not shape else suites
    session = os.urandom(32) if (shape or version) >= TLS13 else b""
    body = struct.pack("!H", min(version, TLS12)) + os.urandom(32) + _vector(1, session)
    body += _vector(2, _shorts(offered)) + _vector(1, bytes(compression))
    if version > SSLV3 or shape:
        how = groups, signature_algorithms, share, shape
        found = [*_extensions(version, server_name, *how), *more]
        body += _vector(
            2, b"".join(struct.pack("!H", number) + _vector(2, data) for number, data in found)
        )
    record = record_version if record_version is not None else min(version, TLS10)
    return struct.pack("!BH", HANDSHAKE, record) + _vector(2, b"\1" + _vector(3, body))


def sslv2_client_hello() -> bytes:
    """The hello of SSL 2.0 with all its cipher kinds."""
    kinds = b"".join(kind.to_bytes(3, "big") for kind in SSLV2_SUITES)
    body = struct.pack("!BHHHH", 1, SSLV2, len(kinds), 0, 16) + kinds + os.urandom(16)
    return struct.pack("!H", 0x8000 | len(body)) + body
