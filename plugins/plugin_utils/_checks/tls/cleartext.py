# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of AUTH before TLS (RFC 3207, RFC 4954, RFC 6409, RFC 8314).

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
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl

from ..base import (
    AuditContext,
    Check,
    Observation,
    Reply,
    error_text,
    finding,
    per_clear_endpoint,
    per_endpoint,
    reply_text,
    rfc,
)

#: Replies that ask for credentials, or accept them (RFC 4954 sections 4 and 6).
_AUTH_ACCEPTED = (334, 235)
#: Replies that reject AUTH itself, whatever it says (RFC 5321 section 4.2.4, RFC 4954 section 6).
_AUTH_REJECTED = (500, 502, 503, 504, 530, 534, 538)


class Auth(t.NamedTuple):
    """What AUTH before TLS came to: a status, a clause, the replies that decided, and the mechanism
    that was accepted.
    """

    status: str
    clause: str
    decisive: tuple[Reply | None, ...]
    mechanism: str = ""


def auth_before_tls(session: Observation) -> Auth:
    """AUTH with each mechanism that takes a password. 334 asks for it (RFC 4954 section 4).

    Courier replies 535 where AUTH is disabled, so 535 counts only where AUTH is offered.
    """
    facts = session["facts"]
    extensions, plain = facts.get("extensions"), facts.get("auth_in_clear")
    if plain is None:
        clause = f"AUTH before TLS was not answered: {error_text(session)}"
        return Auth(UNKNOWN, clause, (None,))
    replies = {sasl.PLAIN: plain, **facts.get("mechanisms_in_clear", {})}
    offered = "AUTH" in (extensions or {})
    for name, reply in replies.items():
        clause = f"AUTH {name} before TLS was answered {reply_text(reply)}"
        if reply["code"] in _AUTH_ACCEPTED or (reply["code"] == 535 and offered):
            ehlo = facts.get("ehlo") if reply["code"] == 535 else None
            return Auth(FAIL, clause, (reply, ehlo), name)
        if reply["code"] not in _AUTH_REJECTED and not (reply["code"] == 535 and extensions):
            return Auth(UNKNOWN, f"{clause}, which is no answer to AUTH", (reply,))
    if "ehlo" in facts and extensions is None:
        clause = "EHLO was refused, and AUTH was asked for after HELO only"
        return Auth(UNKNOWN, clause, (facts["ehlo"],))
    if sasl.LOGIN not in replies:
        clause = f"AUTH LOGIN before TLS was not answered: {error_text(session)}"
        return Auth(UNKNOWN, clause, (plain,))
    text = " and ".join(f"AUTH {name}" for name in replies)
    clause = f"{text} before TLS were rejected: {reply_text(plain)}"
    return Auth(PASS, clause, tuple(replies.values()))


