# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifying a DKIM signature against a published key, and what a valid one leaves open (RFC 6376
section 6, RFC 8463).

Needs the Python package cryptography, so it runs on the controller. Pure functions over stored
octets.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import typing as t

from ..._dns import dkim
from ..tls import x509

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
except ImportError:
    pass  # x509 says so

if t.TYPE_CHECKING:
    from ..._dns.message import Letter
    from ..dns.dkim import Key

#: Signature algorithms and the key types that they need.
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
#: Header fields that a signature has to cover.
SIGNED_FIELDS = ("from", "subject", "date")


def verification_problem(message: Letter, signature: dkim.Signature, key: Key) -> str:
    """Why a signature is not valid; empty if it is."""
    if signature.problems:
        return f"it cannot be parsed: {'; '.join(signature.problems)}"
    if signature.algorithm not in ALGORITHMS:
        return f"a={signature.algorithm} must not be used (RFC 8301)"
    if ALGORITHMS[signature.algorithm] != key.kind:
        return f"a={signature.algorithm} does not match the key type {key.kind}"
    if dkim.body_hash(message, signature) != signature.hash:
        return "the body hash does not match the body"
    try:
        valid = _is_valid(signature, key, dkim.signed_octets(message, signature))
    except ValueError:
        return "the published key cannot be parsed"
    return "" if valid else "the signature does not match the header"


def _is_valid(signature: dkim.Signature, key: Key, octets: bytes) -> bool:
    """Whether the key made the signature over these octets; raises ValueError for a bad key."""
    with x509.reading(), contextlib.suppress(InvalidSignature):
        if key.kind == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(key.data).verify(
                signature.data, hashlib.sha256(octets).digest()
            )
        else:
            public_key = serialization.load_der_public_key(key.data)
            if not isinstance(public_key, rsa.RSAPublicKey):
                raise ValueError("no RSA key")
            public_key.verify(signature.data, octets, padding.PKCS1v15(), hashes.SHA256())
        return True
    return False


def weaknesses(message: Letter, signature: dkim.Signature) -> list[str]:
    """What a valid signature allows others to change."""
    problems = []
    if "l" in signature.values:
        problems.append("l= allows text to be appended to the body")
    for name in SIGNED_FIELDS:
        present, signed = len(message.all(name)), signature.signed.count(name)
        if signed < max(1, present):
            problems.append(f"{name.capitalize()} is not signed")
        elif signed == present:
            problems.append(
                f"{name.capitalize()} is not oversigned in h=, so a second one can be added"
            )
    return problems
