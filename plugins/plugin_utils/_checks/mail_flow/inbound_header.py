# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Header fields of incoming mail that an external client forges, repeats or leaves out.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, Finding

from ..base import Check, rfc
from . import outcomes
from .inbound import received

if t.TYPE_CHECKING:
    from ..._dns.message import Field
    from ..base import AuditContext
    from .outcomes import Message


def multiple_from_rejected(_context: AuditContext, message: Message) -> Finding:
    fields = message.fields("from")
    notes = outcomes.field_notes([*fields, *message.fields("x-spam-flag")])
    if message.marked_as_spam:
        return message.finding(PASS, "A message with two From fields is delivered as spam.", notes)
    if len(fields) > 1:
        sentence = (
            f"A message with two From fields is delivered to {message.folder} unchanged: software "
            "verifies one of them and shows the other."
        )
        return message.finding(FAIL, sentence, notes)
    sentence = "A message with two From fields is delivered with one of them."
    return message.finding(PASS, sentence, notes)


def missing_from_rejected(_context: AuditContext, message: Message) -> Finding:
    fields = message.fields("from")
    if message.marked_as_spam:
        notes = outcomes.field_notes(message.fields("x-spam-flag"))
        sentence = "A message without a From field is delivered as spam."
        return message.finding(PASS, sentence, notes)
    if not fields:
        sentence = (
            f"A message without a From field is delivered to {message.folder} unchanged; DMARC has "
            "no domain to look up."
        )
        return message.finding(FAIL, sentence, ["no From field"])
    sentence = "A message without a From field is delivered with one."
    return message.finding(PASS, sentence, outcomes.field_notes(fields))


def forged_results_removed(_context: AuditContext, message: Message) -> Finding:
    fields = message.fields("authentication-results")
    forged = [field for field in fields if message.token in field.value]
    if forged:
        sentence = (
            "Authentication-Results that the sender forged in the name of this host are "
            f"delivered: {forged[0].value}."
        )
        return message.finding(FAIL, sentence, outcomes.field_notes(forged))
    notes = outcomes.field_notes(fields) or ["no Authentication-Results field"]
    sentence = "Forged Authentication-Results in the name of this host are removed."
    return message.finding(PASS, sentence, notes)


def _is_forged_trace(message: Message, field: Field) -> bool:
    """Whether the sender wrote a field that only the receiving host may write."""
    if field.name.lower() == "return-path":
        domain = message.observation["params"]["names"]["domain"]
        return f"{message.token}@{domain}" in field.value
    if not field.name.lower().startswith("x-spam-"):
        return False
    return message.token in field.value or field.value == "NO" or "-99.9" in field.value


def forged_trace_harmless(_context: AuditContext, message: Message) -> Finding:
    forged = [field for field in message.arrived.fields if _is_forged_trace(message, field)]
    if forged:
        notes = outcomes.field_notes(forged)
        sentence = (
            "Fields that only the receiving host may write are delivered as the sender forged "
            f"them: {'; '.join(notes)}."
        )
        return message.finding(FAIL, sentence, notes)
    notes = outcomes.field_notes(
        field
        for field in message.arrived.fields
        if field.name.lower() == "return-path" or field.name.lower().startswith("x-spam-")
    )
    sentence = "The X-Spam-* and Return-Path fields that the sender forged are not delivered."
    return message.finding(PASS, sentence, notes or ["no X-Spam-* or Return-Path field"])


