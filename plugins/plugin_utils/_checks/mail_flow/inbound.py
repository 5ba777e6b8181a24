# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what comes in with a lie in it: the own domain as sender, two authors, results and
traces that only the host may write.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import mail_flow_queries
from ..._dns.queries import UnseenError
from ..._dns.spf_record import PermError
from ..base import Check, rfc
from ..dns.lookup import View, blind
from ..relay.vantage import trusted_because
from . import outcomes

if t.TYPE_CHECKING:
    from ..base import AuditContext
    from .outcomes import Post

Look = t.Callable[["AuditContext", "Post"], Finding]
_RESULTS = ("authentication-results", "received-spf")
#: What a refusal for the sake of SPF has in it: the word, or the code of RFC 7372 section 3.2 and
#: its kin.
_BY_POLICY = re.compile(r"\bspf\b|\b5\.7\.\d", re.I)


def received(name: str, what: str, look: Look) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of one message that was sent to the account; what is said of it counts beside an
    honest message only.
    """

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        post = outcomes.delivered(context, name)
        if post is None:
            return outcomes.nothing(context, "spoof")
        return [_decide(context, post, what, look)]

    return evaluate


def _decide(context: AuditContext, post: Post, what: str, look: Look) -> Finding:
    honest = outcomes.delivered(context, "honest")
    if post.state == outcomes.REFUSED and not (
        honest and honest.state in (outcomes.HERE, outcomes.MISSING)
    ):
        said = (
            honest.unseen("an honest message").sentence
            if honest
            else "an honest message was not sent."
        )
        return post.say(
            UNKNOWN, f"{what} was refused ({post.reply.rstrip('.')}), but that says nothing: {said}"
        )
    if post.state == outcomes.REFUSED:
        return post.say(PASS, f"{what} is refused: {post.reply.rstrip('.')}.")
    if post.text is None:
        return post.unseen(what)
    found = look(context, post)
    why = trusted_because(context, post.seen)
    if found.status == FAIL and why:
        return post.say(UNKNOWN, f"{found.sentence} But {why}; ask again from a host outside.")
    return found


def envelope_spoofing_rejected(_context: AuditContext, post: Post) -> Finding:
    """SPO-01."""
    if post.junk:
        return post.say(
            PASS,
            (
                "A message from outside in the name of a user here is delivered as spam "
                f"({post.folder})."
            ),
        )
    return post.say(
        FAIL,
        (
            "Anybody outside may write to a user here in the name of a user here; the message is "
            "in "
            f"{post.folder}."
        ),
    )


def _demanded(context: AuditContext, post: Post, sentence: str) -> Finding:
    """A failure where the policy demands that mail from outside is held to SPF and DMARC."""
    if context.policy["incoming_authentication"]:
        return post.say(FAIL, sentence + ".")
    return post.say(NOT_APPLICABLE, sentence + "; the policy allows it (incoming_authentication).")


def _noticed(post: Post, words: str) -> str:
    """The field in which the host itself says what it thinks of the sender."""
    fields = [
        field
        for field in post.found.fields
        if field.name.lower() in _RESULTS and post.token + ".invalid" not in field.value
    ]
    return next((field.value for field in fields if re.search(words, field.value, re.I)), "")


def from_spoofing_detected(context: AuditContext, post: Post) -> Finding:
    """SPO-02."""
    noticed = _noticed(post, r"\bdmarc\s*=\s*(fail|permerror)")
    if post.junk or noticed:
        words = "A message from outside with a user here in From is noticed: %s."
        return post.say(PASS, words % (noticed or "it is in " + post.folder))
    return _demanded(
        context,
        post,
        f"A message from outside with a user here in From was delivered to {post.folder}",
    )


def multiple_from_rejected(_context: AuditContext, post: Post) -> Finding:
    """SPO-03."""
    count = len(post.found.all("From"))
    if count > 1 and not post.junk:
        words = (
            "A message with two From fields was delivered to %s as it is: programs show one and "
            "check the other."
        )
        return post.say(FAIL, words % post.folder)
    return post.say(
        PASS,
        (
            "A message with two From fields is "
            f"{'delivered as spam' if post.junk else 'delivered with one of them'}."
        ),
    )


def missing_from_rejected(_context: AuditContext, post: Post) -> Finding:
    """SPO-03."""
    if not post.junk and not post.found.all("From"):
        return post.say(
            FAIL,
            (
                f"A message without From was delivered to {post.folder} as it is; DMARC has "
                "nothing "
                "to look up."
            ),
        )
    return post.say(
        PASS,
        f"A message without From is {'delivered as spam' if post.junk else 'delivered with one'}.",
    )


def forged_results_removed(_context: AuditContext, post: Post) -> Finding:
    """SPO-04."""
    left = [value for value in post.found.all("Authentication-Results") if post.token in value]
    if left:
        return post.say(
            FAIL,
            (
                "Results that the sender made up in this host's name were delivered: "
                f"Authentication-Results: {left[0]}."
            ),
        )
    return post.say(PASS, "Results that the sender made up in this host's name are taken out.")


def forged_trace_harmless(_context: AuditContext, post: Post) -> Finding:
    """SPO-05."""
    left = [
        f"{field.name}: {field.value}"
        for field in post.found.fields
        if field.name.lower().startswith("x-spam-")
        and (post.token in field.value or field.value == "NO" or "-99.9" in field.value)
    ]
    left += [
        f"Return-Path: {value}"
        for value in post.found.all("Return-Path")
        if post.token + "@" + _domain(post) in value
    ]
    if left:
        return post.say(
            FAIL,
            (
                "What only the receiving host may write was delivered as the sender made it up: "
                f"{'; '.join(left)}."
            ),
        )
    return post.say(
        PASS,
        (
            "What the sender made up of a spam filter's and the delivery's own header is not in "
            "the "
            "delivered copy."
        ),
    )


def _domain(post: Post) -> str:
    return str(post.seen["params"]["names"]["domain"])


def spam_noticed(_context: AuditContext, post: Post) -> Finding:
    """CNT-01."""
    if post.junk:
        return post.say(
            PASS, f"The test string of spam filters is noticed; the message is in {post.folder}."
        )
    return post.say(
        FAIL,
        (
            f"The test string that every spam filter knows was delivered to {post.folder} without "
            "a "
            "mark."
        ),
    )


def _forbidden(context: AuditContext, post: Post) -> Finding:
    """SPF-IN."""
    noticed = _noticed(post, r"\bspf\s*=\s*(fail|permerror)|^\s*fail\b")
    if post.junk or noticed:
        return post.say(
            PASS,
            "A sender that SPF forbids is noticed: %s."
            % (noticed or "the message is in " + post.folder),
        )
    return _demanded(
        context, post, f"A message whose sender SPF forbids was delivered to {post.folder}"
    )


def spf_enforced(context: AuditContext) -> list[Finding]:
    """SPF-IN, where the record is seen to forbid it."""
    post = outcomes.delivered(context, "forbidden_sender")
    if post is None:
        sent = context.of("spoof")
        words = (
            "No domain is declared whose SPF record forbids the vantage to send (spf_fail_domain)."
        )
        return [Finding(NOT_APPLICABLE, words)] if sent else outcomes.nothing(context, "spoof")
    inquiry = mail_flow_queries.forbidden(post.seen)
    view = View(context, "")
    try:
        result = view.lead(inquiry) if inquiry else "none"
    except UnseenError as exc:
        closed = blind(context)
        return [
            post.say(UNKNOWN, closed.sentence if closed else f"Not seen: {str(exc).rstrip('.')}.")
        ]
    except PermError as exc:
        result = f"permerror ({exc})"
    if result != "fail":
        domain = post.seen["params"]["names"]["forbidding"]
        return [
            post.say(
                UNKNOWN,
                (
                    f"SPF of {domain} does not forbid {post.seen['source']} to send, but gives "
                    f"{result}."
                ),
            )
        ]
    if post.state == outcomes.REFUSED and not _BY_POLICY.search(re.sub("<[^>]*>", "", post.reply)):
        return [
            post.say(
                UNKNOWN, f"It was refused for another reason than SPF: {post.reply.rstrip('.')}."
            )
        ]
    return [_decide(context, post, "A sender that SPF forbids", _forbidden)]


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
            "A message from outside in the name of a user here",
            envelope_spoofing_rejected,
        ),
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
            "own_author", "A message from outside with a user here in From", from_spoofing_detected
        ),
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
        id="multiple_from_rejected",
        title="A message with two From fields is rejected, marked as spam or repaired",
        title_failed="Message with two From fields delivered unchanged",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received("two_authors", "A message with two From fields", multiple_from_rejected),
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
        evaluate=received("no_author", "A message without From", missing_from_rejected),
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
            "forged_results", "A message with made-up results", forged_results_removed
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
        evaluate=received("forged_trace", "A message with a made-up trace", forged_trace_harmless),
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
    Check(
        id="spam_noticed",
        title="An incoming GTUBE spam test message is rejected or marked as spam",
        title_failed="Incoming GTUBE spam test message delivered unmarked",
        group="spoofing",
        severity="medium",
        opt_in="mail",
        evaluate=received("gtube", "The test string of spam filters", spam_noticed),
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
