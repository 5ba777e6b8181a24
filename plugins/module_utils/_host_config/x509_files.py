# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys on disk: fingerprints, public parts and owners, never a private part.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
import ssl
import typing as t

if t.TYPE_CHECKING:
    from .reader import Host

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+)-----END \1-----")
#: How a SubjectPublicKeyInfo of Ed25519 begins; DKIM publishes the key without it (RFC 8463).
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")


def pem_blocks(text: str) -> list[tuple[str, bytes]]:
    """The blocks of a PEM file: label and DER."""
    found = []
    for match in _PEM.finditer(text):
        try:
            found.append((match[1], base64.b64decode("".join(match[2].split()), validate=True)))
        except (binascii.Error, ValueError):
            continue
    return found


def public_key(host: Host, path: str) -> bytes | None:
    """The public part of a private key, as a SubjectPublicKeyInfo."""
    return _first_public_key(
        host.run("openssl", "pkey", "-in", path, "-passin", "pass:", "-pubout") or ""
    )


def _first_public_key(text: str) -> bytes | None:
    """The first public key of a PEM text."""
    return next((data for label, data in pem_blocks(text) if label == "PUBLIC KEY"), None)


def dkim_tags(data: bytes) -> dict[str, str]:
    """A public key as the tags k and p of a DKIM record."""
    if data.startswith(ED25519_PREFIX):
        return {"k": "ed25519", "p": base64.b64encode(data[len(ED25519_PREFIX) :]).decode("ascii")}
    return {"k": "rsa", "p": base64.b64encode(data).decode("ascii")}


def iso_time(text: str) -> str:
    """The time of a certificate, as openssl prints it, in ISO 8601; empty where it is none."""
    try:
        seconds = ssl.cert_time_to_seconds(text.strip())
    except ValueError:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def certificate(host: Host, path: str) -> dict[str, t.Any] | None:
    """The first certificate of a file; None where it has none, without digests where it cannot be
    read.
    """
    text = host.read(path)
    if text is None:
        return {"sha256": "", "spki_sha256": "", "not_after": "", "mtime": None, "chain": 0}
    chain = [data for label, data in pem_blocks(text) if label == "CERTIFICATE"]
    if not chain:
        return None
    pem = ssl.DER_cert_to_PEM_cert(chain[0])
    output = host.run("openssl", "x509", "-noout", "-enddate", "-pubkey", given=pem) or ""
    end = re.search(r"(?m)^notAfter=(.*)$", output)
    spki = _first_public_key(output)
    return {
        "sha256": hashlib.sha256(chain[0]).hexdigest(),
        "spki_sha256": hashlib.sha256(spki).hexdigest() if spki else "",
        "not_after": iso_time(end[1]) if end else "",
        "mtime": (host.about(path) or {}).get("mtime"),
        "chain": len(chain),
    }


def private_key(host: Host, path: str) -> dict[str, t.Any]:
    """A private key: the digests of its public part, and the attributes of its file."""
    data = public_key(host, path)
    digests = {
        f"spki_{name}": hashlib.new(name, data).hexdigest() if data else ""
        for name in ("sha256", "sha512")
    }
    return {**(host.about(path) or {}), **digests}
