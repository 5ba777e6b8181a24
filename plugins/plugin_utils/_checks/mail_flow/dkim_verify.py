# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies a DKIM signature with a published key: RSA and Ed25519, with SHA-256 (RFC 6376 section
6.1, RFC 8463).

Runs where verdicts are made, since it needs the Python package cryptography. Pure functions over
stored octets.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t

from ..._dns import dkim

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
except ImportError:
    pass  # x509 says so

if t.TYPE_CHECKING:
    from ..._dns.message import Letter
    from ..dns.dkim import Key

#: Signature algorithms and the kinds of keys that they go with.
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}


def wrong(message: Letter, one: dkim.Signature, key: Key) -> str:
    """Why a signature does not verify, in words; empty where it does. Needs the library
    cryptography.
    """
    if one.problems:
        return f"it cannot be read: {'; '.join(one.problems)}"
    if one.algorithm not in ALGORITHMS:
        return f"a={one.algorithm} is not to be used (RFC 8301)"
    if ALGORITHMS[one.algorithm] != key.kind:
        return f"a={one.algorithm} does not go with a key of the kind {key.kind}"
    if dkim.body_hash(message, one) != one.hash:
        return "the body is not what was signed"
    try:
        return (
            ""
            if _verified(one, key, dkim.signed_octets(message, one))
            else "the header is not what was signed"
        )
    except (ValueError, UnsupportedAlgorithm):
        return "the published key cannot be read"


def _verified(one: dkim.Signature, key: Key, octets: bytes) -> bool:
    try:
        if key.kind == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(key.data).verify(
                one.data, hashlib.sha256(octets).digest()
            )
        else:
            public = serialization.load_der_public_key(key.data)
            if not isinstance(public, rsa.RSAPublicKey):
                raise ValueError("no RSA key")
            public.verify(one.data, octets, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def weaknesses(message: Letter, one: dkim.Signature) -> list[str]:
    """What a signature that verifies leaves open, in words."""
    found = []
    if "l" in one.values:
        found.append("l= lets anybody add to the body")
    for name in ("from", "subject", "date"):
        there, signed = len(message.all(name)), one.signed.count(name)
        if signed < max(1, there):
            found.append(f"{name.capitalize()} is not signed")
        elif signed == there:
            found.append(
                f"h= names {name.capitalize()} only as often as it is there, so a second one can "
                "be added"
            )
    return found
