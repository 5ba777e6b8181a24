# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates: which one issued which, and where a chain leads (RFC 5280 section 6).

Needs the Python package cryptography on the controller. Knows no policy.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from . import x509

if x509.CRYPTOGRAPHY_IMPORT_ERROR is None:
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509 import Certificate, load_der_x509_certificate


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
    _verify(cert, issuer)
    return True


def _verify(cert: Certificate, issuer: Certificate) -> None:
    """Raise an exception unless the key of the issuer signed a certificate."""
    if hasattr(cert, "verify_directly_issued_by"):
        cert.verify_directly_issued_by(issuer)
        return
    key: t.Any = issuer.public_key()  # cryptography before 40
    digest: t.Any = cert.signature_hash_algorithm
    how: tuple[t.Any, ...] = ()
    if isinstance(key, rsa.RSAPublicKey):
        how = padding.PKCS1v15(), digest
    elif isinstance(key, ec.EllipticCurvePublicKey):
        how = (ec.ECDSA(digest),)
    key.verify(cert.signature, cert.tbs_certificate_bytes, *how)


def path(leaf: bytes, above: t.Sequence[bytes]) -> list[bytes]:
    """The certificates from a leaf on, each issued by the next one, in whatever order they came."""
    found, left = [leaf], list(dict.fromkeys(above))
    while True:
        issuer = next((der for der in left if issued_by(found[-1], der)), None)
        if issuer is None:
            return found
        left.remove(issuer)
        found.append(issuer)


def outside_validity(der: bytes, now: datetime.datetime) -> bool:
    """Whether a certificate is not valid at a time; raises ValueError where it cannot be read."""
    facts = x509.certificate_facts(der)
    begin, end = (
        datetime.datetime.fromisoformat(facts[name]) for name in ("not_before", "not_after")
    )
    return not begin <= now <= end
