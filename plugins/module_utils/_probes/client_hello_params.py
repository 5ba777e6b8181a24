# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the parameters of a crafted ClientHello to its bytes.

Data in, data out: sends nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import tls_cipher_suites, tls_client_hello, tls_server_flight

_STATUS_REQUEST, _HEARTBEAT, _ALPN = 5, 15, 16
_FALLBACK = 0x5600
#: What every server can read; some give up on longer lists.
MAX_SUITES = 64
#: Groups with less than 112 bits of security, or with 112 (secp224r1), before those that every
#: client has.
WEAK_GROUPS = {
    0x0001: "sect163k1",
    0x0002: "sect163r1",
    0x0003: "sect163r2",
    0x0004: "sect193r1",
    0x0005: "sect193r2",
    0x000F: "secp160k1",
    0x0010: "secp160r1",
    0x0011: "secp160r2",
    0x0012: "secp192k1",
    0x0013: "secp192r1",
    0x0006: "sect233k1",
    0x0007: "sect233r1",
    0x0008: "sect239k1",
    0x0014: "secp224k1",
    0x0015: "secp224r1",
}
HYBRID = 0x11EC
GROUP_NAMES = {
    **WEAK_GROUPS,
    HYBRID: "X25519MLKEM768",
    0x11EB: "SecP256r1MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x0017: "secp256r1",
    0x0018: "secp384r1",
    0x0019: "secp521r1",
    0x001D: "x25519",
    0x001E: "x448",
    0x001A: "brainpoolP256r1",
    0x001B: "brainpoolP384r1",
    0x001C: "brainpoolP512r1",
    0x0016: "secp256k1",
    0x0100: "ffdhe2048",
    0x0101: "ffdhe3072",
    0x0102: "ffdhe4096",
}
_GROUPS = {
    "weak_first": (*WEAK_GROUPS, *tls_client_hello.GROUPS),
    "hybrid_first": (HYBRID, *tls_client_hello.GROUPS),
    "": tls_client_hello.GROUPS,
}


def client_hello(params: dict[str, t.Any]) -> tuple[bytes, int]:
    """The hello that params describe, and how many suites are in it.

    max_version (a name of VERSIONS), shape (a version whose hellos have the same size), suites
    ("all", or class words and codes), exclude (codes), avoid (class words), groups (a word of
    _GROUPS), without (families of keys that may not sign), share (False: no key share of TLS 1.3),
    compression, heartbeat, staple, fallback (bool), alpn (protocols).
    """
    version = tls_client_hello.VERSIONS[params["max_version"]]
    if version == tls_client_hello.SSLV2:
        return tls_client_hello.sslv2_client_hello(), len(tls_client_hello.SSLV2_SUITES)
    codes = _suites(version, params)
    signatures = [
        code
        for code in tls_client_hello.SIGNATURE_ALGORITHMS
        if tls_server_flight.family(code) not in params.get("without", ())
    ]
    signal = [_FALLBACK] if params.get("fallback") else []
    shape = params.get("shape")
    hello = tls_client_hello.client_hello(
        version,
        codes[: MAX_SUITES - len(signal)] + signal,
        params["server_name"],
        groups=_GROUPS[params.get("groups", "")],
        signature_algorithms=signatures,
        compression=(1, 0) if params.get("compression") else (0,),
        more=list(_rare_extensions(params)),
        share=params.get("share", True),
        shape=tls_client_hello.VERSIONS[shape] if shape else None,
    )
    return hello, len(codes[: MAX_SUITES - len(signal)])


def _suites(version: int, params: dict[str, t.Any]) -> list[int]:
    """The suites to offer; those of TLS 1.3 only in a hello for it."""
    avoided = tls_cipher_suites.by_class(*params.get("avoid", ()))
    codes = tls_cipher_suites.select(
        params.get("suites", "all"), [*params.get("exclude", ()), *avoided]
    )
    return [
        code
        for code in codes
        if version >= tls_client_hello.TLS13 or "tls13" not in tls_cipher_suites.classes(code)
    ]


def _rare_extensions(params: dict[str, t.Any]) -> t.Iterator[tuple[int, bytes]]:
    """The extensions that few clients send."""
    if params.get("staple"):
        yield _STATUS_REQUEST, b"\1\0\0\0\0"
    if params.get("heartbeat"):
        yield _HEARTBEAT, b"\1"
    if params.get("alpn"):
        names = b"".join(bytes([len(name)]) + name.encode("ascii") for name in params["alpn"])
        yield _ALPN, len(names).to_bytes(2, "big") + names


def group_name(code: int) -> str:
    """The name of a group; an unknown one is shown by its code."""
    return GROUP_NAMES.get(code) or f"0x{code:04X}"
