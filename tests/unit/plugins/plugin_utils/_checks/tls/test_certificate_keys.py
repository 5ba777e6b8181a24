# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Keys of all certificates: a weak one fails, and so does a second one that clients reject."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN_KEYS,
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
    verdict,
    with_certificates,
    with_unreadable,
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


NAME = "CN=mx1.example.org"
ROOT = {"self_signed": True}
STRONG = "The keys and signatures of all 2 certificates are strong enough."


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ({"leaf": {"key_type": "rsa", "key_bits": 2048}}, (PASS, STRONG)),
        (
            {"leaf": {"key_type": "rsa", "key_bits": 2047}},
            (
                FAIL,
                (
                    f"The certificate of {NAME} has an RSA key of 2047 bits; the policy requires "
                    "2048."
                ),
            ),
        ),
        ({"leaf": {"key_bits": 224}}, (PASS, STRONG)),
        (
            {"leaf": {"key_bits": 223}},
            (
                FAIL,
                f"The certificate of {NAME} has an EC key of 223 bits; the policy requires 224.",
            ),
        ),
        (
            {"issuer": {"key_type": "unknown", "subject": "CN=CA"}},
            (FAIL, "The certificate of CN=CA has a key of an obsolete or unknown type (unknown)."),
        ),
        (
            {"leaf": {"signature_hash": "md5"}},
            (FAIL, f"The certificate of {NAME} is signed with MD5, which can be forged."),
        ),
        (
            {"leaf": {"signature_hash": "unknown"}},
            (UNKNOWN, f"The signature of {NAME} has an algorithm unknown here."),
        ),
        (
            {"leaf": {"signature_hash": "unknown", "key_type": "dsa"}},
            (FAIL, f"The certificate of {NAME} has a key of an obsolete or unknown type (dsa)."),
        ),
        # Nobody verifies the signature of a certificate with its own key.
        ({"leaf": {**ROOT, "signature_hash": "sha1"}}, (PASS, STRONG)),
        ({"leaf": {**ROOT, "signature_hash": "unknown"}}, (PASS, STRONG)),
        (
            {"leaf": {**ROOT, "key_bits": 160}},
            (
                FAIL,
                f"The certificate of {NAME} has an EC key of 160 bits; the policy requires 224.",
            ),
        ),
        ({"issuer": {**ROOT, "signature_hash": "unknown", "key_bits": 160}}, (PASS, STRONG)),
    ],
)
def test_strength_of_keys_and_signatures(
    differences: dict[str, t.Any], expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    result = verdict("certificate_strength", MX, HANDSHAKE, FIRST)
    assert (result["status"], result["sentence"]) == expected


@pytest.mark.parametrize(("name", "position"), [("leaf", 1), ("issuer", 2)])
def test_certificate_of_a_chain_that_cannot_be_read_is_unknown(
    name: str, position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch)
    with_unreadable(monkeypatch, name)
    result = verdict("certificate_strength", MX, HANDSHAKE, FIRST)
    expected = f"Certificate {position} of the chain cannot be read."
    assert (result["status"], result["sentence"]) == (UNKNOWN, expected)


@pytest.mark.parametrize(
    ("observed", "count", "line"),
    [
        ([SECOND], "the certificate", "* then 1 certificate (rsa)"),
        ([FIRST, SECOND], "all 3 certificates", "* then 1 certificate (rsa)"),
    ],
)
def test_certificates_that_are_strong_are_counted(
    observed: list[dict[str, t.Any]], count: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch)
    seen = (MX, HANDSHAKE, *observed)
    sentence = f"The keys and signatures of {count} are strong enough."
    assert verdict("certificate_strength", *seen)["sentence"] == sentence
    assert decisive("certificate_strength", *seen) == (PASS, [line])


ANSWERED = client_hello(server_hello(0xC02B), OTHER_CONTROL)
CLOSED = observe("client_hello", "smtp", {"answer": "closed"}, [["*", "closed"]], purpose=OTHER)
TIMEOUT = {"kind": "timeout", "text": "no answer"}


def verification(keys: str, **parts: t.Any) -> dict[str, t.Any]:
    facts = parts.pop("facts", {"trusted": True, "certificate": b"other".hex()})
    return observe("tls_other_trust", "smtp", facts, [["*", "TLS"]], keys=keys, **parts)


TRUSTED = verification("rsa")
ANOTHER = {"trusted": True, "certificate": b"another".hex()}
ONE = (PASS, "The endpoint serves one certificate, of key type ecdsa.")
BOTH = (PASS, "The certificates of key types ecdsa and rsa are valid and trusted.")
NOT_VERIFIED = (UNKNOWN, "The trust of the certificate with the rsa key was not verified.")
NO_CONTROL = (
    UNKNOWN,
    (
        "The control (the same ClientHello for any type of key) was not answered after the "
        "refusal, so the refusal proves nothing."
    ),
)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([FIRST, NO_THIRD, ANSWERED], ONE),
        ([FIRST, CLOSED, ANSWERED], ONE),
        ([FIRST, NO_THIRD], NO_CONTROL),
        ([FIRST, CLOSED], NO_CONTROL),
        ([FIRST, SECOND, NO_THIRD, ANSWERED, TRUSTED], BOTH),
        ([FIRST, SECOND, TRUSTED], BOTH),
        ([FIRST, SECOND, NO_THIRD, ANSWERED], NOT_VERIFIED),
        ([FIRST, SECOND, verification("ecdsa")], NOT_VERIFIED),
        ([FIRST, SECOND, verification("rsa", facts={}, error=TIMEOUT)], NOT_VERIFIED),
        ([FIRST, SECOND, verification("rsa", facts=ANOTHER)], NOT_VERIFIED),
        ([FIRST, SECOND, verification("rsa", address="192.0.2.26")], NOT_VERIFIED),
    ],
)
def test_every_key_is_seen_valid_and_trusted(
    observed: list[dict[str, t.Any]],
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    result = verdict("certificate_every_key", MX, HANDSHAKE, *observed)
    assert (result["status"], result["sentence"]) == expected


FIRST_RSA = client_hello(server_hello(0x2F, 0x0303, certificates(b"other")), CONTROL)
THEN_ECDSA = client_hello(server_hello(0xC02B, 0x0303, certificates(b"leaf", b"issuer")), OTHER)
UNTRUSTED = {"trusted": False, "verify_error": "unknown issuer"}


@pytest.mark.parametrize(
    ("more", "differences", "expected"),
    [
        ([], {}, NOT_VERIFIED),
        ([verification("ecdsa")], {}, NOT_VERIFIED),
        (
            [TRUSTED],
            {},
            (PASS, "The certificates of key types rsa and ecdsa are valid and trusted."),
        ),
        (
            [verification("rsa", facts=UNTRUSTED)],
            {},
            (FAIL, "The certificate with the rsa key does not verify: unknown issuer."),
        ),
        (
            [TRUSTED],
            {"other": {"not_after": "2026-11-25T00:00:00+00:00"}},
            (FAIL, "The certificate with the rsa key expired on 2026-11-25."),
        ),
        (
            [TRUSTED],
            {"other": {"names": ["other.example.org"]}},
            (FAIL, "The certificate with the rsa key is not for mx1.example.org."),
        ),
    ],
)
def test_first_certificate_of_tls_1_2_that_tls_1_3_does_not_show_is_judged(
    more: list[dict[str, t.Any]],
    differences: dict[str, t.Any],
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, **differences)
    observed = (MX, HANDSHAKE, FIRST_RSA, THEN_ECDSA, NO_THIRD, ANSWERED, *more)
    result = verdict("certificate_every_key", *observed)
    assert (result["status"], result["sentence"]) == expected


def test_only_certificate_of_tls_1_2_has_to_be_verified_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    result = verdict("certificate_every_key", MX, HANDSHAKE, FIRST_RSA, NO_THIRD, ANSWERED)
    assert (result["status"], result["sentence"]) == NOT_VERIFIED


def test_evidence_is_the_last_certificate_or_what_was_asked_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    expected = (PASS, ["* then 1 certificate (rsa)"])
    assert decisive("certificate_every_key", MX, HANDSHAKE, FIRST, SECOND, TRUSTED) == expected
    observed = (MX, HANDSHAKE, FIRST, SECOND, NO_THIRD)
    assert decisive("certificate_every_key", *observed)[1] == ["* Alert: protocol_version"]
    lost = observe("client_hello", "smtp", {}, [["*", "no answer"]], purpose=OTHER_CONTROL)
    refused = client_hello(ALERT, OTHER_CONTROL)
    assert decisive("certificate_every_key", *observed, refused, lost)[1] == ["* no answer"]


def test_certificate_that_most_clients_get_is_judged_by_other_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"not_after": "2026-11-25T00:00:00+00:00"})
    result = verdict("certificate_every_key", MX, HANDSHAKE, FIRST, NO_THIRD, ANSWERED)
    assert (result["status"], result["sentence"]) == ONE


def test_second_certificate_that_cannot_be_read_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with_certificates(monkeypatch)
    with_unreadable(monkeypatch, "other")
    result = verdict("certificate_every_key", MX, HANDSHAKE, FIRST, SECOND, TRUSTED)
    expected = "The certificate with the rsa key cannot be read."
    assert (result["status"], result["sentence"]) == (FAIL, expected)


def test_question_for_a_second_certificate_that_was_not_answered_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch)
    lost = observe("client_hello", "smtp", {}, [["*", "lost"]], TIMEOUT, purpose=OTHER)
    modern = observe(
        "client_hello", "smtp", {"answer": "hello"}, purpose=MODERN_KEYS, without=["ecdsa"]
    )
    allowed = {**modern, "params": {**modern["params"], "without": ["rsa"]}}
    sentence = "Whether there is a second certificate was not seen: no answer."
    for more in ((), (modern, allowed)):
        observed = (MX, HANDSHAKE, FIRST, SECOND, lost, *more)
        assert verdict("certificate_every_key", *observed)["sentence"] == sentence
        assert decisive("certificate_every_key", *observed) == (UNKNOWN, ["* lost"])
