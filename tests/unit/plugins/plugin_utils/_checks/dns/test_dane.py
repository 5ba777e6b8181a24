# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DANE, on recorded answers and certificates."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.mark.parametrize(("check", "status"), [("dane_match", FAIL), ("dane_rollover", UNKNOWN)])
def test_unsigned_records_are_ignored(check: str, status: str) -> None:
    bare = dns_verdicts.with_facts(dns_verdicts.recorded(check, PASS), "TLSA", ad=False)
    assert dns_verdicts.verdict(check, bare)["status"] == status
    notes = [lines[-1] for lines in dns_verdicts.decisive_lines(check, bare)]
    assert notes == ["_25._tcp.sound-mx.names.test TLSA: the resolver did not set the AD flag"]


@pytest.mark.parametrize("check", ["dane_match", "dane_other_ports"])
def test_mismatch_is_shown_by_the_records_and_the_digests_of_the_certificate(check: str) -> None:
    for lines in dns_verdicts.decisive_lines(check, dns_verdicts.recorded(check, FAIL)):
        records, digests = lines[:-2], lines[-2:]
        assert {line[:11] for line in records} == {"TLSA 3 1 1 "}
        assert ["SHA-256 of the certificate" in digests[0], "public key" in digests[1]] == [
            True
        ] * 2


def test_records_of_the_certificate_in_use_are_decisive() -> None:
    context = dns_verdicts.recorded("dane_rollover", FAIL)
    (lines,) = dns_verdicts.decisive_lines("dane_rollover", context)
    assert {line[:11] for line in lines} == {"TLSA 3 1 1 "}


NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("leaf", "A", "B", "C")}


def issue(
    subject: str, issuer: str, authority: bool = True, days: int = 30, host: str = "mx.names.test"
) -> x509.Certificate:
    """A certificate; those of authorities may issue others."""
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        for name in (issuer, subject)
    ]
    builder = x509.CertificateBuilder(*names, KEYS[subject].public_key(), 7)
    builder = builder.not_valid_before(NOW - datetime.timedelta(days=90))
    builder = builder.not_valid_after(NOW + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if not authority:
        names_of = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names_of, critical=False)
    return builder.sign(KEYS[issuer], hashes.SHA256())


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def record(certificate: x509.Certificate, usage: int = 2) -> str:
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"{usage} 1 1 {hashlib.sha256(key).hexdigest()}"


def status_of(
    leaf: x509.Certificate,
    above: list[x509.Certificate],
    *records: str,
    check: str = "dane_match",
) -> str:
    """The status of a check for a chain that port 25 serves, and these records."""
    context = dns_verdicts.recorded("dane_match", PASS)
    context = dns_verdicts.with_records(context, "TLSA", records)
    facts = {"certificate": der(leaf).hex(), "chain": [der(issuer).hex() for issuer in above]}
    kept = [
        {**seen, "facts": facts} if seen["service"] == "smtp" else seen
        for seen in context.observations
    ]
    context = dataclasses.replace(context, observations=tuple(kept), now=NOW)
    return str(dns_verdicts.verdict(check, context)["status"])


HOST = dns_verdicts.recorded("dane_match", PASS).target.name
A, B = issue("A", "A"), issue("B", "A")
LEAF = issue("leaf", "B", False, host=HOST)


def test_record_of_an_authority_matches_where_the_chain_leads_to_it() -> None:
    assert status_of(LEAF, [B, A], record(A)) == PASS
    assert status_of(LEAF, [A, B], record(A)) == PASS
    assert status_of(LEAF, [B], record(B)) == PASS
    assert status_of(LEAF, [B], f"2 0 0 {der(A).hex()}") == PASS


def test_appended_authority_that_issued_nothing_does_not_match() -> None:
    unrelated, other = issue("C", "C"), issue("leaf", "C", False, host=HOST)
    assert status_of(LEAF, [B, unrelated], record(unrelated)) == FAIL
    assert status_of(LEAF, [unrelated], record(unrelated)) == FAIL
    assert status_of(other, [B, A], record(A)) == FAIL
    assert status_of(LEAF, [B], record(A)) == FAIL


def test_chain_to_an_authority_must_be_valid_and_for_the_name() -> None:
    assert status_of(LEAF, [issue("B", "A", days=-1), A], record(A)) == FAIL
    assert status_of(LEAF, [issue("B", "A", authority=False), A], record(A)) == FAIL
    assert status_of(issue("leaf", "B", False, days=-1, host=HOST), [B, A], record(A)) == FAIL
    assert status_of(issue("leaf", "B", False), [B, A], record(A)) == FAIL


@pytest.mark.parametrize(
    ("above", "records", "status"),
    [
        ([B, A], [record(A)], PASS),
        ([B], [record(B), record(LEAF, 3)], PASS),
        ([B], [record(LEAF, 3), record(A, 3)], PASS),
        ([B], [record(LEAF, 3)], FAIL),
        ([B], [record(LEAF, 2)], FAIL),
        ([B, issue("C", "C")], [record(LEAF, 3), record(issue("C", "C"))], FAIL),
        ([issue("B", "A", days=-1), A], [record(A)], FAIL),
        ([B], [record(LEAF, 3), record(A)], UNKNOWN),
    ],
)
def test_record_of_an_authority_covers_the_next_certificate_where_this_one_comes_from_it(
    above: list[x509.Certificate], records: list[str], status: str
) -> None:
    assert status_of(LEAF, above, *records, check="dane_rollover") == status


@pytest.mark.parametrize(
    "odd", ["3 1 0", "3 1 0 ", "\u00b2 1 1 00", "3 1 1 " + "zz" * 32, f"{'3' * 4400} 1 1 00", ""]
)
def test_odd_record_is_not_usable_and_costs_nothing(odd: str) -> None:
    assert status_of(LEAF, [B, A], odd, record(A)) == PASS
    assert status_of(LEAF, [B, A], odd) == FAIL


@pytest.mark.parametrize(
    ("name", "status"), [("_25._tcp.mx1.example.org", FAIL), ("mx1.example.org", UNKNOWN)]
)
def test_wrong_signatures_of_the_records_fail(name: str, status: str) -> None:
    zone: dns_verdicts.Zone = {
        ("mx1.example.org", "A"): ["192.0.2.25"],
        (name, "TLSA" if name.startswith("_") else "A"): "bogus",
    }
    assert dns_verdicts.status_of("dane_match", zone, addresses=["192.0.2.25"])[0] == status
