# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that nothing bypasses a rejection at RCPT: DATA, BDAT, pipelining, a valid co-recipient,
ESMTP parameters, a subdomain (RFC 2920, RFC 3030, RFC 4954 section 5).

A rejection is evidence from anywhere; an acceptance only from a client that the target has no
reason to trust.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_senders,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    Reply,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from . import attempts, controls, declared_relay, fixes, probe_parts, proof, replies, vantage
from .probe_parts import SERVICES, SYNTAX_REFUSED, Part, is_positive, last_part

if t.TYPE_CHECKING:
    from .replies import View

_START_MAIL_INPUT = 354


class Bypass(t.NamedTuple):
    """One way to bypass a rejected recipient, the observation that tried it, and the reply."""

    way: str
    observation: Observation
    reply: Reply | None


class Tried(t.NamedTuple):
    """The parts of the probe that follow a rejected recipient."""

    refused: Part
    mixed: Part
    pipelined: Part
    chunked: Part

    @property
    def bypasses(self) -> list[Bypass]:
        """The ways that were tried and answered."""
        mixed, pipelined = self.mixed.facts or {}, self.pipelined.facts or {}
        at_once = self.pipelined.observation
        ways = (
            Bypass("DATA after it", self.refused.observation, self.refused.facts.get("data")),
            Bypass(
                "the same recipient beside a local one",
                self.mixed.observation,
                mixed.get("rcpt"),
            ),
            Bypass("the same recipient pipelined with DATA", at_once, pipelined.get("rcpt")),
            Bypass("a part of a message (BDAT) after it", at_once, pipelined.get("bdat")),
            Bypass(
                "a part of a message (BDAT) after it",
                self.chunked.observation,
                (self.chunked.facts or {}).get("bdat"),
            ),
        )
        return [bypass for bypass in ways if bypass.reply]


def _text(reply: Reply) -> str:
    return reply_text(reply).rstrip(".")


def relay_data_path(context: AuditContext, session: Observation) -> list[Finding]:
    """A rejected recipient stays rejected, whatever the client sends beside it or after it, before
    TLS and inside it.
    """
    states = probe_parts.states(context, session) or [""]
    taking = [state for state in states if not _takes_nothing_before_tls(context, session, state)]
    return [item for state in taking or states for item in _data_path_in(context, session, state)]


def _takes_nothing_before_tls(context: AuditContext, session: Observation, state: str) -> bool:
    """Whether the recipient was rejected because TLS comes first, which holds for all others."""
    part = last_part(context, session, "refused", state)
    return (
        part.facts is not None
        and probe_parts.plain_attempt(part.observation).state == replies.TLS_FIRST
    )


def _data_path_in(context: AuditContext, session: Observation, state: str) -> list[Finding]:
    """The findings in one state of the connection."""
    part = last_part(context, session, "refused", state)
    observation, refused = part
    if refused is None:
        sentence = f"No relay attempt was made: {error_text(observation)}."
        return [finding(UNKNOWN, sentence, observation, decisive=part.decisive)]
    view = probe_parts.plain_attempt(observation)
    reply = view.attempt["reply"]
    if view.state == replies.ACCEPTED:
        return [_accepted_finding(context, session, observation, reply)]
    if view.state not in probe_parts.REJECTED:
        sentence = (
            "The recipient was rejected for another reason before relaying was considered: "
            f"{_text(reply)}."
        )
        return [finding(UNKNOWN, sentence, observation, decisive=(reply,))]
    names = ("mixed", "pipelined", "chunked")
    tried = Tried(part, *(last_part(context, session, name, state) for name in names))
    seen = proof.of_endpoint(context, session["service"], session["address"])
    found = _bypass_findings(context, session, tried, reply)
    if found[0].status == PASS and not seen.counts(view):
        return [finding(UNKNOWN, seen.why_not(view), observation, decisive=(reply,))]
    return found


