# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SASL mechanisms that take a secret in clear, or in a form that gives it away (RFC 4422
section 6).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

PLAIN, LOGIN = "PLAIN", "LOGIN"
#: Asked for whether they are offered or not.
ALWAYS = (PLAIN, LOGIN)
#: Mechanisms whose response can be searched for the password.
SEARCHABLE = ("CRAM-MD5", "DIGEST-MD5", "NTLM")
#: Asked for where they are offered: a bearer token is a password.
WHERE_OFFERED = ("XOAUTH2", "OAUTHBEARER", *SEARCHABLE)


def to_try(offered: t.Iterable[str]) -> list[str]:
    """The mechanisms that a login in clear would use."""
    names = {name.upper() for name in offered}
    return [*ALWAYS, *(name for name in WHERE_OFFERED if name in names)]


def plain(user: str, password: str, identity: str = "") -> str:
    """The initial response of PLAIN in base64 (RFC 4616); identity: the authorization identity."""
    return base64.b64encode(f"{identity}\0{user}\0{password}".encode()).decode("ascii")
