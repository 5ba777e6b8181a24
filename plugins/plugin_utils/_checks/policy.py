# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, as data: named profiles of thresholds, and how one is chosen and adjusted.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES, ModelError
from ansible_collections.airtight.mail.plugins.module_utils._probes.client_hello_params import (
    WEAK_GROUPS,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols.tls_client_hello import (
    VERSIONS,
)

CLASSES = tuple(dict.fromkeys(service.overlay for service in SERVICES.values()))
#: What can be declared although few use it, or should (IANA's registry of SASL mechanisms).
MECHANISMS = (
    "EXTERNAL",
    "GSSAPI",
    "GS2-KRB5",
    "GSS-SPNEGO",
    "KERBEROS_V4",
    "OTP",
    "SECURID",
    "CRAM-MD5",
    "DIGEST-MD5",
    "NTLM",
)
#: Kinds of suites that are not broken and that a policy may leave out: without forward secrecy;
#: with finite-field
#: Diffie-Hellman; with elliptic curves but without authenticated encryption, by the hash of their
#: MAC.
SUITES = ("static", "dhe", "cbc_sha1", "cbc_sha2")
_ALL_FS = ["dhe", "cbc_sha1", "cbc_sha2"]


def _each(value: t.Any) -> dict[str, t.Any]:
    """The same for all port classes."""
    return dict.fromkeys(CLASSES, value)


#: minimum_tls: by port class; anonymous_tls: port classes where a suite without a certificate may
#: be offered;
#: allowed_suites: by port class, which of SUITES may be accepted; server_preference: whether a good
#: suite must win when the client
#: names it last; dh_bits: of a finite-field exchange; weak_groups: groups below 128 bits of
#: security that may be picked all the same;
#: post_quantum: whether a hybrid group must be offered on port 25; extended_master_secret: whether
#: TLS 1.2 must have it.
#: certificate_days: days a certificate must still have; certificate_lifetime: days it may be good
#: for in all, 0 for any number;
#: rsa_bits, ec_bits: of the keys of a chain without its root; cleartext_mx: whether port 25 must
#: take mail without TLS;
#: more_auth_mechanisms: SASL mechanisms that may be offered beside the usual ones; channel_binding:
#: whether one with it must be.
#: dnssec: whether domains must be signed. trusted_networks: networks that the host is meant to
#: relay for, beside itself.
#: incoming_authentication: whether mail from outside must be held to SPF and DMARC;
#: outbound_filter: whether what users send must
#: be looked at for spam; author_is_login: whether From must be the user's own; silent_ports:
#: whether ports beside the services may be
#: silent instead of refusing.
BASELINE: dict[str, t.Any] = {
    "minimum_tls": _each("TLSv1.2"),  # RFC 8996, 8997
    "anonymous_tls": ["mx"],  # opportunistic TLS is not authenticated: RFC 7672 section 8.2
    # RFC 9325 section 4.1: no key exchange without forward secrecy. An MX would get clear text
    # instead of it (RFC 7435).
    "allowed_suites": {"mx": list(SUITES), "submission": _ALL_FS, "mailstore": _ALL_FS},
    "server_preference": _each(False),
    "dh_bits": 2048,  # RFC 9325 section 4.5
    "weak_groups": [],  # RFC 8422 section 5.1.1 withdrew them
    "post_quantum": False,
    "extended_master_secret": True,  # RFC 7627
    "certificate_days": 14,
    "certificate_lifetime": 0,
    "rsa_bits": 2048,  # RFC 9325 section 4.5
    "ec_bits": 224,  # RFC 9325 section 4.5
    "certificate_trust": _each(True),
    "cleartext_mx": True,  # RFC 3207 section 4
    "more_auth_mechanisms": [],
    "channel_binding": False,
    "dnssec": False,
    "trusted_networks": [],
    "incoming_authentication": False,
    "outbound_filter": False,
    "author_is_login": False,
    "silent_ports": True,
}
PROFILES: dict[str, dict[str, t.Any]] = {
    "baseline": BASELINE,
    "strict": {
        **BASELINE,
        "minimum_tls": {"mx": "TLSv1.2", "submission": "TLSv1.3", "mailstore": "TLSv1.3"},
        "anonymous_tls": [],
        "allowed_suites": {"mx": _ALL_FS, "submission": [], "mailstore": []},
        "server_preference": {"mx": False, "submission": True, "mailstore": True},
        "dh_bits": 3072,
        "ec_bits": 256,
        "certificate_days": 21,
        "dnssec": True,
        "incoming_authentication": True,
        "silent_ports": False,
    },
    # NCSC-NL, IT Security Guidelines for TLS, 2025-05: what it calls insufficient fails. What it
    # calls to be phased out, RSA 2048,
    # P-224, DHE with ffdhe3072 or larger, CBC with SHA-2, passes for now. Ordering is its 3.3.4,
    # certificates 3.3.2, versions 3.3.1.
    "ncsc-2025-05": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _each(["dhe", "cbc_sha2"]),
        "server_preference": _each(True),
        "dh_bits": 3072,
        "weak_groups": ["secp224r1"],
    },
    # BSI TR-03108 demands DNSSEC, DANE and TLS by TR-03116-4; its key lengths are those of
    # TR-02102-1: 3000 bits since 2024, 250 for
    # curves. Suites and extensions by TR-02102-2 section 3.3.
    "bsi-tr-03108": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _each(["dhe", "cbc_sha2"]),
        "dh_bits": 3000,
        "rsa_bits": 3000,
        "ec_bits": 250,
        "dnssec": True,
    },
    # Mozilla, Server Side TLS 6.0, intermediate: its list of suites has forward secrecy and
    # authenticated encryption only, in the
    # client's order; leaf certificates of 366 days at most. https://wiki.mozilla.org/Security/Server_Side_TLS
    "mozilla-intermediate": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _each(["dhe"]),
        "ec_bits": 256,
        "certificate_lifetime": 366,
    },
}


