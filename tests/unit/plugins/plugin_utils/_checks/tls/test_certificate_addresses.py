# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates on several addresses: a different one fails where clients reject it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import (
    certificate_addresses,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    context,
    observe,
    verdict,
    with_certificates,
    with_unreadable,
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


def test_fingerprint_without_its_certificate_shows_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    session, handshake = endpoint("192.0.2.25", "leaf")
    del handshake["facts"]["certificate"]
    assert verdict("certificate_everywhere", session, handshake)["status"] == UNKNOWN


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


FAILED = {"kind": "tls", "text": "the TLS handshake failed: EOF"}
FIRST_ADDRESS = "192.0.2.25"


def seen_of(result: dict[str, t.Any]) -> tuple[str, str, list[list[str]]]:
    """Status, sentence and the transcript that is the evidence."""
    return result["status"], result["sentence"], result["evidence"][0]["transcript"]


@pytest.mark.parametrize(
    ("second", "differences", "sentence"),
    [
        (
            "leaf",
            {},
            "smtp serves the same certificate on its addresses (192.0.2.25, 192.0.2.26).",
        ),
        (
            "other",
            {},
            ("smtp serves 2 certificates, all valid, on its addresses (192.0.2.25, 192.0.2.26)."),
        ),
        (
            "leaf",
            {"leaf": {"names": []}},
            (
                "smtp serves the same certificate on its addresses (192.0.2.25, 192.0.2.26); it "
                "is not for mx1.example.org, which is a finding of its own."
            ),
        ),
    ],
)
def test_sentence_counts_certificates_and_names_addresses(
    second: str, differences: dict[str, t.Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    again = {"version": "TLSv1.3", "certificate": b"leaf".hex()}
    last = observe("tls_certificate", "smtp", again, [["*", "again"]], address=FIRST_ADDRESS)
    endpoints = [*endpoint(FIRST_ADDRESS, "leaf"), *endpoint(SECOND_ADDRESS, second), last]
    result = verdict("certificate_everywhere", *endpoints)
    assert seen_of(result) == (PASS, sentence, [["*", "again"]])


def test_certificate_that_does_not_verify_fails_with_that_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    session, trusting = endpoint(SECOND_ADDRESS, "other")
    untrusted = observe(
        "tls_trust", "smtp", {"verify_error": "expired CA"}, [["*", "no"]], address=SECOND_ADDRESS
    )
    served = {**trusting, "probe": "tls_certificate"}
    observed = [*endpoint(FIRST_ADDRESS, "leaf"), session, untrusted, served]
    sentence = (
        "The certificate here differs from that of another address and does not verify: expired CA."
    )
    result = verdict("certificate_everywhere", *observed)
    assert seen_of(result) == (FAIL, sentence, [["*", "no"]])


@pytest.mark.parametrize(
    ("attempts", "text", "transcript"),
    [
        ([], "the conversation ended before this was asked", []),
        (["first"], "the TLS handshake failed: EOF", [["*", "first"]]),
        (["first", "second"], "the TLS handshake failed: EOF", [["*", "second"]]),
    ],
)
def test_certificate_of_an_address_that_was_not_seen_is_unknown(
    attempts: list[str],
    text: str,
    transcript: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    observed = [
        *endpoint(FIRST_ADDRESS, "leaf"),
        observe("smtp_session", "smtp", SESSION, address=SECOND_ADDRESS),
        *(
            observe(probe, "smtp", {}, [["*", line]], FAILED, address=SECOND_ADDRESS)
            for probe, line in zip(("tls_trust", "tls_certificate"), attempts, strict=False)
        ),
    ]
    result = verdict("certificate_everywhere", *observed)
    expected = (UNKNOWN, f"The certificate was not seen here: {text}.", transcript)
    assert seen_of(result) == expected


REFUSED = {"kind": "connect_refused", "text": "connection refused"}
SILENT = {"kind": "timeout", "text": "no answer"}


def services(**sessions: tuple[dict[str, t.Any], dict[str, str] | None]) -> list[dict[str, t.Any]]:
    """A session with each service, with these facts and this error."""
    return [
        observe("smtp_session", service, facts, error=error)
        for service, (facts, error) in sessions.items()
    ]


def test_one_address_has_no_subject_whatever_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    observed = [
        *endpoint(FIRST_ADDRESS, "leaf"),
        observe("smtp_session", "submission", {}, error=REFUSED),
    ]
    result = verdict("certificate_everywhere", *observed)
    assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)
    assert result["sentence"] == "The host has one address only."


@pytest.mark.parametrize(
    ("submission", "expected"),
    [
        (({}, REFUSED), (NOT_APPLICABLE, "submission 192.0.2.25:587 (connection refused)")),
        (({}, SILENT), (UNKNOWN, "Not seen: no answer.")),
        (({"greeting": "220 mx1"}, None), (UNKNOWN, "The certificate was not seen here")),
    ],
)
def test_service_without_a_certificate(
    submission: tuple[dict[str, t.Any], dict[str, str] | None],
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    observed = services(smtp=({"extensions": {}}, None), submission=submission)
    result = verdict("certificate_everywhere", *observed)
    assert result["status"] == expected[0]
    assert expected[1] in result["sentence"]


def test_each_service_has_its_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    with_certificates(monkeypatch, other={"names": []})
    submission = [
        {**seen, "service": "submission"}
        for address in (FIRST_ADDRESS, SECOND_ADDRESS)
        for seen in endpoint(address, "leaf")
    ]
    smtp = [*endpoint(FIRST_ADDRESS, "leaf"), *endpoint(SECOND_ADDRESS, "other")]
    findings = certificate_addresses.certificate_everywhere(context(*smtp, *submission))
    assert [(found.status, found.service) for found in findings] == [
        (FAIL, "smtp"),
        (PASS, "submission"),
    ]


@pytest.mark.parametrize(
    ("usual", "connections", "expected"),
    [
        ({}, [("tls_alpn", "other")], FAIL),
        ({}, [("client_hello", "other")], FAIL),
        # Neither the usual one, nor one that cannot be read or has another type of key, ends the
        # search.
        (
            {},
            [
                ("tls_alpn", ""),
                ("tls_alpn", "leaf"),
                ("tls_alpn", "unreadable"),
                ("tls_alpn", "rsa"),
                ("tls_alpn", "other"),
            ],
            FAIL,
        ),
        ({}, [("tls_alpn", "rsa")], NOT_APPLICABLE),
        ({"self_signed": True}, [("tls_alpn", "own")], PASS),
        ({}, [("tls_alpn", "own")], FAIL),
    ],
)
def test_connections_are_searched_for_another_certificate(
    usual: dict[str, t.Any],
    connections: list[tuple[str, str]],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(
        monkeypatch,
        leaf=usual,
        other={"names": [], "subject": "CN=other"},
        rsa={"names": [], "key_type": "rsa"},
        own={"self_signed": True},
    )
    with_unreadable(monkeypatch, "unreadable")
    observed = [
        observe(
            probe,
            "smtp",
            {"certificate": name.encode().hex()},
            [["*", name]],
            purpose=CONTROL,
        )
        for probe, name in connections
    ]
    result = verdict("certificate_everywhere", *endpoint(FIRST_ADDRESS, "leaf"), *observed)
    assert result["status"] == expected
    if expected != NOT_APPLICABLE:
        assert result["evidence"][0]["transcript"] == [["*", connections[-1][1]]]
    if connections[-1][1] == "other":
        assert "(CN=other), which is not for mx1.example.org." in result["sentence"]


def test_connections_to_another_address_or_beside_an_unreadable_certificate_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, other={"names": []})
    facts = {"certificate": b"other".hex()}
    elsewhere = observe("tls_alpn", "smtp", facts, address=SECOND_ADDRESS)
    here = endpoint(FIRST_ADDRESS, "leaf")
    assert verdict("certificate_everywhere", *here, elsewhere)["status"] == NOT_APPLICABLE
    with_unreadable(monkeypatch, "leaf")
    another = observe("tls_alpn", "smtp", facts)
    assert verdict("certificate_everywhere", *here, another)["status"] == NOT_APPLICABLE
