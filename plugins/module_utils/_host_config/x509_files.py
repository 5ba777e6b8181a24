# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys as they lie on the disk: fingerprints, public parts, owners. No private
part leaves the host.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
import typing as t

if t.TYPE_CHECKING:
    from .reader import Host

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+)-----END \1-----")
#: What an Ed25519 key looks like in a SubjectPublicKeyInfo; DKIM publishes it without this (RFC
#: 8463).
ED25519 = bytes.fromhex("302a300506032b6570032100")


def blocks(text: str) -> list[tuple[str, bytes]]:
    """The parts of a PEM file: what each is, and its octets."""
    found = []
    for match in _PEM.finditer(text):
        try:
            found.append((match[1], base64.b64decode("".join(match[2].split()), validate=True)))
        except (binascii.Error, ValueError):
            continue
    return found


def public(host: Host, path: str) -> bytes | None:
    """The public part of a private key, as a SubjectPublicKeyInfo."""
    told = host.run("openssl", "pkey", "-in", path, "-passin", "pass:", "-pubout")
    found = [data for kind, data in blocks(told or "") if kind == "PUBLIC KEY"]
    return found[0] if found else None


def published(data: bytes) -> dict[str, str]:
    """A public key as DKIM's record has it."""
    if data.startswith(ED25519):
        return {"k": "ed25519", "p": base64.b64encode(data[len(ED25519) :]).decode("ascii")}
    return {"k": "rsa", "p": base64.b64encode(data).decode("ascii")}


def moment(text: str) -> str:
    """The end of a certificate as openssl tells it, in ISO 8601."""
    try:
        found = datetime.datetime.strptime(text.strip(), "%b %d %H:%M:%S %Y GMT")
    except ValueError:
        return ""
    return found.replace(tzinfo=datetime.timezone.utc).isoformat()


def certificate(host: Host, path: str) -> dict[str, t.Any] | None:
    """The first certificate of a file; None where the file has none, and without a digest where it
    cannot be read.
    """
    text = host.read(path)
    if text is None:
        return {"sha256": "", "spki_sha256": "", "not_after": "", "mtime": None, "chain": 0}
    found = [data for kind, data in blocks(text) if kind == "CERTIFICATE"]
    if not found:
        return None
    pem = (
        f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(found[0]).decode('ascii')}-----END "
        "CERTIFICATE-----\n"
    )
    told = host.run("openssl", "x509", "-noout", "-enddate", "-pubkey", given=pem) or ""
    end = re.search(r"(?m)^notAfter=(.*)$", told)
    spki = [data for kind, data in blocks(told) if kind == "PUBLIC KEY"]
    about = host.about(path) or {}
    return {
        "sha256": hashlib.sha256(found[0]).hexdigest(),
        "spki_sha256": hashlib.sha256(spki[0]).hexdigest() if spki else "",
        "not_after": moment(end[1]) if end else "",
        "mtime": about.get("mtime"),
        "chain": len(found),
    }


def key(host: Host, path: str) -> dict[str, t.Any]:
    """A private key: the fingerprint of its public part, and who may read it."""
    data = public(host, path)
    digests = {
        "spki_" + name: hashlib.new(name, data).hexdigest() if data else ""
        for name in ("sha256", "sha512")
    }
    return {**(host.about(path) or {}), **digests}
