# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that an untrusted client cannot claim another identity: XCLIENT, XFORWARD, a PROXY header,
a self-signed certificate (PROXY protocol, RFC 8446 section 4.3.2).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
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
from . import attempts, proof, replies, vantage
from .probe_parts import (
    SERVICES,
    SYNTAX_REFUSED,
    accepted_replies,
    is_positive,
    last_part,
    plain_attempt,
)

#: The command is not known (RFC 5321 section 4.2.4), so nothing is behind it.
_NOT_KNOWN = (500, 502)


def _command_finding(context: AuditContext, session: Observation, verb: str, harm: str) -> Finding:
    """The finding for a command by which a proxy names its client."""
    part = last_part(context, session, verb.lower())
    observation, reply = part
    if reply is None:
        sentence = f"{verb} was not answered: {error_text(observation)}."
        return finding(UNKNOWN, sentence, observation, decisive=part.decisive)
    text = reply_text(reply).rstrip(".")
    if is_positive(reply):
        relayed = accepted_replies(observation)
        addition = ", and mail to an external recipient was then accepted" if relayed else ""
        sentence = (
            f"{verb} with the host's own loopback address was answered {text}: {harm}{addition}"
        )
        accepted = vantage.acceptance_finding(
            context, session, observation, sentence, (reply, *relayed)
        )
        return _beside_unknown_commands(context, session, accepted)
    known = reply["code"] in _NOT_KNOWN or _is_considered(context, session)
    if reply["code"] < 500 or reply["code"] in SYNTAX_REFUSED:
        status, sentence = UNKNOWN, f"{verb} was not considered: {text}."
    elif not known:
        status, sentence = (
            UNKNOWN,
            (
                f"{verb} was answered {text}, but the server was not seen to consider anything "
                "that this client asks."
            ),
        )
    else:
        status, sentence = PASS, f"{verb} is refused: {text}."
    return finding(status, sentence, observation, decisive=(reply,))


def _beside_unknown_commands(
    context: AuditContext, session: Observation, accepted: Finding
) -> Finding:
    """The finding for an acceptance, which says nothing where the server accepts each command that
    no server knows today, as honeypots do.
    """
    verbs = [
        reply
        for observation in context.of("smtp_commands", "smtp", session["address"])
        for reply in observation["facts"].get("verbs", {}).values()
    ]
    if not verbs or not all(map(is_positive, verbs)):
        return accepted
    sentence = f"{accepted.sentence.rstrip('.')}; but it accepts obsolete commands as well."
    return accepted._replace(status=UNKNOWN, sentence=sentence)


def _is_considered(context: AuditContext, session: Observation) -> bool:
    """Whether the server was seen to consider this client: MAIL in the same probe was accepted and
    its rejection of the recipient counts, or that of the relay probe does.
    """
    seen = proof.of_endpoint(context, session["service"], session["address"])
    plain = [view for view in seen.views if view.attempt["form"] == "plain"]
    refused = last_part(context, session, "refused")
    if refused.facts:
        plain.append(plain_attempt(refused.observation))
    return any(
        view.state in (*replies.ACCEPTANCES, *replies.REJECTIONS)
        and (view.state in replies.ACCEPTANCES or seen.counts(view))
        for view in plain
    )


def relay_xclient(context: AuditContext, session: Observation) -> list[Finding]:
    """XCLIENT lets a proxy name the client that it speaks for (Postfix XCLIENT_README)."""
    harm = "the server treats the client as a host that may relay"
    return [_command_finding(context, session, "XCLIENT", harm)]


def relay_xforward(context: AuditContext, session: Observation) -> list[Finding]:
    """XFORWARD lets a proxy name the client for the log (Postfix XFORWARD_README)."""
    harm = "the log names any client that the sender claims"
    return [_command_finding(context, session, "XFORWARD", harm)]


def relay_proxy_header(context: AuditContext) -> list[Finding]:
    """A listener that greets only after the header shows itself by the greeting; the others by
    their reply to the header.
    """
    silent = [
        session
        for service in SERVICES
        for session in context.of("smtp_session", service)
        if not answered(session)
    ]
    accepted = [item for session in silent for item in _accepted_headers(context, session)]
    return accepted + _evaluate_sessions(context)


def _accepted_headers(context: AuditContext, session: Observation) -> list[Finding]:
    """The findings for the headers after which the server continued the session."""
    findings = []
    for observation in context.of("proxy_header", session["service"], session["address"]):
        facts = observation["facts"]
        if "ehlo" not in facts:
            continue
        relayed = accepted_replies(observation)
        addition = " and accepted mail to an external recipient" if relayed else ""
        sentence = (
            f"The server accepted {facts['sent']!r} from an untrusted client, continued the "
            f"session{addition}"
        )
        decisive = (facts["ehlo"], *relayed)
        accepted = vantage.acceptance_finding(context, session, observation, sentence, decisive)
        findings.append(_beside_unknown_commands(context, session, accepted))
    return findings