def _accepted_finding(
    context: AuditContext, session: Observation, observation: Observation, reply: Reply
) -> Finding:
    """The finding where the recipient that should be rejected was accepted."""
    sentence = f"Mail to an external recipient is accepted ({_text(reply)})"
    permitted = declared_relay.permitted_finding(context, observation, sentence, (reply,))
    if permitted:
        return permitted
    if _is_rejected_elsewhere(context, session):
        sentence += " after XFORWARD, and AUTH where it is offered, but rejected without them"
        return vantage.acceptance_finding(context, session, observation, sentence, (reply,))
    sentence += ", so there was no rejection to bypass."
    return finding(UNKNOWN, sentence, observation, decisive=(reply,))


def _is_rejected_elsewhere(context: AuditContext, session: Observation) -> bool:
    """Whether the relay probe saw recipients weighed, and no external one accepted."""
    seen = proof.of_endpoint(context, session["service"], session["address"])
    return seen.is_weighing() and not controls.is_external_accepted(seen.views)


def _bypass_findings(
    context: AuditContext, session: Observation, tried: Tried, rejection: Reply
) -> list[Finding]:
    """The findings for each way that bypassed the rejection, or one for all of them."""
    accepted = [
        vantage.acceptance_finding(
            context,
            session,
            bypass.observation,
            f"The external recipient is rejected, but {bypass.way} was answered "
            f"{_text(bypass.reply)}",
            (bypass.reply,),
        )
        for bypass in tried.bypasses
        if bypass.reply and is_positive(bypass.reply)
    ]
    if accepted:
        return accepted
    missing = _missing_finding(tried)
    return [missing or _no_bypass_finding(tried, rejection)]


def _no_bypass_finding(tried: Tried, rejection: Reply) -> Finding:
    observation = tried.refused.observation
    listed = [
        f"{bypass.way} was answered {_text(bypass.reply)}"
        for bypass in tried.bypasses
        if bypass.reply
    ]
    sentence = f"No way bypassed the rejection: {'; '.join(listed) or 'MAIL itself is rejected'}."
    shown = [bypass.reply for bypass in tried.bypasses if bypass.observation is observation]
    return finding(PASS, sentence, observation, decisive=(rejection, *shown))


def _missing_finding(tried: Tried) -> Finding | None:
    """The finding for a way that was not seen to be rejected; None where all were."""
    (observation, refused), _mixed, pipelined, chunked = tried
    extensions = observation["facts"]["extensions"]
    data = refused.get("data")
    if data and data["code"] == _START_MAIL_INPUT:
        sentence = (
            "DATA was answered 354 although the only recipient was rejected. RFC 2920 permits "
            "that; only a message could tell more, so the probe closed the connection."
        )
        return finding(UNKNOWN, sentence, observation, decisive=(data,))
    if "rcpt" in refused and data is None:
        return _unanswered(tried.refused, "DATA after the rejected recipient was")
    at_once = "PIPELINING" in extensions
    if at_once and pipelined.facts is None:
        return _unanswered(pipelined, "Pipelined commands were")
    last = pipelined if at_once else chunked
    if "CHUNKING" in extensions and "rcpt" in refused and "bdat" not in (last.facts or {}):
        return _unanswered(last, "A part of a message was")
    return _missing_beside_local(tried)


def _missing_beside_local(tried: Tried) -> Finding | None:
    """The finding where the external recipient was not tried beside a local one."""
    (observation, refused), mixed, *_others = tried
    if observation["params"]["local"] and mixed.facts is None:
        return _unanswered(mixed, "Two recipients in one transaction were")
    if not mixed.facts or "rcpt" not in refused:
        return None
    reply = mixed.facts.get("local", mixed.facts["mail"])
    if "local" in mixed.facts and (is_positive(reply) or is_positive(mixed.facts.get("exempt"))):
        return None
    sentence = (
        f"No local recipient was accepted, so the test had no control: {_text(reply)}. Set "
        "audit_domains or audit_account."
    )
    return finding(UNKNOWN, sentence, mixed.observation, decisive=(reply,))


