# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signing rows of the catalogue, about what users send out: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .mail_flow import outbound

RFC = "https://www.rfc-editor.org/rfc/"
HOSTED = ("mail-tester and MECSA (hosted by others, who get your mail)",)

ROWS = (
    Check(
        "outbound_signature",
        ("SGN-01",),
        "What users send is signed in the name of their domain, and the signature is sound",
        "signing",
        "high",
        outbound.judge_signature,
        "Without a DKIM signature that verifies, large receivers refuse your users' mail or put it into junk, and nobody can tell it from forged "
        "mail. A signature that leaves a header field or the end of the body open lets others add to a message that you signed.",
        "Publish the record that the opendkim role returns for each domain. The role signs what comes by the submission listeners "
        "(milter_macro_daemon_name = ORIGINATING) and oversigns From, Subject and Date; leave OversignHeaders and SignHeaders as they are.",
        "OpenDKIM: Mode sv, OversignHeaders From,Subject,Date and no BodyLengths; rspamd: sign_headers with (o). Publish a key of 2048 bits for "
        "the selector.",
        (RFC + "rfc6376#section-6.1", RFC + "rfc8301", RFC + "rfc8463"),
        HOSTED,
        opt_in="mail",
    ),
    Check(
        "outbound_address",
        ("SGN-02",),
        "The address that mail really comes from may send, and has the name that it gives",
        "signing",
        "high",
        outbound.judge_address,
        "Receivers look at the address that connects to them, which need not be one that your records speak of: another interface, an IPv6 "
        "address, a way through a proxy. Where SPF does not allow it or its names do not match, mail is refused.",
        "Add every address of the host to the SPF record of its domains (mx or ip4: and ip6:), and have its owner set the reverse name to "
        "postfix_hostname. Or bind Postfix to the addresses that are there: smtp_bind_address and smtp_bind_address6 in postfix_settings.",
        "The same. Exim: interface and helo_data of the transport remote_smtp.",
        (RFC + "rfc7208#section-2.4", RFC + "rfc5321#section-4.1.4"),
        (*HOSTED, "Internet.nl (the addresses of the MX instead)"),
        opt_in="mail",
    ),
    Check(
        "submission_privacy",
        ("SGN-03",),
        "What a user sends does not tell from where",
        "signing",
        "low",
        outbound.judge_privacy,
        "The address of a user's line at home, or the name of a machine in the house, in the header of each message tells every correspondent "
        "where somebody is, and a burglar or a stalker that nobody is at home.",
        "Leave cleanup_service_name of the submission listeners as the postfix role sets it: submission-cleanup rewrites that one line.",
        "Postfix: a cleanup service of its own for the submission listeners, with header_checks that replace the Received line. Exim: "
        "received_header_text that omits the client where $authenticated_id is set.",
        (RFC + "rfc5321#section-7.6", "https://www.postfix.org/header_checks.5.html"),
        opt_in="mail",
    ),
    Check(
        "submission_senders",
        ("RLY-26",),
        "Whoever is logged in sends by the own address only",
        "signing",
        "high",
        outbound.judge_senders,
        "One stolen password would be enough to write in the name of every user, or to bounce mail off strangers; and your signature stands under it.",
        "Leave reject_sender_login_mismatch in smtpd_sender_restrictions of the submission listeners; give users more addresses by postfix_aliases.",
        "Postfix: smtpd_sender_login_maps and reject_sender_login_mismatch. Exim: deny in acl_smtp_mail unless $sender_address belongs to "
        "$authenticated_id.",
        (RFC + "rfc6409#section-6.1", "https://www.postfix.org/postconf.5.html#reject_sender_login_mismatch"),
        opt_in="mail",
    ),
    Check(
        "submission_author",
        ("RLY-26",),
        "Whoever is logged in is the author that the message names",
        "signing",
        "low",
        outbound.judge_author,
        "People look at From, not at the sender of the envelope. Where users may write anything there, one of them can pass for the head of the "
        "house, with a valid signature. Many hosts leave this open on purpose, for shared and role addresses.",
        "The roles do not do this. If your policy wants it (policy_changes: author_is_login), have a milter compare From with the login.",
        "Exim: compare $h_From: with $authenticated_id in acl_smtp_data. Postfix needs a milter.",
        (RFC + "rfc6409#section-8.1",),
        opt_in="mail",
    ),
    Check(
        "outbound_spam",
        ("CNT-04",),
        "Spam is not sent on for a user",
        "signing",
        "medium",
        outbound.judge_spam,
        "With one stolen password a thief sends until the whole world refuses your mail. A filter on the way out notices what every filter knows.",
        "The roles limit how much a client may send, and do not look into users' mail. If your policy wants it (policy_changes: outbound_filter), "
        "take -I out of the options of spamass-milter.",
        "Let the filter look at authenticated mail too. rspamd does so unless a settings rule for authenticated users says otherwise.",
        ("https://spamassassin.apache.org/gtube/", RFC + "rfc5068#section-3.2"),
        opt_in="mail",
    ),
    Check(
        "smuggling_outbound",
        ("SMG-04",),
        "Nothing that another server could take for the end of a message leaves this one",
        "signing",
        "high",
        outbound.judge_breaks,
        "A user, or a thief with a user's password, writes a message with a false end. This server passes it on as it is, and a careless one "
        "takes what follows for a second message, with any sender that your server may write for: SPF and DMARC then vouch for the forgery.",
        "Keep smtpd_forbid_bare_newline = normalize, and a Postfix that has cleanup_replace_stray_cr_lf (3.6.14, 3.7.10, 3.8.5, 3.9 or newer).",
        "Postfix: the same. Exim: 4.97.1 or newer, or Debian's package of 2024.",
        ("https://www.postfix.org/smtp-smuggling.html", RFC + "rfc5321#section-2.3.8"),
        ("SMTP-Smuggling-Tools (with a server to read by eye)",),
        opt_in="mail",
    ),
)
