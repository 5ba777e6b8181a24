# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authenticated user may send: whose sender and author, spam, non-standard line endings.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling

from ..._dns import mail_flow_queries
from ..base import Check, rfc
from ..smuggling import FIX_EXIM
from . import outcomes
from .outcomes import per_listener

if t.TYPE_CHECKING:
    from ..base import AuditContext
    from .outcomes import EvaluateMessage, Message

#: Messages with a sender that does not belong to the user, and what that sender is.
_FOREIGN_SENDERS = {
    "sender_nobody": "an address of this host that is not the user's",
    "sender_stranger": "an address of another host",
}


def submission_senders(context: AuditContext) -> list[Finding]:
    return [
        item
        for name, sender in _FOREIGN_SENDERS.items()
        for item in per_listener(name, _sender_evaluator(sender))(context)
    ]


def _sender_evaluator(sender: str) -> EvaluateMessage:
    def evaluate_sender(context: AuditContext, message: Message) -> t.Iterable[Finding]:
        if message.state == outcomes.REJECTED:
            sentence = f"MAIL FROM with {sender} is rejected: {message.reply}."
            yield outcomes.rejection(context, message, sentence)
        elif message.accepted:
            arrived = (
                ", and the message arrived at the canary"
                if message.state == outcomes.ARRIVED
                else ""
            )
            sentence = f"A user can send with {sender}: {message.reply}{arrived}."
            yield message.finding(FAIL, sentence)
        else:
            yield message.unknown(f"A message with {sender} in MAIL FROM")

    return evaluate_sender


def submission_author(context: AuditContext, message: Message) -> t.Iterable[Finding]:
    notes = outcomes.field_notes(message.fields("from")) if message.content else []
    if message.state == outcomes.REJECTED:
        sentence = f"A message with another user's address in From is rejected: {message.reply}."
        yield outcomes.rejection(context, message, sentence)
    elif not message.accepted:
        yield message.unknown("A message with another user's address in From")
    elif message.content is not None and message.token not in message.arrived.first("From"):
        sentence = f"From is rewritten to {message.arrived.first('From')}."
        yield message.finding(PASS, sentence, notes)
    elif context.policy["author_is_login"]:
        sentence = f"A user can send with another user's address in From: {message.reply}."
        yield message.finding(FAIL, sentence, notes)
    else:
        sentence = (
            "A user can send with another user's address in From; the policy permits it "
            "(author_is_login)."
        )
        yield message.finding(NOT_APPLICABLE, sentence, notes)._replace(reason=NOT_REQUIRED)


def outbound_spam(context: AuditContext, message: Message) -> t.Iterable[Finding]:
    if message.state == outcomes.REJECTED:
        sentence = f"The GTUBE spam test message of a user is rejected: {message.reply}."
        yield outcomes.rejection(context, message, sentence)
    elif not message.accepted:
        yield message.unknown("The GTUBE spam test message")
    elif context.policy["outbound_filter"]:
        sentence = f"The GTUBE spam test message of a user is relayed: {message.reply}."
        yield message.finding(FAIL, sentence)
    else:
        sentence = (
            "Mail of users is not filtered for spam; the policy permits it (outbound_filter)."
        )
        yield message.finding(NOT_APPLICABLE, sentence)._replace(reason=NOT_REQUIRED)


def smuggling_outbound(context: AuditContext) -> list[Finding]:
    return [
        item
        for name in ("breaks_lf", "breaks_cr", "breaks_dot")
        for item in per_listener(name, _evaluate_sequences)(context)
    ]


def _evaluate_sequences(context: AuditContext, message: Message) -> t.Iterable[Finding]:
    """Whether a non-standard end-of-data sequence leaves the host as it was submitted."""
    variants = messages.BY_ID[message.id].breaks
    names = ", ".join(variants)
    if message.state == outcomes.REJECTED:
        sentence = (
            f"A message with non-standard end-of-data sequences ({names}) is rejected: "
            f"{message.reply}."
        )
        yield outcomes.rejection(context, message, sentence)
        return
    if message.arrival is None:
        yield message.unknown(f"A message with non-standard end-of-data sequences ({names})")
        return
    octets = mail_flow_queries.raw(message.arrival)
    relayed = [variant for variant in variants if smuggling.ending(variant) in octets]
    if relayed:
        sentence = f"Relayed as submitted: {', '.join(relayed)}."
        yield message.finding(FAIL, sentence, [f"the octets of {variant}" for variant in relayed])
    elif messages.LAST.encode() not in octets:
        sentence = f"The message ended early: the server read one of {names} as its end."
        yield message.finding(FAIL, sentence, ["without the last line of its text"])
    else:
        sentence = f"None of {names} is relayed as submitted."
        yield message.finding(PASS, sentence, ["with other octets, up to the last line"])


