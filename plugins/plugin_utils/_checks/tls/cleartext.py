# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of what SMTP permits before TLS: AUTH and MAIL (RFC 3207, RFC 4954, RFC 6409, RFC 8314).

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
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from ..relay import replies


def mail_refused_before_tls(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    mail, rcpt = session["facts"].get("mail_in_clear"), session["facts"].get("rcpt_in_clear")
    decisive = mail
    if mail is None:
        status, sentence = UNKNOWN, f"MAIL before TLS was not answered: {error_text(session)}."
    elif mail["code"] >= 500 and smtp_reply_text.wants_tls(mail):
        status, sentence = PASS, f"MAIL before TLS was rejected: {reply_text(mail)}."
    elif rcpt and smtp_reply_text.wants_tls(rcpt):
        decisive = rcpt
        status, sentence = PASS, f"RCPT before TLS was rejected: {reply_text(rcpt)}."
    elif mail["code"] >= 500 and smtp_reply_text.LOGIN.search(mail["text"]):
        yield _mail_after_login(session, mail)
        return
    elif mail["code"] >= 400:
        status, sentence = UNKNOWN, f"{_other_refusal(mail)}: {reply_text(mail)}."
    else:
        status, sentence = FAIL, f"MAIL was accepted before TLS: {reply_text(mail)}."
    yield finding(status, sentence, session, decisive=(decisive,))


def _other_refusal(mail: t.Mapping[str, t.Any]) -> str:
    """How MAIL was refused without a word about TLS."""
    if 400 <= mail["code"] < 500:
        return "MAIL was deferred"
    return "MAIL was rejected for another reason than missing TLS"


def _mail_after_login(session: Observation, mail: t.Mapping[str, t.Any]) -> Finding:
    """The finding where MAIL requires a login, and is thus accepted before TLS where AUTH is."""
    reply = session["facts"].get("auth_in_clear")
    offered = "AUTH" in session["facts"].get("extensions", {})
    challenged = reply is not None and reply["code"] in (334, 235)
    if offered or challenged:
        return finding(
            FAIL,
            f"MAIL before TLS requires only a login ({reply_text(mail)}), and AUTH is "
            f"{'accepted' if challenged else 'offered'} before TLS.",
            session,
            decisive=(reply if challenged else session["facts"].get("ehlo"), mail),
        )
    if reply and reply["code"] >= 500:
        return finding(
            PASS,
            f"MAIL before TLS requires a login ({reply_text(mail)}), and AUTH before TLS was "
            f"rejected: {reply_text(reply).rstrip('.')}.",
            session,
            decisive=(reply, mail),
        )
    return finding(
        UNKNOWN,
        f"MAIL before TLS requires a login ({reply_text(mail)}); whether AUTH is accepted before "
        "TLS was not seen.",
        session,
        decisive=(reply, mail),
    )


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
    """A server that accepts AUTH asks for the password with 334 (RFC 4954 section 4).

    Courier replies 535 where AUTH is disabled, so 535 counts only where AUTH is offered.
    """
    reply = session["facts"].get("auth_in_clear")
    offered = "AUTH" in session["facts"].get("extensions", {})
    decisive = [reply]
    if reply is None:
        status, sentence = UNKNOWN, f"AUTH before TLS was not answered: {error_text(session)}."
    elif reply["code"] in (334, 235) or (reply["code"] == 535 and offered):
        status = FAIL
        sentence = (
            f"AUTH PLAIN before TLS was answered {reply_text(reply)}: a client would have sent "
            "its password in plaintext."
        )
        decisive += [session["facts"].get("ehlo")] if reply["code"] == 535 else []
    elif reply["code"] >= 500:
        status, sentence = PASS, f"AUTH PLAIN before TLS was rejected: {reply_text(reply)}."
    else:
        status = UNKNOWN
        sentence = f"AUTH PLAIN before TLS was deferred: {reply_text(reply)}."
    yield finding(status, sentence, session, decisive=decisive)


def mx_takes_cleartext(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    mail, rcpt = session["facts"].get("mail_in_clear"), session["facts"].get("rcpt_in_clear")
    if not context.policy["cleartext_mx"]:
        status, sentence = NOT_APPLICABLE, "The policy permits this MX to require TLS."
    elif mail is None:
        status, sentence = UNKNOWN, f"MAIL without TLS was not answered: {error_text(session)}."
    elif smtp_reply_text.wants_tls(mail):
        status, sentence = FAIL, f"MAIL without TLS was rejected: {reply_text(mail)}."
    elif smtp_reply_text.wants_tls(rcpt):
        status = FAIL
        sentence = (
            f"MAIL without TLS is accepted, but RCPT was answered {reply_text(rcpt or mail)}."
        )
    elif not 200 <= mail["code"] < 300:
        status = UNKNOWN
        sentence = f"{_other_refusal(mail)}: {reply_text(mail)}."
    elif _is_undecided(rcpt):
        status = UNKNOWN
        answer = reply_text(rcpt).rstrip(".") if rcpt else error_text(session)
        sentence = f"MAIL without TLS is accepted; whether RCPT is was not seen: {answer}."
    else:
        status = PASS
        sentence = "MAIL without TLS is accepted, as RFC 3207 requires of a public MX."
    yield finding(status, sentence, session, decisive=(mail, rcpt))


def _is_undecided(rcpt: t.Mapping[str, t.Any] | None) -> bool:
    """Whether RCPT was deferred, or rejected because of the client.

    Either may come before a demand for TLS.
    """
    state = replies.state({"phase": "rcpt", "reply": rcpt, "form": "unknown_at_domain"})
    return state in (replies.LOST, replies.DEFERRED, replies.NOT_EXERCISED)


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
        id="mail_refused_before_tls",
        title="Port 587 rejects MAIL before STARTTLS",
        title_failed="MAIL accepted before TLS on port 587",
        group="tls",
        severity="high",
        evaluate=per_endpoint(("submission",), mail_refused_before_tls),
        impact=(
            "A client whose STARTTLS was stripped on the path goes on in plaintext. An attacker "
            "on the network reads the password and then reads and sends mail as that user."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role sets smtpd_tls_security_level = "
                "encrypt for submission."
            ),
            "postfix": "Set -o smtpd_tls_security_level=encrypt for submission in master.cf.",
            "exim": (
                "In acl_smtp_mail, deny with condition = ${if eq{$received_port}{587}} and "
                "!encrypted = *."
            ),
            "dovecot": "Set ssl = required (submission service).",
            "opensmtpd": "Set tls-require in place of tls on the listener for port 587.",
            "sendmail": (
                "Set M=Ea for port 587 in DAEMON_OPTIONS and define(`confAUTH_OPTIONS', `p,y'): "
                "MAIL then requires AUTH, and AUTH requires TLS."
            ),
            "courier": "Set ESMTP_TLS_REQUIRED=1 in esmtpd-msa.",
            "any": (
                "Require TLS before MAIL on port 587 (530 5.7.0 Must issue a STARTTLS command "
                "first)."
            ),
        },
        references=(rfc(3207, "4"), rfc(8314, "4.1")),
    ),
    Check(
        id="auth_hidden_before_tls",
        title="AUTH is not advertised before STARTTLS on ports 25 and 587",
        title_failed="AUTH advertised before TLS",
        group="tls",
        severity="high",
        evaluate=per_endpoint(("smtp", "submission"), auth_hidden_before_tls),
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
        evaluate=per_endpoint(("smtp", "submission"), auth_refused_before_tls),
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
        id="mx_takes_cleartext",
        title="Port 25 accepts mail without TLS (RFC 3207: an MX must not require it)",
        title_failed="Port 25 rejects mail without TLS",
        group="tls",
        severity="low",
        evaluate=per_endpoint(("smtp",), mx_takes_cleartext),
        impact=(
            "Mail from servers without TLS is lost. DANE and MTA-STS are the means to make "
            "senders use TLS."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_security_level from postfix_settings, or declare the exception: "
                "audit_policy_changes: {cleartext_mx: false}."
            ),
            "postfix": (
                "Set smtpd_tls_security_level = may in main.cf, and encrypt for submission only."
            ),
            "exim": (
                "Remove deny rules with !encrypted = * from acl_smtp_mail and acl_smtp_rcpt for "
                "port 25."
            ),
            "opensmtpd": "Set tls in place of tls-require on the listener for port 25.",
            "sendmail": "Remove TLS_Clt: entries that apply to all clients from the access map.",
            "courier": "Remove ESMTP_TLS_REQUIRED=1 from esmtpd, and set it in esmtpd-msa only.",
            "any": "Offer TLS on port 25 without requiring it.",
        },
        references=(rfc(3207, "4"),),
    ),
    Check(
        id="no_auth_on_port_25",
        title="Port 25 does not advertise AUTH, before or after STARTTLS",
        title_failed="AUTH advertised on port 25",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(("smtp",), no_auth_on_port_25),
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
