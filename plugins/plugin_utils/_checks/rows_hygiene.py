# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hygiene rows of the catalogue: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from . import mailstore, smtp_conformance
from .base import Check

RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321"

ROWS = (
    Check(
        "users_not_disclosed",
        ("ENU-01",),
        "VRFY does not tell who has an account",
        "hygiene",
        "low",
        mailstore.judge_disclosed,
        "Spammers and password guessers ask for names until they have the list of your users.",
        "Keep disable_vrfy_command = yes; the postfix role sets it.",
        "Postfix: disable_vrfy_command = yes. Exim: leave acl_smtp_vrfy unset.",
        (RFC5321 + "#section-3.5.3", RFC5321 + "#section-7.3"),
        ("nmap smtp-enum-users",),
    ),
    Check(
        "lists_not_disclosed",
        ("ENU-02",),
        "EXPN does not tell who is behind an address",
        "hygiene",
        "low",
        smtp_conformance.judge_expn,
        "EXPN takes an alias apart: it tells who reads the postmaster's mail, and lists the members of a mailing list.",
        "Nothing to set: Postfix has no EXPN.",
        "Sendmail: define(`confPRIVACY_FLAGS', `goaway'). Exim: leave acl_smtp_expn unset. Postfix has no EXPN.",
        (RFC5321 + "#section-3.5.2", RFC5321 + "#section-7.3"),
        ("nmap smtp-enum-users",),
    ),
    Check(
        "unknown_users_refused",
        ("ENU-03",),
        "Mail for users who do not exist is refused at once",
        "hygiene",
        "low",
        smtp_conformance.judge_unknown_user,
        "A server that takes mail for everybody must send it back later, to senders that spammers made up, and is listed for that; or it is a "
        "catch-all, which collects what others mistype and all that spammers guess. (Refusing tells names apart, which cannot be helped.)",
        "Keep smtpd_reject_unlisted_recipient and the tables of mailboxes as the postfix role writes them; leave catch-all aliases out.",
        "Postfix: local_recipient_maps, virtual_mailbox_maps and relay_recipient_maps that list all users. Exim: verify = recipient in "
        "acl_smtp_rcpt.",
        ("https://www.postfix.org/BACKSCATTER_README.html", RFC5321 + "#section-6.2"),
        ("nmap smtp-enum-users (takes a catch-all for a list of users)",),
    ),
    Check(
        "no_version_told",
        ("BAN-01",),
        "No service tells its version",
        "hygiene",
        "info",
        smtp_conformance.judge_version,
        "A version in the greeting lets whoever has a new exploit pick the hosts that it fits from a list. It opens nothing, and hides little.",
        "Keep smtpd_banner as the postfix role sets it.",
        "Exim: smtp_banner = $primary_hostname ESMTP. Sendmail: define(`confSMTP_LOGIN_MSG', `$j ESMTP') and an empty helpfile. "
        "Postfix: leave $mail_version out of smtpd_banner.",
        ("https://www.rfc-editor.org/rfc/rfc5321#section-4.3.1",),
        ("nmap smtp-commands (lists only)", "mxcheck", "DomainDetective"),
    ),
    Check(
        "greeting_name",
        ("BAN-02",),
        "The server calls itself by one full name",
        "hygiene",
        "low",
        smtp_conformance.judge_name,
        "The name in the greeting is the one that the host also uses when it sends. One that is no full host name, or that changes, makes others "
        "refuse its mail, and logs hard to read.",
        "Set mail_hostname to the full name of the host.",
        "Postfix: myhostname. Exim: primary_hostname. Sendmail: a full name in /etc/hosts.",
        (RFC5321 + "#section-4.3.1", RFC5321 + "#section-4.1.1.1"),
        ("DomainDetective",),
    ),
    Check(
        "postmaster_accepted",
        ("HYG-01",),
        "The postmaster can be written to",
        "hygiene",
        "medium",
        smtp_conformance.judge_postmaster,
        "Whoever has trouble with your server writes to its postmaster, and so do those who would otherwise block it. The address must "
        "exist, with and "
        "without the domain, and take mail without a sender, such as bounces.",
        "The postfix role makes it; name who reads it in mail_aliases.",
        "Postfix: postmaster in alias_maps or virtual_alias_maps, for each domain. Do not refuse the sender <>.",
        (RFC5321 + "#section-4.5.1",),
        ("Mail-in-a-Box (looks at its own aliases only)",),
    ),
    Check(
        "abuse_accepted",
        ("HYG-01",),
        "The abuse desk can be written to",
        "hygiene",
        "low",
        smtp_conformance.judge_abuse,
        "Spam from a stolen account is reported to abuse@ of your domain. Where nobody reads it the first you hear is that you are on a blocklist.",
        "The postfix role makes it; name who reads it in mail_aliases.",
        "Add abuse for each domain to the aliases, beside postmaster.",
        ("https://www.rfc-editor.org/rfc/rfc2142#section-2", "https://www.rfc-editor.org/rfc/rfc2142#section-4"),
        ("Mail-in-a-Box (looks at its own aliases only)",),
    ),
    Check(
        "minimum_limits",
        ("HYG-02",),
        "Lines and addresses may be as long as the standard says",
        "hygiene",
        "low",
        smtp_conformance.judge_limits,
        "A server that takes less than every sender may count on loses mail that nothing is wrong with, now and then and without a pattern.",
        "Leave line_length_limit alone; the postfix role does not set it.",
        "Postfix and Exim: nothing to set; look for a filter or firewall in front. Sendmail takes one octet less than it should in an "
        "address: waive it.",
        (RFC5321 + "#section-4.5.3.1",),
    ),
    Check(
        "size_limit",
        ("HYG-03",),
        "The largest message is stated, and a larger one refused before it is sent",
        "hygiene",
        "low",
        smtp_conformance.judge_size,
        "Without a limit one sender fills the disk. Where it is not held to before the text is sent, a message that cannot be taken is sent "
        "again and "
        "again, for days.",
        "Set postfix_message_size_limit; the postfix role states it.",
        "Postfix: message_size_limit. Exim: message_size_limit. Sendmail: define(`confMAX_MESSAGE_SIZE', `52428800').",
        ("https://www.rfc-editor.org/rfc/rfc1870#section-6.1",),
    ),
    Check(
        "promises_kept",
        ("HYG-08",),
        "What EHLO offers works",
        "hygiene",
        "low",
        smtp_conformance.judge_promised,
        "A sender uses what it is offered. Where that then fails, its mail is refused, often by a filter in front of the server that "
        "promises for it.",
        "Leave smtpd_discard_ehlo_keywords as the postfix role sets it.",
        "Postfix: name in smtpd_discard_ehlo_keywords what a proxy or filter in front cannot do. Others: let the proxy pass only what it knows.",
        (RFC5321 + "#section-2.2",),
    ),
    Check(
        "old_commands_refused",
        ("HYG-07", "RLY-23"),
        "Commands of the past are refused",
        "hygiene",
        "low",
        smtp_conformance.judge_verbs,
        "DEBUG once gave a shell to strangers, VERB shows how mail is delivered here, TURN hands your mail to whoever asks for it.",
        "Nothing to set: Postfix does not know them.",
        "Sendmail: define(`confPRIVACY_FLAGS', `goaway'). Others do not know them; look for what is in front of the server.",
        (RFC5321 + "#appendix-F.1", "https://www.rfc-editor.org/rfc/rfc2505#section-2.11"),
    ),
    Check(
        "browsers_refused",
        ("HYG-05", "HYG-07"),
        "A web browser that is sent here gets nothing done",
        "hygiene",
        "low",
        smtp_conformance.judge_browser,
        "A web page can make a visitor's browser talk to a mail server inside the visitor's network, with commands in the form that it sends. "
        "A server that forgives the lines it does not understand then carries out the others, and trusts them for where they come from.",
        "Keep smtpd_forbidden_commands at its default and smtpd_forbid_unauth_pipelining = yes; the postfix role sets the latter.",
        "Postfix: smtpd_forbidden_commands = CONNECT GET POST (the default). Exim: leave smtp_enforce_sync on. Sendmail: on by default.",
        ("https://alpaca-attack.com/", "https://www.postfix.org/postconf.5.html#smtpd_forbidden_commands"),
    ),
)
