# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates and chains were observed on an endpoint: in the ServerHellos of TLS 1.2, or
in a handshake where TLS 1.3 alone is accepted.

RFC 5246 section 7.4.2, RFC 8446 sections 4.2.3 and 4.4.2. Certificates are read by x509; decides
nothing about them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    UNKNOWN,
    Finding,
    is_address,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN_KEYS,
    OTHER,
)

from ..base import AuditContext, Observation, error_text, finding, offers_tls
from . import x509
from .lookup import (
    LAST_LINE,
    client_hellos,
    completed_handshakes,
    handshakes,
    no_tls,
)
from .refusals import tls12_refused

#: Key types as signature algorithms name them, where x509 names them otherwise.
_SIGNATURE_KEY_TYPES = {"ec": "ecdsa"}


class ServedCertificate(t.NamedTuple):
    """The facts of a certificate, and the handshake or ClientHello that showed it."""

    facts: dict[str, t.Any]
    handshake: Observation


def served_certificate(context: AuditContext, session: Observation) -> ServedCertificate | Finding:
    """The certificate that most clients get, or the finding that says why it was not seen."""
    unreadable = _why_unreadable(session)
    if unreadable:
        return unreadable
    attempts = handshakes(context, session)
    for handshake in [*attempts, *client_hellos(context, session, CONTROL)]:
        if not handshake["facts"].get("certificate"):
            continue
        try:
            facts = x509.certificate_facts(bytes.fromhex(handshake["facts"]["certificate"]))
        except ValueError as exc:
            return finding(
                UNKNOWN,
                f"The certificate cannot be read: {str(exc).rstrip('.')}.",
                handshake,
                decisive=(LAST_LINE,),
            )
        return ServedCertificate(facts, handshake)
    last = [session, *attempts][-1]
    return finding(
        UNKNOWN,
        f"The certificate was not seen: {error_text(last)}.",
        last,
        decisive=(LAST_LINE,),
    )


def _why_unreadable(session: Observation) -> Finding | None:
    """Why no certificate of an endpoint can be read; None where one can."""
    if offers_tls(session) is False:
        return no_tls(session)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return finding(
            UNKNOWN,
            "The Python library cryptography is missing on the controller, so the certificate "
            "cannot be read.",
            session,
        )
    return None


def certificate_fault(context: AuditContext, facts: t.Mapping[str, t.Any]) -> str:
    """Why clients reject a certificate, its issuer apart; empty where they do not."""
    name = context.target.name
    if not is_address(name) and not x509.name_matches(name, facts):
        return f"is not for {context.target.name}"
    if datetime.datetime.fromisoformat(facts["not_after"]) < context.now:
        return f"expired on {facts['not_after'][:10]}"
    if datetime.datetime.fromisoformat(facts["not_before"]) > context.now:
        return f"is not valid before {facts['not_before'][:10]}"
    return ""


def chains(context: AuditContext, session: Observation) -> list[Observation]:
    """The observations with a chain: a ClientHello for each key type that TLS 1.2 serves.

    Where every ClientHello for TLS 1.2 was refused, one handshake.
    """
    shown = [
        client_hello
        for purpose in (CONTROL, OTHER)
        for client_hello in client_hellos(context, session, purpose)
        if client_hello["facts"].get("certificate")
    ]
    if shown or not tls12_refused(context, session):
        return shown
    return [
        handshake for handshake in handshakes(context, session) if "chain" in handshake["facts"]
    ][:1]


def certificate_facts(der: str) -> dict[str, t.Any] | None:
    """The facts of a certificate in hexadecimal; None where it cannot be read."""
    try:
        return x509.certificate_facts(bytes.fromhex(der))
    except ValueError:
        return None


def key_type(chain: Observation) -> str:
    """The type of the key that a chain begins with, as signature algorithms name it.

    Empty for a certificate that cannot be read.
    """
    if "family" in chain["facts"]:
        return str(chain["facts"]["family"])
    facts = certificate_facts(chain["facts"]["certificate"]) or {"key_type": ""}
    return _SIGNATURE_KEY_TYPES.get(facts["key_type"], facts["key_type"])


def why_no_chain(context: AuditContext, session: Observation) -> Finding | None:
    """Why no chain can be evaluated; None where one can."""
    unreadable = _why_unreadable(session)
    if unreadable or chains(context, session):
        return unreadable
    controls = client_hellos(context, session, CONTROL)
    last = [session, *controls][-1]
    sentence = (
        "TLS 1.2 showed no chain; reading the chain of TLS 1.3 needs a vantage with Python 3.10 or "
        "later."
        if completed_handshakes(context, session, "TLSv1.3") and controls
        else f"No certificate chain was seen: {error_text(last)}."
    )
    return finding(UNKNOWN, sentence, last, decisive=(LAST_LINE,))


def client_hello_without(
    context: AuditContext, session: Observation, excluded: str
) -> Observation | None:
    """The ClientHello for TLS 1.3 that excludes a key type, where its answer proves something.

    Its refusal counts only beside an accepted ClientHello that permits that key type. A
    HelloRetryRequest comes before any certificate and proves nothing.
    """
    answered = [
        client_hello
        for client_hello in client_hellos(context, session, MODERN_KEYS)
        if "answer" in client_hello["facts"] and not client_hello["facts"].get("retry")
    ]
    without = [
        client_hello for client_hello in answered if excluded in client_hello["params"]["without"]
    ]
    controls = [
        client_hello
        for client_hello in answered
        if client_hello not in without and client_hello["facts"]["answer"] == "hello"
    ]
    return without[-1] if without and controls else None
