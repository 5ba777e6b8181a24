# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whether a server asks for a certificate, by real handshakes in memory."""

from __future__ import annotations

import ssl
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._scan import client_certificate

SUITES = {
    "TLSv1.3": (None,),
    "TLSv1.2": ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
}


def context(kind: int, version: str, suite: str | None) -> ssl.SSLContext:
    made = ssl.SSLContext(kind)
    made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
    if suite:
        made.set_ciphers(suite)
    return made


def shake(
    server: ssl.SSLContext, client: ssl.SSLContext
) -> tuple[bytes, ssl.SSLObject, ssl.SSLObject]:
    """What the client sent, and both ends."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sent, todo, through = b"", [], ssl.MemoryBIO()  # type: ignore[var-annotated]
    ends = [client.wrap_bio(back, there), server.wrap_bio(through, back, server_side=True)]
    todo = list(ends)
    for _turn in range(9):
        for end in list(todo):
            try:
                end.do_handshake()
                todo.remove(end)
            except ssl.SSLWantReadError:
                pass
            data = there.read()
            sent += data
            through.write(data)
    assert not todo
    return sent, ends[0], ends[1]


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(
    ("version", "suite"),
    [(version, suite) for version, suites in SUITES.items() for suite in suites],
)
def test_asked(version: str, suite: str | None, asked: bool, shown: bool) -> None:
    server, client = (
        context(ssl.PROTOCOL_TLS_SERVER, version, suite),
        context(ssl.PROTOCOL_TLS_CLIENT, version, suite),
    )
    client_certificate.load_into(server)  # any certificate will do
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if asked:
        server.verify_mode = ssl.CERT_OPTIONAL
        server.load_verify_locations(
            cadata=client_certificate.pem().partition("-----BEGIN CERTIFICATE")[1]
            + client_certificate.pem().partition("-----BEGIN CERTIFICATE")[2]
        )
    if shown:
        client_certificate.load_into(client)
    sent, near, far = shake(server, client)
    assert near.version() == version
    assert bool(far.getpeercert(binary_form=True)) == (asked and shown)
    assert client_certificate.was_requested(sent, version, near.cipher()[0]) is asked  # type: ignore[index]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16",
        b"\x16\x03\x03\xff\xff\x0b",
        b"\x17\x03\x03\x00\x01x",
        b"\x16\x03\x01\x00\x02\x01\x00",
    ],
)
def test_bytes_without_sense(data: bytes) -> None:
    found: list[t.Any] = [
        client_certificate.was_requested(data, version, "")
        for version in ("TLSv1.3", "TLSv1.2", "")
    ]
    assert all(isinstance(item, bool) for item in found)
