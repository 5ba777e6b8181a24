# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: named profiles of thresholds and expectations, and changes of single values.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._declared import SHORTEST_PREFIX
from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES, ModelError
from ansible_collections.airtight.mail.plugins.module_utils._probes.client_hello_params import (
    WEAK_GROUPS,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols.tls_client_hello import (
    VERSIONS,
)

CLASSES = tuple(dict.fromkeys(service.overlay for service in SERVICES.values()))
#: SASL mechanisms of IANA's registry that are rarely used or withdrawn; they can be declared.
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
#: Kinds of cipher suites that are not broken and that a policy may permit: without forward secrecy;
#: finite-field Diffie-Hellman; elliptic curves without AEAD, by the hash of their MAC.
SUITES = ("static", "dhe", "cbc_sha1", "cbc_sha2")
_FORWARD_SECRET = ["dhe", "cbc_sha1", "cbc_sha2"]


def _every_class(value: t.Any) -> dict[str, t.Any]:
    """The same value for all service classes."""
    return dict.fromkeys(CLASSES, value)


#: minimum_tls: by service class.
#: anonymous_tls: service classes that may offer a suite without a certificate.
#: allowed_suites: which of SUITES may be negotiated, by service class.
#: server_preference: whether the server must prefer a good suite that the client names last.
#: dh_bits: of finite-field Diffie-Hellman.
#: weak_groups: groups below 128 bits of security that are permitted.
#: post_quantum: whether port 25 must offer a hybrid group.
#: extended_master_secret: whether TLS 1.2 must have it.
#: certificate_days: days for which a certificate must still be valid; a third of its lifetime
#: where that is less.
#: certificate_lifetime: the most days of a certificate's validity; 0 permits any number.
#: rsa_bits, ec_bits: of the keys in a chain, without its root.
#: certificate_trust: whether a certificate must be trusted, by service class.
#: cleartext_mx: whether port 25 must accept mail without TLS.
#: more_auth_mechanisms: SASL mechanisms that may be offered beside the usual ones.
#: channel_binding: whether a mechanism with channel binding must be offered.
#: dnssec: whether domains must be signed.
#: trusted_networks: networks that the host relays for, beside itself.
#: incoming_authentication: whether SPF and DMARC must be enforced on incoming mail.
#: outbound_filter: whether mail of users must be filtered for spam.
#: author_is_login: whether From must be the user's own address.
#: silent_ports: whether other ports may drop connections instead of refusing them.
BASELINE: dict[str, t.Any] = {
    "minimum_tls": _every_class("TLSv1.2"),  # RFC 8996, 8997
    "anonymous_tls": ["mx"],  # opportunistic TLS is not authenticated: RFC 7672 section 8.2
    # RFC 9325 section 4.1: no key exchange without forward secrecy; on port 25 the client would
    # fall back to clear text (RFC 7435).
    "allowed_suites": {
        "mx": list(SUITES),
        "submission": _FORWARD_SECRET,
        "mailstore": _FORWARD_SECRET,
    },
    "server_preference": _every_class(False),
    "dh_bits": 2048,  # RFC 9325 section 4.5
    "weak_groups": [],  # RFC 8422 section 5.1.1 withdrew them
    "post_quantum": False,
    "extended_master_secret": True,  # RFC 7627
    "certificate_days": 14,
    "certificate_lifetime": 0,
    "rsa_bits": 2048,  # RFC 9325 section 4.5
    "ec_bits": 224,  # RFC 9325 section 4.5
    "certificate_trust": _every_class(True),
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
        "allowed_suites": {"mx": _FORWARD_SECRET, "submission": [], "mailstore": []},
        "server_preference": {"mx": False, "submission": True, "mailstore": True},
        "dh_bits": 3072,
        "ec_bits": 256,
        "certificate_days": 21,
        "dnssec": True,
        "incoming_authentication": True,
        "silent_ports": False,
    },
    # NCSC-NL, IT Security Guidelines for TLS, 2025-05: what is insufficient fails. What is to be
    # phased out passes for now: RSA 2048, P-224, DHE with ffdhe3072 or larger, CBC with SHA-2.
    # Ordering is its 3.3.4, certificates 3.3.2, versions 3.3.1.
    "ncsc-2025-05": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _every_class(["dhe", "cbc_sha2"]),
        "server_preference": _every_class(True),
        "dh_bits": 3072,
        "weak_groups": ["secp224r1"],
    },
    # BSI TR-03108 demands DNSSEC, DANE and TLS by TR-03116-4. Key lengths are those of TR-02102-1:
    # 3000 bits since 2024, 250 for curves. Suites and extensions by TR-02102-2 section 3.3.
    "bsi-tr-03108": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _every_class(["dhe", "cbc_sha2"]),
        "dh_bits": 3000,
        "rsa_bits": 3000,
        "ec_bits": 250,
        "dnssec": True,
    },
    # Mozilla, Server Side TLS 6.0, intermediate: suites with forward secrecy and AEAD only, in the
    # client's order; certificates of at most 366 days.
    # https://wiki.mozilla.org/Security/Server_Side_TLS
    "mozilla-intermediate": {
        **BASELINE,
        "anonymous_tls": [],
        "allowed_suites": _every_class(["dhe"]),
        "ec_bits": 256,
        "certificate_lifetime": 366,
    },
}


