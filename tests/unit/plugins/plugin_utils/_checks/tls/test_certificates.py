# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The certificate that most clients get: each fault fails, with the handshake that shows it."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ADDRESS,
    NOW,
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    verdict,
    with_certificates,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
TRUST_EVERYWHERE = {"mx": True, "submission": True, "mailstore": True}
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
            "The certificate expires in 4 days; 10 are required.",
        ),
        (
            "certificate_expiry",
            {"not_after": "2026-11-29T06:00:00+00:00"},
            "The certificate expires in 3 days; 9 are required.",
        ),
        (
            "certificate_expiry",
            {"not_after": "2026-11-26T18:00:00+00:00"},
            "The certificate expires in 0.5 days; 8 are required.",
        ),
        (
            "certificate_expiry",
            {"not_after": NOW},
            "The certificate expires in 0.0 days; 8 are required.",
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
    result = verdict(check, MX, handshake)
    assert (result["sentence"], result["evidence"][0]["reason"]) == (sentence, "")


def test_lifetime_fails_where_the_policy_limits_it(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"not_after": "2028-11-01T00:00:00+00:00"})
    sentence = "The certificate is valid for 731 days in total; the policy permits 366."
    result = verdict("certificate_expiry", MX, handshake, rules="mozilla-intermediate")
    assert (result["status"], result["sentence"]) == (FAIL, sentence)
    assert decisive("certificate_expiry", MX, handshake) == (PASS, SHOWN)


@pytest.mark.parametrize(
    ("not_before", "not_after", "sentence"),
    [
        # 366 days, which the policy permits.
        (
            "2026-11-01T00:00:00+00:00",
            "2027-11-02T00:00:00+00:00",
            "The certificate is valid for another 340 days.",
        ),
        (
            "2025-11-01T00:00:00+00:00",
            NOW,
            "The certificate is valid for 390 days in total; the policy permits 366.",
        ),
        (
            "2025-11-01T00:00:00+00:00",
            "2026-11-26T05:59:59+00:00",
            (
                "The certificate has expired "
                "(2025-11-01T00:00:00+00:00 to 2026-11-26T05:59:59+00:00)."
            ),
        ),
        (NOW, "2026-12-31T00:00:00+00:00", "The certificate is valid for another 34 days."),
    ],
)
def test_lifetime_counts_until_the_certificate_has_expired(
    not_before: str,
    not_after: str,
    sentence: str,
    handshake: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"not_before": not_before, "not_after": not_after})
    result = verdict("certificate_expiry", MX, handshake, rules="mozilla-intermediate")
    assert result["sentence"] == sentence


@pytest.mark.parametrize(
    ("not_before", "not_after", "expected"),
    [
        # 160 hours: a third of it is 53 hours.
        ("2026-11-23T00:00:00+00:00", "2026-11-29T16:00:00+00:00", PASS),
        ("2026-11-21T00:00:00+00:00", "2026-11-27T16:00:00+00:00", FAIL),
        ("2026-09-11T00:00:00+00:00", "2026-12-09T00:00:00+00:00", FAIL),
        ("2026-09-13T00:00:00+00:00", "2026-12-11T00:00:00+00:00", PASS),
        # 14 days to the second.
        ("2026-09-13T00:00:00+00:00", "2026-12-10T06:00:00+00:00", PASS),
    ],
)
def test_days_that_are_required_follow_the_lifetime(
    not_before: str,
    not_after: str,
    expected: str,
    handshake: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"not_before": not_before, "not_after": not_after})
    assert decisive("certificate_expiry", MX, handshake)[0] == expected


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ({"subject": "CN=B", "not_after": "2026-11-27T00:00:00+00:00"}, FAIL),
        ({"subject": "CN=B", "not_after": "2026-11-01T00:00:00+00:00"}, FAIL),
        ({"subject": "CN=B"}, PASS),
        # Neither an unrelated one nor a root that every client has counts.
        ({"subject": "CN=C", "not_after": "2026-11-01T00:00:00+00:00"}, PASS),
        ({"subject": "CN=B", "not_after": "2026-11-01T00:00:00+00:00", "self_signed": True}, PASS),
    ],
)
def test_intermediate_that_ends_soon_fails(
    issuer: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"issuer": "CN=B"}, issuer={"issuer": "CN=A", **issuer})
    facts = {**TLS13, "chain": [b"issuer".hex()], "trusted": True}
    seen = observe("tls_trust", "smtp", facts, [["*", "TLS"]])
    result = verdict("certificate_expiry", MX, seen)
    assert result["status"] == expected
    assert result["sentence"].startswith("The intermediate certificate of CN=B") == (
        expected == FAIL
    )
    if expected == PASS:
        followed = not (issuer.get("self_signed") or issuer["subject"] == "CN=C")
        end = "; those of its issuers do not expire soon either." if followed else "."
        assert result["sentence"] == f"The certificate is valid for another 34 days{end}"


