# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a user sends out: whether it is signed, from where it comes, what it tells, in
whose name it may be.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
    is_name,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling

from ..._dns import domain_queries, mail_flow_queries
from ..._dns.message import author
from ..._dns.queries import UnseenError, addresses, within
from ..._dns.spf_record import PermError
from ..base import Check, rfc
from ..dns import dkim
from ..dns.lookup import View, blind
from ..tls import x509
from . import dkim_verify, outcomes

if t.TYPE_CHECKING:
    from ..._dns import dkim as wire
    from ..base import AuditContext
    from .outcomes import Post

#: Fields that the probe itself wrote, or that may repeat what it wrote.
_OURS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    messages.MARK.lower(),
    "auto-submitted",
    "dkim-signature",
)
_FOR = re.compile(r"\bfor\s+<[^>]*>")


def per_listener(
    name: str, look: t.Callable[[AuditContext, Post], t.Iterable[Finding]]
) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of one message on every listener that it was submitted to."""

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        findings: list[Finding] = []
        for post in outcomes.submitted(context, name):
            missing = outcomes.barred(post.seen)
            findings += [missing] if missing else look(context, post)
        return findings or outcomes.nothing(context, "submit")

    return evaluate


def outbound_signature(context: AuditContext, post: Post) -> t.Iterable[Finding]:
    """SGN-01: what a user sends bears a signature of the user's domain that verifies and that
    nothing can be added to.
    """
    if post.text is None:
        yield post.unseen("A message to the canary")
        return
    domain = author(post.found.first("From"))
    found = mail_flow_queries.signatures(post.found)
    mine = [
        one
        for one in found
        if one.domain and (within(domain, one.domain) or within(one.domain, domain))
    ]
    if not mine:
        others = ", ".join(sorted({one.domain for one in found}))
        extra = f": only {others} signed it" if others else ""
        yield post.say(
            FAIL, f"What a user of {domain} sends is not signed in the name of {domain}{extra}."
        )
        return
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        yield post.say(
            UNKNOWN,
            "The Python package cryptography is missing, so the signature cannot be verified.",
        )
        return
    try:
        results = [(one, _problems(context, post, one)) for one in mine]
    except UnseenError as exc:
        closed = blind(context)
        yield post.say(
            UNKNOWN, closed.sentence if closed else f"The key was not seen: {str(exc).rstrip('.')}."
        )
        return
    good = [f"{one.domain} ({one.algorithm})" for one, wrong in results if not wrong]
    if good:
        yield post.say(
            PASS, f"The message arrived with a signature that verifies, of {', '.join(good)}."
        )
    else:
        one, wrong = results[0]
        yield post.say(
            FAIL,
            (
                f"The signature of {one.domain} (selector {one.selector}) is not sound: "
                f"{'; '.join(wrong)}."
            ),
        )


def _problems(context: AuditContext, post: Post, one: wire.Signature) -> list[str]:
    """What is wrong with a signature or its key; raises UnseenError."""
    view = View(context, f"{one.selector}._domainkey.{one.domain}")
    answer = view.lead(domain_queries.selector(one.selector, one.domain))
    if len(answer.records) != 1:
        many = f"there are {len(answer.records)} records at {view.subject}"
        return [many if answer.records else "no key is published at " + view.subject]
    key = dkim.key(answer.records[0])
    wrong = dkim_verify.wrong(post.found, one, key)
    if wrong:
        return [wrong, *key.problems]
    expires = one.values.get("x", "")
    late = (
        ["it has expired (x=)"]
        if expires.isdigit() and len(expires) < 13 and int(expires) < context.now.timestamp()
        else []
    )
    weak = dkim.strength(key)
    return [
        *key.problems,
        *([weak] if weak else []),
        *late,
        *dkim_verify.weaknesses(post.found, one),
    ]


def outbound_address(context: AuditContext) -> list[Finding]:
    """SGN-02: the address that mail really comes from may send for its domain, and has the name
    that it gives.
    """
    plain = [post for name in ("plain",) for post in outcomes.submitted(context, name)]
    arrivals = [
        arrival for seen in context.of("submit") for arrival in seen["facts"].get("arrivals", ())
    ]
    findings: list[Finding] = []
    for way in sorted({mail_flow_queries.path(arrival) for arrival in arrivals}):
        view = View(context, f"mail from {way.peer}")
        try:
            wrong = list(_egress(view, way))
        except UnseenError as exc:
            closed = blind(context)
            findings.append(
                view.say(
                    UNKNOWN, closed.sentence if closed else f"Not seen: {str(exc).rstrip('.')}."
                )
            )
            continue
        good = f"{way.peer} may send for {way.domain or way.helo}, and is {way.helo} both ways."
        findings.append(view.say(FAIL, _sentence(wrong)) if wrong else view.say(PASS, good))
    if findings:
        return findings
    unseen = [
        outcomes.barred(post.seen) or post.unseen("A message to the canary") for post in plain
    ]
    return unseen or outcomes.nothing(context, "submit")


def _sentence(wrong: t.Sequence[str]) -> str:
    text = "; ".join(wrong) + "."
    return text[0].upper() + text[1:]


def _egress(view: View, way: mail_flow_queries.Path) -> t.Iterable[str]:
    domain = way.domain or way.helo
    check = mail_flow_queries.sender(way)
    try:
        result = view.lead(check.decide(domain)) if is_name(domain) else "none"
    except PermError as exc:
        result = f"permerror ({exc})"
    if result != "pass":
        yield (
            f"SPF of {domain or 'nobody'} gives {result} for {way.peer}, which the message came "
            "from"
        )
    pointer, back = view.lead(domain_queries.pointers(way.peer))
    own = [name for name, answer in back if way.peer in answer.records]
    if not pointer.records:
        yield f"{way.peer} has no reverse name"
    elif not own:
        yield (
            f"the reverse name of {way.peer} ({pointer.records[0].rstrip('.')}) does not lead "
            "back to it"
        )
    if not is_name(way.helo):
        yield f"it called itself {way.helo!r}, which is no name"
    elif not any(way.peer in answer.records for answer in view.lead(addresses(way.helo))):
        yield f"it called itself {way.helo}, which is not a name of {way.peer}"


def submission_privacy(_context: AuditContext, post: Post) -> t.Iterable[Finding]:
    """SGN-03: what a user sends does not tell from where."""
    if post.text is None:
        yield post.unseen("A message to the canary")
        return
    source, helo = post.seen["source"], post.seen["params"]["helo"]
    patterns = {
        source: rf"(?<![0-9A-Fa-f.:]){re.escape(source)}(?![0-9A-Fa-f.:]*[0-9A-Fa-f:])",
        helo: rf"(?i)(?<![\w.-]){re.escape(helo)}(?![\w.-])",
    }
    told = [
        f"{field.name} tells {word}"
        for field in post.found.fields
        if field.name.lower() not in _OURS
        for word, pattern in patterns.items()
        if word and re.search(pattern, _FOR.sub("", field.value.replace("IPv6:", "")))
    ]
    if told:
        yield post.say(
            FAIL,
            (
                "Whoever gets a user's message learns where it was written: "
                f"{'; '.join(dict.fromkeys(told))}."
            ),
        )
    else:
        yield post.say(
            PASS,
            (
                f"Neither the user's address ({source}) nor the name of the user's machine is in "
                "the "
                "message."
            ),
        )


def submission_senders(context: AuditContext) -> list[Finding]:
    """RLY-26: a user who is logged in sends by the user's own address only."""
    whose = {
        "sender_nobody": "an address of this host that is not the user's",
        "sender_stranger": "a stranger's address",
    }
    return [
        finding
        for name, words in whose.items()
        for finding in per_listener(name, _refused(words))(context)
    ]


