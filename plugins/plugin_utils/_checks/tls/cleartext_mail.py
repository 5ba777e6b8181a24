# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of MAIL and RCPT before TLS (RFC 3207, RFC 4954, RFC 6409, RFC 8314).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    Reply,
    error_text,
    finding,
    per_clear_endpoint,
    per_endpoint,
    reply_codes,
    reply_text,
    rfc,
)
from ..relay import proof
from . import cleartext

#: Enhanced status codes for missing TLS (RFC 5248, RFC 7372 section 3).
_ENCRYPTION_NEEDED = ("5.7.10", "5.7.11")


def _demands_more(reply: Reply | None) -> bool:
    """Whether a reply demands TLS or a login: 530 and 538 do (RFC 3207 section 4, RFC 4954 section
    6), and the enhanced codes for missing TLS.
    """
    return reply is not None and (
        reply["code"] in (530, 538)
        or (reply["code"] >= 400 and reply["enhanced"] in _ENCRYPTION_NEEDED)
    )


def mail_refused_before_tls(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """530 demands TLS or a login, and the latter is enough only where AUTH is refused too."""
    facts = session["facts"]
    mail, rcpt, inside = (facts.get(key) for key in ("mail_in_clear", "rcpt_in_clear", "mail_tls"))
    decisive = [mail]
    if mail is None:
        status, sentence = UNKNOWN, f"MAIL before TLS was not answered: {error_text(session)}."
    elif mail["code"] < 400 and rcpt and _demands_more(rcpt):
        yield _demanded(session, "RCPT", rcpt, facts.get("rcpt_tls"))
        return
    elif mail["code"] < 400 and _differs_inside_tls(rcpt, facts.get("rcpt_tls")):
        yield _other_inside_tls(session, rcpt, facts["rcpt_tls"])
        return
    elif mail["code"] < 400:
        status, sentence = FAIL, f"MAIL was accepted before TLS: {reply_text(mail)}."
    elif _demands_more(mail):
        yield _demanded(session, "MAIL", mail, inside)
        return
    elif mail["code"] >= 500 and inside and (inside["code"] < 400 or _demands_more(inside)):
        decisive = [mail, inside]
        status = PASS
        sentence = (
            f"MAIL before TLS was rejected: {reply_text(mail).rstrip('.')}; inside TLS it was "
            f"answered {reply_text(inside).rstrip('.')}."
        )
    else:
        status, sentence = UNKNOWN, f"{_other_refusal(mail)}: {reply_text(mail)}."
    yield finding(status, sentence, session, decisive=decisive)


def _differs_inside_tls(rcpt: Reply | None, inside: Reply | None) -> bool:
    """Whether a recipient was rejected in clear, and answered with another code inside TLS."""
    return (
        rcpt is not None
        and inside is not None
        and rcpt["code"] >= 400
        and reply_codes(rcpt) != reply_codes(inside)
    )


def _other_inside_tls(session: Observation, rcpt: Reply, inside: Reply) -> Finding:
    """The finding where RCPT in clear was answered in another way than inside TLS."""
    sentence = (
        f"MAIL was accepted before TLS; RCPT was answered {reply_text(rcpt).rstrip('.')}, and "
        f"inside TLS {reply_text(inside).rstrip('.')}."
    )
    status = PASS if rcpt["code"] >= 500 else UNKNOWN
    return finding(status, sentence, session, decisive=(rcpt, inside))


def _other_refusal(mail: Reply) -> str:
    """How MAIL was refused without a code for missing TLS."""
    reason = "deferred" if mail["code"] < 500 else "rejected for another reason than missing TLS"
    return f"MAIL was {reason}"


def _demanded(session: Observation, command: str, reply: Reply, inside: Reply | None) -> Finding:
    """The finding where MAIL or RCPT demands TLS or a login. inside: the reply inside TLS: where
    the demand stays, it is one for a login.
    """
    sentence = f"{command} before TLS was rejected: {reply_text(reply).rstrip('.')}"
    if reply["enhanced"] in _ENCRYPTION_NEEDED:
        return finding(PASS, f"{sentence}.", session, decisive=(reply,))
    facts = session["facts"]
    auth = cleartext.auth_before_tls(session)
    offered = "AUTH" in facts.get("extensions", {})
    if auth.status == FAIL or offered:
        demand = f"{command} before TLS was answered {reply_text(reply).rstrip('.')}, and AUTH is"
        how = "accepted" if auth.status == FAIL else "offered"
        same = inside is not None and inside["code"] == reply["code"]
        shown = auth.decisive if auth.status == FAIL else (facts.get("ehlo"),)
        return finding(
            FAIL if same else UNKNOWN,
            f"{demand} {how} before TLS: {'as if' if same else 'whether'} a login is enough"
            f"{', since the demand stays inside TLS' if same else ' was not tried'}.",
            session,
            decisive=(*shown, reply, inside) if same else (*shown, reply),
        )
    status = UNKNOWN if auth.status == UNKNOWN else PASS
    sentence += ", for TLS or for a login" if status == UNKNOWN else ""
    return finding(
        status,
        f"{sentence}; {auth.clause.rstrip('.')}.",
        session,
        decisive=(*auth.decisive, reply),
    )


def mx_takes_cleartext(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    facts = session["facts"]
    mail, rcpt = facts.get("mail_in_clear"), facts.get("rcpt_in_clear")
    if not context.policy["cleartext_mx"]:
        sentence = "The policy permits this MX to require TLS."
        yield finding(NOT_APPLICABLE, sentence, session, reason=NOT_REQUIRED)
        return
    if mail is None:
        sentence = f"MAIL without TLS was not answered: {error_text(session)}."
        yield finding(UNKNOWN, sentence, session, decisive=(mail, rcpt))
    elif not 200 <= mail["code"] < 300:
        yield _compared_inside_tls(session, "MAIL", mail, facts.get("mail_tls"), False)
    elif rcpt is None:
        sentence = f"MAIL without TLS is accepted; RCPT was not answered: {error_text(session)}."
        yield finding(UNKNOWN, sentence, session, decisive=(mail,))
    elif not 200 <= rcpt["code"] < 300:
        weighed = proof.is_port_25_weighing(context, session["address"])
        yield _compared_inside_tls(session, "RCPT", rcpt, facts.get("rcpt_tls"), weighed)
    else:
        sentence = "MAIL without TLS is accepted, as RFC 3207 requires of a public MX."
        yield finding(PASS, sentence, session, decisive=(mail, rcpt))


def _compared_inside_tls(
    session: Observation, command: str, reply: Reply, inside: Reply | None, weighed: bool
) -> Finding:
    """Whether a refusal in clear is one for missing TLS: by its code, or since the same command is
    accepted inside TLS. One that is the same there is none, where the server was seen to weigh
    recipients (weighed).
    """
    same = inside is not None and reply_codes(inside) == reply_codes(reply)
    accepted = inside is not None and inside["code"] < 300
    text = f"{command} without TLS was answered {reply_text(reply).rstrip('.')}"
    decisive = (reply, inside)
    if _demands_more(reply) and not same:
        status, decisive = FAIL, (reply, None)
    elif reply["code"] >= 500 and accepted:
        status, text = FAIL, f"{text}, and is accepted inside TLS"
    elif same and weighed and reply["code"] >= 500:
        status, text = PASS, f"{text}, as inside TLS"
    else:
        status, text = UNKNOWN, f"{text}; that TLS would change this was not seen"
    return finding(status, f"{text}.", session, decisive=decisive)


CHECKS = (
    Check(
        id="mail_refused_before_tls",
        title="Port 587 rejects MAIL before STARTTLS",
        title_failed="MAIL accepted before TLS on port 587",
        group="tls",
        severity="high",
        evaluate=per_clear_endpoint(("submission",), mail_refused_before_tls),
        control=(
            "530 and 538 decide, where AUTH is refused before TLS too; any other refusal counts "
            "where the same MAIL or RCPT is answered otherwise inside TLS in the same session."
        ),
        false_pass=(
            "It would have to refuse MAIL and AUTH in the session of the probe and take them in "
            "others."
        ),
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
        id="mx_takes_cleartext",
        title="Port 25 accepts mail without TLS (RFC 3207: an MX must not require it)",
        title_failed="Port 25 rejects mail without TLS",
        group="tls",
        severity="low",
        evaluate=per_endpoint(("smtp",), mx_takes_cleartext),
        control=(
            "MAIL and RCPT are accepted in clear; or RCPT is rejected with the same codes inside "
            "TLS in the same session, and the server was seen to weigh recipients."
        ),
        false_pass=("It would have to demand TLS at DATA."),
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
)
