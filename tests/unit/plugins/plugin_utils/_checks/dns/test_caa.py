# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""CAA records, on recorded answers and on records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import caa, dane
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_records_are_parsed() -> None:
    records = [
        '0 issue "letsencrypt.org; accounturi=https://a"',
        '0 issuemail ";"',
        '128 issue "x"',
    ]
    properties, problems = caa.parse(records)
    assert problems == {}
    assert properties[0][1:3] == ("issue", "letsencrypt.org; accounturi=https://a")


def test_invalid_record_has_a_problem() -> None:
    assert list(caa.parse(['128 future "x"'])[1].values()) == [
        "the tag future is critical and unknown, so no authority may issue"
    ]
    assert list(caa.parse(["nonsense"])[1].values()) == ["'nonsense' cannot be read"]


def test_record_without_the_authority_is_decisive_with_the_issuer() -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.recorded("caa_records", FAIL)
    assert dns_verdicts.decisive_lines("caa_records", context) == [
        [
            'CAA 0 issue "pki.goog"',
            "issuer of the certificate: CN=Let's Encrypt of the lab,O=Let's Encrypt of the lab",
        ]
    ]


def test_critical_unknown_tag_is_the_decisive_record() -> None:
    context = dns_verdicts.recorded("caa_records", PASS)
    records = ['0 issue "letsencrypt.org"', '128 future "x"']
    changed = dns_verdicts.with_records(context, "CAA", records)
    assert dns_verdicts.decisive_lines("caa_records", changed) == [['CAA 128 future "x"']]


@pytest.mark.parametrize(
    ("value", "issuer"),
    [
        (" LetsEncrypt.org ; accounturi=https://a.example/1; validationmethods=dns-01 ;", ""),
        ("letsencrypt.org", ""),
        (";", "none"),
        ("", "none"),
        ("letsencrypt.org; accounturi", None),
        ("letsencrypt.org accounturi=x", None),
        ("letsencrypt..org", None),
        ("-letsencrypt.org", None),
        ("letsencrypt.org\u00a0", None),
        ("%%%%%", None),
    ],
)
def test_issuer_is_read_by_the_grammar(value: str, issuer: str | None) -> None:
    expected = {"": "letsencrypt.org", "none": "", None: None}[issuer]
    assert caa.issuer_domain(value) == expected
    problems = caa.parse([f'0 ISSUE "{value}"'])[1]
    assert bool(problems) is (expected is None)


ISSUE, WILD = '0 issue "letsencrypt.org"', '0 issuewild "letsencrypt.org"'
OTHER, OTHER_WILD, NO_WILD = '0 issue "pki.goog"', '0 issuewild "pki.goog"', '0 issuewild ";"'
HOST, ABOVE = "mx1.example.org", "example.org"


@pytest.mark.parametrize(
    ("names", "zone", "status"),
    [
        ([HOST], {HOST: [ISSUE, NO_WILD]}, PASS),
        ([HOST], {HOST: [OTHER, WILD]}, FAIL),
        ([HOST], {HOST: [WILD]}, PASS),
        ([HOST], {HOST: [OTHER_WILD]}, PASS),
        (["*.example.org"], {ABOVE: [OTHER, WILD]}, PASS),
        (["*.EXAMPLE.org"], {ABOVE: [ISSUE, NO_WILD]}, FAIL),
        (["*.example.org"], {ABOVE: [ISSUE, OTHER_WILD]}, FAIL),
        (["*.example.org"], {ABOVE: [ISSUE]}, PASS),
        (["*.example.org"], {ABOVE: [OTHER]}, FAIL),
        (["*.example.org"], {ABOVE: [OTHER_WILD, WILD]}, PASS),
        (["*.example.org"], {ABOVE: ['0 iodef "mailto:a@example.org"']}, PASS),
        (["*.example.org"], {HOST: [OTHER], ABOVE: [WILD]}, PASS),
        (["*.example.org"], {HOST: [ISSUE], ABOVE: [NO_WILD]}, FAIL),
        (["*.example.org"], {HOST: [OTHER]}, FAIL),
        (["*.example.org"], {HOST: [OTHER, WILD]}, PASS),
        (["*.example.org"], {}, NOT_APPLICABLE),
        ([HOST, "*.example.org"], {ABOVE: [ISSUE, NO_WILD]}, FAIL),
        ([HOST, "*.example.org"], {ABOVE: [OTHER, WILD]}, FAIL),
        ([HOST, "*.example.org"], {ABOVE: [ISSUE]}, PASS),
        ([], {ABOVE: [ISSUE]}, UNKNOWN),
    ],
)
def test_a_wildcard_needs_what_permits_wildcards(
    monkeypatch: pytest.MonkeyPatch, names: list[str], zone: dict[str, list[str]], status: str
) -> None:
    facts = {"names": names, "self_signed": False, "issuer": "CN=R11,O=Let's Encrypt"}
    chains = [dane.Chain(b"", None, {})] if names else []
    monkeypatch.setattr(caa, "served_chains", lambda *_endpoint: chains)
    monkeypatch.setattr(caa.x509, "certificate_facts", lambda _leaf: facts)
    monkeypatch.setattr(caa.x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    records = {(name, "CAA"): found for name, found in zone.items()}
    found = dns_verdicts.status_of("caa_records", records, addresses=["192.0.2.25"])
    assert found[0] == status, found


@given(st.text())
def test_any_record_is_read(text: str) -> None:
    caa.issuer_domain(text)
    caa.parse([text, f'0 issue "{text}"', f'{text} issue "x"'])


def test_failure_above_the_nearest_records_does_not_matter() -> None:
    zone = {
        ("mx1.example.org", "CAA"): ['0 ISSUE "letsencrypt.org"'],
        ("org", "CAA"): "servfail",
    }
    assert "No certificate of an authority" in dns_verdicts.status_of("caa_records", zone)[1]