def _refused(words: str) -> t.Callable[[AuditContext, Post], t.Iterable[Finding]]:
    def look(_context: AuditContext, post: Post) -> t.Iterable[Finding]:
        if post.state == outcomes.REFUSED:
            yield post.say(
                PASS, f"A user who sends by {words} is refused: {post.reply.rstrip('.')}."
            )
        elif post.state in (outcomes.HERE, outcomes.MISSING):
            arrived = (
                ", and the message arrived at the canary" if post.state == outcomes.HERE else ""
            )
            yield post.say(FAIL, f"A user may send by {words}: {post.reply.rstrip('.')}{arrived}.")
        else:
            yield post.unseen(f"A message by {words}")

    return look


def submission_author(context: AuditContext, post: Post) -> t.Iterable[Finding]:
    """RLY-26, in the header: From is the user's own."""
    if post.state == outcomes.REFUSED:
        yield post.say(
            PASS, f"A message that names another author is refused: {post.reply.rstrip('.')}."
        )
    elif post.state not in (outcomes.HERE, outcomes.MISSING):
        yield post.unseen("A message that names another author")
    elif post.text is not None and post.token not in post.found.first("From"):
        yield post.say(PASS, f"From was rewritten to {post.found.first('From')}.")
    elif context.policy["author_is_login"]:
        yield post.say(
            FAIL,
            f"A user may send with another user of the domain in From: {post.reply.rstrip('.')}.",
        )
    else:
        yield post.say(
            NOT_APPLICABLE,
            "A user may name another author of the domain; the policy allows it (author_is_login).",
        )


