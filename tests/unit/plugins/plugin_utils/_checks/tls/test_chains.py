# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which certificate and chain an endpoint was seen to serve, what is wrong with one, and what an
endpoint with TLS 1.3 alone proves.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN_KEYS,
    OTHER,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import chains, x509
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    NOW,
    VALID,
    context,
    no_tls12,
    observe,
    status,
    verdict,
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


SMTP = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
FAILED = {"kind": "tls", "text": "the TLS handshake failed: EOF"}


def handshake(probe: str, line: str, error: dict[str, str] | None = None, **facts: t.Any) -> t.Any:
    """A handshake with this last line."""
    return observe(probe, "smtp", facts, [["*", line]], error)


def shown(result: dict[str, t.Any]) -> tuple[str, str, list[list[str]]]:
    """Status, sentence and the transcript that is the evidence."""
    return result["status"], result["sentence"], result["evidence"][0]["transcript"]


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (
            [
                handshake("tls_trust", "first", FAILED),
                handshake("tls_certificate", "second", {"kind": "timeout", "text": "no answer"}),
            ],
            ("The certificate was not seen: no answer.", [["*", "second"]]),
        ),
        (
            [handshake("tls_trust", "first", FAILED)],
            ("The certificate was not seen: the TLS handshake failed: EOF.", [["*", "first"]]),
        ),
        (
            [],
            (
                "The certificate was not seen: the conversation ended before this was asked.",
                [],
            ),
        ),
        (
            [handshake("tls_trust", "first", certificate=b"leaf".hex())],
            ("The certificate cannot be read: odd octets.", [["*", "first"]]),
        ),
    ],
)
def test_certificate_that_was_not_seen_or_read_is_unknown(
    observed: list[t.Any], expected: tuple[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_der: bytes) -> t.NoReturn:
        raise ValueError("odd octets.")

    monkeypatch.setattr(x509, "certificate_facts", refuse)
    for check in ("certificate_name", "certificate_expiry"):
        assert shown(verdict(check, SMTP, *observed)) == (UNKNOWN, *expected)


def test_endpoint_without_tls_has_no_certificate() -> None:
    session = observe("smtp_session", "smtp", {"extensions": {}})
    for check in ("certificate_name", "certificate_strength"):
        result = verdict(check, session)
        assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)