def auth_hidden_before_tls(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    extensions = session["facts"].get("extensions")
    if extensions is None:
        status, sentence = UNKNOWN, f"The EHLO reply was not seen: {error_text(session)}."
    elif "AUTH" in extensions:
        status = FAIL
        sentence = f"{_auth_keyword(extensions)} is offered before TLS."
    else:
        status, sentence = PASS, "AUTH is not offered before TLS."
    yield finding(status, sentence, session, decisive=(session["facts"].get("ehlo"),))


def _auth_keyword(extensions: t.Mapping[str, str]) -> str:
    """AUTH with its mechanisms, as the EHLO reply has it."""
    return f"AUTH {extensions['AUTH']}".strip()


def auth_refused_before_tls(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A server that accepts AUTH asks for the password with 334 (RFC 4954 section 4)."""
    auth = auth_before_tls(session)
    end = "its password in plaintext"
    if auth.mechanism in sasl.SEARCHABLE:
        end = "a response that can be searched for its password"
    harm = f": a client would have sent {end}" if auth.status == FAIL else ""
    yield finding(auth.status, f"{auth.clause.rstrip('.')}{harm}.", session, decisive=auth.decisive)


def no_auth_on_port_25(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    facts = session["facts"]
    before, inside = facts.get("extensions"), facts.get("extensions_tls")
    decisive = [facts.get("ehlo"), facts.get("ehlo_tls")]
    if before and "AUTH" in before:
        status, sentence = FAIL, f"{_auth_keyword(before)} is offered on port 25 before TLS."
        decisive = [facts.get("ehlo")]
    elif inside and "AUTH" in inside:
        status, sentence = FAIL, f"{_auth_keyword(inside)} is offered on port 25 inside TLS."
        decisive = [facts.get("ehlo_tls")]
    elif before is None or ("STARTTLS" in before and inside is None):
        status = UNKNOWN
        sentence = f"The EHLO reply inside TLS was not seen: {error_text(session)}."
    else:
        status, sentence = PASS, "AUTH is offered neither before nor inside TLS."
    yield finding(status, sentence, session, decisive=decisive)


CHECKS = (
    Check(
        id="auth_hidden_before_tls",
        title="AUTH is not advertised before STARTTLS on ports 25 and 587",
        title_failed="AUTH advertised before TLS",
        group="tls",
        severity="high",
        evaluate=per_clear_endpoint(("smtp", "submission"), auth_hidden_before_tls),
        control=("None needed: the EHLO reply itself is the evidence."),
        false_pass=("It would have to offer AUTH before TLS on some connections only."),
        impact=(
            "Clients send the password as soon as AUTH is advertised. An attacker on the network "
            "reads the password and then reads and sends mail as that user."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role sets smtpd_tls_auth_only = yes "
                "and refuses any other value."
            ),
            "postfix": "Set smtpd_tls_auth_only = yes.",
            "exim": "Set auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}.",
            "dovecot": (
                "Set ssl = required and auth_allow_cleartext = no (2.3: disable_plaintext_auth = "
                "yes; submission service)."
            ),
            "sendmail": (
                "Set define(`confAUTH_OPTIONS', `p,y') and define(`confAUTH_MECHANISMS', `PLAIN "
                "LOGIN')."
            ),
            "courier": (
                'Set ESMTPAUTH="" and ESMTPAUTH_TLS="PLAIN LOGIN" in esmtpd and esmtpd-msa.'
            ),
            "any": "Advertise AUTH inside TLS only.",
        },
        references=(rfc(4954, "4"),),
        peers=("nmap smtp-commands (lists only)",),
    ),
    Check(
        id="auth_refused_before_tls",
        title="AUTH before STARTTLS gets a 5yz reply, not 334 or 235 (ports 25 and 587)",
        title_failed="AUTH accepted before TLS",
        group="tls",
        severity="critical",
        evaluate=per_clear_endpoint(("smtp", "submission"), auth_refused_before_tls),
        control=(
            "The codes of a standard decide (500, 502, 503, 504, 530, 534, 538), after an EHLO "
            "that was answered; any other refusal is unknown."
        ),
        false_pass=(
            "It would have to accept a mechanism that the check does not ask for: neither PLAIN "
            "nor LOGIN, nor a token, CRAM-MD5, DIGEST-MD5 or NTLM that it offers."
        ),
        impact=(
            "A client sends its password in plaintext, or an attacker who strips STARTTLS makes "
            "it do so. An attacker on the network reads the password and then reads and sends "
            "mail as that user."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role sets smtpd_tls_auth_only = yes "
                "and refuses any other value."
            ),
            "postfix": "Set smtpd_tls_auth_only = yes.",
            "exim": (
                "Set auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}; Exim rejects AUTH "
                "that it did not advertise."
            ),
            "dovecot": (
                "Set ssl = required and auth_allow_cleartext = no (2.3: disable_plaintext_auth = "
                "yes; submission service)."
            ),
            "sendmail": "Set define(`confAUTH_OPTIONS', `p,y').",
            "courier": (
                'Set ESMTPAUTH="" and ESMTPAUTH_TLS="PLAIN LOGIN" in esmtpd and esmtpd-msa.'
            ),
            "any": "Reject AUTH before TLS with 538 or 530.",
        },
        references=(rfc(4954, "4"), rfc(4954, "6")),
    ),
    Check(
        id="no_auth_on_port_25",
        title="Port 25 does not advertise AUTH, before or after STARTTLS",
        title_failed="AUTH advertised on port 25",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(("smtp",), no_auth_on_port_25),
        control=(
            "None needed: both EHLO replies are the evidence; where STARTTLS is offered, the "
            "reply inside TLS has to be seen."
        ),
        false_pass=("It would have to offer AUTH on some connections only."),
        impact=(
            "Port 25 is open to the Internet and a constant target of password guessing. On 465 "
            "and 587, rate limits and bans can be strict."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role enables AUTH for submission and "
                "submissions only."
            ),
            "postfix": (
                "Set smtpd_sasl_auth_enable = no in main.cf and -o smtpd_sasl_auth_enable=yes for "
                "submission and submissions in master.cf."
            ),
            "exim": (
                "Set auth_advertise_hosts = ${if "
                "or{{eq{$received_port}{25}}{eq{$tls_in_cipher}{}}}{}{*}}."
            ),
            "opensmtpd": "Remove auth and auth-optional from the listener for port 25.",
            "sendmail": (
                "Set DAEMON_OPTIONS(`Port=smtp, Name=MTA, M=A'); the modifier A disables AUTH."
            ),
            "courier": (
                'Set ESMTPAUTH="" and ESMTPAUTH_TLS="" in esmtpd, and set ESMTPAUTH_TLS in '
                "esmtpd-msa and esmtpd-ssl."
            ),
            "any": "Disable AUTH on port 25 and let users log in on ports 465 and 587.",
        },
        references=(rfc(6409, "3.1"), rfc(8314, "3.3")),
    ),
)
