# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The certificate that most clients get: each fault fails, with the handshake that shows it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    verdict,
    with_certificates,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
SHOWN = ["* TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]


@pytest.fixture
def handshake() -> dict[str, t.Any]:
    return played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])


def test_untrusted_chain_shows_the_error_of_the_verification() -> None:
    script = [*UP_TO_TLS["smtp"], WireError("certificate", "self-signed certificate")]
    expected = ["* TLS: the certificate is not trusted: self-signed certificate"]
    untrusted = played("tls_trust", "smtp", script)
    assert decisive("certificate_trusted", MX, untrusted) == (FAIL, expected)


def test_trusted_chain_shows_the_handshake(handshake: dict[str, t.Any]) -> None:
    assert decisive("certificate_trusted", MX, handshake) == (PASS, SHOWN)


@pytest.mark.parametrize(
    ("check", "differences", "sentence"),
    [
        (
            "certificate_name",
            {"names": ["www.example.org"]},
            "The certificate is for www.example.org, not for mx1.example.org.",
        ),
        (
            "certificate_name",
            {"names": []},
            "The certificate is for no name, not for mx1.example.org.",
        ),
        (
            "certificate_expiry",
            {"not_after": "2026-11-25T00:00:00+00:00"},
            "The certificate has expired (2026-11-01T00:00:00+00:00 to 2026-11-25T00:00:00+00:00).",
        ),
        (
            "certificate_expiry",
            {"not_before": "2026-11-27T00:00:00+00:00"},
            (
                "The certificate is not valid yet "
                "(2026-11-27T00:00:00+00:00 to 2026-12-31T00:00:00+00:00)."
            ),
        ),
        (
            "certificate_expiry",
            {"not_after": "2026-12-01T00:00:00+00:00"},
            "The certificate expires in 4 days; the policy requires 14.",
        ),
    ],
)
def test_fault_of_a_certificate_shows_the_handshake(
    check: str,
    differences: dict[str, t.Any],
    sentence: str,
    handshake: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf=differences)
    assert decisive(check, MX, handshake) == (FAIL, SHOWN)
    assert verdict(check, MX, handshake)["sentence"] == sentence


def test_lifetime_fails_where_the_policy_limits_it(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"not_after": "2028-11-01T00:00:00+00:00"})
    sentence = "The certificate is valid for 731 days in total; the policy permits 366."
    result = verdict("certificate_expiry", MX, handshake, rules="mozilla-intermediate")
    assert (result["status"], result["sentence"]) == (FAIL, sentence)
    assert decisive("certificate_expiry", MX, handshake) == (PASS, SHOWN)