@pytest.mark.parametrize("check", ["certificate_name", "certificate_strength"])
def test_without_cryptography_no_certificate_is_read(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", "ImportError")
    facts = {"certificate": b"leaf".hex(), "chain": [], "answer": "hello", "version": "TLSv1.2"}
    observed = (
        observe("tls_trust", "smtp", facts, [["*", "leaf"]]),
        observe("client_hello", "smtp", facts, [["*", "leaf"]], purpose=CONTROL),
    )
    result = verdict(check, SMTP, *observed)
    assert result["status"] == UNKNOWN
    assert "library cryptography is missing" in result["sentence"]
    assert result["evidence"][0]["transcript"] == []


@pytest.mark.parametrize(
    ("name", "differences", "expected"),
    [
        ("mx1.example.org", {}, ""),
        ("mx1.example.org", {"names": ["mx2.example.org"]}, "is not for mx1.example.org"),
        ("192.0.2.25", {"names": []}, ""),
        ("mx1.example.org", {"not_after": "2026-11-26T05:59:59+00:00"}, "expired on 2026-11-26"),
        ("mx1.example.org", {"not_after": NOW}, ""),
        ("mx1.example.org", {"not_before": NOW}, ""),
        (
            "mx1.example.org",
            {"not_before": "2026-11-26T06:00:01+00:00"},
            "is not valid before 2026-11-26",
        ),
    ],
)
def test_fault_of_a_certificate(name: str, differences: dict[str, t.Any], expected: str) -> None:
    target = _target.target({"name": name, "addresses": ["192.0.2.25"]})
    seen = dataclasses.replace(context(), target=target)
    assert chains.certificate_fault(seen, {**VALID, **differences}) == expected


def client_hello(purpose: str, **facts: t.Any) -> dict[str, t.Any]:
    return observe("client_hello", "smtp", facts, [["*", "hello"]], purpose=purpose)


def test_chains_are_those_of_each_client_hello_or_of_one_handshake() -> None:
    hellos = [client_hello(purpose, certificate="00", chain=[]) for purpose in (CONTROL, OTHER)]
    handshakes = [
        handshake(probe, probe, certificate="00", chain=[])
        for probe in ("tls_trust", "tls_certificate")
    ]
    bare = handshake("tls_trust", "no chain", certificate="00")
    refused = no_tls12("smtp", REFUSED)

    def seen(*observations: t.Any) -> list[t.Any]:
        return chains.chains(context(SMTP, *observations), SMTP)

    assert seen(client_hello(CONTROL, answer="alert"), *hellos, *handshakes, *refused) == hellos
    assert seen(bare, *handshakes, *refused) == handshakes[:1]
    assert seen(bare, *refused) == []
    assert seen(*handshakes) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"family": "rsa", "certificate": b"leaf".hex()}, "rsa"),
        ({"certificate": b"leaf".hex()}, "ecdsa"),
        ({"certificate": b"other".hex()}, "ed25519"),
        ({"certificate": "no octets"}, ""),
    ],
)
def test_key_type_is_named_as_signature_algorithms_name_it(
    facts: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, other={"key_type": "ed25519"})
    assert chains.key_type(client_hello(CONTROL, **facts)) == expected


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (
            [handshake("tls_trust", "handshake", version="TLSv1.3"), client_hello(CONTROL)],
            (
                "TLS 1.2 showed no chain; reading the chain of TLS 1.3 needs a vantage with Python "
                "3.10 or later."
            ),
        ),
        (
            [handshake("tls_trust", "handshake", version="TLSv1.3")],
            "No certificate chain was seen: the conversation ended before this was asked.",
        ),
        (
            [
                handshake("tls_trust", "handshake", version="TLSv1.2"),
                client_hello(CONTROL),
                observe("client_hello", "smtp", {}, [["*", "last"]], FAILED, purpose=CONTROL),
            ],
            "No certificate chain was seen: the TLS handshake failed: EOF.",
        ),
    ],
)
def test_chain_that_was_not_seen_is_unknown(
    observed: list[t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch)
    hellos = [seen["transcript"] for seen in observed if seen["probe"] == "client_hello"]
    result = verdict("certificate_strength", SMTP, *observed)
    assert shown(result) == (UNKNOWN, expected, hellos[-1] if hellos else [])


ENCRYPTED = "TLS 1.3 serves and encrypts a second certificate, of another key type than ecdsa."
NOT_SEEN = (
    "Whether there is a second certificate was not seen: the conversation ended before this was "
    "asked."
)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (EC_ONLY, "The endpoint serves one certificate, of key type ecdsa."),
        ({"rsa": ACCEPTED, "ecdsa": ACCEPTED}, ENCRYPTED),
        # What was not answered, or only with the wish for another group, shows no certificate.
        ({"rsa": ACCEPTED, "ecdsa": {}}, NOT_SEEN),
        ({"rsa": ACCEPTED, "ecdsa": RETRY}, NOT_SEEN),
        ({"rsa": RETRY, "ecdsa": REFUSED}, NOT_SEEN),
        ({"rsa": REFUSED, "ecdsa": REFUSED}, NOT_SEEN),
        ({"rsa": ACCEPTED}, NOT_SEEN),
    ],
)
def test_second_certificate_of_tls_13_shows_by_the_key_types_that_are_excluded(
    keys: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch)
    result = verdict("certificate_every_key", *endpoint(keys, REFUSED, ACCEPTED, 13))
    assert result["sentence"] == expected
    if expected == ENCRYPTED:
        assert result["evidence"][0]["params"]["without"] == ["ecdsa"]


def test_last_client_hello_without_a_key_type_decides() -> None:
    hellos = [
        observe("client_hello", "smtp", facts, purpose=MODERN_KEYS, without=[excluded])
        for excluded, facts in (("rsa", ACCEPTED), ("ecdsa", ACCEPTED), ("ecdsa", REFUSED))
    ]
    seen = context(SMTP, *hellos)
    assert chains.client_hello_without(seen, SMTP, "ecdsa") == hellos[-1]
    assert chains.client_hello_without(seen, SMTP, "rsa") == hellos[0]
    assert chains.client_hello_without(seen, SMTP, "ed25519") is None