CHECKS = (
    Check(
        id="submission_senders",
        title="An authenticated user can use only their own address in MAIL FROM",
        title_failed="Authenticated user can use a foreign address in MAIL FROM",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=submission_senders,
        control=(
            "A plain message of the same user has to be accepted in the same run; a rejection "
            "without it is unknown."
        ),
        false_pass=("It would have to accept other foreign senders than the two that are tried."),
        impact=(
            "With one stolen password an attacker can send in the name of every user, with your "
            "DKIM signature, or bounce mail off others."
        ),
        fix={
            "roles": (
                "The postfix role sets reject_sender_login_mismatch on the submission listeners. "
                "Give users more addresses by mail_aliases."
            ),
            "postfix": (
                "Set smtpd_sender_login_maps, and smtpd_sender_restrictions = "
                "reject_sender_login_mismatch, permit_sasl_authenticated, reject on the "
                "submission listeners."
            ),
            "exim": "Deny in acl_smtp_mail unless $sender_address belongs to $authenticated_id.",
            "opensmtpd": "Set senders <table> in the listen line of submission.",
            "any": "Bind MAIL FROM to the login.",
        },
        references=(
            rfc(6409, "6.1"),
            "https://www.postfix.org/postconf.5.html#reject_sender_login_mismatch",
        ),
    ),
    Check(
        id="submission_author",
        title="Submitted mail with another user's address in From is rejected or rewritten",
        title_failed="Authenticated user can put another user's address in From",
        group="signing",
        severity="low",
        opt_in="mail",
        evaluate=per_listener("author_other", submission_author),
        control=(
            "A plain message of the same user has to be accepted in the same run; a rejection "
            "without it is unknown."
        ),
        false_pass=("It would have to reject the author of the probe alone."),
        impact=(
            "One user can pass as another, with a valid DKIM signature. Many hosts permit it on "
            "purpose, so it is demanded only with policy_changes: {author_is_login: true}."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: OpenDKIM rejects an author that is no address of "
                "the login, unless postfix_sender_exceptions or opendkim_settings permit it."
            ),
            "postfix": (
                "Set smtpd_milters to a milter that compares From with the SASL login; Postfix "
                "has no setting for it."
            ),
            "exim": (
                "Deny in acl_smtp_data unless ${address:$h_From:} belongs to $authenticated_id."
            ),
            "opensmtpd": "Set senders <table> masquerade in the listen line of submission.",
            "any": "Bind the From header field to the login.",
        },
        references=(rfc(6409, "8.1"),),
    ),
    Check(
        id="outbound_spam",
        title="A GTUBE spam test message from an authenticated user is rejected",
        title_failed="GTUBE spam test message relayed for an authenticated user",
        group="signing",
        severity="medium",
        opt_in="mail",
        evaluate=per_listener("gtube_out", outbound_spam),
        control=(
            "A plain message of the same user has to be accepted in the same run; a rejection "
            "without it is unknown."
        ),
        false_pass=("It would have to know the test string and no other spam."),
        impact=(
            "With a stolen password an attacker sends spam until the host is on DNSBLs. Demanded "
            "only with policy_changes: {outbound_filter: true}."
        ),
        fix={
            "roles": (
                "The roles limit the rate, and do not filter submitted mail. If the policy "
                "demands it, run spamass-milter without -I."
            ),
            "spamassassin": (
                "Run spamass-milter without -I, which skips authenticated clients, and with -r to "
                "reject spam."
            ),
            "any": (
                "Filter authenticated mail too. Rspamd does, unless its settings exempt "
                "authenticated users."
            ),
        },
        references=("https://spamassassin.apache.org/gtube/", rfc(5068, "3.2")),
    ),
    Check(
        id="smuggling_outbound",
        title="Non-standard end-of-data in submitted mail is not relayed as is (smuggling)",
        title_failed="Non-standard end-of-data sequence relayed (outbound SMTP smuggling)",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=smuggling_outbound,
        control=(
            "A plain message of the same user has to be accepted in the same run; a rejection "
            "without it is unknown."
        ),
        false_pass=("It would have to relay a sequence that the check does not send."),
        impact=(
            "A user, or an attacker with a stolen password, hides a second message in the first. "
            "Another server accepts it with any sender that SPF permits for this host."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_bare_newline = normalize. Upgrade Postfix to "
                "a release with cleanup_replace_stray_cr_lf."
            ),
            "postfix": (
                "Set smtpd_forbid_bare_newline = normalize and cleanup_replace_stray_cr_lf = yes "
                "(the default in 3.5.24, 3.6.14, 3.7.10, 3.8.5, 3.9 and newer)."
            ),
            "exim": FIX_EXIM,
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": "Reject or normalize bare CR and LF in submitted mail.",
        },
        references=("https://www.postfix.org/smtp-smuggling.html", rfc(5321, "2.3.8")),
        peers=("SMTP-Smuggling-Tools (with a server to read by eye)",),
    ),
)
