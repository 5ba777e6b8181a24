# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The certificate that most clients get: each fault fails, with the handshake that shows it."""

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
)
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


@pytest.mark.parametrize(
    ("not_before", "not_after", "expected"),
    [
        # 160 hours: a third of it is 53 hours.
        ("2026-11-23T00:00:00+00:00", "2026-11-29T16:00:00+00:00", PASS),
        ("2026-11-21T00:00:00+00:00", "2026-11-27T16:00:00+00:00", FAIL),
        ("2026-09-11T00:00:00+00:00", "2026-12-09T00:00:00+00:00", FAIL),
        ("2026-09-13T00:00:00+00:00", "2026-12-11T00:00:00+00:00", PASS),
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


def test_certificate_without_key_identifiers_is_trusted_with_a_note(
    handshake: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"key_identifiers": False})
    result = verdict("certificate_trusted", MX, handshake)
    assert result["status"] == PASS
    assert "no key identifier" in result["sentence"]


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
