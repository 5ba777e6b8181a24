# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Fetches of an MTA-STS policy: whole, in two segments, and with invalid responses."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import mta_sts_fetch
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    play,
    segments,
)

PARAMS = {"domain": "example.org", "server_name": "mta-sts.example.org"}
SHAKEN = {"version": "TLSv1.3", "cipher": "x", "certificate": "00"}
BODY = b"version: STSv1\r\nmode: enforce\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


def test_policy_is_read_in_any_segments() -> None:
    for first, second in segments(WHOLE):
        played = play(mta_sts_fetch.fetch, PARAMS, [SHAKEN, first, second])
        assert (played.error, played.facts["status"], played.facts["policy"].encode()) == (
            None,
            200,
            BODY,
        )
    places = {
        part: [played.transcript[index][1] for index in range(place[0], place[1] + 1)]
        for part, place in (
            (part, value["place"]) for part, value in played.facts["places"].items()
        )
    }
    assert places == {
        "status": ["HTTP/1.1 200 OK"],
        "headers": ["Content-Type: text/plain", f"Content-Length: {len(BODY)}"],
        "policy": ["version: STSv1", "mode: enforce"],
    }
    assert (
        b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.org\r\n" in played.sent[0]
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            [
                (
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                    b"chunked\r\n\r\n5\r\nversi\r\n2;x\r\non\r\n0\r\n\r\n"
                )
            ],
            (200, 7, "version"),
        ),
        ([b"HTTP/1.0 200 OK\r\n\r\nversion", EOF], (200, 7, "version")),
        (
            [b"HTTP/1.1 301 Moved\r\nLocation: https://a/\r\nContent-Length: 0\r\n\r\n"],
            (301, 0, ""),
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000], (200, 65537, "")),
    ],
)
def test_body_of_each_kind(script: list[bytes], expected: tuple[int, int, str]) -> None:
    facts = play(mta_sts_fetch.fetch, PARAMS, [SHAKEN, *script]).facts
    assert (facts["status"], facts["octets"], facts["policy"]) == expected


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([SHAKEN, b"220 mx ESMTP\r\n\r\n"], "garbled"),
        ([SHAKEN, TIMEOUT], "timeout"),
        ([SHAKEN, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"], "garbled"),
        ([WireError("tls", "the TLS handshake failed")], "tls"),
    ],
)
def test_invalid_response_is_an_error(script: list[object], kind: str) -> None:
    played = play(mta_sts_fetch.fetch, PARAMS, script)  # type: ignore[arg-type]
    assert played.error is not None
    assert (played.error.kind, "status" in played.facts) == (kind, False)


def test_untrusted_certificate_is_a_fact() -> None:
    played = play(
        mta_sts_fetch.fetch, PARAMS, [WireError("certificate", "self-signed certificate")]
    )
    assert (played.error, played.facts) == (None, {"verify_error": "self-signed certificate"})
