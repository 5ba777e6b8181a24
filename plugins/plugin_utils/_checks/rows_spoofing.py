# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spoofing rows of the catalogue, about what comes in with a lie in it: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .mail_flow import inbound

RFC = "https://www.rfc-editor.org/rfc/"

ROWS = (
    Check(
        "own_domain_refused",
        ("SPO-01",),
        "Nobody outside sends to users here in the name of users here",
        "spoofing",
        "high",
        inbound.judge_own_envelope,
        "A message from a colleague's address is believed. Your own users log in to send, so whoever comes to port 25 with such a sender is "
        "somebody else.",
        "Leave check_sender_access with the own domains in smtpd_sender_restrictions of port 25; the postfix role sets it.",
        "Postfix: smtpd_sender_restrictions = check_sender_access with your domains and REJECT, on port 25 only. Exim: deny in acl_smtp_mail "
        "where sender_domains is +local_domains and nobody is authenticated.",
        (RFC + "rfc7208#section-8.4", "https://www.postfix.org/postconf.5.html#check_sender_access"),
        ("Artemis (does not tell mail to users here from mail to others)",),
        opt_in="mail",
    ),
    Check(
        "own_author_refused",
        ("SPO-02",),
        "Mail from outside with a user here in From is noticed",
        "spoofing",
        "medium",
        inbound.judge_own_author,
        "People look at From, which the envelope need not agree with. DMARC is what compares the two, for your own domain as for any other.",
        "The roles do not judge incoming mail by DMARC yet. If your policy wants it (policy_changes: incoming_authentication), add a milter that "
        "does to postfix_milters.",
        "Postfix: OpenDMARC with RejectFailures, or rspamd. Exim: dmarc_status in acl_smtp_data.",
        (RFC + "rfc7489#section-6.6", RFC + "rfc9989"),
        opt_in="mail",
    ),
    Check(
        "one_author",
        ("SPO-03",),
        "A message with two From fields is not delivered as it is",
        "spoofing",
        "medium",
        inbound.judge_two_authors,
        "The checks look at one of them and the user's program shows the other, so that a forgery comes with the marks of an honest message.",
        "Leave RequiredHeaders of the opendkim role as it is.",
        "OpenDKIM: RequiredHeaders yes. rspamd: a reject for MULTIPLE_FROM. Exim: count $rheader_From: in acl_smtp_data.",
        (RFC + "rfc5322#section-3.6", RFC + "rfc6376#section-8.15", RFC + "rfc7489#section-6.6.1"),
        opt_in="mail",
    ),
    Check(
        "some_author",
        ("SPO-03",),
        "A message without From is not delivered as it is",
        "spoofing",
        "low",
        inbound.judge_no_author,
        "Where there is no author, DMARC has nothing to look up, and programs show something else in its place: the sender that was made up for "
        "the envelope, or nothing.",
        "Leave the score of MISSING_FROM in the spamassassin role as it is, and its milter in postfix_milters.",
        "SpamAssassin: a high score for MISSING_FROM. rspamd: a reject for it. Exim: require verify = header_syntax and $h_From: in acl_smtp_data.",
        (RFC + "rfc5322#section-3.6", RFC + "rfc7489#section-6.6.1"),
        opt_in="mail",
    ),
    Check(
        "forged_results_removed",
        ("SPO-04",),
        "Results of checks in this host's name that the sender made up are taken out",
        "spoofing",
        "medium",
        inbound.judge_results,
        "Filters and mail programs believe the field Authentication-Results with this host's name in it. If it may come with the message, a "
        "forgery brings its own certificate of good conduct.",
        "Leave header_checks of the postfix role as it is: every such field is taken out, in whatever way it is written.",
        "Postfix: header_checks with /^Authentication-Results:/ IGNORE on port 25. Exim: headers_remove in the routers for local mail, before "
        "your own is added. OpenDKIM's own removal misses names in capitals and after a comment.",
        (RFC + "rfc8601#section-5",),
        opt_in="mail",
    ),
    Check(
        "forged_trace_harmless",
        ("SPO-05",),
        "A spam filter's marks and a sender that the message brought along are not delivered",
        "spoofing",
        "medium",
        inbound.judge_trace,
        "Rules of users read X-Spam-Status and the like, and programs read Return-Path. If the sender may write them, spam says of itself that "
        "it is none.",
        "Keep spamass-milter in postfix_milters: it replaces the marks of others by its own. Postfix and Dovecot write Return-Path anew.",
        "Take X-Spam-* out on port 25 before your own filter writes them; Postfix: header_checks with /^X-Spam-/ IGNORE.",
        (RFC + "rfc5321#section-4.4",),
        opt_in="mail",
    ),
    Check(
        "spam_noticed",
        ("CNT-01",),
        "The string that every spam filter must notice is noticed",
        "spoofing",
        "medium",
        inbound.judge_gtube,
        "If this passes, the filter is not there, is down while mail goes around it, or has been told to look away.",
        "Keep spamass-milter in postfix_milters, and milter_default_action = tempfail.",
        "Connect SpamAssassin or rspamd as a milter, and see that it runs.",
        ("https://spamassassin.apache.org/gtube/",),
        ("docker-mailserver's own tests",),
        opt_in="mail",
    ),
    Check(
        "spf_enforced",
        ("SPF-IN",),
        "A sender whose domain forbids it by SPF is noticed",
        "spoofing",
        "medium",
        inbound.judge_forbidden,
        "A domain whose record ends in -all says that nobody else sends for it. A host that does not look takes forgeries of banks as it takes "
        "honest mail.",
        "The roles do not judge incoming mail by SPF yet. If your policy wants it (policy_changes: incoming_authentication), name a policy "
        "service in postfix_mx_restrictions or a milter in postfix_milters.",
        "Postfix: policyd-spf, or rspamd. Exim: spf in acl_smtp_rcpt.",
        (RFC + "rfc7208#section-8.4",),
        opt_in="mail",
    ),
)
