# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates: which one issued which, and where a chain leads (RFC 5280 section 6).

Needs the Python package cryptography on the controller. Knows no policy.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import itertools
import typing as t

from . import x509

if x509.CRYPTOGRAPHY_IMPORT_ERROR is None:
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from cryptography.x509 import Certificate, load_der_x509_certificate

#: More ways from a leaf on than authorities that sign one another make.
MAX_PATHS = 50


def issued_by(der: bytes, issuer_der: bytes) -> bool:
    """Whether a certificate names another as its issuer, bears its signature, and that one may
    issue; False for what cannot be read.
    """
    try:
        with x509.reading():
            return _is_issuer(der, issuer_der)
    except ValueError:  # a signature that does not fit, or whatever odd bytes come to
        return False


def _is_issuer(der: bytes, issuer_der: bytes) -> bool:
    """As issued_by; raises an exception for what cannot be read, and for a wrong signature."""
    cert, issuer = load_der_x509_certificate(der), load_der_x509_certificate(issuer_der)
    if cert.issuer != issuer.subject or not x509.is_authority(issuer):
        return False
    _verify(cert, issuer.public_key())
    return True


def _verify(cert: Certificate, key: t.Any) -> None:
    """Raise an exception unless a public key signed a certificate."""
    digest: t.Any = cert.signature_hash_algorithm
    how: tuple[t.Any, ...] = ()
    if isinstance(key, rsa.RSAPublicKey):
        usual = padding.PKCS1v15()
        known = getattr(cert, "signature_algorithm_parameters", usual)  # cryptography before 41
        how = known, digest
    elif isinstance(key, ec.EllipticCurvePublicKey):
        how = (ec.ECDSA(digest),)
    key.verify(cert.signature, cert.tbs_certificate_bytes, *how)


def signed_with(der: bytes, key_der: bytes) -> bool:
    """Whether a public key (SubjectPublicKeyInfo) signed a certificate; False for what cannot be
    read.
    """
    try:
        with x509.reading():
            _verify(load_der_x509_certificate(der), load_der_public_key(key_der))
    except ValueError:
        return False
    return True


def paths(leaf: bytes, above: t.Sequence[bytes]) -> list[list[bytes]]:
    """Each way from a leaf on by certificates of which the next one issued the one before it, in
    whatever order they came; several where authorities have certificates of more than one issuer.
    """
    return list(itertools.islice(_paths([leaf], list(dict.fromkeys(above)), {}), MAX_PATHS))


def _paths(
    found: list[bytes], above: t.Sequence[bytes], issuers: dict[bytes, list[bytes]]
) -> t.Iterator[list[bytes]]:
    """The ways on from a way. issuers: those of each certificate, as they become known."""
    last = found[-1]
    if last not in issuers:
        issuers[last] = [der for der in above if issued_by(last, der)]
    left = [der for der in issuers[last] if der not in found]
    for der in left:
        yield from _paths([*found, der], above, issuers)
    if not left:
        yield found


def outside_validity(der: bytes, now: datetime.datetime) -> bool:
    """Whether a certificate is not valid at a time; raises ValueError where it cannot be read."""
    facts = x509.certificate_facts(der)
    begin, end = (
        datetime.datetime.fromisoformat(facts[name]) for name in ("not_before", "not_after")
    )
    return not begin <= now <= end
