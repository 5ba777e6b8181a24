# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail from an external client: forged senders, SPF, spam.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import mail_flow_queries
from ..._dns.queries import UnseenError
from ..._dns.spf_record import PermError
from ..base import Check, rfc
from ..dns.lookup import StoredAnswers, why_no_answers
from ..relay.vantage import trusted_because
from . import outcomes

if t.TYPE_CHECKING:
    from ..._dns.message import Field
    from ..base import AuditContext, Evaluator
    from .outcomes import Message

EvaluateMessage = t.Callable[["AuditContext", "Message"], Finding]
_RESULT_FIELDS = ("authentication-results", "received-spf")
#: Enhanced codes of a rejection for a policy or for SPF (RFC 3463 section 3.8, RFC 7372 section
#: 3.2).
_SPF_REJECTION = ("5.7.1", "5.7.23", "5.7.26")


def received(name: str, subject: str, evaluate_message: EvaluateMessage) -> Evaluator:
    """An evaluator of one message to the account.

    A rejection counts only where an honest message of the same run was accepted.
    """

    @functools.wraps(evaluate_message)
    def evaluate(context: AuditContext) -> list[Finding]:
        message = outcomes.received_message(context, name)
        if message is None:
            return outcomes.nothing_sent(context, "smtp")
        return [_evaluate_received(context, message, subject, evaluate_message)]

    return evaluate


def _evaluate_received(
    context: AuditContext, message: Message, subject: str, evaluate_message: EvaluateMessage
) -> Finding:
    if message.state == outcomes.REJECTED:
        return _evaluate_rejection(context, message, subject)
    if message.content is None:
        return message.unknown(subject)
    result = evaluate_message(context, message)
    trusted = trusted_because(context, message.observation)
    if result.status == FAIL and trusted:
        sentence = f"{result.sentence} But {trusted}; run the audit from an external host."
        return result._replace(status=UNKNOWN, sentence=sentence)
    return result


def _evaluate_rejection(context: AuditContext, message: Message, subject: str) -> Finding:
    """A rejection passes where an honest message was accepted."""
    honest = outcomes.received_message(context, "honest")
    if honest and honest.accepted:
        return message.finding(PASS, f"{subject} is rejected: {message.reply}.")
    control = (
        honest.unknown("an honest message").sentence
        if honest
        else "an honest message was not sent."
    )
    sentence = f"{subject} was rejected ({message.reply}), which shows nothing: {control}"
    return message.finding(UNKNOWN, sentence)


def envelope_spoofing_rejected(_context: AuditContext, message: Message) -> Finding:
    notes = outcomes.field_notes(message.fields("return-path", "x-spam-flag"))
    if message.marked_as_spam:
        sentence = (
            "A message from an external client with a local MAIL FROM is delivered as spam "
            f"({message.folder})."
        )
        return message.finding(PASS, sentence, notes)
    sentence = (
        "Any external client can send a local user mail with a local MAIL FROM; the message is in "
        f"{message.folder}."
    )
    return message.finding(FAIL, sentence, notes)


def _if_demanded(
    context: AuditContext, message: Message, sentence: str, fields: t.Iterable[Field]
) -> Finding:
    """A failure where the policy demands SPF and DMARC for incoming mail."""
    notes = outcomes.field_notes(fields)
    if context.policy["incoming_authentication"]:
        return message.finding(FAIL, f"{sentence}.", notes)
    sentence = f"{sentence}; the policy permits it (incoming_authentication)."
    return message.finding(NOT_APPLICABLE, sentence, notes)._replace(reason=NOT_REQUIRED)


def _results(message: Message, pattern: str) -> list[Field]:
    """The fields in which the host itself records a result about the sender."""
    return [
        field
        for field in message.fields(*_RESULT_FIELDS)
        if f"{message.token}.invalid" not in field.value and re.search(pattern, field.value, re.I)
    ]


