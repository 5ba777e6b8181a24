# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that port 25 rejects relaying for external clients, and for good (RFC 2505, RFC 5321
section 7.9).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses

from ..base import AuditContext, Check, Observation, finding, per_endpoint, rfc
from . import attempts, declared_relay, fixes, proof, replies

SERVICES = ("smtp",)


def relay_third_party(context: AuditContext, session: Observation) -> list[Finding]:
    """Two plain recipients and the harmless variants of one, from an external sender; from the null
    sender where no stranger_domain is given and the one that stands for it is rejected.
    """
    has_form = attempts.has_form(*replies.STRANGERS, *relay_addresses.VARIANTS)
    seen = proof.of_endpoint(context, session["service"], session["address"])
    made_up = [
        attempts.has_made_up_sender(view)
        for view in seen.views
        if view.attempt["sender"] == "stranger" and has_form(view)
    ]
    sender = "null" if made_up and all(made_up) else "stranger"
    found = attempts.evaluate_selected(
        context,
        session,
        lambda view: view.attempt["sender"] == sender and has_form(view),
        ("clear",),
    )
    return [item._replace(caused_by="") for item in found]


def relay_null_sender(context: AuditContext, session: Observation) -> list[Finding]:
    """The null sender, which every server has to accept for its own recipients (RFC 5321 section
    4.5.5).
    """
    has_form = attempts.has_form(*replies.STRANGERS)
    return attempts.evaluate_selected(
        context,
        session,
        lambda view: view.attempt["sender"] == "null" and has_form(view),
        ("clear",),
    )


def relay_after_starttls(context: AuditContext, session: Observation) -> list[Finding]:
    """The same inside TLS, under every sender and HELO name, and in a resumed session."""
    views = replies.views(context, session["service"], session["address"])
    group = [
        view
        for view in views
        if view.connection_state in ("starttls", "resumed") and attempts.is_external(view)
    ]
    if not group:
        return [attempts.no_tls_finding(session)]
    return list(attempts.by_name(context, session, group, views))


def relay_refusal_is_permanent(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A 4yz rejection of relaying keeps senders trying for days."""
    seen = proof.of_endpoint(context, session["service"], session["address"])
    group = [view for view in seen.views if view.attempt["form"] in ("plain", "second_stranger")]
    rejected = [view for view in group if view.state in replies.REJECTIONS]
    counting = [view for view in rejected if seen.counts(view)]
    soft = [view for view in counting if view.state == replies.REFUSED_FOR_NOW]
    hard = [view for view in counting if view.state in (replies.REFUSED, replies.LATE_REFUSED)]
    if soft or hard:
        view = (soft or hard)[0]
        status, manner = (FAIL, "temporary") if soft else (PASS, "permanent")
        sentence = f"Relaying is rejected with a {manner} reply: {view.reply_text}."
        yield finding(status, sentence, session, view.evidence, decisive=view.decisive)
        return
    permitted = (
        declared_relay.permitted_finding(context, group[0].observation, "Nothing is rejected")
        if group
        else None
    )
    sentence = seen.why_not(rejected[0]) if rejected else "No rejection of relaying was seen."
    yield permitted or finding(UNKNOWN, sentence, session)


CHECKS = (
    Check(
        id="relay_third_party",
        title="Port 25 rejects relaying from an external sender to an external recipient",
        title_failed="Open relay: port 25 accepts mail for an external recipient",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_third_party),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "Spammers send through the host, and DNSBLs list it within hours. Other servers then "
            "reject the host's own mail."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": fixes.POSTFIX,
            "exim": (
                "In acl_smtp_rcpt, accept a recipient only in +local_domains or "
                "+relay_to_domains, or from an authenticated client. Set hostlist "
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets='')."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "sendmail": fixes.SENDMAIL,
            "courier": fixes.COURIER,
            "any": (
                "Accept a recipient outside the host's own domains only from an authenticated "
                "client or an explicitly trusted network."
            ),
        },
        references=(
            rfc(2505, "2.1"),
            rfc(5321, "7.9"),
            "https://www.postfix.org/SMTPD_ACCESS_README.html",
        ),
        peers=("nmap smtp-open-relay", "Metasploit smtp_relay"),
    ),
    Check(
        id="relay_null_sender",
        title="Relaying is rejected for the null sender (MAIL FROM:<>)",
        title_failed="Null sender permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_null_sender),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "A server that accepts bounces (MAIL FROM:<>) for external recipients is an open "
            "relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": fixes.POSTFIX,
            "exim": (
                "Add domains = +local_domains : +relay_to_domains to accept rules with an empty "
                "senders condition in acl_smtp_rcpt."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "sendmail": fixes.SENDMAIL,
            "courier": fixes.COURIER,
            "any": "Accept the null sender for the host's own recipients only.",
        },
        references=(rfc(5321, "4.5.5"), rfc(2505, "2.6.1")),
        peers=("nmap smtp-open-relay",),
    ),
    Check(
        id="relay_after_starttls",
        title="Port 25 rejects relaying after STARTTLS and on a resumed TLS session",
        title_failed="Port 25 relays inside TLS",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_after_starttls),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "A rule that trusts TLS clients or any client certificate makes the host an open "
            "relay inside TLS only, where most relay scanners do not look. Spammers send through "
            "the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": (
                "Remove permit_tls_all_clientcerts from smtpd_relay_restrictions and "
                "smtpd_recipient_restrictions, and end smtpd_relay_restrictions with "
                "reject_unauth_destination."
            ),
            "exim": (
                "Add authenticated = * to accept rules in acl_smtp_rcpt that only test encrypted "
                "or $tls_in_cipher."
            ),
            "opensmtpd": "Remove 'tls' from rules with 'for any', or add 'auth' to them.",
            "sendmail": (
                "Remove local rules in SLocal_check_rcpt that return OK for ${verify} or "
                "${tls_version}."
            ),
            "any": "Ignore TLS itself in the decision to relay: encryption is no authentication.",
        },
        references=(rfc(3207, "4.2"),),
    ),
    Check(
        id="relay_refusal_is_permanent",
        title="Ports 25, 587 and 465 reject relaying with a permanent 5yz, not 4yz reply",
        title_failed="Relaying rejected only temporarily (4yz)",
        group="relay",
        severity="low",
        evaluate=per_endpoint(declared_relay.SERVICES, relay_refusal_is_permanent),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "Senders retry for days after a 4yz reply. The log fills, and the author of a "
            "mistyped address gets a bounce days late."
        ),
        fix={
            "roles": (
                "Remove soft_bounce and relay_domains_reject_code from postfix_settings; the "
                "postfix role answers 554."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                "reject_unauth_destination in place of the default defer_unauth_destination. "
                "Remove soft_bounce = yes."
            ),
            "exim": "Set deny, not defer, in the relay rule of acl_smtp_rcpt.",
            "any": "Answer relay attempts with 550 or 554.",
        },
        references=(
            "https://www.postfix.org/SMTPD_ACCESS_README.html",
            "https://www.postfix.org/postconf.5.html#smtpd_relay_restrictions",
        ),
    ),
)
