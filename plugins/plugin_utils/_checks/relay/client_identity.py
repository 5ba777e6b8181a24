# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of a PROXY header from a stranger and of a certificate that nobody signed (PROXY protocol,
RFC 8446 section 4.3.2).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from . import open_relay, replies
from .refusal_bypass import SERVICES, SYNTAX_REFUSED, accepted_claim, is_positive, last_part
from .replies import CERTIFICATE


def _claim(
    context: AuditContext, session: Observation, verb: str, harm: str
) -> t.Iterator[Finding]:
    """The command by which a proxy names its client is refused to an untrusted client."""
    seen, reply = last_part(context, session, verb.lower())
    if reply is None:
        yield finding(UNKNOWN, f"{verb} was not answered: {error_text(seen)}.", session, seen)
    elif is_positive(reply):
        relayed = [
            entry
            for entry in seen["facts"].get("attempts", ())
            if replies.state(entry, session["service"]) == replies.ACCEPTED
        ]
        more = ", and mail for a stranger was then taken" if relayed else ""
        sentence = "%s, by which we said that we are the host itself, was answered %s: %s%s"
        yield accepted_claim(
            context, session, seen, sentence % (verb, reply_text(reply), harm, more)
        )
    elif reply["code"] < 500 or reply["code"] in SYNTAX_REFUSED:
        yield finding(
            UNKNOWN, f"{verb} was not considered: {reply_text(reply).rstrip('.')}.", session, seen
        )
    else:
        yield finding(PASS, f"{verb} is refused: {reply_text(reply).rstrip('.')}.", session, seen)