def outbound_spam(context: AuditContext, post: Post) -> t.Iterable[Finding]:
    """CNT-04: spam is not sent on for a user, who may be a thief."""
    if post.state == outcomes.REFUSED:
        yield post.say(
            PASS,
            (
                "The test string of spam filters is refused from a user as well: "
                f"{post.reply.rstrip('.')}."
            ),
        )
    elif post.state not in (outcomes.HERE, outcomes.MISSING):
        yield post.unseen("The test string of spam filters")
    elif context.policy["outbound_filter"]:
        yield post.say(
            FAIL,
            f"The test string of spam filters is sent on for a user: {post.reply.rstrip('.')}.",
        )
    else:
        yield post.say(
            NOT_APPLICABLE,
            "What users send is not looked at for spam; the policy allows it (outbound_filter).",
        )


def smuggling_outbound(context: AuditContext) -> list[Finding]:
    """SMG-04: nothing that another server could take for the end of a message leaves this one."""
    return [
        finding
        for name in ("breaks_lf", "breaks_cr", "breaks_dot")
        for finding in per_listener(name, _breaks)(context)
    ]


def _breaks(_context: AuditContext, post: Post) -> t.Iterable[Finding]:
    if post.state == outcomes.REFUSED:
        yield post.say(
            PASS,
            (
                f"A user's message with false ends ({_variants(post)}) is refused: "
                f"{post.reply.rstrip('.')}."
            ),
        )
        return
    if post.arrival is None:
        yield post.unseen(f"A message with false ends ({_variants(post)})")
        return
    octets = mail_flow_queries.raw(post.arrival)
    through = [
        variant for variant in messages.BY_ID[post.id].breaks if smuggling.ending(variant) in octets
    ]
    if through:
        yield post.say(FAIL, f"This went out as it was written: {', '.join(through)}.")
    elif messages.LAST.encode("ascii") not in octets:
        yield post.say(
            FAIL, f"The message ended too early: one of {_variants(post)} was taken for its end."
        )
    else:
        yield post.say(PASS, f"None of {_variants(post)} went out as it was written.")


def _variants(post: Post) -> str:
    return ", ".join(messages.BY_ID[post.id].breaks)