def _detection(message: Message, results: t.Sequence[Field]) -> str:
    """How the host shows that it detected the forgery."""
    return results[0].value if results else f"it is in {message.folder}"


def from_spoofing_detected(context: AuditContext, message: Message) -> Finding:
    results = _results(message, r"\bdmarc\s*=\s*(fail|permerror)")
    if message.marked_as_spam or results:
        sentence = (
            "A message from an external client with a forged local From is detected: "
            f"{_detection(message, results)}."
        )
        notes = outcomes.field_notes([*results, *message.fields("x-spam-flag")])
        return message.finding(PASS, sentence, notes)
    sentence = (
        "A message from an external client with a forged local From is delivered to "
        f"{message.folder}"
    )
    return _if_demanded(context, message, sentence, message.fields("from", *_RESULT_FIELDS))


def spam_noticed(_context: AuditContext, message: Message) -> Finding:
    if message.marked_as_spam:
        notes = outcomes.field_notes(message.fields("x-spam-flag"))
        sentence = f"The GTUBE spam test message is detected; it is in {message.folder}."
        return message.finding(PASS, sentence, notes)
    sentence = f"The GTUBE spam test message is delivered to {message.folder} unmarked."
    return message.finding(FAIL, sentence, ["no X-Spam-Flag: YES"])


def _evaluate_spf_fail(context: AuditContext, message: Message) -> Finding:
    results = _results(message, r"\bspf\s*=\s*(fail|permerror)|^\s*fail\b")
    if message.marked_as_spam or results:
        sentence = f"A message that fails SPF is detected: {_detection(message, results)}."
        notes = outcomes.field_notes([*results, *message.fields("x-spam-flag")])
        return message.finding(PASS, sentence, notes)
    sentence = f"A message that fails SPF is delivered to {message.folder}"
    fields = message.fields("return-path", *_RESULT_FIELDS)
    return _if_demanded(context, message, sentence, fields)


def spf_enforced(context: AuditContext) -> list[Finding]:
    """Counts only where the published record makes the message fail SPF."""
    message = outcomes.received_message(context, "forbidden_sender")
    if message is None:
        if not context.of("spoof"):
            return outcomes.nothing_sent(context, "smtp")
        sentence = (
            "No domain is declared whose SPF record forbids the vantage to send (spf_fail_domain)."
        )
        return [Finding(NOT_APPLICABLE, sentence, reason=NO_SUBJECT)]
    inconclusive = _why_spf_is_inconclusive(context, message)
    if inconclusive:
        return [message.finding(UNKNOWN, inconclusive)]
    return [_evaluate_received(context, message, "A message that fails SPF", _evaluate_spf_fail)]


def _why_spf_is_inconclusive(context: AuditContext, message: Message) -> str:
    """Why the message shows nothing about SPF; empty if it does."""
    inquiry = mail_flow_queries.forbidden(message.observation)
    try:
        result = StoredAnswers(context, "").replay(inquiry) if inquiry else "none"
    except UnseenError as exc:
        no_answers = why_no_answers(context)
        if no_answers:
            return no_answers.sentence
        return f"The SPF lookup failed: {str(exc).rstrip('.')}."
    except PermError as exc:
        result = f"permerror ({exc})"
    if result != "fail":
        domain = message.observation["params"]["names"]["forbidding"]
        return (
            f"SPF of {domain} does not forbid {message.observation['source']} to send, but gives "
            f"{result}."
        )
    code = (message.stored_reply or {}).get("enhanced")
    if message.state == outcomes.REJECTED and code not in _SPF_REJECTION:
        return f"The message was rejected for another reason than SPF: {message.reply}."
    return ""


