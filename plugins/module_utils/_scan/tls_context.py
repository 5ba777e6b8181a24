# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client contexts of TLS, one for each way to shake hands, and why a handshake failed.

The connection opens sockets; this file opens none.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ssl
import typing as t

from . import client_certificate
from .conversation import WireError, busy_error

if t.TYPE_CHECKING:
    from .conversation import Upgrade


#: Contexts are kept for the run, because a TLS session can only be resumed with the context that
#: made it; sessions by peer and context.
Contexts = t.Dict[t.Any, t.Any]


def client_context(contexts: Contexts, action: Upgrade, anchors: str) -> ssl.SSLContext:
    """A client context; without verify it accepts any certificate."""
    kind = (action.verify, action.named, action.identity, action.keys, action.alpn, anchors)
    if kind not in contexts:
        verify, named = action.verify, action.named
        context = (
            ssl.create_default_context(cadata=anchors or None)
            if verify
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        if verify:  # Python 3.13 adds X509_STRICT, and would judge otherwise than older ones
            context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        if verify and anchors:
            context.load_default_certs()
        context.check_hostname = verify and named
        if (
            not verify
        ):  # loading the system's authorities, which it would not ask, would take a while
            context.verify_mode = ssl.CERT_NONE
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.set_ciphers("ALL:@SECLEVEL=0")
        if action.identity:
            client_certificate.load_into(context)
        if action.keys:  # TLS 1.3 would not say by its suite what signs
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(f"a{action.keys.upper()}")
        if action.alpn:
            context.set_alpn_protocols(action.alpn)
        contexts[kind] = context
    return contexts[kind]


def handshake_error(exc: ssl.SSLError, heard: bytes) -> WireError:
    """Why a handshake failed. heard: what the server said first."""
    busy = busy_error(heard.decode("utf-8", "replace"), "a TLS handshake")
    if busy:
        return busy
    return WireError("tls", "the TLS handshake failed: %s" % (exc.reason or exc))
