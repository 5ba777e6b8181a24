# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A short message with a DKIM signature, which is made for the test."""

from __future__ import annotations

import base64
import hashlib
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dkim, message

pytest.importorskip("cryptography")
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

FIELDS = "From: a@example.org\r\nSubject: x\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n"
BODY = "text\r\n"
OVERSIGNED = "from:from:subject:subject:date:date"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def der(key: t.Any) -> bytes:
    """A public key as DER."""
    public: bytes = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public


def raw(key: ed25519.Ed25519PrivateKey) -> bytes:
    """A public key of Ed25519 as its octets."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def text(algorithm: str, signed: bytes = b"", **parts: str) -> str:
    """A message with a signature field. parts: names (h=), fields, more (tags), domain (d=)."""
    digest = base64.b64encode(hashlib.sha256(BODY.encode()).digest()).decode()
    return (
        f"DKIM-Signature: v=1; a={algorithm}; d={parts.get('domain', 'example.org')}; s=x; "
        f"h={parts.get('names', OVERSIGNED)}; bh={digest};{parts.get('more', '')} "
        f"b={base64.b64encode(signed).decode()}\r\n{parts.get('fields', FIELDS)}\r\n{BODY}"
    )


def letter(
    algorithm: str, signed: bytes = b"", **parts: str
) -> tuple[message.Letter, dkim.Signature]:
    """The message, and its signature."""
    read = message.letter(text(algorithm, signed, **parts).encode())
    return read, dkim.signatures(read)[0]


def sign(algorithm: str, key: t.Any, **parts: str) -> bytes:
    """The octets of b=."""
    octets = dkim.signed_octets(*letter(algorithm, **parts))
    if algorithm.startswith("ed25519"):
        return bytes(key.sign(hashlib.sha256(octets).digest()))
    return bytes(key.sign(octets, padding.PKCS1v15(), hashes.SHA256()))
