# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what SMTP allows before TLS: sessions in, findings out (RFC 3207, 4954, 6409, 8314).

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


def mail_refused_before_tls(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    mail, rcpt = seen["facts"].get("mail_in_clear"), seen["facts"].get("rcpt_in_clear")
    if mail is None:
        yield finding(UNKNOWN, f"MAIL was not answered before TLS: {error_text(seen)}.", seen)
    elif mail["code"] >= 500 and smtp_reply_text.wants_tls(mail):
        yield finding(PASS, f"MAIL before TLS was answered {reply_text(mail)}.", seen)
    elif rcpt and smtp_reply_text.wants_tls(rcpt):
        yield finding(PASS, f"RCPT before TLS was answered {reply_text(rcpt)}.", seen)
    elif mail["code"] >= 500 and smtp_reply_text.LOGIN.search(mail["text"]):
        yield _login_first(seen, mail)
    elif mail["code"] >= 500:
        yield finding(
            UNKNOWN,
            f"MAIL was refused for another reason than missing TLS: {reply_text(mail)}.",
            seen,
        )
    elif mail["code"] >= 400:
        yield finding(UNKNOWN, f"MAIL was put off: {reply_text(mail)}.", seen)
    else:
        yield finding(FAIL, f"MAIL was accepted before TLS: {reply_text(mail)}.", seen)


def _login_first(seen: Observation, mail: t.Mapping[str, t.Any]) -> Finding:
    """Mail is taken after a login only, so it is taken before TLS where a login is."""
    reply = seen["facts"].get("auth_in_clear")
    if "AUTH" in seen["facts"].get("extensions", {}) or (reply and reply["code"] in (334, 235)):
        return finding(
            FAIL,
            (
                f"MAIL before TLS needs a login only ({reply_text(mail)}), and a login is to be had "
                "before "
                "TLS."
            ),
            seen,
        )
    if reply and reply["code"] >= 500:
        words = (
            "MAIL before TLS was answered %s, and AUTH %s: without TLS there is no login, and so "
            "no mail."
        )
        return finding(PASS, words % (reply_text(mail), reply_text(reply).rstrip(".")), seen)
    return finding(
        UNKNOWN,
        f"MAIL before TLS asks for a login ({reply_text(mail)}); whether that is to be had was not seen.",
        seen,
    )


def auth_hidden_before_tls(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if "extensions" not in seen["facts"]:
        yield finding(UNKNOWN, f"The EHLO reply was not seen: {error_text(seen)}.", seen)
    elif "AUTH" in seen["facts"]["extensions"]:
        yield finding(
            FAIL, f"AUTH {seen['facts']['extensions']['AUTH']} is offered before TLS.", seen
        )
    else:
        yield finding(PASS, "AUTH is not offered before TLS.", seen)


def auth_refused_before_tls(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """Whoever means to take a password asks for it with 334 (RFC 4954 section 4); Courier says 535
    where AUTH is off.
    """
    reply = seen["facts"].get("auth_in_clear")
    if reply is None:
        yield finding(UNKNOWN, f"AUTH was not answered: {error_text(seen)}.", seen)
    elif reply["code"] in (334, 235) or (
        reply["code"] == 535 and "AUTH" in seen["facts"].get("extensions", {})
    ):
        yield finding(
            FAIL,
            (
                f"AUTH PLAIN before TLS was answered {reply_text(reply)}: a password would have "
                "travelled "
                "in clear."
            ),
            seen,
        )
    elif reply["code"] >= 500:
        yield finding(PASS, f"AUTH PLAIN before TLS was answered {reply_text(reply)}.", seen)
    else:
        yield finding(
            UNKNOWN,
            f"AUTH PLAIN before TLS was answered {reply_text(reply)}, which decides nothing.",
            seen,
        )


def mx_takes_cleartext(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    mail, rcpt = seen["facts"].get("mail_in_clear"), seen["facts"].get("rcpt_in_clear")
    if not context.policy["cleartext_mx"]:
        yield finding(NOT_APPLICABLE, "The policy lets this MX require TLS.", seen)
    elif mail is None:
        yield finding(UNKNOWN, f"MAIL was not answered: {error_text(seen)}.", seen)
    elif smtp_reply_text.wants_tls(mail):
        yield finding(FAIL, f"MAIL without TLS was answered {reply_text(mail)}.", seen)
    elif smtp_reply_text.wants_tls(rcpt):
        yield finding(
            FAIL,
            f"MAIL without TLS is taken, but RCPT was answered {reply_text(rcpt or mail)}.",
            seen,
        )
    elif 200 <= mail["code"] < 300 and _not_exercised(rcpt):
        answer = reply_text(rcpt).rstrip(".") if rcpt else error_text(seen)
        yield finding(
            UNKNOWN, f"MAIL without TLS is taken; whether RCPT is was not seen: {answer}.", seen
        )
    elif 200 <= mail["code"] < 300:
        yield finding(
            PASS, "MAIL without TLS is taken, as the standard demands of a public MX.", seen
        )
    else:
        yield finding(UNKNOWN, f"MAIL was refused for another reason: {reply_text(mail)}.", seen)


def _not_exercised(rcpt: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a recipient met a delay, or a refusal of the client, which may come before a demand
    for TLS.
    """
    state = replies.state({"phase": "rcpt", "reply": rcpt, "form": "unknown_at_domain"})
    return state in (replies.LOST, replies.DEFERRED, replies.NOT_EXERCISED)


def no_auth_on_port_25(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    for key, words in (("extensions", "before"), ("extensions_tls", "inside")):
        if "AUTH" in facts.get(key, {}):
            yield finding(
                FAIL, f"AUTH {facts[key]['AUTH']} is offered on port 25 {words} TLS.", seen
            )
            return
    if "extensions" not in facts or (
        "STARTTLS" in facts["extensions"] and "extensions_tls" not in facts
    ):
        yield finding(UNKNOWN, f"The EHLO reply inside TLS was not seen: {error_text(seen)}.", seen)
    else:
        yield finding(PASS, "AUTH is offered neither before nor inside TLS.", seen)


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
        title="AUTH is rejected before STARTTLS, advertised or not (ports 25 and 587)",
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
