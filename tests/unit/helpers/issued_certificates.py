# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates in DER that are issued for a test."""

from __future__ import annotations

import datetime
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

HOST = "mx1.example.org"
BEGIN = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)
END = BEGIN + datetime.timedelta(days=90)
SHA384 = hashes.SHA384()
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


def common_name(name: str) -> x509.Name:
    """A name with this common name alone."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def issue(
    public_key: t.Any,
    *extensions: x509.ExtensionType,
    by: t.Any,
    subject: str = HOST,
    issuer: str = HOST,
    digest: hashes.HashAlgorithm | None = SHA384,
    padding: t.Any = None,
) -> bytes:
    """A certificate in DER for a public key. by: the private key of its issuer. digest: None for
    a signature with EdDSA. padding: of a signature with RSA, where it is not that of PKCS #1 1.5.
    """
    builder = x509.CertificateBuilder(
        common_name(issuer), common_name(subject), public_key, 0xABCDEF
    )
    builder = builder.not_valid_before(BEGIN).not_valid_after(END)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(by, t.cast("t.Any", digest), rsa_padding=padding)
    return signed.public_bytes(serialization.Encoding.DER)
