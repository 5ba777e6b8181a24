# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the relay checks: attempts in, findings out (RFC 2505, RFC 5321 section 7.9, RFC 6409).

A refusal is evidence from anywhere; an acceptance only from where the target has no reason to trust
us.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses

from ..base import AuditContext, Check, Observation, error_text, finding, per_endpoint, rfc
from . import declared_relay, replies
from .replies import View
from .vantage import trusted_because

Select = t.Callable[[View], bool]
STATES = ("clear", "starttls", "implicit", "resumed")
#: Recipients that cannot exist: a host that takes them takes anything at RCPT.
_CONTROLS = {"unknown_at_host", "unknown_at_domain"}


MX, SUBMISSION = ("smtp",), ("submission", "submissions")
CLEAR = ("clear",)
_COMMON = ("stranger", "null")
_OTHERS = (*_COMMON, *(name for name in relay_addresses.WITH_PARAMETERS if name != "smtputf8"))
_FORMS = {form.id for form in relay_addresses.FORMS} - {"subdomain"}


def accepted(context: AuditContext, view: View, everything: t.Sequence[View]) -> Finding:
    """What an acceptance means, given what else the same endpoint accepted and where we stood."""
    form = replies.KINDS[view.attempt["form"]]
    words = f"{view.words} was answered {view.reply}"
    meant, why = (
        declared_relay.meant(context, view.seen, words),
        trusted_because(context, view.seen),
    )
    if meant:
        return meant
    if why:
        return finding(
            UNKNOWN,
            f"{words}, but {why}, so it may be trusted here; ask again from a host outside.",
            view.seen,
        )
    if view.state == replies.RELAYED:
        return finding(
            FAIL,
            f"{words}, and what is taken so is passed on to strangers: a message arrived.",
            view.seen,
            _proof(view),
        )
    taken = {
        entry.attempt["form"]
        for entry in everything
        if entry.state in (*replies.TAKEN, *replies.CLOSED_LATE)
    }
    if form.kind == relay_addresses.LOCAL:
        return finding(
            UNKNOWN,
            (
                f"{words}, which may be delivered on the host itself; only a delivered message "
                "could "
                "tell."
            ),
            view.seen,
        )
    gone = (
        f"; nothing arrived at the canary within {view.outcome.seconds:g} s" if view.outcome else ""
    )
    if form.kind == relay_addresses.REWRITTEN and form.control in taken:
        tell = gone or "; only a delivered message could tell"
        return finding(
            UNKNOWN, f"{words}, as is any name there (a catch-all){tell}.", view.seen, _proof(view)
        )
    controls = {entry.state for entry in everything if entry.attempt["form"] in _CONTROLS}
    unheard = bool(controls) and controls <= {replies.LOST, replies.DEFERRED}
    if unheard or (form.kind == relay_addresses.REMOTE and _CONTROLS & taken):
        every = "takes every recipient at this point, even ones that cannot exist"
        tell = "may take every recipient: that was not seen" if unheard else every
        late = gone or ", so it may refuse later"
        return finding(
            UNKNOWN, f"SUSPECTED OPEN RELAY: {words}. It {tell}{late}.", view.seen, _proof(view)
        )
    return finding(FAIL, f"{words}: mail for a stranger is taken{gone}.", view.seen, _proof(view))


def _proof(view: View) -> Observation | None:
    """The conversation in which the message was sent."""
    return view.outcome.seen if view.outcome else None


def closed(
    context: AuditContext,
    seen: Observation,
    group: t.Sequence[View],
    everything: t.Sequence[View],
    enough: t.Sequence[str] = (),
) -> Finding:
    """One finding for attempts that belong together: open, not seen to be closed, or closed."""
    taken = [accepted(context, view, everything) for view in group if view.state in replies.TAKEN]
    for status in (FAIL, UNKNOWN, NOT_APPLICABLE):
        chosen = [item for item in taken if item.status == status]
        if chosen:
            more = f" (and {len(chosen) - 1} more like it)" if len(chosen) > 1 else ""
            return chosen[0]._replace(sentence=chosen[0].sentence + more)
    for status, words in (
        (replies.LOST, "%d of %d attempts were not answered: %s."),
        (
            replies.DEFERRED,
            (
                "%d of %d attempts were put off (%s), which says nothing about relaying; ask again "
                "later."
            ),
        ),
    ):
        missing = [view for view in group if view.state == status]
        if missing:
            return finding(
                UNKNOWN,
                words % (len(missing), len(group), missing[0].reply.rstrip(".")),
                seen,
                missing[0].seen,
            )
    return _exercised(seen, group, enough)