def _unanswered(part: Part, subject: str) -> Finding:
    sentence = f"{subject} not answered: {error_text(part.observation)}."
    return finding(UNKNOWN, sentence, part.observation, decisive=part.decisive)


def relay_subdomains(context: AuditContext, session: Observation) -> list[Finding]:
    """Mail to a subdomain of a local domain that does not exist is rejected."""
    views = replies.views(context, session["service"], session["address"])
    group = [view for view in views if relay_addresses.base(view.attempt["form"]) == "subdomain"]
    plain = [view for view in views if view.attempt["form"] == "plain"]
    accepted = [view for view in group if view.state in replies.ACCEPTANCES]
    if not group and plain:
        sentence = "No local domain is known of which a subdomain could be tried."
        return [finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)]
    if not group:
        return [attempts.no_attempt_finding(session)]
    if not accepted:
        return [attempts.group_finding(context, session, group, views)]
    view = accepted[0]
    relaying = [other for other in plain if other.state in replies.ACCEPTANCES]
    if not relaying:
        sentence = (
            f"{view.commands} was answered {view.reply_text}, although that subdomain does not "
            "exist"
        )
        return [
            vantage.acceptance_finding(
                context, session, view.observation, sentence, (view.attempt["reply"],)
            )
        ]
    sentence = "Mail to external recipients is accepted"
    decisive = (relaying[0].attempt["reply"],)
    observation = relaying[0].observation
    return [
        declared_relay.permitted_finding(context, observation, sentence, decisive)
        or finding(
            UNKNOWN,
            f"{sentence}, so an acceptance of a subdomain proves nothing.",
            session,
            observation,
            decisive=decisive,
        )
    ]


def relay_parameters(context: AuditContext, session: Observation) -> list[Finding]:
    """No parameter of MAIL or RCPT permits relaying."""
    facts = session["facts"]
    extensions = facts.get("extensions_tls") or facts.get("extensions")
    views = replies.views(context, session["service"], session["address"])
    selected = [view for view in views if _has_parameter(view)]
    group = [_considered(view) for view in attempts.with_replies_inside_tls(selected, views)]
    if group:
        return [attempts.group_finding(context, session, group, views, (replies.REFUSED,))]
    keywords = {keyword for keyword, _sender, _form in relay_senders.PARAMETERS}
    if extensions is not None and not keywords & set(extensions):
        ehlo = facts.get("ehlo_tls") if facts.get("extensions_tls") else facts.get("ehlo")
        sentence = "The server offers no extension with a parameter of MAIL or RCPT."
        return [finding(NOT_APPLICABLE, sentence, session, decisive=(ehlo,), reason=NO_SUBJECT)]
    return [attempts.no_attempt_finding(session)]


def _has_parameter(view: View) -> bool:
    return (
        view.attempt["sender"] in relay_senders.WITH_PARAMETERS
        or view.attempt["form"] == relay_addresses.NOTICES.id
    )


def _considered(view: View) -> View:
    """The view, as one that was not exercised where the server did not understand the parameter."""
    reply = view.attempt["reply"]
    if reply and reply["code"] in SYNTAX_REFUSED:
        return view._replace(state=replies.NOT_EXERCISED)
    return view