def policy(
    profile: str = "baseline", changes: t.Mapping[str, t.Any] | None = None
) -> dict[str, t.Any]:
    """A profile with single values replaced; raise ModelError for a profile, a key or a value that
    cannot be.
    """
    _known("policy", profile, PROFILES)
    result = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in PROFILES[profile].items()
    }
    for key, value in (changes or {}).items():
        _known("policy_changes", key, result)
        _alike(f"policy_changes.{key}", value, result[key])
        result[key] = {**result[key], **value} if isinstance(result[key], dict) else value
    return result


def _known(where: str, value: t.Any, choices: t.Collection[str]) -> None:
    if value not in choices:
        raise ModelError(f"{where}: {value!r} is not one of {', '.join(choices)}.")


def _alike(where: str, value: t.Any, old: t.Any) -> None:
    """A new value must be of the kind of the old one, down to its parts."""
    if not isinstance(value, type(old)) or isinstance(value, bool) != isinstance(old, bool):
        raise ModelError(f"{where}: {value!r} is no {type(old).__name__} such as {old!r}.")
    for key in value if isinstance(old, dict) else ():
        _known(where, key, old)
        _alike(f"{where}.{key}", value[key], old[key])
    for entry in value if where.endswith("networks") else ():
        _network(where, entry)
    for entry in value if isinstance(old, list) and not where.endswith("networks") else ():
        _known(where, entry, _entries(where))
    if isinstance(old, str):
        _known(where, value, VERSIONS)


def _network(where: str, entry: t.Any) -> None:
    try:
        ipaddress.ip_network(str(entry).replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        raise ModelError(f"{where}: {entry!r} is no network such as 192.0.2.0/24.") from None


def _entries(where: str) -> t.Collection[str]:
    """What a list may hold."""
    lists: dict[str, t.Collection[str]] = {
        "more_auth_mechanisms": MECHANISMS,
        "weak_groups": tuple(WEAK_GROUPS.values()),
        "allowed_suites": SUITES,
    }
    return lists.get(where.split(".")[1], CLASSES)
