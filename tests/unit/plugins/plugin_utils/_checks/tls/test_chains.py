# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""An endpoint with TLS 1.3 alone: what its chain and key types prove, and what stays unknown."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN_KEYS,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    no_tls12,
    observe,
    status,
    with_certificates,
)

REFUSED = {"answer": "alert", "alert": "protocol_version"}
ACCEPTED = {"answer": "hello", "version": "TLSv1.3"}
RETRY = {"answer": "hello", "retry": True}
NO_ALPN = {"refused": "the TLS handshake failed: TLSV1_ALERT_NO_APPLICATION_PROTOCOL"}
#: The answers to ClientHellos for TLS 1.3 that exclude a key type: the certificate has an EC key.
EC_ONLY = {"rsa": ACCEPTED, "ecdsa": {"answer": "alert", "alert": "handshake_failure"}}


def endpoint(
    client_hellos: dict[str, t.Any],
    control: dict[str, t.Any],
    alpn: dict[str, t.Any],
    python: int,
) -> list[dict[str, t.Any]]:
    """The observations of an endpoint. python: 3.python runs the probes."""
    facts: dict[str, t.Any] = {
        "version": "TLSv1.3",
        "trusted": True,
        "certificate": b"leaf".hex(),
    }
    if python >= 13:
        facts["chain"] = [b"issuer".hex()]
    return [
        observe("mailstore_session", "imaps", {"greeting": "OK"}),
        observe("tls_trust", "imaps", facts),
        observe("client_hello", "imaps", REFUSED, purpose=CONTROL, alpn=["http/1.1"]),
        observe("client_hello", "imaps", control, purpose=CONTROL),
        *no_tls12("imaps", control),
        observe("tls_alpn", "imaps", alpn),
        *(
            observe("client_hello", "imaps", answer, purpose=MODERN_KEYS, without=[key_type])
            for key_type, answer in client_hellos.items()
        ),
    ]


@pytest.mark.parametrize(
    ("check", "differences", "expected"),
    [
        ("certificate_strength", {}, PASS),
        ("certificate_strength", {"leaf": {"key_type": "rsa", "key_bits": 1024}}, FAIL),
        ("certificate_strength", {"issuer": {"signature_hash": "sha1"}}, FAIL),
        ("certificate_strength", {"python": 12}, UNKNOWN),
        # TLS 1.2, which may have another certificate, was not refused but not seen.
        ("certificate_strength", {"control": {}}, UNKNOWN),
        ("certificate_strength", {"control": {"answer": "hello", "version": "TLSv1.2"}}, UNKNOWN),
        ("certificate_staple", {"control": {}}, UNKNOWN),
        ("certificate_every_key", {"control": {}}, UNKNOWN),
        ("certificate_staple", {}, PASS),
        ("certificate_staple", {"leaf": {"must_staple": True}}, UNKNOWN),
        ("certificate_every_key", {}, PASS),
        ("certificate_every_key", {"keys": {"rsa": ACCEPTED, "ecdsa": ACCEPTED}}, UNKNOWN),
        ("certificate_every_key", {"keys": {"rsa": RETRY, "ecdsa": RETRY}}, UNKNOWN),
        ("certificate_every_key", {"keys": {"rsa": REFUSED, "ecdsa": REFUSED}}, UNKNOWN),
        ("certificate_every_key", {"keys": {}}, UNKNOWN),
        ("certificate_every_key", {"leaf": {"key_type": "ed25519"}}, UNKNOWN),
        ("certificate_every_key", {"python": 12}, UNKNOWN),
        ("tls_alpn_http_rejected", {}, PASS),
        ("tls_alpn_http_rejected", {"alpn": {**ACCEPTED, "alpn": "http/1.1"}}, FAIL),
        ("tls_alpn_http_rejected", {"alpn": NO_ALPN}, PASS),
        ("tls_alpn_http_rejected", {"alpn": {"refused": "the TLS handshake failed: EOF"}}, UNKNOWN),
    ],
)
def test_tls_13_alone_is_evaluated_by_what_it_shows(
    check: str, differences: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = {name: differences.get(name, {}) for name in ("leaf", "issuer")}
    with_certificates(monkeypatch, **certificates)
    observed = endpoint(
        differences.get("keys", EC_ONLY),
        differences.get("control", REFUSED),
        differences.get("alpn", ACCEPTED),
        differences.get("python", 13),
    )
    assert status(check, *observed) == expected


def test_certificate_of_an_old_version_is_judged_by_the_client_hello_that_showed_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"names": []})
    facts = {"answer": "hello", "version": "TLSv1", "certificate": b"leaf".hex(), "chain": []}
    error = {"kind": "tls", "text": "the TLS handshake failed: PROTOCOL_VERSION"}
    observed = (
        observe("mailstore_session", "imaps", {}, error=error),
        observe("tls_trust", "imaps", {}, error=error),
        observe("client_hello", "imaps", facts, [["*", "hello"]], purpose=CONTROL),
    )
    assert status("certificate_name", *observed) == FAIL
    assert status("certificate_expiry", *observed) == PASS