CHECKS = (
    Check(
        id="outbound_signature",
        title="Submitted mail has a valid, aligned, oversigned DKIM signature without l=",
        title_failed="Submitted mail without a valid aligned DKIM signature",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=per_listener("plain", outbound_signature),
        impact=(
            "Large receivers reject the mail or mark it as spam. Without oversigning, or with l=, "
            "an attacker can add header fields or text to a signed message."
        ),
        fix={
            "roles": (
                "Publish the record in opendkim_records. Remove SignHeaders and OversignHeaders "
                "from opendkim_settings, and milter_macro_daemon_name from postfix_settings."
            ),
            "exim": (
                "Set dkim_domain, dkim_selector, dkim_private_key and dkim_sign_headers = "
                "_DKIM_OVERSIGN_HEADERS in the remote_smtp transport."
            ),
            "opendkim": (
                "Set Mode sv, OversignHeaders From,Subject,Date and SignatureAlgorithm "
                "rsa-sha256, and remove BodyLengths. Use a key of 2048 bits."
            ),
            "dns": "Publish the public key at SELECTOR._domainkey.DOMAIN, without t=y.",
            "any": (
                "Sign with the user's domain, and oversign From, Subject and Date (Rspamd: "
                "sign_headers with (o))."
            ),
        },
        references=(rfc(6376, "6.1"), rfc(8301), rfc(8463)),
        peers=("mail-tester and MECSA (hosted by others, who get your mail)",),
    ),
    Check(
        id="outbound_address",
        title="The egress address seen by a receiver passes SPF, FCrDNS and HELO lookup",
        title_failed="Egress address fails SPF, FCrDNS or HELO lookup",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=outbound_address,
        impact=(
            "Receivers check the connecting address, which may be another interface, an IPv6 "
            "address or a proxy. Where SPF or its names fail, mail is rejected."
        ),
        fix={
            "roles": (
                "Publish every egress address in SPF and PTR records, or set smtp_bind_address "
                "and smtp_bind_address6 in postfix_settings."
            ),
            "postfix": (
                "Set smtp_bind_address and smtp_bind_address6 to addresses that SPF permits, and "
                "myhostname to their name."
            ),
            "exim": "Set interface and helo_data of the remote_smtp transport.",
            "dns": (
                "Publish the address in the SPF record, a PTR record with the host name, and that "
                "name's A or AAAA record."
            ),
        },
        references=(rfc(7208, "2.4"), rfc(5321, "4.1.4")),
        peers=(
            "mail-tester and MECSA (hosted by others, who get your mail)",
            "Internet.nl (the addresses of the MX instead)",
        ),
    ),
    Check(
        id="submission_privacy",
        title="Headers of submitted mail reveal neither client IP address nor HELO name",
        title_failed="Client IP address or HELO name in the header of submitted mail",
        group="signing",
        severity="low",
        opt_in="mail",
        evaluate=per_listener("plain", submission_privacy),
        impact=(
            "Every recipient learns from which network and computer a user writes, and so where "
            "the user is."
        ),
        fix={
            "roles": (
                "The postfix role sets cleanup_service_name = submission-cleanup for the "
                "submission listeners. Run the role again."
            ),
            "postfix": (
                "Set cleanup_service_name of the submission listeners to a cleanup service with "
                "header_checks that replace the Received line."
            ),
            "exim": "Set received_header_text to omit the client where $authenticated_id is set.",
            "opensmtpd": "Set mask-src in the listen line of submission.",
            "any": "Remove the client's address and name from Received and X-Originating-IP.",
        },
        references=(rfc(5321, "7.6"), "https://www.postfix.org/header_checks.5.html"),
    ),
    Check(
        id="submission_senders",
        title="An authenticated user can use only their own address in MAIL FROM",
        title_failed="Authenticated user can use a foreign address in MAIL FROM",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=submission_senders,
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
        impact=(
            "One user can pass as another, with a valid DKIM signature. Many hosts permit it on "
            "purpose, so it is demanded only with policy_changes: {author_is_login: true}."
        ),
        fix={
            "roles": (
                "The roles do not do this. If the policy demands it, add a milter that compares "
                "From with the login to postfix_milters."
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
            "exim": "Upgrade to 4.97.1 or to a package with the fix (Debian 12: 4.96-15+deb12u4).",
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": "Reject or normalize bare CR and LF in submitted mail.",
        },
        references=("https://www.postfix.org/smtp-smuggling.html", rfc(5321, "2.3.8")),
        peers=("SMTP-Smuggling-Tools (with a server to read by eye)",),
    ),
)