def test_each_intermediate_of_the_chain_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    expired = {"not_after": "2026-11-01T00:00:00+00:00"}
    with_certificates(
        monkeypatch,
        leaf={"issuer": "CN=B"},
        issuer={"subject": "CN=B", "issuer": "CN=A"},
        upper={"subject": "CN=A", "issuer": "CN=root", **expired},
    )
    chain = [der.hex() for der in (b"issuer", b"upper")]
    seen = observe("tls_trust", "smtp", {**TLS13, "chain": chain}, [["*", "TLS"]])
    result = verdict("certificate_expiry", MX, seen)
    assert result["status"] == FAIL
    assert result["sentence"].startswith("The intermediate certificate of CN=A has expired")


def expiry_of(chain: t.Iterable[str], monkeypatch: pytest.MonkeyPatch, **known: t.Any) -> t.Any:
    """The verdict on a leaf by CN=B that was sent with other certificates, and their facts."""
    with_certificates(monkeypatch, leaf={"issuer": "CN=B"}, **known)
    facts = {**TLS13, "chain": [name.encode().hex() for name in chain]}
    seen = observe("tls_trust", "smtp", facts, [["*", "TLS"]])
    return verdict("certificate_expiry", MX, seen)


@pytest.mark.parametrize("order", list(itertools.permutations(["old", "new", "above", "ended"])))
def test_issuer_with_another_certificate_that_is_valid_does_not_end(
    order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = {"not_after": "2026-11-01T00:00:00+00:00"}
    known = {
        "old": {"subject": "CN=B", "issuer": "CN=A", **expired},
        "new": {"subject": "CN=B", "issuer": "CN=C"},
        "above": {"subject": "CN=C", "issuer": "CN=root"},
        "ended": {"subject": "CN=A", "issuer": "CN=root", **expired},
    }
    assert expiry_of(order, monkeypatch, **known)["status"] == PASS
    for name in ("new", "above"):
        known[name] = {**known[name], **expired}
        found = expiry_of(order, monkeypatch, **known)
        assert found["status"] == FAIL
        assert found["sentence"].startswith("The intermediate certificate of CN=")
        known[name].pop("not_after")


def test_authorities_that_sign_one_another_are_followed_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"CN={letter}" for letter in "BCDEFGHIJKLM"]
    known = {
        f"{one}{two}": {"subject": one, "issuer": two}
        for one, two in itertools.permutations(names, 2)
    }
    assert expiry_of(known, monkeypatch, **known)["status"] == PASS


def test_chain_of_the_client_hello_with_the_same_certificate_counts(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = {"subject": "CN=B", "issuer": "CN=A", "not_after": "2026-11-01T00:00:00+00:00"}
    with_certificates(monkeypatch, leaf={"issuer": "CN=B"}, issuer=expired)
    chain = {"answer": "hello", "version": "TLSv1.2", "chain": [b"issuer".hex()]}
    for name, expected in (("other", PASS), ("leaf", FAIL)):
        facts = {**chain, "certificate": name.encode().hex()}
        shown = observe("client_hello", "smtp", facts, [["*", "hello"]], purpose=CONTROL)
        assert verdict("certificate_expiry", MX, handshake, shown)["status"] == expected


def test_certificate_that_is_trusted_or_valid_is_said_to_be(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch)
    trusted = "The certificate chain verifies against the vantage's trust store."
    assert verdict("certificate_trusted", MX, handshake)["sentence"] == trusted
    valid = "The certificate is valid for another 34 days."
    assert verdict("certificate_expiry", MX, handshake)["sentence"] == valid


def test_trusted_certificate_that_cannot_be_read_has_no_note(handshake: dict[str, t.Any]) -> None:
    trusted = "The certificate chain verifies against the vantage's trust store."
    assert verdict("certificate_trusted", MX, handshake)["sentence"] == trusted


def test_certificate_without_key_identifiers_is_trusted_with_a_note(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"key_identifiers": False})
    result = verdict("certificate_trusted", MX, handshake)
    assert result["status"] == PASS
    assert "no key identifier" in result["sentence"]