def relay_xclient(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """XCLIENT lets a proxy name the client that it speaks for (Postfix XCLIENT_README)."""
    return _claim(
        context, session, "XCLIENT", "whoever says so is taken for a host that may send anything"
    )


def relay_xforward(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """XFORWARD lets a proxy name the client for the log (Postfix XFORWARD_README)."""
    return _claim(context, session, "XFORWARD", "the log will name whomever a stranger likes")


def relay_proxy_header(context: AuditContext) -> list[Finding]:
    """RLY-13: a listener that greets only after the header is seen by the header; the others by
    what they say to it.
    """
    mute = [
        seen
        for service in SERVICES
        for seen in context.of("smtp_session", service)
        if not answered(seen)
    ]
    return [found for seen in mute for found in _swallowed(context, seen)] + _greeted(context)


def _swallowed(context: AuditContext, session: Observation) -> list[Finding]:
    """Headers that were taken as if we might say so."""
    findings = []
    for seen in context.of("proxy_header", session["service"], session["address"]):
        facts = seen["facts"]
        if "ehlo" not in facts:
            continue
        accepted = [
            entry
            for entry in facts.get("attempts", ())
            if replies.state(entry, session["service"]) == replies.ACCEPTED
        ]
        more = ", and mail for a stranger was then taken" if accepted else ""
        findings.append(
            accepted_claim(
                context,
                session,
                seen,
                f"Told {facts['sent']!r} by a stranger, the server went on as if it were so{more}",
            )
        )
    return findings


def _proxy(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    tried = context.of("proxy_header", session["service"], session["address"])
    swallowed = _swallowed(context, session)
    if swallowed:
        yield from swallowed
    elif "ehlo" not in session["facts"]:
        yield finding(UNKNOWN, f"Not asked: {error_text(session)}.", session)
    elif not tried:
        implicit = session["service"] == "submissions"
        sentence = (
            "It begins with TLS and waits for no header." if implicit else "No header was sent."
        )
        yield finding(NOT_APPLICABLE if implicit else UNKNOWN, sentence, session)
    else:
        yield _answered(session, tried[-1])


def _answered(session: Observation, seen: Observation) -> Finding:
    """What a server that greets without a header said to one."""
    facts, error = seen["facts"], seen["error"] or {}
    greeting = facts.get("greeting", {"code": 220})
    if "header" in facts or (greeting["code"] != 220 and greeting["code"] != 421):
        return finding(
            PASS,
            f"A PROXY header is refused: {reply_text(facts.get('header', greeting)).rstrip('.')}.",
            session,
            seen,
        )
    if "sent" in facts and error.get("kind") == "closed":
        return finding(PASS, "Whoever sends a PROXY header is hung up on.", session, seen)
    return finding(
        UNKNOWN,
        (
            "What a PROXY header is answered was not seen: "
            f"{reply_text(greeting) if greeting['code'] == 421 else error_text(seen)}."
        ),
        session,
        seen,
    )


_greeted = per_endpoint(SERVICES, _proxy)


def relay_client_certificate(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """RLY-10: a certificate that anybody can make for himself opens nothing."""
    asked = session["facts"].get("tls", {}).get("certificate_requested")
    everything = replies.views(context, session["service"], session["address"], (CERTIFICATE,))
    if everything:
        yield _shown(context, session, everything)
    elif asked is False:
        yield finding(NOT_APPLICABLE, "The server asks no client for a certificate.", session)
    elif (
        "STARTTLS" not in session["facts"].get("extensions", {"STARTTLS": ""})
        and session["service"] != "submissions"
    ):
        yield finding(
            NOT_APPLICABLE, "STARTTLS is not offered, so there is no certificate to show.", session
        )
    else:
        yield finding(
            UNKNOWN,
            f"Whether the server asks for a certificate was not seen: {error_text(session)}.",
            session,
        )


def _shown(
    context: AuditContext, session: Observation, everything: t.Sequence[replies.View]
) -> Finding:
    """What came of it; a server that ends TLS over the certificate has refused us too."""
    broken = [view.seen for view in everything if view.state == replies.LOST]
    error = broken[0]["error"] if broken and len(broken) == len(everything) else None
    if error and error["kind"] == "tls" and "ALERT" in error["text"].upper():
        return finding(
            PASS, f"The certificate is refused: {error['text'].rstrip('.')}.", session, broken[0]
        )
    found = open_relay.closed(context, session, everything, everything)
    return (
        found._replace(sentence=f"With a certificate that nobody signed: {found.sentence}")
        if found.status in (PASS, FAIL)
        else found
    )


CHECKS = (
    Check(
        id="relay_client_certificate",
        title="A self-signed TLS client certificate does not permit relaying",
        title_failed="Self-signed client certificate permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_client_certificate),
        impact=(
            "A server that relays for any client certificate, without verifying its issuer, "
            "relays for every client that makes one. Spammers send through the host, and DNSBLs "
            "list it within hours."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_ask_ccert, smtpd_tls_req_ccert and permit_tls_* from "
                "postfix_settings; the postfix role requests no client certificate."
            ),
            "postfix": (
                "Set relay_clientcerts to a table of your clients' fingerprints, without static: "
                "and without patterns that match all. Set permit_tls_all_clientcerts only with an "
                "smtpd_tls_CAfile that holds nothing but your own CA."
            ),
            "exim": (
                "Set verify = certificate in the accept rule in place of a test of "
                "$tls_in_peerdn, and set tls_verify_certificates to your own CA."
            ),
            "any": "Verify client certificates against your own CA or a list of fingerprints.",
        },
        references=(
            "https://www.postfix.org/postconf.5.html#permit_tls_clientcerts",
            rfc(8446, "4.3.2"),
        ),
    ),
    Check(
        id="relay_xclient",
        title="XCLIENT is refused to untrusted clients",
        title_failed="XCLIENT accepted from an untrusted client",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_xclient),
        impact=(
            "A client that may send XCLIENT can claim any address, such as 127.0.0.1, and relay "
            "as a trusted client. Spammers send through the host, and DNSBLs list it within "
            "hours."
        ),
        fix={
            "roles": (
                "Remove smtpd_authorized_xclient_hosts from postfix_settings; the postfix role "
                "authorizes no client."
            ),
            "postfix": (
                "Set smtpd_authorized_xclient_hosts to the addresses of your own proxies, or "
                "leave it empty."
            ),
            "exim": (
                "Set hosts_xclient to the addresses of your own proxies (builds with "
                "EXPERIMENTAL_XCLIENT only)."
            ),
            "dovecot": (
                "Set login_trusted_networks to the addresses of your own proxies (submission "
                "service)."
            ),
            "any": "Permit XCLIENT for the addresses of your own proxies only.",
        },
        references=("https://www.postfix.org/XCLIENT_README.html",),
    ),
    Check(
        id="relay_xforward",
        title="XFORWARD is refused to untrusted clients",
        title_failed="XFORWARD accepted from an untrusted client",
        group="relay",
        severity="medium",
        evaluate=per_endpoint(SERVICES, relay_xforward),
        impact=(
            "A client that may send XFORWARD can forge the client address in the mail log. Log "
            "analysis and fail2ban then blame another host."
        ),
        fix={
            "roles": (
                "Remove smtpd_authorized_xforward_hosts from postfix_settings; the postfix role "
                "authorizes no client."
            ),
            "postfix": (
                "Set smtpd_authorized_xforward_hosts = 127.0.0.0/8 on the listener behind the "
                "content filter only, and leave it empty in main.cf."
            ),
            "any": "Permit XFORWARD for the addresses of your own content filters only.",
        },
        references=("https://www.postfix.org/XFORWARD_README.html",),
    ),
    Check(
        id="relay_proxy_header",
        title="A PROXY protocol header from an untrusted client is rejected",
        title_failed="PROXY protocol header accepted from an untrusted client",
        group="relay",
        severity="critical",
        evaluate=relay_proxy_header,
        impact=(
            "A client that reaches a PROXY protocol listener directly can claim any address, such "
            "as 127.0.0.1, and relay as a trusted client. Spammers send through the host, and "
            "DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove smtpd_upstream_proxy_protocol and postscreen_upstream_proxy_protocol from "
                "postfix_settings; the postfix role sets neither."
            ),
            "postfix": (
                "Set smtpd_upstream_proxy_protocol or postscreen_upstream_proxy_protocol only on "
                "a separate listener that only the load balancer can reach; Postfix does not "
                "check who sends the header."
            ),
            "exim": "Set hosts_proxy to the addresses of the load balancer.",
            "dovecot": (
                "Set haproxy_trusted_networks to the addresses of the load balancer (submission "
                "service)."
            ),
            "opensmtpd": "Set proxy-v2 only on a listener that only the load balancer can reach.",
            "network": (
                "Permit connections to the PROXY protocol listener from the load balancer only."
            ),
            "any": "Accept PROXY headers from the addresses of the load balancer only.",
        },
        references=(
            "https://www.postfix.org/postconf.5.html#smtpd_upstream_proxy_protocol",
            "https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt",
        ),
    ),
)
