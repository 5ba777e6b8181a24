# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of what a ServerHello agrees to beside version, suite and group: extensions and ALPN.

RFC 5746, RFC 6520, RFC 7301, RFC 7507, RFC 7627, RFC 9325 section 3.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    FALLBACK,
)

from ..base import AuditContext, Check, Observation, finding, offers_tls, rfc
from .endpoints import per_tls_endpoint
from .lookup import (
    ALL_SERVICES,
    LAST_LINE,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
    last_error_text,
    no_tls,
)
from .tls12 import tls12_answer

_HEARTBEAT, _EXTENDED_MASTER_SECRET, _RENEGOTIATION_INFO = 15, 23, 0xFF01
_HTTP = "http/1.1"


def _unsafe_features(answer: Observation, policy: t.Mapping[str, t.Any]) -> list[str]:
    """What is unsafe in a ServerHello for TLS 1.2 or older, in words."""
    extensions = answer["facts"]["extensions"]
    unsafe = []
    if answer["facts"]["compression"]:
        unsafe.append("compression is negotiated (CRIME, CVE-2012-4929)")
    if _RENEGOTIATION_INFO not in extensions:
        unsafe.append("secure renegotiation is missing (RFC 5746, CVE-2009-3555)")
    if _EXTENDED_MASTER_SECRET not in extensions and policy["extended_master_secret"]:
        unsafe.append("the extended master secret is missing (RFC 7627, triple handshake)")
    if _HEARTBEAT in extensions:
        unsafe.append("heartbeat is negotiated (RFC 6520, the extension of Heartbleed)")
    return unsafe


