# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a certificate, and whether it matches a name (RFC 5280, RFC 9525).

Needs the Python package cryptography on the controller. Knows no policy.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import ipaddress
import traceback
import typing as t

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
except ImportError:
    CRYPTOGRAPHY_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    CRYPTOGRAPHY_IMPORT_ERROR = None


def certificate_facts(der: bytes) -> dict[str, t.Any]:
    """The facts of a certificate; raises ValueError for one that cannot be read.

    self_signed: subject and issuer are the same. key_identifiers: those that RFC 5280 demands are
    there.
    """
    with reading():
        cert = x509.load_der_x509_certificate(der)
        names, addresses = _alternative_names(cert)
        key_type, key_bits, spki = _key(cert)
        return {
            "subject": cert.subject.rfc4514_string(),
            "issuer": cert.issuer.rfc4514_string(),
            "self_signed": cert.subject == cert.issuer,
            "not_before": _validity_limit(cert, "not_valid_before"),
            "not_after": _validity_limit(cert, "not_valid_after"),
            "names": names,
            "addresses": addresses,
            "key_type": key_type,
            "key_bits": key_bits,
            "signature_hash": _signature_hash(cert),
            "must_staple": _must_staple(cert),
            "serial": f"{cert.serial_number:x}",
            "spki_sha256": spki,
            "key_identifiers": _key_identifiers(cert),
        }


@contextlib.contextmanager
def reading() -> t.Iterator[None]:
    """Whatever cryptography raises about odd bytes in here, as a ValueError with a sentence.

    Where its code in Rust panics, the exception is not derived from Exception.
    """
    try:
        yield
    except ValueError:
        raise
    except BaseException as exc:
        if isinstance(exc, Exception) or type(exc).__name__ == "PanicException":
            raise ValueError(str(exc) or type(exc).__name__) from exc
        raise


def _key_identifiers(cert: x509.Certificate) -> bool:
    """Whether the identifiers of keys are there that RFC 5280 section 4.2.1.1 and 4.2.1.2 demand:
    the issuer's unless the certificate is its own issuer, and that of an authority itself.
    """
    present = {extension.oid for extension in cert.extensions}
    authority = cert.subject == cert.issuer or x509.AuthorityKeyIdentifier.oid in present
    own = not is_authority(cert) or x509.SubjectKeyIdentifier.oid in present
    return authority and own


def is_authority(cert: x509.Certificate) -> bool:
    """Whether a certificate says that it may issue others."""
    try:
        return cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _validity_limit(cert: x509.Certificate, attribute: str) -> str:
    """A limit of validity as ISO 8601 in UTC; cryptography before 42 has no time zone in it."""
    aware = getattr(cert, attribute + "_utc", None)
    if aware is None:
        aware = getattr(cert, attribute).replace(tzinfo=datetime.UTC)
    return str(aware.isoformat())


def _alternative_names(cert: x509.Certificate) -> tuple[list[str], list[str]]:
    try:
        extension = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return [], []
    names = [str(name) for name in extension.value.get_values_for_type(x509.DNSName)]
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    single = (ipaddress.IPv4Address, ipaddress.IPv6Address)
    return names, [str(address) for address in addresses if isinstance(address, single)]


def _key(cert: x509.Certificate) -> tuple[str, int, str]:
    """The type and size of the public key, and the SHA-256 of its SubjectPublicKeyInfo."""
    try:
        key: t.Any = cert.public_key()
    except UnsupportedAlgorithm:
        return "unknown", 0, ""
    encoding = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    spki = hashlib.sha256(key.public_bytes(*encoding)).hexdigest()
    key_types: tuple[tuple[t.Any, str, int], ...] = (
        (rsa.RSAPublicKey, "rsa", 0),
        (ec.EllipticCurvePublicKey, "ec", 0),
        (ed25519.Ed25519PublicKey, "ed25519", 256),
        (ed448.Ed448PublicKey, "ed448", 456),
        (dsa.DSAPublicKey, "dsa", 0),
    )
    for key_class, key_type, bits in key_types:
        if isinstance(key, key_class):
            return key_type, bits or int(key.key_size), spki
    return "unknown", 0, spki


def rsa_bits(data: bytes) -> int:
    """The size of an RSA public key as DKIM publishes it; raises ValueError for other data."""
    with reading():
        key = serialization.load_der_public_key(data)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("it is no RSA key")
    return key.key_size


def public_key(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate; raises ValueError where it cannot be read."""
    with reading():
        key = x509.load_der_x509_certificate(der).public_key()
        return key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def _must_staple(cert: x509.Certificate) -> bool:
    """Whether the certificate is valid only with an OCSP staple (RFC 7633)."""
    try:
        features = cert.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return x509.TLSFeatureType.status_request in features


def _signature_hash(cert: x509.Certificate) -> str:
    """The hash of the signature, such as sha256; empty where there is none to choose (EdDSA)."""
    try:
        algorithm = cert.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return algorithm.name if algorithm else ""


def name_matches(name: str, facts: t.Mapping[str, t.Any]) -> bool:
    """Whether subjectAltName matches a host name or IP address; the subject never counts."""
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        reference = name.lower().rstrip(".").split(".")
        return any(_labels_match(entry.lower().split("."), reference) for entry in facts["names"])
    return address in [ipaddress.ip_address(entry) for entry in facts["addresses"]]


def _labels_match(labels: list[str], reference: list[str]) -> bool:
    """Compare label by label; * matches one whole left-most label (RFC 9525 section 6.3)."""
    if labels[:1] == ["*"] and len(labels) > 1:
        return bool(reference[0]) and labels[1:] == reference[1:]
    return labels == reference