def _exercised(seen: Observation, group: t.Sequence[View], enough: t.Sequence[str]) -> Finding:
    """Closed only if every form, sender and HELO name in the group met a refusal that is about
    relaying.
    """
    good = (replies.REFUSED, replies.REFUSED_FOR_NOW, *replies.CLOSED_LATE, *enough)
    proven = {
        view.attempt["form"] if not enough else (view.attempt["sender"], view.attempt["helo"])
        for view in group
        if view.state in good
    }
    for view in group:
        key = view.attempt["form"] if not enough else (view.attempt["sender"], view.attempt["helo"])
        if key not in proven:
            return finding(
                UNKNOWN,
                (
                    f"{view.words} was refused for another reason before relaying was considered: "
                    f"{view.reply.rstrip('.')}."
                ),
                seen,
                view.seen,
            )
    sample = next(view for view in group if view.state in good)
    words = (
        f"All {len(group)} attempts were refused, for example {sample.words}: "
        f"{sample.reply.rstrip('.')}."
    )
    late = sum(view.state in replies.CLOSED_LATE for view in group)
    return finding(
        PASS,
        words + (f" ({late} of them only after the message, or by a bounce.)" if late else ""),
        seen,
        sample.seen,
    )


def _refused(
    context: AuditContext,
    seen: Observation,
    select: Select,
    states: t.Sequence[str] = (),
    enough: t.Sequence[str] = (),
) -> t.Iterator[Finding]:
    """One finding for the selected attempts of an endpoint in these states."""
    everything = replies.views(context, seen["service"], seen["address"])
    group = [
        view
        for view in everything
        if select(view) and view.seen["params"]["state"] in (states or STATES)
    ]
    group = inside(group, everything)
    if group:
        yield _resumed(closed(context, seen, group, everything, enough), group)
    elif states and "clear" not in states:
        yield _no_tls(seen)
    else:
        yield finding(UNKNOWN, f"Not asked: {error_text(seen)}.", seen)


def _resumed(found: Finding, group: t.Sequence[View]) -> Finding:
    """Says so where a server resumes no session, since that state then does not exist on it."""
    asked = [view.seen for view in group if view.seen["params"]["state"] == "resumed"]
    if not asked or any(seen["facts"].get("tls", {}).get("resumed") for seen in asked):
        return found
    return found._replace(sentence=found.sentence + " (The server did not resume a session.)")


def inside(group: t.Sequence[View], everything: t.Sequence[View]) -> list[View]:
    """Where a server takes nothing before TLS, its answer inside TLS stands for the one before."""
    inside = {_key(view): view for view in everything if view.seen["params"]["state"] == "starttls"}
    return [
        inside.get(_key(view), view) if view.state == replies.TLS_FIRST else view for view in group
    ]


def _key(view: View) -> tuple[str, str, str]:
    return view.attempt["helo"], view.attempt["sender"], view.attempt["form"]


