# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what was sent to the canary: a proof of relaying, a refusal after all, or a bounce (RFC
5321 section 6.1).

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
from ansible_collections.airtight.mail.plugins.module_utils._probes.delivery import (
    UNKNOWN_USER,
    deliverable,
)

from ..base import AuditContext, Check, Observation, error_text, finding, per_endpoint, rfc
from . import declared_relay, outcomes, replies
from .vantage import trusted_because

if t.TYPE_CHECKING:
    from .outcomes import Outcome
    from .replies import View


def relay_delivery(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """RLY-24: nothing that was taken for a stranger arrives there."""
    views = replies.views(context, seen["service"], seen["address"])
    sent = [
        entry
        for key, entry in outcomes.outcomes(context, seen["service"], seen["address"]).items()
        if key[3] != UNKNOWN_USER
    ]
    passed_on = [entry for entry in sent if entry.state == outcomes.RELAYED]
    open_ = [entry for entry in sent if entry.state == outcomes.QUEUED]
    taken = [
        view for view in views if view.state in replies.TAKEN and deliverable(view.attempt["form"])
    ]
    missing = [view for view in views if view.state in (replies.LOST, replies.DEFERRED)]
    where = declared_relay.stand(context, views[0].seen) if views else None
    if where and where.inside and (sent or taken):
        yield finding(NOT_APPLICABLE, f"It may pass on what we send: {where.words}.", seen)
    elif passed_on:
        yield _passed_on(context, seen, passed_on[0])
    elif open_:
        yield _nothing_came(seen, open_[0])
    elif taken:
        yield finding(UNKNOWN, _not_sent(context, seen, taken), seen, taken[0].seen)
    elif missing or not views:
        reason = missing[0].reply if missing else error_text(seen)
        yield finding(UNKNOWN, f"What would be taken is not known: {reason.rstrip('.')}.", seen)
    else:
        yield _closed(seen, sent, len(views))


def _passed_on(context: AuditContext, seen: Observation, outcome: Outcome) -> Finding:
    arrival = outcome.arrival or {}
    words = (
        f"{outcome.words} arrived at the canary, from {arrival.get('peer')} ({arrival.get('helo')})"
    )
    why = trusted_because(context, seen)
    if why:
        return finding(
            UNKNOWN,
            f"{words}, but {why}, so it may be trusted here; ask again from a host outside.",
            seen,
            outcome.seen,
        )
    return finding(FAIL, words + ": mail for strangers is passed on.", seen, outcome.seen)


def _nothing_came(seen: Observation, outcome: Outcome) -> Finding:
    return finding(
        UNKNOWN,
        (
            f"SUSPECTED OPEN RELAY: {outcome.words} was answered {outcome.reply.rstrip('.')}; "
            "nothing "
            f"arrived within {outcome.seconds:g} s. A slow relay and a mailbox that keeps mail for "
            "every name look alike from outside; the host's log tells."
        ),
        seen,
        outcome.seen,
    )


def _not_sent(context: AuditContext, seen: Observation, taken: t.Sequence[View]) -> str:
    """Why what was taken was not followed up."""
    failed = [
        entry
        for entry in context.of("delivery", seen["service"], seen["address"])
        if entry["error"]
    ]
    why = (
        error_text(failed[0])
        if failed
        else "the limit of messages for one host was reached, or the canary's address was refused"
    )
    return (
        f"{taken[0].words} was answered {taken[0].reply.rstrip('.')}, but it is not known what "
        f"becomes of it: {why}."
    )


def _closed(seen: Observation, sent: t.Sequence[Outcome], count: int) -> Finding:
    bounced = [entry for entry in sent if entry.state == outcomes.BOUNCED]
    late = [entry for entry in sent if entry.state == outcomes.LATE_REFUSED]
    if bounced:
        return finding(
            PASS, f"{bounced[0].words} was bounced and not passed on.", seen, bounced[0].seen
        )
    if late:
        words = "What is taken at RCPT is refused later (%d of %d attempts), for example %s: %s."
        return finding(
            PASS,
            words % (len(late), count, late[0].words, late[0].reply.rstrip(".")),
            seen,
            late[0].seen,
        )
    return finding(PASS, f"Nothing that could be passed on was taken in {count} attempts.", seen)


def relay_backscatter(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    """RLY-25: mail for nobody is refused while the sender is there, not sent back to whoever was
    named as the sender.
    """
    sent = outcomes.outcomes(context, seen["service"], seen["address"])
    bounced = [entry for entry in sent.values() if entry.state == outcomes.BOUNCED]
    asked = [
        view
        for view in replies.views(context, seen["service"], seen["address"])
        if view.attempt["form"] == UNKNOWN_USER
    ]
    tried = [
        entry for key, entry in outcomes.outcomes(context, "smtp").items() if key[3] == UNKNOWN_USER
    ]
    if bounced:
        words = f"{bounced[0].words} was taken and then bounced to its sender, whoever that may be."
        yield finding(FAIL, words, seen, bounced[0].seen)
    elif any(view.state in replies.TAKEN for view in asked):
        yield _kept(context, seen, tried)
    elif not asked or asked[0].state == replies.LOST:
        yield finding(
            UNKNOWN, f"It was not seen what is said to mail for nobody: {error_text(seen)}.", seen
        )
    elif asked[0].state == replies.DEFERRED:
        yield finding(
            UNKNOWN,
            f"Mail for nobody was put off: {asked[0].reply.rstrip('.')}.",
            seen,
            asked[0].seen,
        )
    else:
        yield finding(
            PASS,
            f"{asked[0].words} was answered {asked[0].reply.rstrip('.')}.",
            seen,
            asked[0].seen,
        )


def _kept(context: AuditContext, seen: Observation, tried: t.Sequence[Outcome]) -> Finding:
    """Mail for nobody was taken and nothing came back."""
    last = tried[0] if tried else None
    if last and last.state == outcomes.LATE_REFUSED:
        return finding(
            PASS,
            f"Mail for nobody is refused after DATA: {last.reply.rstrip('.')}.",
            seen,
            last.seen,
        )
    if last and last.state == outcomes.QUEUED:
        words = (
            "%s, for nobody, was answered %s; no bounce came within %g s: it is kept, or the "
            "bounce comes later."
        )
        return finding(
            UNKNOWN, words % (last.words, last.reply.rstrip("."), last.seconds), seen, last.seen
        )
    failed = [entry for entry in context.of("delivery") if entry["error"]]
    why = error_text(failed[0]) if failed else "no message could be sent there"
    return finding(
        UNKNOWN,
        f"Mail for nobody is taken at RCPT, but it is not known what becomes of it: {why}.",
        seen,
    )


CHECKS = (
    Check(
        id="relay_delivery",
        title="A third-party test message is not delivered to an external canary mailbox",
        title_failed="Open relay confirmed: test message reached the external canary",
        group="relay",
        severity="critical",
        opt_in="deliver",
        evaluate=per_endpoint(("smtp", "submission", "submissions"), relay_delivery),
        impact=(
            "A delivered message proves an open relay. Spammers send through the host, and DNSBLs "
            "list it within hours."
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
                "relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: dc_relay_nets=''). Decide in "
                "acl_smtp_rcpt, not only in acl_smtp_data."
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
                "client or an explicitly trusted network. Reject at RCPT. If no message arrived, "
                "find the queue id in the mail log."
            ),
        },
        references=(rfc(5321, "7.9"), "https://www.postfix.org/SMTPD_ACCESS_README.html"),
        peers=(
            "Metasploit smtp_relay and OpenVAS (send, but do not look whether it arrives)",
            "ORBS, DSBL (1998 to 2008)",
        ),
    ),
    Check(
        id="relay_backscatter",
        title="Unknown recipients are rejected in the SMTP dialogue, not bounced later",
        title_failed="Mail for an unknown recipient accepted and bounced (backscatter)",
        group="relay",
        severity="medium",
        opt_in="deliver",
        evaluate=per_endpoint(("smtp",), relay_backscatter),
        impact=(
            "Bounces go to forged senders. Spammers use such servers to reach third parties, and "
            "DNSBLs list the servers."
        ),
        fix={
            "roles": (
                "Remove local_recipient_maps, virtual_mailbox_maps, virtual_mailbox_domains and "
                "virtual_alias_maps from postfix_settings; the postfix role rejects unknown users "
                "at RCPT."
            ),
            "postfix": (
                "Set local_recipient_maps, relay_recipient_maps and virtual_mailbox_maps to "
                "tables of all valid addresses, also on a backup MX. Without a table, set "
                "reject_unverified_recipient."
            ),
            "exim": (
                "Set require verify = recipient in acl_smtp_rcpt; for relayed domains add /callout."
            ),
            "opensmtpd": (
                "Set 'for rcpt-to <addresses>' with a table of all valid addresses in rules that "
                "relay to another host."
            ),
            "any": (
                "Reject unknown recipients at RCPT, and give backup MX hosts and relays the list "
                "of valid addresses."
            ),
        },
        references=(rfc(5321, "6.2"), "https://www.postfix.org/BACKSCATTER_README.html"),
    ),
)
