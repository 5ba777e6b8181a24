# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, as data: named profiles of thresholds, and how one is chosen and adjusted.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._model import SERVICES, ModelError
from .._wire.tls import VERSIONS

CLASSES = tuple(dict.fromkeys(service.overlay for service in SERVICES.values()))
#: What can be declared although few use it, or should (IANA's registry of SASL mechanisms).
MECHANISMS = ("EXTERNAL", "GSSAPI", "GS2-KRB5", "GSS-SPNEGO", "KERBEROS_V4", "OTP", "SECURID", "CRAM-MD5", "DIGEST-MD5", "NTLM")
#: minimum_tls: by port class; anonymous_tls: port classes where a suite without a certificate may be offered;
#: certificate_days: days a certificate must still have; cleartext_mx: whether port 25 must take mail without TLS;
#: more_auth_mechanisms: SASL mechanisms that may be offered beside the usual ones; channel_binding: whether one with it must be.
#: dnssec: whether domains must be signed; silent_ports: whether ports beside the services may be silent instead of refusing.
PROFILES: dict[str, dict[str, t.Any]] = {
    "baseline": {
        "minimum_tls": {"mx": "TLSv1.2", "submission": "TLSv1.2", "mailstore": "TLSv1.2"},
        "anonymous_tls": ["mx"],
        "certificate_days": 14,
        "certificate_trust": {"mx": True, "submission": True, "mailstore": True},
        "cleartext_mx": True,
        "more_auth_mechanisms": [],
        "channel_binding": False,
        "dnssec": False,
        "silent_ports": True,
    },
    "strict": {
        "minimum_tls": {"mx": "TLSv1.2", "submission": "TLSv1.3", "mailstore": "TLSv1.3"},
        "anonymous_tls": [],
        "certificate_days": 21,
        "certificate_trust": {"mx": True, "submission": True, "mailstore": True},
        "cleartext_mx": True,
        "more_auth_mechanisms": [],
        "channel_binding": False,
        "dnssec": True,
        "silent_ports": False,
    },
}


def policy(profile: str = "baseline", changes: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """A profile with single values replaced; raise ModelError for a profile, a key or a value that cannot be."""
    _known("policy", profile, PROFILES)
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in PROFILES[profile].items()}
    for key, value in (changes or {}).items():
        _known("policy_changes", key, result)
        _alike("policy_changes.%s" % key, value, result[key])
        result[key] = {**result[key], **value} if isinstance(result[key], dict) else value
    return result


def _known(where: str, value: t.Any, choices: t.Collection[str]) -> None:
    if value not in choices:
        raise ModelError("%s: %r is not one of %s." % (where, value, ", ".join(choices)))


def _alike(where: str, value: t.Any, old: t.Any) -> None:
    """A new value must be of the kind of the old one, down to its parts."""
    if not isinstance(value, type(old)) or isinstance(value, bool) != isinstance(old, bool):
        raise ModelError("%s: %r is no %s such as %r." % (where, value, type(old).__name__, old))
    for key in value if isinstance(old, dict) else ():
        _known(where, key, old)
        _alike("%s.%s" % (where, key), value[key], old[key])
    for entry in value if isinstance(old, list) else ():
        _known(where, entry, MECHANISMS if where.endswith("mechanisms") else CLASSES)
    if isinstance(old, str):
        _known(where, value, VERSIONS)
