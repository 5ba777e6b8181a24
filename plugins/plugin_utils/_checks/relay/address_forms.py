# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that no form of a recipient, sender or HELO name permits relaying (RFC 2505, RFC 5321
sections 4.1.2 and 5.1, appendix C).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import LEFT_OUT, PASS
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_domains,
    relay_senders,
)

from ..base import AuditContext, Check, Observation, per_endpoint, rfc
from . import attempts, controls, fixes, proof, replies

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

SERVICES = ("smtp",)
_COMMON_SENDERS = ("stranger", "null")
#: The senders of other checks: the common ones, and those with a parameter beside the address.
_OTHER_SENDERS = (
    *_COMMON_SENDERS,
    *(name for name in relay_senders.WITH_PARAMETERS if name != "smtputf8"),
)
#: Mail to a subdomain of a local domain has a check of its own, relay_subdomains.
_FORMS = {form.id for form in (*relay_addresses.FORMS, *relay_addresses.RARE_FORMS)} - {"subdomain"}


def relay_address_forms(context: AuditContext, session: Observation) -> list[Finding]:
    """Every other way to write an external recipient."""
    has_form = attempts.has_form(*_FORMS)
    found = attempts.evaluate_selected(
        context,
        session,
        lambda view: view.attempt["sender"] in _COMMON_SENDERS and has_form(view),
        ("clear",),
    )
    left_out = _left_out(context.target.domains)
    return [
        item._replace(
            sentence=f"{item.sentence}{left_out}",
            reason=LEFT_OUT if left_out and item.status == PASS else item.reason,
        )
        for item in found
    ]


def _left_out(domains: t.Sequence[str]) -> str:
    """What the budget of attempts left out, as a sentence after a blank; empty where nothing."""
    listed = list(dict.fromkeys(domains))
    whole, likely = relay_domains.MAX_DOMAINS_WHOLE + 1, relay_domains.MAX_DOMAINS + 1
    told = ""
    if listed[whole:likely]:
        told += f" Only the likely forms were tried at {', '.join(listed[whole:likely])}."
    if listed[likely:]:
        told += f" No form was tried at {', '.join(listed[likely:])}."
    return told


def relay_sender_forms(context: AuditContext, session: Observation) -> list[Finding]:
    """Senders that a server may trust by their address alone."""
    return attempts.evaluate_selected(
        context,
        session,
        lambda view: (
            view.attempt["sender"] not in _OTHER_SENDERS
            and not view.attempt["helo"]
            and not _is_own(view)
        ),
        ("clear",),
        (replies.SENDER_REFUSED,),
    )


def _is_own(view: replies.View) -> bool:
    """Whether the recipient is one of the host's own, which is there as a control."""
    return relay_addresses.base(view.attempt["form"]) in controls.OWN


def relay_helo_names(context: AuditContext, session: Observation) -> list[Finding]:
    """HELO names that a server may trust, by themselves or beside a sender of its own that it does
    not trust without them.
    """
    views = replies.views(context, session["service"], session["address"])
    trusted = {
        view.attempt["sender"]
        for view in views
        if not view.attempt["helo"] and view.state in replies.ACCEPTANCES and not _is_own(view)
    } - {"stranger"}
    return attempts.evaluate_selected(
        context,
        session,
        lambda view: (
            bool(view.attempt["helo"])
            and view.attempt["sender"] not in trusted
            and not _is_own(view)
        ),
        ("clear",),
        (replies.HELO_REFUSED, replies.SENDER_REFUSED),
    )


def relay_role_addresses(context: AuditContext, session: Observation) -> list[Finding]:
    """Role addresses of external domains, which some servers accept for every domain (RFC 2142)."""
    has_form = attempts.has_form(*(form.id for form in relay_addresses.ROLES))
    return attempts.evaluate_selected(context, session, has_form, ("clear",))