CHECKS = (
    Check(
        id="multiple_from_rejected",
        title="A message with two From fields is rejected, marked as spam or repaired",
        title_failed="Message with two From fields delivered unchanged",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received("two_authors", "A message with two From fields", multiple_from_rejected),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to reject this order of the two fields alone."),
        impact=(
            "Filters check one From field, and mail clients show the other. A forgery then passes "
            "as verified."
        ),
        fix={
            "roles": (
                "The opendkim role sets RequiredHeaders yes. Remove the override from "
                "opendkim_settings and run the role again."
            ),
            "exim": "Count the From fields in acl_smtp_data ($rheader_From:), and deny two.",
            "opendkim": "Set RequiredHeaders yes.",
            "any": (
                "Reject repeated From fields. OpenDMARC: RequiredHeaders true. Rspamd: reject at "
                "MULTIPLE_UNIQUE_HEADERS."
            ),
        },
        references=(rfc(5322, "3.6"), rfc(6376, "8.15"), rfc(7489, "6.6.1")),
    ),
    Check(
        id="missing_from_rejected",
        title="A message without a From field is rejected, marked as spam or repaired",
        title_failed="Message without a From field delivered unchanged",
        group="spoofing",
        severity="low",
        opt_in="mail",
        evaluate=received("no_author", "A message without a From field", missing_from_rejected),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=(
            "It would have to reject the message for another reason than the missing field."
        ),
        impact=(
            "DMARC has no domain to look up. Mail clients show the forged envelope sender "
            "instead, or nothing."
        ),
        fix={
            "roles": (
                "The spamassassin role sets score MISSING_FROM. Remove the override from "
                "spamassassin_settings, and use its milter in postfix_milters."
            ),
            "exim": "Require verify = header_syntax and a non-empty $h_From: in acl_smtp_data.",
            "opendkim": "Set RequiredHeaders yes.",
            "spamassassin": "Set score MISSING_FROM to the reject score.",
            "any": (
                "Reject mail without From. OpenDMARC: RequiredHeaders true. Rspamd: reject at "
                "MISSING_FROM."
            ),
        },
        references=(rfc(5322, "3.6"), rfc(7489, "6.6.1")),
    ),
    Check(
        id="forged_results_removed",
        title="Forged Authentication-Results of this host are removed (CVE-2022-48521)",
        title_failed="Forged Authentication-Results of this host delivered (CVE-2022-48521)",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received(
            "forged_results", "A message with forged Authentication-Results", forged_results_removed
        ),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=(
            "It would have to remove the forms of the field that are tried, and keep another."
        ),
        impact=(
            "Filters and mail clients trust Authentication-Results of this host. A forgery brings "
            "its own dmarc=pass."
        ),
        fix={
            "roles": (
                "The postfix role removes all incoming Authentication-Results by header_checks. "
                "Run the role again."
            ),
            "postfix": (
                "Set header_checks = regexp:FILE with /^Authentication-Results[[:space:]]*:/ "
                "IGNORE on port 25."
            ),
            "exim": (
                "Set remove_header = Authentication-Results in acl_smtp_rcpt; results that "
                "acl_smtp_data adds stay."
            ),
            "opendkim": (
                "Remove the field in the MTA: OpenDKIM misses names in capitals and after a "
                "comment, and of several fields some, before the fix of CVE-2022-48521 (Debian "
                "12: 2.11.0~beta2-8+deb12u1)."
            ),
            "any": (
                "Remove incoming Authentication-Results that have your authserv-id, in any case "
                "and spelling."
            ),
        },
        references=(rfc(8601, "5"),),
    ),
    Check(
        id="forged_trace_harmless",
        title="Forged X-Spam-* and Return-Path fields are removed or replaced on delivery",
        title_failed="Forged X-Spam-* or Return-Path field delivered",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received(
            "forged_trace",
            "A message with forged X-Spam-* and Return-Path fields",
            forged_trace_harmless,
        ),
        control=(
            "An honest message from the same client to the same user has to be accepted in the "
            "same run; a rejection without it is unknown."
        ),
        false_pass=("It would have to remove the fields that are tried, and keep another."),
        impact=(
            "Users' filter rules read X-Spam-Status, and mail clients read Return-Path. Spam then "
            "declares itself clean."
        ),
        fix={
            "roles": (
                "Use spamass-milter in postfix_milters: it replaces foreign X-Spam fields. "
                "Postfix and Dovecot write Return-Path anew."
            ),
            "postfix": (
                "Set header_checks = regexp:FILE with /^X-Spam-/ IGNORE on port 25, before your "
                "own filter adds its fields."
            ),
            "exim": (
                "Set remove_header = X-Spam-Flag : X-Spam-Status : X-Spam-Level : "
                "X-Spam-Checker-Version in acl_smtp_rcpt, and return_path_remove = true (the "
                "default)."
            ),
            "any": (
                "Remove X-Spam-* and Return-Path from incoming mail before your own filter adds "
                "its fields."
            ),
        },
        references=(rfc(5321, "4.4"),),
    ),
)