def relay_submission(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """RLY-06: without AUTH a submission service takes nothing, in clear and, above all, inside TLS."""
    everything = replies.views(context, seen["service"], seen["address"])
    group = [
        view
        for view in everything
        if replies.KINDS[view.attempt["form"]].kind != relay_addresses.LOCAL
    ]
    inside = [view for view in group if view.seen["params"]["state"] != "clear"]
    if (
        seen["service"] == "submission"
        and not inside
        and "STARTTLS" in seen["facts"].get("extensions", {})
    ):
        yield finding(
            UNKNOWN, f"The state after STARTTLS was not reached: {error_text(seen)}.", seen
        )
    elif not group:
        yield finding(UNKNOWN, f"Not asked: {error_text(seen)}.", seen)
    else:
        yield closed(context, seen, inside or group, everything)
        if inside and len(inside) < len(group):
            clear = [view for view in group if view not in inside]
            yield closed(
                context, seen, clear, everything, (replies.SENDER_REFUSED, replies.TLS_FIRST)
            )


def relay_after_failed_login(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """RLY-07: a login that failed changes nothing."""
    tried = replies.views(context, seen["service"], seen["address"], login=True)
    if tried:
        yield closed(context, seen, tried, replies.views(context, seen["service"], seen["address"]))
    elif "AUTH" in (seen["facts"].get("extensions_tls") or seen["facts"].get("extensions", {})):
        yield finding(UNKNOWN, f"AUTH is offered but no login was tried: {error_text(seen)}.", seen)
    else:
        yield finding(NOT_APPLICABLE, "AUTH is not offered.", seen)


def _no_tls(seen: Observation) -> Finding:
    """The finding for a state after TLS that could not be reached."""
    if "extensions" in seen["facts"] and "STARTTLS" not in seen["facts"]["extensions"]:
        return finding(
            NOT_APPLICABLE, "STARTTLS is not offered, so there is no state after it.", seen
        )
    return finding(UNKNOWN, f"The state after STARTTLS was not reached: {error_text(seen)}.", seen)


def _form(*names: str) -> Select:
    return lambda view: view.attempt["form"] in names and not view.attempt["helo"]


def relay_every_address(context: AuditContext) -> list[Finding]:
    """RLY-15: every address of the host was seen to refuse."""
    if not context.addresses:
        return [Finding(UNKNOWN, f"The name {context.target.name} has no address here.")]
    findings = []
    for address in context.addresses:
        endpoints = list(context.of("smtp_session", "", address))
        open_ = [seen for seen in endpoints if seen["facts"]]
        refused = [
            seen for seen in endpoints if (seen["error"] or {}).get("kind") == "connect_refused"
        ]
        for seen in open_:
            everything = replies.views(context, seen["service"], address)
            group = [view for view in everything if view.attempt["form"] == "plain"]
            findings.append(
                closed(context, seen, group, everything)
                if group
                else finding(UNKNOWN, f"Not asked: {error_text(seen)}.", seen)
            )
        if not open_ and endpoints and len(refused) == len(endpoints):
            findings.append(
                Finding(NOT_APPLICABLE, "No SMTP port is open at this address.", address=address)
            )
        elif not open_:
            reason = error_text(endpoints[0]) if endpoints else "nothing was asked"
            text = (
                "Nothing was seen at this address: %s. Probe it from a host that reaches it, or "
                "name the addresses to look at."
            )
            findings.append(Finding(UNKNOWN, text % reason, address=address))
    return findings


def relay_refusal_is_permanent(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """RLY-01, 4yz: a sound refusal that keeps senders trying for days."""
    group = [
        view
        for view in replies.views(context, seen["service"], seen["address"])
        if view.attempt["form"] in ("plain", "second_stranger")
    ]
    soft = [view for view in group if view.state == replies.REFUSED_FOR_NOW]
    hard = [view for view in group if view.state in (replies.REFUSED, replies.LATE_REFUSED)]
    if soft:
        yield finding(
            FAIL,
            f"Relaying is refused, but only for now: {soft[0].reply.rstrip('.')}.",
            seen,
            soft[0].seen,
        )
    elif hard:
        yield finding(
            PASS, f"Relaying is refused for good: {hard[0].reply.rstrip('.')}.", seen, hard[0].seen
        )
    else:
        meant = (
            declared_relay.meant(context, group[0].seen, "Nothing is refused") if group else None
        )
        yield meant or finding(UNKNOWN, "No refusal was seen that could be called permanent.", seen)


def relay_third_party(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """The plain recipient and its harmless variants, from a sender elsewhere."""
    forms = ("plain", "plus_tag", "quoted_user", "upper_case")
    return _refused(
        context,
        seen,
        lambda view: view.attempt["sender"] == "stranger" and _form(*forms)(view),
        CLEAR,
    )


def relay_address_forms(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """Every other way to write a recipient elsewhere (RFC 5321 sections 4.1.2 and 5.1, appendix C)."""
    return _refused(
        context,
        seen,
        lambda view: view.attempt["sender"] in _COMMON and _form(*_FORMS)(view),
        CLEAR,
    )


def relay_sender_forms(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """Senders that a server may trust by their address alone."""
    enough = (replies.SENDER_REFUSED,)
    return _refused(
        context,
        seen,
        lambda view: view.attempt["sender"] not in _OTHERS and not view.attempt["helo"],
        CLEAR,
        enough,
    )


def relay_null_sender(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """The null reverse-path, which every server has to accept for its own recipients (RFC 5321
    section 4.5.5).
    """
    return _refused(
        context,
        seen,
        lambda view: view.attempt["sender"] == "null" and _form("plain", "second_stranger")(view),
        CLEAR,
    )


def relay_helo_names(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """HELO names that a server may trust."""
    return _refused(
        context, seen, lambda view: bool(view.attempt["helo"]), CLEAR, (replies.HELO_REFUSED,)
    )


def relay_role_addresses(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """Role addresses at domains elsewhere, which some servers accept for every domain (RFC 2142)."""
    return _refused(context, seen, _form(*(form.id for form in relay_addresses.ROLES)), CLEAR)


def relay_after_starttls(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """The same inside TLS, and in a resumed session."""
    return _refused(
        context, seen, _form("plain", "percent_host", "quoted_at_host"), ("starttls", "resumed")
    )


CHECKS = (
    Check(
        id="relay_third_party",
        title="Port 25 rejects relaying from an external sender to an external recipient",
        title_failed="Open relay: port 25 accepts mail for an external recipient",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(MX, relay_third_party),
        impact=(
            "Spammers send through the host, and DNSBLs list it within hours. Other servers then "
            "reject the host's own mail."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                "reject_unauth_destination and mynetworks = 127.0.0.0/8 [::1]/128. List in "
                "relay_domains only domains that the host is a backup MX for."
            ),
            "exim": (
                "In acl_smtp_rcpt, accept a recipient only in +local_domains or "
                "+relay_to_domains, or from an authenticated client. Set hostlist "
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets='')."
            ),
            "opensmtpd": (
                "Combine 'match from any' only with 'for local' or 'for domain' of your own "
                "domains. Permit 'for any' only with 'match auth' or 'match from local'."
            ),
            "sendmail": (
                "Remove FEATURE(`promiscuous_relay') and every host, domain and network that is "
                "not yours from class {R} (/etc/mail/relay-domains) and from the RELAY entries of "
                "the access map."
            ),
            "courier": (
                "Set RELAYCLIENT in smtpaccess for your own networks only (Debian presets "
                "10.0.0.0/8 and 192.168.0.0/16), list only your own domains in "
                "esmtpacceptmailfor, and run makesmtpaccess and makeacceptmailfor."
            ),
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
        id="relay_address_forms",
        title="Relaying is rejected for every address form (%, !, source route, SRS, BATV)",
        title_failed="Recipient address form bypasses the relay check",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(MX, relay_address_forms),
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
            "opensmtpd": (
                "Combine 'match from any' only with 'for local' or 'for domain' of your own "
                "domains. Permit 'for any' only with 'match auth' or 'match from local'."
            ),
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
        evaluate=per_endpoint(MX, relay_sender_forms),
        impact=(
            "MAIL FROM can be forged: a server that relays for senders in its own domain is an "
            "open relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
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
        id="relay_null_sender",
        title="Relaying is rejected for the null sender (MAIL FROM:<>)",
        title_failed="Null sender permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(MX, relay_null_sender),
        impact=(
            "A server that accepts bounces (MAIL FROM:<>) for external recipients is an open "
            "relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                "reject_unauth_destination and mynetworks = 127.0.0.0/8 [::1]/128. List in "
                "relay_domains only domains that the host is a backup MX for."
            ),
            "exim": (
                "Add domains = +local_domains : +relay_to_domains to accept rules with an empty "
                "senders condition in acl_smtp_rcpt."
            ),
            "opensmtpd": (
                "Combine 'match from any' only with 'for local' or 'for domain' of your own "
                "domains. Permit 'for any' only with 'match auth' or 'match from local'."
            ),
            "sendmail": (
                "Remove FEATURE(`promiscuous_relay') and every host, domain and network that is "
                "not yours from class {R} (/etc/mail/relay-domains) and from the RELAY entries of "
                "the access map."
            ),
            "courier": (
                "Set RELAYCLIENT in smtpaccess for your own networks only (Debian presets "
                "10.0.0.0/8 and 192.168.0.0/16), list only your own domains in "
                "esmtpacceptmailfor, and run makesmtpaccess and makeacceptmailfor."
            ),
            "any": "Accept the null sender for the host's own recipients only.",
        },
        references=(rfc(5321, "4.5.5"), rfc(2505, "2.6.1")),
        peers=("nmap smtp-open-relay",),
    ),
    Check(
        id="relay_helo_names",
        title="Relaying is rejected when HELO claims localhost or the server's own name",
        title_failed="HELO name permits relaying",
        group="relay",
        severity="high",
        evaluate=per_endpoint(MX, relay_helo_names),
        impact=(
            "A client can give any name in HELO: a server that trusts localhost or its own name "
            "is an open relay. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
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
        id="relay_submission",
        title="Ports 587 and 465 reject relaying without AUTH, before and inside TLS",
        title_failed="Submission port relays without AUTH",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SUBMISSION, relay_submission),
        impact=(
            "A submission listener without an AUTH requirement is an open relay, often inside TLS "
            "only, where most relay scanners do not look. Spammers send through the host, and "
            "DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role ends every restriction list of "
                "submission and submissions with reject."
            ),
            "postfix": (
                "Set -o smtpd_client_restrictions=permit_sasl_authenticated,reject and -o "
                "smtpd_relay_restrictions=permit_sasl_authenticated,reject for submission and "
                "submissions in master.cf."
            ),
            "exim": (
                "In acl_smtp_rcpt, deny with condition = ${if inlist{$received_port}{587:465}} "
                "and !authenticated = *."
            ),
            "opensmtpd": "Set auth, not auth-optional, on the listeners for ports 587 and 465.",
            "sendmail": (
                "Set DAEMON_OPTIONS(`Port=587, Name=MSA, M=Ea') and DAEMON_OPTIONS(`Port=465, "
                "Name=SMTPS, M=Eas'); the modifier a requires AUTH."
            ),
            "courier": "Set AUTH_REQUIRED=1 in esmtpd-msa and esmtpd-ssl.",
            "any": "Require AUTH before MAIL on ports 587 and 465.",
        },
        references=(rfc(6409, "4.3"), rfc(5068, "3.1")),
        peers=("nmap smtp-open-relay (wrongly)",),
    ),
    Check(
        id="relay_after_failed_login",
        title="Relaying is rejected after a failed AUTH",
        title_failed="Failed AUTH permits relaying",
        group="relay",
        severity="high",
        opt_in="login",
        evaluate=per_endpoint(MX + SUBMISSION, relay_after_failed_login),
        impact=(
            "A server that counts a failed AUTH as a login relays for every client that tries a "
            "password. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade), and remove an SMTP proxy in front of "
                "them."
            ),
            "any": (
                "Update the server. Update or remove an SMTP proxy in front of it that answers "
                "AUTH itself."
            ),
        },
        references=(rfc(4954, "4"),),
    ),
    Check(
        id="relay_after_starttls",
        title="Port 25 rejects relaying after STARTTLS and on a resumed TLS session",
        title_failed="Port 25 relays inside TLS",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(MX, relay_after_starttls),
        impact=(
            "A rule that trusts TLS clients or any client certificate makes the host an open "
            "relay inside TLS only, where most relay scanners do not look. Spammers send through "
            "the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
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
        id="relay_every_address",
        title="Every IPv4 and IPv6 address rejects relaying on ports 25, 587 and 465",
        title_failed="Open relay on one of the host's addresses",
        group="relay",
        severity="critical",
        evaluate=relay_every_address,
        impact=(
            "Address translation in front of a container (often for IPv6 only) makes every client "
            "look local, so that one address of the host is an open relay. Spammers send through "
            "the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only. Let clients reach the host without address "
                "translation, on IPv4 and IPv6."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
                "reject_unauth_destination and mynetworks = 127.0.0.0/8 [::1]/128. List in "
                "relay_domains only domains that the host is a backup MX for. Compare the client "
                "addresses in the log for IPv4 and IPv6."
            ),
            "exim": (
                "In acl_smtp_rcpt, accept a recipient only in +local_domains or "
                "+relay_to_domains, or from an authenticated client. Set hostlist "
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets=''). Compare the "
                "client addresses in the log for IPv4 and IPv6."
            ),
            "opensmtpd": (
                "Combine 'match from any' only with 'for local' or 'for domain' of your own "
                "domains. Permit 'for any' only with 'match auth' or 'match from local'."
            ),
            "sendmail": (
                "Remove FEATURE(`promiscuous_relay') and every host, domain and network that is "
                "not yours from class {R} (/etc/mail/relay-domains) and from the RELAY entries of "
                "the access map."
            ),
            "courier": (
                "Set RELAYCLIENT in smtpaccess for your own networks only (Debian presets "
                "10.0.0.0/8 and 192.168.0.0/16), list only your own domains in "
                "esmtpacceptmailfor, and run makesmtpaccess and makeacceptmailfor."
            ),
            "network": (
                "Give containers their own IPv6 network, or disable the userland proxy, so that "
                "clients arrive with their own address."
            ),
            "any": (
                "Accept a recipient outside the host's own domains only from an authenticated "
                "client or an explicitly trusted network. Find the listener of each address with "
                "ss -ltnp."
            ),
        },
        references=(rfc(2505, "2.1"),),
    ),
    Check(
        id="relay_role_addresses",
        title="Relaying to role addresses of external domains (postmaster@) is rejected",
        title_failed="External role address (postmaster@, abuse@) permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(MX, relay_role_addresses),
        impact=(
            "An exemption for postmaster@ that names no domain relays mail to postmaster@ of "
            "every domain."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
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
    Check(
        id="relay_refusal_is_permanent",
        title="Relaying is rejected with a permanent 5yz reply, not a temporary 4yz",
        title_failed="Relaying rejected only temporarily (4yz)",
        group="relay",
        severity="low",
        evaluate=per_endpoint(MX + SUBMISSION, relay_refusal_is_permanent),
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
