# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schemes of stored passwords: one table for what a role accepts and what the audit fails.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re

#: A stored password with its scheme, as the role writes it into a passwd-file.
STORED = re.compile(r"\{[A-Z0-9.-]+\}[!-9;-~]+")
#: Schemes of Dovecot that slow down guessing.
SLOW_SCHEMES = frozenset(
    (
        "ARGON2I",
        "ARGON2ID",
        "BLF-CRYPT",
        "SHA256-CRYPT",
        "SHA512-CRYPT",
        "PBKDF2",
        "YESCRYPT",
        "SCRYPT",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
    )
)
#: Schemes that store the password itself, or a hash that is fast to compute.
FAST_SCHEMES = frozenset(
    (
        "PLAIN",
        "CLEAR",
        "CLEARTEXT",
        "PLAIN-TRUNC",
        "CRYPT",
        "DES-CRYPT",
        "MD5",
        "MD5-CRYPT",
        "PLAIN-MD5",
        "LDAP-MD5",
        "SMD5",
        "PLAIN-MD4",
        "LANMAN",
        "NTLM",
        "CRAM-MD5",
        "HMAC-MD5",
        "DIGEST-MD5",
        "OTP",
        "RPA",
        "SHA",
        "SHA1",
        "SSHA",
        "SHA256",
        "SSHA256",
        "SHA512",
        "SSHA512",
    )
)
#: Hashes by what they begin with, which is the same in the scheme CRYPT.
PREFIXES = {
    **dict.fromkeys(("2a", "2b", "2x", "2y"), "BLF-CRYPT"),
    "1": "MD5-CRYPT",
    "5": "SHA256-CRYPT",
    "6": "SHA512-CRYPT",
    "y": "YESCRYPT",
    "gy": "YESCRYPT",
    "7": "SCRYPT",
    "argon2i": "ARGON2I",
    "argon2id": "ARGON2ID",
}
_SCHEME = re.compile(r"\{([A-Za-z0-9-]+)(?:\.[A-Za-z0-9]+)?\}")
_PREFIX = re.compile(r"(?:\{[^}]*\})?\$(\w+)\$")


def scheme_of(stored: str, default_scheme: str = "") -> str:
    """The scheme of a stored password; a hash of the C library names its own."""
    found = _SCHEME.match(stored)
    scheme = found[1].upper() if found else default_scheme
    prefix = _PREFIX.match(stored)
    return PREFIXES.get(prefix[1], scheme) if scheme == "CRYPT" and prefix else scheme


def hash_problem(stored: str) -> str:
    """Why a stored password is not accepted, as a clause without it, or an empty string."""
    scheme = scheme_of(stored)
    if not STORED.fullmatch(stored) or not scheme:
        return "does not begin with its scheme in braces, such as {ARGON2ID}$argon2id$"
    if scheme not in SLOW_SCHEMES:
        return f"is of the scheme {scheme}, which is not strong; use {{ARGON2ID}} or {{BLF-CRYPT}}"
    starts = [f"${key}$" for key, value in PREFIXES.items() if value == scheme]
    encoded = "." in stored.partition("}")[0]
    if starts and not encoded and not stored.partition("}")[2].startswith(tuple(starts)):
        return f"is not a hash of its scheme {scheme}, which begins with {starts[-1]}"
    return ""
