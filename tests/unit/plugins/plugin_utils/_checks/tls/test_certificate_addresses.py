# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates on several addresses: a different one fails where clients reject it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    observe,
    verdict,
    with_certificates,
)

SECOND_ADDRESS = "192.0.2.26"
SESSION = {"extensions": {"STARTTLS": ""}}


def endpoint(address: str, name: str) -> list[dict[str, t.Any]]:
    """A session at an address, and the handshake that showed a certificate."""
    facts = {"version": "TLSv1.3", "certificate": name.encode().hex(), "fingerprint": name}
    line = ["*", f"TLS: certificate {name}"]
    return [
        observe("smtp_session", "smtp", SESSION, address=address),
        observe("tls_trust", "smtp", facts, [line], address=address),
    ]


@pytest.mark.parametrize(
    ("differences", "expected"),
    [({"other": {"names": []}}, FAIL), ({"leaf": {"names": []}}, FAIL), ({}, PASS)],
)
def test_different_certificates_fail_where_one_is_rejected(
    differences: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    endpoints = [*endpoint("192.0.2.25", "leaf"), *endpoint(SECOND_ADDRESS, "other")]
    result = verdict("certificate_everywhere", *endpoints)
    assert result["status"] == expected
    name = next(iter(differences), "leaf")
    evidence = result["evidence"][0]
    assert evidence["transcript"] == [["*", f"TLS: certificate {name}"]]
    assert evidence["decisive"] == [0]


def test_same_certificate_passes_even_where_clients_reject_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"names": []})
    endpoints = [*endpoint("192.0.2.25", "leaf"), *endpoint(SECOND_ADDRESS, "leaf")]
    assert verdict("certificate_everywhere", *endpoints)["status"] == PASS


def test_one_address_is_not_applicable(monkeypatch: pytest.MonkeyPatch) -> None:
    with_certificates(monkeypatch)
    result = verdict("certificate_everywhere", *endpoint("192.0.2.25", "leaf"))
    assert result["status"] == NOT_APPLICABLE
