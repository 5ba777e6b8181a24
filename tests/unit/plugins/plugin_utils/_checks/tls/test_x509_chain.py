# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A certificate is issued by another where name, signature and the right to issue fit; chains are
followed in whatever order they came.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509_chain
from ansible_collections.airtight.mail.tests.unit.helpers.issued_certificates import (
    AUTHORITY,
    BEGIN,
    END,
    SHA384,
    issue,
)

DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
KEYS = {
    name: ec.generate_private_key(ec.SECP256R1()) for name in ("leaf", "A", "B", "root", "other")
}


def certificate(subject: str, issuer: str, *extensions: x509.ExtensionType, by: str = "") -> bytes:
    """A certificate with the key of its subject, signed with that of its issuer or of another."""
    public_key = KEYS[subject].public_key()
    return issue(public_key, *extensions, by=KEYS[by or issuer], subject=subject, issuer=issuer)


LEAF = certificate("leaf", "A")
A = certificate("A", "B", AUTHORITY)
B = certificate("B", "root", AUTHORITY)
ROOT = certificate("root", "root", AUTHORITY)
OTHER = certificate("other", "root", AUTHORITY)
#: The root with a signature of A.
CIRCULAR = certificate("root", "A", AUTHORITY)


@pytest.mark.parametrize(
    ("der", "issuer", "expected"),
    [
        (LEAF, A, True),
        (ROOT, ROOT, True),
        (LEAF, B, False),
        (A, LEAF, False),
        (LEAF, certificate("A", "B"), False),
        (certificate("leaf", "A", by="other"), A, False),
        (certificate("leaf", "other", by="A"), A, False),
        (b"leaf", A, False),
        (LEAF, b"issuer", False),
        (LEAF, b"", False),
    ],
    ids=[
        "authority",
        "root",
        "other authority",
        "subject",
        "no authority",
        "signature of another key",
        "name of another issuer",
        "unreadable",
        "unreadable issuer",
        "empty issuer",
    ],
)
def test_issuer_has_the_name_the_key_and_the_right_to_issue(
    der: bytes, issuer: bytes, expected: bool
) -> None:
    assert x509_chain.issued_by(der, issuer) is expected


#: A key of each type that signs certificates.
of_each_type = pytest.mark.parametrize(
    "generate",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "ec", "ed25519"],
)


class OldCertificate:
    """A certificate as cryptography before 41 has it: it does not know its padding."""

    def __init__(self, der: bytes) -> None:
        known = x509.load_der_x509_certificate(der)
        self.signature = known.signature
        self.tbs_certificate_bytes = known.tbs_certificate_bytes
        self.signature_hash_algorithm = known.signature_hash_algorithm
        self.public_key = known.public_key


@of_each_type
def test_signature_is_verified_by_old_cryptography(generate: t.Callable[[], t.Any]) -> None:
    key, another = generate(), generate()
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA384
    leaf, issuer, wrong = (
        t.cast("x509.Certificate", OldCertificate(issue(public, by=by, digest=digest)))
        for public, by in (
            (KEYS["leaf"].public_key(), key),
            (key.public_key(), key),
            (another.public_key(), another),
        )
    )
    x509_chain._verify(leaf, issuer.public_key())
    with pytest.raises(InvalidSignature):
        x509_chain._verify(leaf, wrong.public_key())


def test_signature_with_another_padding_of_rsa_is_verified() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(SHA384), padding.PSS.DIGEST_LENGTH)
    public_key = key.public_key()
    leaf = issue(KEYS["leaf"].public_key(), by=key, issuer="Some CA", padding=pss)
    issuer = issue(public_key, AUTHORITY, by=key, subject="Some CA", issuer="Some CA")
    assert x509_chain.issued_by(leaf, issuer)


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ([], [LEAF]),
        ([A], [LEAF, A]),
        ([A, B, ROOT], [LEAF, A, B, ROOT]),
        ([ROOT, B, A], [LEAF, A, B, ROOT]),
        ([B, B, A, A], [LEAF, A, B]),
        ([OTHER, A, b"unreadable", B], [LEAF, A, B]),
        ([B, ROOT], [LEAF]),
        ([A, B, CIRCULAR], [LEAF, A, B, CIRCULAR]),
    ],
)
def test_chain_is_followed_in_any_order(above: list[bytes], expected: list[bytes]) -> None:
    assert x509_chain.paths(LEAF, above) == [expected]


#: The authority with the signature of another one.
CROSS_SIGNED = certificate("A", "other", AUTHORITY)


@pytest.mark.parametrize("first", [A, CROSS_SIGNED])
def test_authority_with_two_certificates_makes_two_chains(first: bytes) -> None:
    second = A if first == CROSS_SIGNED else CROSS_SIGNED
    ends = {A: [B, ROOT], CROSS_SIGNED: [OTHER, ROOT]}
    assert x509_chain.paths(LEAF, [first, second, ROOT, OTHER, B]) == [
        [LEAF, first, *ends[first]],
        [LEAF, second, *ends[second]],
    ]


def test_authorities_that_sign_one_another_make_an_end_of_chains() -> None:
    names = ("A", "B", "other", "root")
    above = [certificate(one, two, AUTHORITY) for one in names for two in names if one != two]
    assert len(x509_chain.paths(LEAF, above)) == x509_chain.MAX_PATHS


@of_each_type
def test_certificate_is_signed_with_a_bare_key(generate: t.Callable[[], t.Any]) -> None:
    key, another = generate(), generate()
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA384
    leaf = issue(KEYS["leaf"].public_key(), by=key, digest=digest)
    own, wrong = (entry.public_key().public_bytes(DER, SPKI) for entry in (key, another))
    assert x509_chain.signed_with(leaf, own)
    assert not x509_chain.signed_with(leaf, wrong)
    assert not x509_chain.signed_with(leaf, leaf)
    assert not x509_chain.signed_with(b"leaf", own)


def test_certificate_is_signed_with_a_bare_key_and_another_padding_of_rsa() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(SHA384), padding.PSS.DIGEST_LENGTH)
    leaf = issue(KEYS["leaf"].public_key(), by=key, padding=pss)
    assert x509_chain.signed_with(leaf, key.public_key().public_bytes(DER, SPKI))


SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (BEGIN - SECOND, True),
        (BEGIN, False),
        (END, False),
        (END + SECOND, True),
    ],
)
def test_validity_includes_both_limits(now: datetime.datetime, expected: bool) -> None:
    assert x509_chain.outside_validity(LEAF, now) is expected


def test_validity_of_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        x509_chain.outside_validity(b"leaf", BEGIN)
