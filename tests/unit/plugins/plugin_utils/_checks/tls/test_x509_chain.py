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
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509_chain
from ansible_collections.airtight.mail.tests.unit.helpers.issued_certificates import (
    AUTHORITY,
    BEGIN,
    END,
    SHA384,
    issue,
)

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


class OldCertificate:
    """A certificate as cryptography before 40 has it: it cannot verify its issuer itself."""

    def __init__(self, der: bytes) -> None:
        known = x509.load_der_x509_certificate(der)
        self.signature = known.signature
        self.tbs_certificate_bytes = known.tbs_certificate_bytes
        self.signature_hash_algorithm = known.signature_hash_algorithm
        self.public_key = known.public_key


@pytest.mark.parametrize(
    "generate",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "ec", "ed25519"],
)
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
    x509_chain._verify(leaf, issuer)
    with pytest.raises(InvalidSignature):
        x509_chain._verify(leaf, wrong)


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
    assert x509_chain.path(LEAF, above) == expected


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