def tls_handshake_features(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    answer = tls12_answer(context, session)
    if isinstance(answer, Finding):
        yield answer
        return
    unsafe = _unsafe_features(answer, context.policy)
    fallbacks = accepted_client_hellos(context, session, FALLBACK)
    lost = [
        hello
        for hello in client_hellos(context, session, FALLBACK)
        if "answer" not in hello["facts"]
    ]
    offered_all = answer["params"].get("compression") and answer["params"].get("heartbeat")
    shown = answer if unsafe or not fallbacks else fallbacks[0]
    if fallbacks:
        unsafe.append("a fallback to an older version is accepted (RFC 7507, POODLE)")
    if unsafe:
        status, sentence = FAIL, f"In TLS 1.2 or older {'; '.join(unsafe)}."
    elif not offered_all:
        status, sentence = UNKNOWN, "Compression and heartbeat were not offered."
    elif lost:
        text = last_error_text(lost, session)
        status, sentence = UNKNOWN, f"Whether a fallback is noticed was not seen: {text}."
    else:
        status = PASS
        sentence = (
            "Secure renegotiation and the extended master secret are negotiated, compression and "
            "heartbeat are not."
        )
    yield finding(status, sentence, session, shown, decisive=answer_lines(shown))


class _Offers(t.NamedTuple):
    """ClientHellos with ALPN http/1.1: those sent and those accepted.

    controls: what shows that a refusal is due to ALPN.
    """

    sent: list[Observation]
    accepted: list[Observation]
    controls: list[Observation]


def _http_offers(context: AuditContext, session: Observation) -> _Offers:
    sent = [
        control
        for control in client_hellos(context, session, CONTROL)
        if _HTTP in control["params"].get("alpn", ())
    ]
    answered = accepted_client_hellos(context, session, CONTROL)
    completed = context.of("tls_alpn", session["service"], session["address"])
    tls13 = [handshake for handshake in completed if handshake["facts"].get("version") == "TLSv1.3"]
    refused = [
        handshake
        for handshake in completed
        if "NO_APPLICATION_PROTOCOL" in handshake["facts"].get("refused", "")
    ] + [control for control in sent if control["facts"].get("alert") == "no_application_protocol"]
    return _Offers(
        sent,
        [control for control in answered if control in sent] + tls13,
        refused + [control for control in answered if control not in sent],
    )


def tls_alpn_http_rejected(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    if offers_tls(session) is False:
        yield no_tls(session)
        return
    offers = _http_offers(context, session)
    negotiated = [offer for offer in offers.accepted if offer["facts"].get("alpn") == _HTTP]
    if negotiated:
        yield finding(
            FAIL,
            f"The server negotiates ALPN {_HTTP}.",
            session,
            negotiated[0],
            decisive=answer_lines(negotiated[0]),
        )
    elif offers.accepted:
        yield finding(
            PASS,
            f"The server ignores ALPN {_HTTP}.",
            session,
            offers.accepted[0],
            decisive=answer_lines(offers.accepted[0]),
        )
    elif offers.sent and offers.controls:
        yield finding(
            PASS,
            f"The server refuses a ClientHello with ALPN {_HTTP}.",
            session,
            offers.sent[0],
            decisive=answer_lines(offers.sent[0]),
        )
    else:
        yield finding(
            UNKNOWN,
            f"The ClientHello with ALPN {_HTTP} was not answered: "
            f"{last_error_text(offers.sent, session)}.",
            session,
            *offers.sent[-1:],
            decisive=(LAST_LINE,),
        )


CHECKS = (
    Check(
        id="tls_handshake_features",
        title="TLS 1.2: secure renegotiation, EMS, fallback SCSV; no compression/heartbeat",
        title_failed="Unsafe TLS 1.2 handshake feature",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_handshake_features),
        control=(
            "None needed: the ServerHello of TLS 1.2 is the evidence; where only TLS 1.3 is "
            "accepted, TLS 1.2 is refused between two controls that are answered."
        ),
        false_pass="It negotiates otherwise with other clients.",
        impact=(
            "Each one allows an attack: compression (CRIME), renegotiation without RFC 5746 "
            "(CVE-2009-3555), no extended master secret (triple handshake), heartbeat "
            "(Heartbleed), fallback without SCSV (POODLE)."
        ),
        fix={
            "roles": (
                "Remove tls_ssl_options from postfix_settings and ssl_options from "
                "dovecot_settings, and update OpenSSL (apt upgrade)."
            ),
            "postfix": (
                "Set tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION, and update OpenSSL to "
                "1.1.1 or later."
            ),
            "exim": "Set openssl_options = +no_compression, and update OpenSSL or GnuTLS.",
            "dovecot": (
                "Remove compression from ssl_options (before 2.3: set no_compression), and update "
                "OpenSSL to 1.1.1 or later."
            ),
            "sendmail": (
                "Add SSL_OP_NO_COMPRESSION to confSERVER_SSL_OPTIONS, and update OpenSSL to 1.1.1 "
                "or later."
            ),
            "any": (
                "Update the TLS library (OpenSSL 1.1.1 or later) and disable TLS compression. "
                "Disable TLS 1.0 and 1.1 if fallback is the finding."
            ),
        },
        references=(rfc(5746), rfc(7627), rfc(7507), rfc(9325, "3.3")),
        peers=("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        id="tls_alpn_http_rejected",
        title="ALPN http/1.1 is rejected or ignored, not selected (ALPACA, CVE-2021-3618)",
        title_failed="ALPN http/1.1 negotiated on a mail port",
        group="tls",
        severity="low",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_alpn_http_rejected),
        control=(
            "Where the ClientHello with http/1.1 is refused, the alert is "
            "no_application_protocol, or the same ClientHello without ALPN is answered."
        ),
        false_pass="It negotiates http/1.1 with other clients alone.",
        impact=(
            "An attacker redirects a browser's HTTPS connection to the mail server, which answers "
            "in the name of the web site if the certificate fits both."
        ),
        fix={
            "roles": (
                "Remove http/1.1 and h2 from the ALPN list of the proxy in front of the host; "
                "Postfix and Dovecot negotiate neither."
            ),
            "exim": "Remove http/1.1 from tls_alpn (default: smtp : esmtp).",
            "network": (
                "Remove http/1.1 and h2 from the ALPN list of the proxy or load balancer on mail "
                "ports."
            ),
            "any": "Remove http/1.1 and h2 from the ALPN protocols of the mail ports.",
        },
        references=("https://alpaca-attack.com/", rfc(7301, "3.2")),
        peers=("testssl.sh (lists only)", "nmap tls-alpn (lists only)"),
    ),
)
