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
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_clear_endpoint,
    per_endpoint,
    reply_codes,
    reply_text,
    rfc,
)
from ..relay import proof

Reply = t.Mapping[str, t.Any]
#: Replies that reject AUTH itself, whatever it says (RFC 5321 section 4.2.4, RFC 4954 section 6).
_AUTH_REJECTED = (500, 502, 503, 504, 530, 534, 538)
#: Enhanced status codes for missing TLS (RFC 5248, RFC 7372 section 3).
_ENCRYPTION_NEEDED = ("5.7.10", "5.7.11")


class _Auth(t.NamedTuple):
    """What AUTH before TLS came to: a status, a clause, and the replies that decided."""

    status: str
    clause: str
    decisive: tuple[Reply | None, ...]


def _auth_before_tls(session: Observation) -> _Auth:
    """AUTH with each mechanism that takes a password. 334 asks for it (RFC 4954 section 4).

    Courier replies 535 where AUTH is disabled, so 535 counts only where AUTH is offered.
    """
    facts = session["facts"]
    extensions, plain = facts.get("extensions"), facts.get("auth_in_clear")
    if plain is None:
        clause = f"AUTH before TLS was not answered: {error_text(session)}"
        return _Auth(UNKNOWN, clause, (None,))
    replies = {sasl.PLAIN: plain, **facts.get("mechanisms_in_clear", {})}
    offered = "AUTH" in (extensions or {})
    for name, reply in replies.items():
        clause = f"AUTH {name} before TLS was answered {reply_text(reply)}"
        if reply["code"] < 400 or (reply["code"] == 535 and offered):
            ehlo = facts.get("ehlo") if reply["code"] == 535 else None
            return _Auth(FAIL, clause, (reply, ehlo))
        if reply["code"] not in _AUTH_REJECTED and not (reply["code"] == 535 and extensions):
            return _Auth(UNKNOWN, f"{clause}, which is no answer to AUTH", (reply,))
    if "ehlo" in facts and extensions is None:
        clause = "EHLO was refused, and AUTH was asked for after HELO only"
        return _Auth(UNKNOWN, clause, (facts["ehlo"],))
    if sasl.LOGIN not in replies:
        clause = f"AUTH LOGIN before TLS was not answered: {error_text(session)}"
        return _Auth(UNKNOWN, clause, (plain,))
    text = " and ".join(f"AUTH {name}" for name in replies)
    clause = f"{text} before TLS were rejected: {reply_text(plain)}"
    return _Auth(PASS, clause, tuple(replies.values()))


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
    auth = _auth_before_tls(session)
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
    auth = _auth_before_tls(session)
    end = ": a client would have sent its password in plaintext" if auth.status == FAIL else ""
    yield finding(auth.status, f"{auth.clause.rstrip('.')}{end}.", session, decisive=auth.decisive)


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
            "nor LOGIN, nor a token or CRAM-MD5 that it offers."
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
