# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Keys of all certificates: a weak one fails, and so does a second one that clients reject."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    OTHER,
    OTHER_CONTROL,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    TLS13,
    UP_TO_TLS,
    certificates,
    decisive,
    observe,
    played,
    server_hello,
    with_certificates,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
HANDSHAKE = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])


def client_hello(answer: bytes, purpose: str) -> dict[str, t.Any]:
    script = [*UP_TO_TLS["smtp"], answer]
    return played("client_hello", "smtp", script, purpose=purpose, flight=True)


FIRST = client_hello(server_hello(0xC02B, 0x0303, certificates(b"leaf", b"issuer")), CONTROL)
SECOND = client_hello(server_hello(0x2F, 0x0303, certificates(b"other")), OTHER)
NO_THIRD = client_hello(ALERT, OTHER)


@pytest.mark.parametrize(
    "differences",
    [
        {"leaf": {"key_type": "rsa", "key_bits": 1024}},
        {"leaf": {"key_bits": 160}},
        {"leaf": {"key_type": "dsa"}},
        {"issuer": {"signature_hash": "sha1"}},
    ],
)
def test_weak_certificate_shows_the_chain(
    differences: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    expected = ["* then 2 certificates (ecdsa)"]
    assert decisive("certificate_strength", MX, HANDSHAKE, FIRST) == (FAIL, expected)


def test_signature_and_key_of_a_root_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    root = {"self_signed": True, "signature_hash": "md5", "key_type": "rsa", "key_bits": 512}
    with_certificates(monkeypatch, issuer=root)
    assert decisive("certificate_strength", MX, HANDSHAKE, FIRST)[0] == PASS


def test_second_certificate_that_expired_shows_its_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    with_certificates(monkeypatch, other={"not_after": "2026-11-25T00:00:00+00:00"})
    observed = (MX, HANDSHAKE, FIRST, SECOND, NO_THIRD)
    expected = ["* then 1 certificate (rsa)"]
    assert decisive("certificate_every_key", *observed) == (FAIL, expected)


def test_second_certificate_that_is_not_trusted_shows_the_verification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    script = [*UP_TO_TLS["smtp"], WireError("certificate", "unknown issuer")]
    untrusted = played("tls_other_trust", "smtp", script, keys="rsa")
    observed = (MX, HANDSHAKE, FIRST, SECOND, NO_THIRD)
    expected = ["* TLS: the certificate is not trusted: unknown issuer"]
    assert decisive("certificate_every_key", *observed, untrusted) == (FAIL, expected)
    assert decisive("certificate_every_key", *observed)[0] == UNKNOWN


def test_no_further_certificate_passes_beside_a_control_after_the_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    observed = (MX, HANDSHAKE, FIRST, NO_THIRD)
    control = client_hello(server_hello(0xC02B), OTHER_CONTROL)
    assert decisive("certificate_every_key", *observed, control)[0] == PASS
    assert decisive("certificate_every_key", *observed)[0] == UNKNOWN
    refused = client_hello(ALERT, OTHER_CONTROL)
    assert decisive("certificate_every_key", *observed, refused)[0] == UNKNOWN
