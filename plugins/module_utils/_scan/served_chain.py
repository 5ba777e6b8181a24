# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that a server sent beside its own, which TLS 1.3 encrypts.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t


def facts(tls: t.Any) -> dict[str, t.Any]:
    """The further certificates of a handshake; nothing where this Python cannot read them.

    Python 3.13 has a method for it; from 3.10 on the object within has one that the method uses.
    """
    if hasattr(tls, "get_unverified_chain"):
        return {"chain": [der.hex() for der in tls.get_unverified_chain()[1:]]}
    inner: t.Any = getattr(tls, "_sslobj", None)
    if not hasattr(inner, "get_unverified_chain"):
        return {}
    chain = inner.get_unverified_chain() or ()
    return {"chain": [certificate.public_bytes(_DER).hex() for certificate in chain[1:]]}


#: As the module _ssl numbers the form of a certificate.
_DER = 2
