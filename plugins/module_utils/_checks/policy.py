# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, as data: named profiles of thresholds, and how one is chosen and adjusted.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._model import ModelError

#: minimum_tls: by port class; anonymous_tls: port classes where a suite without a certificate may be offered;
#: certificate_days: days a certificate must still have; cleartext_mx: whether port 25 must take mail without TLS.
PROFILES: dict[str, dict[str, t.Any]] = {
    "baseline": {
        "minimum_tls": {"mx": "TLSv1.2", "submission": "TLSv1.2", "mailstore": "TLSv1.2"},
        "anonymous_tls": ["mx"],
        "certificate_days": 14,
        "certificate_trust": {"mx": True, "submission": True, "mailstore": True},
        "cleartext_mx": True,
    },
    "strict": {
        "minimum_tls": {"mx": "TLSv1.2", "submission": "TLSv1.3", "mailstore": "TLSv1.3"},
        "anonymous_tls": [],
        "certificate_days": 21,
        "certificate_trust": {"mx": True, "submission": True, "mailstore": True},
        "cleartext_mx": True,
    },
}


def policy(profile: str = "baseline", changes: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """A profile with single values replaced; raise ModelError for a profile or a key that does not exist."""
    if profile not in PROFILES:
        raise ModelError("policy: %r is not one of %s." % (profile, ", ".join(PROFILES)))
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in PROFILES[profile].items()}
    for key, value in (changes or {}).items():
        if key not in result:
            raise ModelError("policy_changes: %r is not one of %s." % (key, ", ".join(result)))
        result[key] = {**result[key], **value} if isinstance(result[key], dict) else value
    return result