UNANSWERED = {"kind": "timeout", "text": "no answer"}


@pytest.mark.parametrize(
    ("session", "attempts", "expected"),
    [
        (MX, [], (UNKNOWN, "", "the conversation ended before this was asked")),
        (
            observe("smtp_session", "smtp", {"greeting": "220 mx1"}, error=UNANSWERED),
            [],
            (UNKNOWN, "", "The chain was not seen: no answer."),
        ),
        (
            MX,
            [observe("tls_trust", "smtp", {}, error=UNANSWERED)],
            (UNKNOWN, "", "The chain was not seen: no answer."),
        ),
        (
            MX,
            [observe("tls_trust", "smtp", {"trusted": True}, address="192.0.2.26")],
            (UNKNOWN, "", "the conversation ended before this was asked"),
        ),
        (
            observe("smtp_session", "smtp", {"extensions": {}}),
            [],
            (NOT_APPLICABLE, NO_SUBJECT, "TLS is not offered."),
        ),
    ],
)
def test_trust_that_was_not_seen_is_unknown(
    session: dict[str, t.Any],
    attempts: list[dict[str, t.Any]],
    expected: tuple[str, str, str],
) -> None:
    result = verdict("certificate_trusted", session, *attempts)
    assert (result["status"], result["reason"]) == expected[:2]
    assert expected[2] in result["sentence"]


def test_trust_that_the_policy_does_not_require_is_not_applicable(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = dict.fromkeys(TRUST_EVERYWHERE, False)
    monkeypatch.setitem(
        policy.PROFILES, "careless", {**policy.BASELINE, "certificate_trust": nowhere}
    )
    result = verdict("certificate_trusted", MX, handshake, rules="careless")
    assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NOT_REQUIRED)
    assert "does not require" in result["sentence"]


@pytest.mark.parametrize(
    ("addresses", "expected"), [([], (NOT_APPLICABLE, NO_SUBJECT)), ([ADDRESS], (PASS, ""))]
)
def test_target_given_as_an_address_has_no_name(
    addresses: list[str],
    expected: tuple[str, str],
    handshake: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_certificates(monkeypatch, leaf={"addresses": addresses})
    target = _target.target({"name": ADDRESS, "addresses": [ADDRESS]})
    seen = t.cast("t.Any", (MX, handshake))
    context = base.AuditContext(target, seen, policy.policy(), evaluate.moment(NOW), (ADDRESS,))
    result = evaluate.evaluate(context, evaluate.choose(["certificate_name"]))[0]
    assert (result["status"], result["reason"]) == expected


@pytest.mark.parametrize("check", ["certificate_trusted", "certificate_name"])
@pytest.mark.parametrize(("secure", "expected"), [(True, PASS), (False, FAIL)])
def test_certificate_that_dane_names_needs_neither_issuer_nor_name(
    check: str, secure: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.with_facts(dns_verdicts.recorded("dane_match", PASS), "TLSA", ad=secure)
    smtp = next(seen for seen in context.observations if seen["service"] == "smtp")
    session = {**smtp, "probe": "smtp_session", "facts": {"extensions": {"STARTTLS": ""}}}
    trust = {**smtp, "probe": "tls_trust", "facts": {"verify_error": "self-signed certificate"}}
    shown = {**smtp, "probe": "tls_certificate"}
    facts = shown["facts"].get("tls") or shown["facts"]
    certificate = {**shown, "facts": {"certificate": facts["certificate"], "version": "TLSv1.3"}}
    dns = [seen for seen in context.observations if seen["probe"] == "dns"]
    monkeypatch.setitem(
        policy.PROFILES, "trusting", {**policy.BASELINE, "certificate_trust": TRUST_EVERYWHERE}
    )
    monkeypatch.setattr(x509, "name_matches", lambda *_names: False)
    context = dataclasses.replace(
        context,
        observations=(session, trust, certificate, *dns),
        policy=policy.policy("trusting"),
    )
    assert dns_verdicts.verdict(check, context)["status"] == expected
