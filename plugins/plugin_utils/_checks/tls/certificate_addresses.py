# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of the certificates of a service on all addresses of a host: the same one, or each valid.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL

from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    endpoint_text,
    error_text,
    finding,
    not_offered,
    offers_tls,
    why_not_answered,
)
from .chains import certificate_facts, certificate_fault, served_certificate
from .lookup import ALL_SERVICES, LAST_LINE, client_hellos, handshakes


class _Fault(t.NamedTuple):
    """Why clients reject what an address serves, and the handshake that shows it."""

    text: str
    handshake: Observation


def certificate_everywhere(context: AuditContext) -> list[Finding]:
    """The certificates of a service are the same on every address, or all valid."""
    findings, closed = [], []
    for service in ALL_SERVICES:
        sessions = context.sessions(service)
        silent = [session for session in sessions if not answered(session)]
        for session in silent:
            missing = why_not_answered(context, session)
            if missing:
                findings.append(missing)
            else:
                closed.append(f"{endpoint_text(session)} ({error_text(session)})")
        with_tls = [
            session
            for session in sessions
            if session not in silent and offers_tls(session) is not False
        ]
        if with_tls:
            findings += _compare(context, service, with_tls)
    return findings or not_offered(context, closed)


def _compare(
    context: AuditContext, service: str, sessions: list[Observation]
) -> t.Iterator[Finding]:
    """The findings for one service on its addresses."""
    served: dict[str, list[Observation]] = {}
    for session in sessions:
        attempts = handshakes(context, session)
        known = [attempt for attempt in attempts if attempt["facts"].get("certificate")]
        if known:
            certificate = known[0]["facts"]["certificate"]
            served.setdefault(certificate, []).append(session)
            yield from _other_connections(context, session, certificate)
            continue
        last = [session, *attempts][-1]
        yield finding(
            UNKNOWN,
            f"The certificate was not seen here: {error_text(last)}.",
            last,
            decisive=(LAST_LINE,),
        )
    if len(sessions) == 1 and served:
        yield finding(
            NOT_APPLICABLE, "The host has one address only.", sessions[0], reason=NO_SUBJECT
        )
    elif served:
        yield _comparison(context, service, list(served.values()))


def _other_connections(
    context: AuditContext, session: Observation, usual: str
) -> t.Iterator[Finding]:
    """The finding for a certificate that some connections to an endpoint get instead of the usual
    one: another with a key of the same type, for the same name.
    """
    facts = certificate_facts(usual)
    place = session["service"], session["address"]
    seen = handshakes(context, session) + context.of("tls_alpn", *place)
    for connection in seen + client_hellos(context, session, CONTROL):
        der = connection["facts"].get("certificate") or usual
        other = certificate_facts(der)
        if facts is None or other is None or der == usual:
            continue
        if other["key_type"] != facts["key_type"]:
            continue
        fault = certificate_fault(context, other)
        if not fault and other["self_signed"] and not facts["self_signed"]:
            fault = "is self-signed"
        which = f"Some connections get another certificate ({other['subject']})"
        yield finding(
            FAIL if fault else PASS,
            f"{which}, which {fault}." if fault else f"{which}, which is valid too.",
            connection,
            decisive=(LAST_LINE,),
        )
        return


def _comparison(
    context: AuditContext, service: str, groups: t.Sequence[t.Sequence[Observation]]
) -> Finding:
    """The finding for the sessions that show each certificate of a service."""
    representatives = [group[0] for group in groups]
    faults = [_fault(context, session) for session in representatives]
    fault = next((item for item in faults if item), None)
    if fault and len(representatives) > 1:
        return finding(
            FAIL,
            f"The certificate here differs from that of another address and {fault.text}.",
            fault.handshake,
            decisive=(LAST_LINE,),
        )
    count = len(representatives)
    shown = "the same certificate" if count == 1 else f"{count} certificates, all valid,"
    where = ", ".join(session["address"] for group in groups for session in group)
    also = f"; it {fault.text}, which is a finding of its own" if fault else ""
    return finding(
        PASS,
        f"{service} serves {shown} on its addresses ({where}){also}.",
        handshakes(context, representatives[0])[-1],
        decisive=(LAST_LINE,),
    )


def _fault(context: AuditContext, session: Observation) -> _Fault | None:
    """Why clients reject the certificate of an address; None where they accept it."""
    for handshake in handshakes(context, session):
        if "verify_error" in handshake["facts"]:
            text = f"does not verify: {handshake['facts']['verify_error']}"
            return _Fault(text, handshake)
    served = served_certificate(context, session)
    if isinstance(served, Finding):
        return None
    text = certificate_fault(context, served.facts)
    return _Fault(text, served.handshake) if text else None


CHECKS = (
    Check(
        id="certificate_everywhere",
        title="All addresses of a service serve the same certificate, or only valid ones",
        title_failed="Another, invalid certificate on one of the addresses",
        group="tls",
        severity="high",
        evaluate=certificate_everywhere,
        control=(
            "None needed: the certificates that were served are the evidence; an address that "
            "showed none is unknown."
        ),
        false_pass="A certificate that only other clients or later connections get is a bad one.",
        impact=(
            "A machine or address family that was skipped at renewal makes part of the "
            "connections fail, while tools that test one address report success."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site for every host behind the name, and route IPv4 and IPv6 "
                "to the same daemon."
            ),
            "network": (
                "Route IPv4 and IPv6 to the same daemon, and renew the certificate of a TLS proxy "
                "too."
            ),
            "any": (
                "Renew the certificate on every machine behind the name. Look for a separate "
                "daemon or proxy on IPv6 (ss -ltnp)."
            ),
        },
        references=("https://github.com/internetstandards/Internet.nl/issues/1736",),
        peers=("sslyze --mx",),
    ),
)