def _evaluate_session(context: AuditContext, session: Observation) -> list[Finding]:
    """The findings for a service that greets without a header."""
    observations = context.of("proxy_header", session["service"], session["address"])
    accepted = _accepted_headers(context, session)
    if accepted:
        return accepted
    if "ehlo" not in session["facts"]:
        sentence = f"No PROXY header was sent: {error_text(session)}."
        return [finding(UNKNOWN, sentence, session, decisive=attempts.last_line(session))]
    if observations:
        return [_rejected_header(observations[-1])]
    if session["service"] == "submissions":
        sentence = "The service begins with a TLS handshake and waits for no PROXY header."
        return [finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)]
    return [finding(UNKNOWN, "No PROXY header was sent.", session)]


def _rejected_header(observation: Observation) -> Finding:
    """The finding for a header after which the server did not continue the session."""
    facts, error = observation["facts"], observation["error"] or _model.Error()
    greeting = facts.get("greeting", {"code": 220})
    reply = facts.get("header", greeting)
    if reply["code"] >= 500:
        sentence = f"The PROXY header is rejected: {reply_text(reply).rstrip('.')}."
        return finding(PASS, sentence, observation, decisive=(reply,))
    if "sent" in facts and error.get("kind") == "closed":
        sentence = "The server closes the connection after a PROXY header."
        return finding(PASS, sentence, observation, decisive=(-1,))
    busy = reply["code"] != 220
    reason = reply_text(reply).rstrip(".") if busy else error_text(observation)
    return finding(
        UNKNOWN,
        f"The reply to a PROXY header was not seen: {reason}.",
        observation,
        decisive=(reply,) if busy else attempts.last_line(observation),
    )


_evaluate_sessions = per_endpoint(SERVICES, _evaluate_session)


def relay_client_certificate(context: AuditContext, session: Observation) -> list[Finding]:
    """A certificate that no trusted authority signed permits nothing."""
    facts = session["facts"]
    views = replies.views(context, session["service"], session["address"], (replies.CERTIFICATE,))
    if views:
        return [_certificate_finding(context, session, views)]
    if facts.get("tls", {}).get("certificate_requested") is False:
        sentence = "The server requests no client certificate."
        return [finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)]
    lacks_starttls = "extensions" in facts and "STARTTLS" not in facts["extensions"]
    if lacks_starttls and session["service"] != "submissions":
        sentence = "STARTTLS is not offered, so the server requests no client certificate."
        ehlo = facts.get("ehlo")
        return [finding(NOT_APPLICABLE, sentence, session, decisive=(ehlo,), reason=NO_SUBJECT)]
    sentence = f"Whether the server requests a certificate was not seen: {error_text(session)}."
    return [finding(UNKNOWN, sentence, session, decisive=attempts.last_line(session))]


def _certificate_finding(
    context: AuditContext, session: Observation, views: t.Sequence[replies.View]
) -> Finding:
    """The finding for attempts with the certificate; a server that ends the handshake because of
    it has rejected it too.
    """
    broken = [view.observation for view in views if view.state == replies.LOST]
    error = broken[0]["error"] if broken and len(broken) == len(views) else None
    if error and error["kind"] == "tls" and "ALERT" in error["text"].upper():
        sentence = f"The certificate is rejected: {error['text'].rstrip('.')}."
        return finding(PASS, sentence, broken[0], decisive=(-1,))
    found = attempts.group_finding(context, session, views, views)
    if found.status in (PASS, FAIL):
        sentence = f"With a self-signed client certificate: {found.sentence}"
        return found._replace(sentence=sentence)
    return found


CHECKS = (
    Check(
        id="relay_client_certificate",
        title="A self-signed TLS client certificate does not permit relaying",
        title_failed="Self-signed client certificate permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_client_certificate),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
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
        title="The XCLIENT command of an untrusted client is rejected, advertised or not",
        title_failed="XCLIENT accepted from an untrusted client",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_xclient),
        control=(
            "The reply is 500 or 502, which say that the command is not known; or the server "
            "was seen to weigh recipients of this client."
        ),
        false_pass="Accept XCLIENT from other addresses than the audit's.",
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
        title="The XFORWARD command of an untrusted client is rejected, advertised or not",
        title_failed="XFORWARD accepted from an untrusted client",
        group="relay",
        severity="medium",
        evaluate=per_endpoint(SERVICES, relay_xforward),
        control=(
            "The reply is 500 or 502, which say that the command is not known; or the server "
            "was seen to weigh recipients of this client."
        ),
        false_pass="Accept XFORWARD from other addresses than the audit's.",
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
        control="The same port greets without the header.",
        false_pass="Accept the header from other addresses than the audit's.",
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