CHECKS = (
    Check(
        id="relay_address_forms",
        title="Relaying is rejected for all recipient forms (%, !, source route, SRS, BATV)",
        title_failed="Recipient address form bypasses the relay check",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_address_forms),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "Percent hack, bang path, source route, quoted or encoded addresses make the server "
            "treat an external recipient as local and forward the mail. Spammers send through the "
            "host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only. The role sets allow_percent_hack = no and "
                "swap_bangpath = no."
            ),
            "postfix": (
                "Set allow_percent_hack = no, swap_bangpath = no and allow_untrusted_routing = "
                "no, and remove permit_mx_backup. End smtpd_relay_restrictions with "
                "reject_unauth_destination."
            ),
            "exim": (
                "Unset percent_hack_domains and deny the local parts ^[.] : ^.*[@%!/|] in "
                "acl_smtp_rcpt. Verify the hash of SRS and BATV addresses before a router "
                "redirects them."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "sendmail": (
                "Remove FEATURE(`loose_relay_check') and FEATURE(`relay_based_on_MX'). Set "
                "FEATURE(`nopercenthack', `reject') and FEATURE(`nouucp', `reject')."
            ),
            "courier": (
                "Remove domains that are not yours from esmtppercentrelay and "
                "esmtppercentrelay.dir, and run makepercentrelay."
            ),
            "any": (
                "Treat %, ! and a quoted @ in a local part as ordinary characters, and reject or "
                "strip source routes. Verify the hash of SRS and BATV addresses before decoding "
                "them."
            ),
        },
        references=(
            rfc(2505),
            rfc(5321, "appendix-C"),
            "https://www.postfix.org/SMTPD_ACCESS_README.html",
        ),
        peers=("nmap smtp-open-relay (16 forms)", "OpenVAS smtp_relay2 (17)"),
    ),
    Check(
        id="relay_sender_forms",
        title="Relaying is rejected for forged senders (own domain, localhost, postmaster)",
        title_failed="Sender address permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_sender_forms),
        control=(
            "The control of relay_third_party under each sender, with the rejection that a "
            "usual sender meets; or the sender itself is rejected, beside a usual one that is "
            "accepted."
        ),
        false_pass=(
            "Relay for one of these senders, but reject the audit's external recipients as it "
            "does for others."
        ),
        impact=(
            "MAIL FROM can be forged: a server that relays for senders in its own domain is an "
            "open relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": (
                "Remove check_sender_access tables and other restrictions that return OK or "
                "permit from the part of smtpd_relay_restrictions before "
                "reject_unauth_destination."
            ),
            "exim": (
                "Remove accept rules with senders or sender_domains from acl_smtp_rcpt, or add "
                "the condition authenticated = * or hosts = +relay_from_hosts to them."
            ),
            "opensmtpd": (
                "Remove 'from mail-from' and 'mail-from' from rules with 'for any', or add 'auth' "
                "to them."
            ),
            "sendmail": "Remove FEATURE(`relay_local_from') and FEATURE(`relay_mail_from').",
            "any": "Ignore the sender address in the decision to relay.",
        },
        references=(rfc(2505, "2.1"), "https://www.postfix.org/SMTPD_ACCESS_README.html"),
        peers=("nmap smtp-open-relay (4 senders)", "OpenVAS smtp_relay2 (7)"),
    ),
    Check(
        id="relay_helo_names",
        title="Relaying is rejected when HELO claims localhost or the server's own name",
        title_failed="HELO name permits relaying",
        group="relay",
        severity="high",
        evaluate=per_endpoint(SERVICES, relay_helo_names),
        control=(
            "The control of relay_third_party under each HELO name, with the rejection that the "
            "usual name meets; or the name itself is rejected, beside a usual one that is "
            "accepted."
        ),
        false_pass=(
            "Relay for one of these HELO names, but reject the audit's external recipients as "
            "it does for others."
        ),
        impact=(
            "A client can give any name in HELO: a server that trusts localhost or its own name "
            "is an open relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": (
                "Remove check_helo_access tables that return OK or permit from the part of "
                "smtpd_relay_restrictions before reject_unauth_destination."
            ),
            "exim": "Remove accept rules that test $sender_helo_name from acl_smtp_rcpt.",
            "opensmtpd": "Remove 'helo' from rules with 'for any', or add 'auth' to them.",
            "any": "Ignore the HELO name in the decision to relay.",
        },
        references=(rfc(2505, "2.1"), "https://www.postfix.org/SMTPD_ACCESS_README.html"),
    ),
    Check(
        id="relay_role_addresses",
        title="Relaying to role addresses of external domains (postmaster@) is rejected",
        title_failed="External role address (postmaster@, abuse@) permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_role_addresses),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "An exemption for postmaster@ that names no domain relays mail to postmaster@ of "
            "every domain."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": (
                "Name full addresses (postmaster@example.org OK) in check_recipient_access, not "
                "postmaster@, or place the table after reject_unauth_destination."
            ),
            "exim": (
                "Add domains = +local_domains to the accept rule for local_parts = postmaster in "
                "acl_smtp_rcpt."
            ),
            "opensmtpd": (
                "Name full addresses in 'for rcpt-to' rules and anchor regular expressions at the "
                "domain."
            ),
            "any": "Limit exemptions for postmaster and abuse to the host's own domains.",
        },
        references=(rfc(2142), rfc(5321, "4.5.1")),
    ),
)