CHECKS = (
    Check(
        id="relay_subdomains",
        title="Mail for non-existent subdomains of a local domain is rejected",
        title_failed="Mail for a non-existent subdomain accepted",
        group="relay",
        severity="medium",
        evaluate=per_endpoint(("smtp",), relay_subdomains),
        control=proof.CONTROL,
        false_pass=proof.FALSE_PASS,
        impact=(
            "Mail for names that do not exist fills the queue and bounces to forged senders. Mail "
            "for existing subdomains of other operators is relayed to them."
        ),
        fix={
            "roles": (
                "List each domain in mail_domains, and remove relay_domains, "
                "virtual_mailbox_domains and parent_domain_matches_subdomains from "
                "postfix_settings."
            ),
            "postfix": (
                "Set parent_domain_matches_subdomains without relay_domains. Remove patterns that "
                "match any subdomain from mydestination, relay_domains and "
                "virtual_mailbox_domains."
            ),
            "exim": (
                "Remove *.example.org entries from the domain lists local_domains and "
                "relay_to_domains."
            ),
            "opensmtpd": (
                "Remove '*.example.org' and unanchored regular expressions from 'for domain' rules."
            ),
            "sendmail": (
                "Set FEATURE(`relay_hosts_only'), or list full host names in class {R} and the "
                "access map."
            ),
            "courier": (
                "Remove entries that begin with a dot from esmtpacceptmailfor and hosteddomains."
            ),
            "any": "List each local domain by its full name.",
        },
        references=("https://www.postfix.org/postconf.5.html#parent_domain_matches_subdomains",),
    ),
    Check(
        id="relay_data_path",
        title="DATA, BDAT, pipelining or a co-recipient permit relaying on no SMTP port",
        title_failed="Relay rejection bypassed by DATA, BDAT, pipelining or a co-recipient",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_data_path),
        control=(
            "The control of relay_third_party in the same state, and a local recipient that is "
            "accepted beside the external one: a user of the host's own, or postmaster where that "
            "user is rejected."
        ),
        false_pass=(
            "It refuses DATA to the audit, and passes on the message of another client; or it "
            "takes DATA or BDAT only under another sender than an external one, after more than "
            "one rejected recipient, or although it does not offer CHUNKING."
        ),
        impact=(
            "A proxy or filter that loses track of replies passes on mail whose recipient was "
            "rejected, or accepts it beside a valid recipient. Spammers send through the host, "
            "and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only. The role sets smtpd_forbid_unauth_pipelining = yes."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes and end smtpd_relay_restrictions with "
                "reject_unauth_destination. Update or remove the smtpd_proxy_filter or SMTP proxy "
                "in front of Postfix."
            ),
            "exim": (
                "Remove conditions on $rcpt_count and $recipients_count from accept rules in "
                "acl_smtp_rcpt. Update or remove an SMTP proxy in front of Exim."
            ),
            "any": (
                "Decide about each recipient on its own. Update or remove the SMTP proxy in front "
                "of the server."
            ),
        },
        references=(rfc(2920, "3.1"), rfc(3030, "4.2"), rfc(5321, "3.3")),
    ),
    Check(
        id="relay_parameters",
        title="Relaying is rejected with ESMTP parameters (AUTH=, BODY=, SIZE=, NOTIFY=)",
        title_failed="ESMTP parameter of MAIL or RCPT permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(("smtp",), relay_parameters),
        control=(
            "The control of relay_third_party under the same sender, and the same rejection as "
            "without the parameter."
        ),
        false_pass=(
            "Relay with a parameter, but reject the audit's external recipients as without it; or "
            "rewrite, with SMTPUTF8, only a recipient at an internationalized domain of its own in "
            "U-labels, or one whose local part is not ASCII."
        ),
        impact=(
            "A server or filter that misparses MAIL and RCPT parameters, or trusts AUTH=, misses "
            "that the recipient is external. Spammers send through the host, and DNSBLs list it "
            "within hours."
        ),
        fix={
            "roles": fixes.ROLES,
            "postfix": (
                "Remove rules that rewrite MAIL FROM or RCPT TO from smtpd_command_filter, and "
                "end smtpd_relay_restrictions with reject_unauth_destination."
            ),
            "exim": (
                "Set the condition authenticated = * in place of a test of $authenticated_sender, "
                "and accept only authenticated clients in acl_smtp_mailauth."
            ),
            "opensmtpd": fixes.OPENSMTPD,
            "any": "Ignore MAIL and RCPT parameters in the decision to relay; AUTH= is no login.",
        },
        references=(rfc(4954, "5"), rfc(3461, "4"), rfc(6531, "3.4")),
    ),
)