def policy(
    profile: str = "baseline", changes: t.Mapping[str, t.Any] | None = None
) -> dict[str, t.Any]:
    """A profile with single values replaced; raises ModelError for an unknown profile or key, and
    for a value of another type or choice.
    """
    _require_choice("policy", profile, PROFILES)
    result = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in PROFILES[profile].items()
    }
    for key, value in (changes or {}).items():
        _require_choice("policy_changes", key, result)
        _require_like(f"policy_changes.{key}", value, result[key])
        result[key] = {**result[key], **value} if isinstance(result[key], dict) else value
    return result


def _require_choice(option: str, value: t.Any, choices: t.Collection[str]) -> None:
    if value not in tuple(choices):
        raise ModelError(
            f"{option}: {_option_values.shown(value)} is not one of {', '.join(choices)}."
        )


def _require_like(option: str, value: t.Any, current: t.Any) -> None:
    """A new value has the type of the current one, and so have its parts."""
    if not isinstance(value, type(current)) or isinstance(value, bool) != isinstance(current, bool):
        expected = type(current).__name__
        raise ModelError(
            f"{option}: {_option_values.shown(value)} is not of type {expected}, such as "
            f"{current!r}."
        )
    if isinstance(value, int) and value < 0:
        raise ModelError(
            f"{option}: {_option_values.shown(value)} is less than nothing; write 0 or more."
        )
    if isinstance(current, dict):
        for key in value:
            _require_choice(option, key, current)
            _require_like(f"{option}.{key}", value[key], current[key])
    elif option.endswith("networks"):
        for network in value:
            _require_network(option, network)
    elif isinstance(current, list):
        for item in value:
            _require_choice(option, item, _list_choices(option))
    elif isinstance(current, str):
        _require_choice(option, value, VERSIONS)


def _require_network(option: str, value: t.Any) -> None:
    try:
        network = ipaddress.ip_network(str(value).replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        raise ModelError(
            f"{option}: {_option_values.shown(value)} is not a network such as 192.0.2.0/24."
        ) from None
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ModelError(
            f"{option}: {_option_values.shown(value)} is almost everybody; name the networks that "
            "the host relays for."
        )


def _list_choices(option: str) -> t.Collection[str]:
    """The items that a list may have."""
    choices: dict[str, t.Collection[str]] = {
        "more_auth_mechanisms": MECHANISMS,
        "weak_groups": tuple(WEAK_GROUPS.values()),
        "allowed_suites": SUITES,
    }
    return choices.get(option.split(".")[1], CLASSES)