CHECKS = (
    Check(
        id="envelope_spoofing_rejected",
        title="Mail without AUTH and with a local MAIL FROM is rejected or marked as spam",
        title_failed="Mail without AUTH and with a local MAIL FROM delivered",
        group="spoofing",
        severity="high",
        opt_in="mail",
        evaluate=received(
            "own_envelope",
            "A message with a local MAIL FROM",
            envelope_spoofing_rejected,
        ),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to reject the account's own address alone as a sender."),
        impact=(
            "Users trust mail from a colleague's address. An attacker needs no account to send it."
        ),
        fix={
            "roles": (
                "The postfix role rejects own domains in smtpd_sender_restrictions of port 25. "
                "Run the role again."
            ),
            "postfix": (
                "Set smtpd_sender_restrictions = check_sender_access texthash:FILE on port 25 "
                "only, with REJECT for your domains in FILE."
            ),
            "exim": (
                "Deny in acl_smtp_mail with sender_domains = +local_domains and !authenticated = *."
            ),
            "any": "Reject your own domains in MAIL FROM of unauthenticated clients.",
        },
        references=(
            rfc(7208, "8.4"),
            "https://www.postfix.org/postconf.5.html#check_sender_access",
        ),
        peers=("Artemis (does not tell mail to users here from mail to others)",),
    ),
    Check(
        id="from_spoofing_detected",
        title="Mail with a forged local From is rejected, marked as spam or dmarc=fail",
        title_failed="Mail with a forged local From delivered unmarked",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received(
            "own_author", "A message with a forged local From", from_spoofing_detected
        ),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to detect the author of the probe alone."),
        impact=(
            "Users look at From, which only DMARC compares with the envelope. Demanded with "
            "policy_changes: {incoming_authentication: true}."
        ),
        fix={
            "roles": (
                "The roles do not evaluate DMARC for incoming mail. If the policy demands it, add "
                "a DMARC milter to postfix_milters."
            ),
            "postfix": "Set smtpd_milters to OpenDMARC with RejectFailures true, or to Rspamd.",
            "exim": (
                "Deny with dmarc_status = reject : quarantine in acl_smtp_data, in a build with "
                "DMARC."
            ),
            "any": "Evaluate DMARC for incoming mail, and act on the result.",
        },
        references=(rfc(7489, "6.6"), rfc(9989)),
    ),
    Check(
        id="spam_noticed",
        title="An incoming GTUBE spam test message is rejected or marked as spam",
        title_failed="Incoming GTUBE spam test message delivered unmarked",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received("gtube", "The GTUBE spam test message", spam_noticed),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to know the test string and no other spam."),
        impact="The spam filter is missing, stopped or bypassed, so spam is delivered.",
        fix={
            "roles": "Use spamass-milter in postfix_milters, and check that spamd runs.",
            "postfix": (
                "Set smtpd_milters to SpamAssassin or Rspamd, and milter_default_action = tempfail."
            ),
            "exim": "Set spamd_address, and deny with spam = nobody in acl_smtp_data.",
            "spamassassin": "Check that spamd runs, and connect it by spamass-milter.",
            "any": "Connect a spam filter, and check that it runs.",
        },
        references=("https://spamassassin.apache.org/gtube/",),
        peers=("docker-mailserver's own tests",),
    ),
    Check(
        id="spf_enforced",
        title="Mail that fails SPF (-all) is rejected, marked as spam or gets spf=fail",
        title_failed="Mail that fails SPF (-all) delivered unmarked",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=spf_enforced,
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to reject the domain for another reason, and name SPF."),
        impact=(
            "Mail in the name of domains that forbid it, such as banks, is delivered. Demanded "
            "with policy_changes: {incoming_authentication: true}."
        ),
        fix={
            "roles": (
                "The roles do not evaluate SPF for incoming mail. If the policy demands it, add a "
                "policy service to postfix_mx_restrictions or a milter to postfix_milters."
            ),
            "postfix": (
                "Set check_policy_service unix:private/policyd-spf after "
                "reject_unauth_destination in smtpd_recipient_restrictions, or use Rspamd."
            ),
            "exim": "Deny with spf = fail in acl_smtp_rcpt, in a build with SPF.",
            "any": "Evaluate SPF for incoming mail, and reject or mark a fail.",
        },
        references=(rfc(7208, "8.4"),),
    ),
)
