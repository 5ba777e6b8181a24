# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Facts are read from real certificates of every key type; names match as RFC 9525 says."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import ipaddress
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509 as checks

START = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)


def subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def issue(
    key: t.Any, *names: x509.GeneralName, issuer: str = "mx1.example.org", hashed: bool = True
) -> bytes:
    """A certificate in DER."""
    builder = x509.CertificateBuilder(
        subject(issuer), subject("mx1.example.org"), key.public_key(), 0xABCDEF
    )
    builder = builder.not_valid_before(START).not_valid_after(START + datetime.timedelta(days=90))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA384() if hashed else None).public_bytes(
        serialization.Encoding.DER
    )


def test_facts() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    addresses = (
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    )
    der = issue(key, x509.DNSName("mx1.example.org"), x509.DNSName("*.example.org"), *addresses)
    assert checks.certificate_facts(der) == {
        "subject": "CN=mx1.example.org",
        "issuer": "CN=mx1.example.org",
        "self_signed": True,
        "not_before": "2026-01-31T12:00:00+00:00",
        "not_after": "2026-05-01T12:00:00+00:00",
        "names": ["mx1.example.org", "*.example.org"],
        "addresses": ["192.0.2.1", "2001:db8::1"],
        "key_type": "ec",
        "key_bits": 256,
        "signature_hash": "sha384",
        "must_staple": False,
        "serial": "abcdef",
        "spki_sha256": hashlib.sha256(spki).hexdigest(),
        "key_identifiers": True,
    }


@pytest.mark.parametrize(
    ("key", "key_type", "bits", "signature_hash"),
    [
        (rsa.generate_private_key(65537, 2048), "rsa", 2048, "sha384"),
        (ec.generate_private_key(ec.SECP521R1()), "ec", 521, "sha384"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519", 256, ""),
        (ed448.Ed448PrivateKey.generate(), "ed448", 456, ""),
    ],
    ids=["rsa", "ec", "ed25519", "ed448"],
)
def test_keys(key: t.Any, key_type: str, bits: int, signature_hash: str) -> None:
    facts = checks.certificate_facts(issue(key, issuer="Some CA", hashed=bool(signature_hash)))
    assert (facts["key_type"], facts["key_bits"], facts["signature_hash"]) == (
        key_type,
        bits,
        signature_hash,
    )
    assert facts["self_signed"] is False
    assert facts["names"] == facts["addresses"] == []


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"-----BEGIN CERTIFICATE-----", bytes(100)])
def test_not_a_certificate(der: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        checks.certificate_facts(der)


class OldCertificate:
    """A certificate as cryptography before 42 shows its times: without a time zone."""

    not_valid_after = datetime.datetime(2026, 1, 31, 12, 0)


def test_times_of_old_cryptography() -> None:
    old = t.cast("x509.Certificate", OldCertificate())
    assert checks._validity_limit(old, "not_valid_after") == "2026-01-31T12:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "presented", "good"),
    [
        ("mx1.example.org", "mx1.example.org", True),
        ("MX1.Example.ORG.", "mx1.eXample.org", True),
        ("mx1.example.org", "mx2.example.org", False),
        ("mx1.example.org", "example.org", False),
        ("example.org", "mx1.example.org", False),
        ("mx1.example.org", "*.example.org", True),
        ("a.mx1.example.org", "*.example.org", False),
        ("example.org", "*.example.org", False),
        (".example.org", "*.example.org", False),
        ("mx1.example.org", "mx*.example.org", False),
        ("mx1.example.org", "*1.example.org", False),
        ("mx1.example.org", "mx1.*.org", False),
        ("mx1.example.org", "*.*.org", False),
        ("localhost", "*", False),
        ("mx1.example.org", "mx1.example.org.evil.example", False),
        ("192.0.2.1", "192.0.2.1", False),
        ("192.0.2.1", "*.0.2.1", False),
    ],
)
def test_name(name: str, presented: str, good: bool) -> None:
    facts = {"subject": "CN=" + name, "names": ["other.example", presented], "addresses": []}
    assert checks.name_matches(name, facts) is good


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("192.0.2.1", True),
        ("192.0.2.2", False),
        ("2001:DB8:0::1", True),
        ("[2001:db8::1]", True),
        ("mx1", False),
    ],
)
def test_address(name: str, good: bool) -> None:
    assert (
        checks.name_matches(name, {"names": [], "addresses": ["192.0.2.1", "2001:db8::1"]}) is good
    )


def test_a_common_name_is_no_name() -> None:
    facts = checks.certificate_facts(issue(ec.generate_private_key(ec.SECP256R1())))
    assert not checks.name_matches("mx1.example.org", facts)


def test_certificate_of_an_issuer_without_key_identifier() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    facts = checks.certificate_facts(issue(key, issuer="Private authority"))
    assert (facts["self_signed"], facts["key_identifiers"]) == (False, False)


def test_network_in_a_certificate_is_no_address() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    network = x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))
    facts = checks.certificate_facts(issue(key, network))
    assert not checks.name_matches("192.0.2.1", facts)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_odd_bytes_raise_no_other_exception_than_a_value_error(data: st.DataObject) -> None:
    whole = bytearray(ODD)
    for place in data.draw(st.lists(st.integers(0, len(ODD) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(ODD)))]) if data.draw(st.booleans()) else whole
    for read in (checks.certificate_facts, checks.public_key, checks.rsa_bits):
        with contextlib.suppress(ValueError):
            read(bytes(cut))


ODD = issue(
    ec.generate_private_key(ec.SECP256R1()),
    x509.DNSName("mx1.example.org"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    issuer="Private authority",
)
