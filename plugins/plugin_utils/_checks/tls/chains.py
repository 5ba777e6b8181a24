# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chains of certificates were seen on an endpoint: in the hellos of TLS 1.2, or in a
handshake where only TLS 1.3 is spoken.

RFC 5246 section 7.4.2, RFC 8446 sections 4.2.3 and 4.4.2. Certificates are read by x509; decides
nothing about them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN_KEYS,
    OTHER,
)

from ..base import AuditContext, Observation, error_text, finding, offers_tls
from . import x509
from .session import certificate, shakes
from .versions import hellos, old_refused

_FAMILIES = {"ec": "ecdsa"}


def chains(context: AuditContext, seen: Observation) -> list[Observation]:
    """What showed a chain: hellos, one for each kind of key; one handshake, where TLS 1.2 was
    refused, and not only unseen.
    """
    flights = [
        entry
        for entry in hellos(context, seen, CONTROL) + hellos(context, seen, OTHER)
        if entry["facts"].get("certificate")
    ]
    if flights or not old_refused(context, seen):
        return flights
    return [entry for entry in shakes(context, seen) if "chain" in entry["facts"]][:1]


def read(der: str) -> dict[str, t.Any] | None:
    """The facts of a certificate in hexadecimal; None where it cannot be read."""
    try:
        return x509.certificate_facts(bytes.fromhex(der))
    except ValueError:
        return None


def family(entry: Observation) -> str:
    """The kind of key that a chain begins with, as signature algorithms name it; empty for one that
    cannot be read.
    """
    if "family" in entry["facts"]:
        return str(entry["facts"]["family"])
    kind = (read(entry["facts"]["certificate"]) or {"key_type": ""})["key_type"]
    return _FAMILIES.get(kind, kind)


def unread(context: AuditContext, seen: Observation) -> Finding | None:
    """Why no chain can be judged; None where one can."""
    if offers_tls(seen) is False:
        return finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return certificate(context, seen)[1]
    if chains(context, seen):
        return None
    asked = hellos(context, seen, CONTROL)
    if any(entry["facts"].get("version") == "TLSv1.3" for entry in shakes(context, seen)) and asked:
        words = (
            "TLS 1.2 gave no chain, and that of TLS 1.3 can be read from a vantage with Python "
            "3.13 or newer only."
        )
        return finding(UNKNOWN, words, seen, asked[-1])
    return finding(
        UNKNOWN,
        f"No chain of certificates was seen: {error_text(asked[-1] if asked else seen)}.",
        seen,
    )


def another(
    context: AuditContext, seen: Observation, kind: str
) -> tuple[bool | None, Observation | None]:
    """Whether TLS 1.3 has a certificate with a key of another kind, and what shows it; None where
    that cannot be told.

    A refusal counts beside the same hello for the kind that is known. A request for another group
    comes before any certificate.
    """
    asked = [
        entry
        for entry in hellos(context, seen, MODERN_KEYS)
        if "answer" in entry["facts"] and not entry["facts"].get("retry")
    ]
    without = [entry for entry in asked if kind in entry["params"]["without"]]
    control = [
        entry
        for entry in asked
        if kind not in entry["params"]["without"] and entry["facts"]["answer"] == "hello"
    ]
    if not (without and control):
        return None, None
    return without[-1]["facts"]["answer"] == "hello", without[-1]
