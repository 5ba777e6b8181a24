# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Features of a ServerHello: the unsafe ones fail, and ALPN http/1.1 is told from a refusal."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    FALLBACK,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    TLS13,
    UP_TO_TLS,
    decisive,
    hello_with,
    no_tls12,
    observe,
    played,
    server_hello,
    status,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
SAFE = {
    "answer": "hello",
    "version": "TLSv1.2",
    "suite": 0xC02B,
    "suite_name": "y",
    "suite_classes": ["ecdhe", "fs", "good"],
    "compression": 0,
    "extensions": [0xFF01, 23],
    "group": "x25519",
}
OFFERED = {"compression": True, "heartbeat": True, "alpn": ["http/1.1"], "purpose": CONTROL}
GOOD_SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"


def control(**facts: t.Any) -> dict[str, t.Any]:
    return observe("client_hello", "smtp", {**SAFE, **facts}, **OFFERED)


def client_hello(answer: bytes, **params: t.Any) -> dict[str, t.Any]:
    return played("client_hello", "smtp", [*UP_TO_TLS["smtp"], answer], **{**OFFERED, **params})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, PASS),
        ({"compression": 1}, FAIL),
        ({"extensions": [23]}, FAIL),
        ({"extensions": [0xFF01]}, FAIL),
        ({"extensions": [0xFF01, 23, 15]}, FAIL),
    ],
)
def test_unsafe_feature_fails(facts: dict[str, t.Any], expected: str) -> None:
    assert status("tls_handshake_features", MX, control(**facts)) == expected


def test_unsafe_feature_shows_the_server_hello() -> None:
    answer = client_hello(hello_with(b"", 0xC02B, 0x0303))
    expected = [f"* ServerHello: TLSv1.2 {GOOD_SUITE}"]
    assert decisive("tls_handshake_features", MX, answer) == (FAIL, expected)


def test_accepted_fallback_shows_its_server_hello() -> None:
    fallback = client_hello(server_hello(0x2F, 0x0302), purpose=FALLBACK)
    expected = ["* ServerHello: TLSv1.1 TLS_RSA_WITH_AES_128_CBC_SHA"]
    observed = (MX, client_hello(server_hello()), fallback)
    assert decisive("tls_handshake_features", *observed) == (FAIL, expected)


def test_fallback_without_an_answer_is_unknown() -> None:
    lost = observe("client_hello", "smtp", {}, [["*", "no"]], purpose=FALLBACK)
    assert status("tls_handshake_features", MX, control(), lost) == UNKNOWN
    refused = observe("client_hello", "smtp", {"answer": "alert"}, purpose=FALLBACK)
    assert status("tls_handshake_features", MX, control(), refused) == PASS


def test_features_pass_where_tls_13_alone_is_accepted() -> None:
    handshake = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])
    refused = client_hello(ALERT)
    between = no_tls12("smtp", ALERT)
    assert status("tls_handshake_features", MX, refused, handshake, *between) == PASS
    assert status("tls_handshake_features", MX, refused, handshake, *between[1:]) == UNKNOWN
    assert status("tls_handshake_features", MX, refused) == UNKNOWN


def test_negotiated_http_shows_the_server_hello() -> None:
    extensions = b"\0\x10\0\x0b\0\x09\x08http/1.1" + b"\xff\x01\0\1\0"
    answer = client_hello(hello_with(extensions, 0xC02B, 0x0303))
    expected = [f"* ServerHello: TLSv1.2 {GOOD_SUITE}"]
    assert decisive("tls_alpn_http_rejected", MX, answer) == (FAIL, expected)
    assert decisive("tls_alpn_http_rejected", MX, client_hello(server_hello()))[0] == PASS


def test_refused_http_passes_only_beside_a_control() -> None:
    refused = client_hello(ALERT)
    without = client_hello(server_hello(), alpn=[])
    assert status("tls_alpn_http_rejected", MX, refused, without) == PASS
    assert status("tls_alpn_http_rejected", MX, refused) == UNKNOWN


def test_http_refused_with_its_own_alert_needs_no_control() -> None:
    refused = client_hello(b"\x15\x03\x03\x00\x02\x02\x78")
    expected = ["* Alert: no_application_protocol"]
    assert decisive("tls_alpn_http_rejected", MX, refused) == (PASS, expected)
