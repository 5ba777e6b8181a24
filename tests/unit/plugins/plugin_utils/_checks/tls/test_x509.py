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
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509 as checks
from ansible_collections.airtight.mail.tests.unit.helpers import issued_certificates
from ansible_collections.airtight.mail.tests.unit.helpers.issued_certificates import (
    AUTHORITY,
    HOST,
    SHA384,
)

KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY_KEY_IDENTIFIER = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key())
SUBJECT_KEY_IDENTIFIER = x509.SubjectKeyIdentifier.from_public_key(KEY.public_key())


def issue(key: t.Any, *names: x509.GeneralName, issuer: str = HOST, hashed: bool = True) -> bytes:
    """A certificate in DER, signed with its own key."""
    extensions = [x509.SubjectAlternativeName(names)] if names else []
    digest = SHA384 if hashed else None
    return issued_certificates.issue(
        key.public_key(), *extensions, by=key, issuer=issuer, digest=digest
    )


def facts_of(
    *extensions: x509.ExtensionType, public_key: t.Any = None, issuer: str = "Some CA"
) -> dict[str, t.Any]:
    """The facts of a certificate with these extensions, by default from an issuer."""
    der = issued_certificates.issue(
        public_key or KEY.public_key(), *extensions, by=KEY, issuer=issuer
    )
    return checks.certificate_facts(der)


def spki(public_key: t.Any) -> bytes:
    """A public key in DER."""
    found: bytes = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def spki_sha256(public_key: t.Any) -> str:
    return hashlib.sha256(spki(public_key)).hexdigest()


def test_facts() -> None:
    addresses = (
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    )
    der = issue(KEY, x509.DNSName("mx1.example.org"), x509.DNSName("*.example.org"), *addresses)
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
        "spki_sha256": spki_sha256(KEY.public_key()),
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


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (dsa.generate_private_key(1024), ("dsa", 1024)),
        (x25519.X25519PrivateKey.generate(), ("unknown", 0)),
    ],
    ids=["dsa", "x25519"],
)
def test_key_that_no_server_should_have(key: t.Any, expected: tuple[str, int]) -> None:
    public_key = key.public_key()
    facts = facts_of(public_key=public_key)
    assert (facts["key_type"], facts["key_bits"]) == expected
    assert facts["spki_sha256"] == spki_sha256(public_key)


#: The identifiers of an EC key and of ECDSA with SHA-384 in DER.
EC_KEY = bytes.fromhex("06072a8648ce3d0201")
ECDSA_SHA384 = bytes.fromhex("06082a8648ce3d040303")


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (EC_KEY, ("unknown", 0, "", "sha384")),
        (ECDSA_SHA384, ("ec", 256, spki_sha256(KEY.public_key()), "unknown")),
    ],
    ids=["key", "signature"],
)
def test_algorithm_without_a_name_is_unknown(
    identifier: bytes, expected: tuple[str, int, str, str]
) -> None:
    der = issue(KEY).replace(identifier, identifier[:-1] + b"\x55")
    facts = checks.certificate_facts(der)
    names = ("key_type", "key_bits", "spki_sha256", "signature_hash")
    assert tuple(facts[name] for name in names) == expected


def test_public_key_of_a_certificate_is_its_subject_public_key_info() -> None:
    assert checks.public_key(issue(KEY)) == spki(KEY.public_key())


@pytest.mark.parametrize("reader", [checks.public_key, checks.rsa_bits])
def test_neither_key_nor_certificate(reader: t.Callable[[bytes], t.Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        reader(b"\x30\x00")


def test_bits_of_an_rsa_key() -> None:
    assert checks.rsa_bits(spki(rsa.generate_private_key(65537, 1024).public_key())) == 1024
    with pytest.raises(ValueError, match="it is no RSA key"):
        checks.rsa_bits(spki(KEY.public_key()))


@pytest.mark.parametrize(
    ("extensions", "issuer", "expected"),
    [
        ((), HOST, True),
        ((), "Some CA", False),
        ((AUTHORITY_KEY_IDENTIFIER,), "Some CA", True),
        ((SUBJECT_KEY_IDENTIFIER,), "Some CA", False),
        ((AUTHORITY,), HOST, False),
        ((AUTHORITY, SUBJECT_KEY_IDENTIFIER), HOST, True),
        ((AUTHORITY, SUBJECT_KEY_IDENTIFIER), "Some CA", False),
        ((AUTHORITY, AUTHORITY_KEY_IDENTIFIER), "Some CA", False),
        ((AUTHORITY, SUBJECT_KEY_IDENTIFIER, AUTHORITY_KEY_IDENTIFIER), "Some CA", True),
    ],
)
def test_key_identifiers_that_are_demanded(
    extensions: tuple[x509.ExtensionType, ...], issuer: str, expected: bool
) -> None:
    assert facts_of(*extensions, issuer=issuer)["key_identifiers"] is expected


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([x509.TLSFeatureType.status_request], True),
        ([x509.TLSFeatureType.status_request_v2], False),
        ([x509.TLSFeatureType.status_request_v2, x509.TLSFeatureType.status_request], True),
    ],
)
def test_must_staple_is_the_feature_status_request(
    features: list[x509.TLSFeatureType], expected: bool
) -> None:
    assert facts_of(x509.TLSFeature(features))["must_staple"] is expected


class PanicException(BaseException):
    """The name of what code in Rust raises when it panics."""


class Stopped(BaseException):
    """What has nothing to do with the bytes that are read, as KeyboardInterrupt."""


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (ValueError("odd bytes"), "odd bytes"),
        (TypeError("odd bytes"), "odd bytes"),
        (TypeError(), "TypeError"),
        (PanicException("odd bytes"), "odd bytes"),
        (PanicException(), "PanicException"),
    ],
)
def test_what_reading_raises_becomes_a_sentence(raised: BaseException, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"), checks.reading():
        raise raised


def test_interruption_of_reading_stays_one() -> None:
    with pytest.raises(Stopped), checks.reading():
        raise Stopped


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
        ("example.org", "*.org", True),
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
        ("X192.0.2.1", False),
        ("mx1", False),
    ],
)
def test_address(name: str, good: bool) -> None:
    assert (
        checks.name_matches(name, {"names": [], "addresses": ["192.0.2.1", "2001:db8::1"]}) is good
    )


def test_a_common_name_is_no_name() -> None:
    facts = checks.certificate_facts(issue(KEY))
    assert not checks.name_matches("mx1.example.org", facts)


def test_network_in_a_certificate_is_no_address() -> None:
    network = x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))
    facts = checks.certificate_facts(issue(KEY, network))
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
    KEY,
    x509.DNSName("mx1.example.org"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    issuer="Private authority",
)
