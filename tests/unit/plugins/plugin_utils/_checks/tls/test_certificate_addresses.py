# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates on several addresses: a different one fails where clients reject it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL
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


def test_fingerprint_without_its_certificate_ends_in_no_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    session, handshake = endpoint("192.0.2.25", "leaf")
    del handshake["facts"]["certificate"]
    assert verdict("certificate_everywhere", session, handshake)["status"] == NOT_APPLICABLE


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ({"other": {"names": []}}, FAIL),
        ({"other": {"self_signed": True}}, FAIL),
        ({"other": {}}, PASS),
        ({"other": {"names": [], "key_type": "rsa"}}, NOT_APPLICABLE),
    ],
)
def test_other_certificate_on_some_connections(
    differences: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    facts = {"answer": "hello", "version": "TLSv1.2", "certificate": b"other".hex()}
    control = observe("client_hello", "smtp", facts, [["*", "other"]], purpose=CONTROL)
    result = verdict("certificate_everywhere", *endpoint("192.0.2.25", "leaf"), control)
    assert result["status"] == expected
    if expected == FAIL:
        assert "Some connections get another certificate" in result["sentence"]


def test_sentence_names_the_addresses_and_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with_certificates(monkeypatch, leaf={"names": []})
    endpoints = [*endpoint("192.0.2.25", "leaf"), *endpoint(SECOND_ADDRESS, "leaf")]
    sentence = verdict("certificate_everywhere", *endpoints)["sentence"]
    assert "(192.0.2.25, 192.0.2.26); it is not for mx1.example.org" in sentence
