# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that relaying follows the declared networks (RFC 2505 section 2.1).

A client inside a declared network has to be accepted, every other client has to be rejected. Where
the address that the host sees is not known, neither is.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns.domain_queries import private
from ..base import AuditContext, Check, Observation, error_text, finding, per_endpoint, rfc
from . import proof, replies

if t.TYPE_CHECKING:
    from .replies import View

SERVICES = ("smtp", "submission", "submissions")
#: How servers write the client's address in the reply to EHLO.
_CLIENT_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]")
_UNKNOWN_RECIPIENTS = {"unknown_at_host", "unknown_at_domain"}


class Position(t.NamedTuple):
    """Where the vantage stands for a host: its address, the declared network around that, if any,
    and whether the host is known to see this address.
    """

    address: str
    network: str
    certain: bool

    @property
    def inside(self) -> bool:
        """Whether the host is meant to relay for the vantage."""
        return bool(self.network) and self.certain

    @property
    def reason(self) -> str:
        """Why an acceptance is no failure."""
        return (
            f"the host is declared to relay for {self.network}, and the audit's address is "
            f"{self.address}"
        )


def address_seen_by_server(observation: Observation) -> str:
    """The client address in a server's reply to EHLO; empty where it gives none."""
    _name, _blank, text = (observation["facts"].get("client_as_seen") or "").partition(" ")
    match = _CLIENT_ADDRESS.search(text)
    return match.group(1) if match and _model.is_address(match.group(1)) else ""


def position_of(context: AuditContext, observation: Observation) -> Position:
    """The position of the vantage in an observation. A private source address that is translated on
    the way is not the one that the host sees.
    """
    networks = context.target.relays_for.get(observation["service"])
    seen_by_server, source = address_seen_by_server(observation), observation.get("source") or ""
    address = seen_by_server or source
    if not networks or not _model.is_address(address):
        return Position(address, "", bool(address))
    certain = bool(seen_by_server) or not private(source) or private(observation["address"])
    parsed = ipaddress.ip_address(address)
    around = [network for network in networks if parsed in ipaddress.ip_network(network)]
    return Position(address, around[0] if around else "", certain)


def permitted_finding(
    context: AuditContext,
    observation: Observation,
    sentence: str,
    decisive: t.Iterable[t.Any] = (),
) -> Finding | None:
    """Why an acceptance is no failure, or may be none; None where the host is not declared to relay
    for the vantage. sentence: without its full stop.
    """
    position = position_of(context, observation)
    if position.inside:
        return finding(
            NOT_APPLICABLE,
            f"{sentence}, as declared: {position.reason}. Audit from outside too.",
            observation,
            decisive=decisive,
            reason=NOT_REQUIRED,
        )
    if position.network:
        sentence = (
            f"{sentence}; the audit's address {position.address} is translated on the way (NAT), "
            f"so the host may be declared to relay for the audit ({position.network})."
        )
        return finding(UNKNOWN, sentence, observation, decisive=decisive)
    return None


def _evaluate_endpoint(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    if not context.target.relays_for.get(session["service"]):
        return
    views = replies.views(context, session["service"], session["address"])
    plain = [view for view in views if _is_plain(view)]
    if not plain:
        yield finding(UNKNOWN, f"No relay attempt was made: {error_text(session)}.", session)
        return
    position = position_of(context, plain[0].observation)
    if not position.address or not position.certain:
        sentence = (
            f"The audit's address {position.address or '?'} is translated on the way (NAT), so the "
            "address that the host sees is not known."
        )
        yield finding(UNKNOWN, sentence, session)
        return
    seen = proof.of_views(context, session, views)
    rejected, accepted = (
        _first(plain, replies.REJECTIONS),
        _first(plain, replies.ACCEPTANCES),
    )
    if rejected and not accepted and not seen.counts(rejected):
        yield _view_finding(UNKNOWN, seen.why_not(rejected), rejected)
    elif position.inside:
        yield _inside_finding(position, plain)
    else:
        yield _outside_finding(context, session, position, plain)


def _is_plain(view: View) -> bool:
    attempt = view.attempt
    return attempt["form"] == "plain" and attempt["sender"] == "stranger" and not attempt["helo"]


def _view_finding(status: str, sentence: str, view: View) -> Finding:
    return finding(status, sentence, view.evidence, decisive=view.decisive)


def _first(plain: t.Sequence[View], states: t.Sequence[str]) -> View | None:
    return next((view for view in plain if view.state in states), None)


def _undecided_finding(view: View) -> Finding:
    return _view_finding(UNKNOWN, f"No reply about relaying was seen: {view.reply_text}.", view)


def _inside_finding(position: Position, plain: t.Sequence[View]) -> Finding:
    """The finding from inside a declared network, where mail has to be accepted."""
    accepted, rejected = _first(plain, replies.ACCEPTANCES), _first(plain, replies.REJECTIONS)
    if accepted:
        sentence = f"Mail to an external recipient is accepted: {position.reason}."
        return _view_finding(PASS, sentence, accepted)
    if rejected:
        sentence = (
            f"{rejected.commands} was answered {rejected.reply_text}, although {position.reason}."
        )
        return _view_finding(FAIL, sentence, rejected)
    return _undecided_finding(plain[0])


def _outside_finding(
    context: AuditContext, session: Observation, position: Position, plain: t.Sequence[View]
) -> Finding:
    """The finding from outside the declared networks, where mail has to be rejected."""
    accepted, rejected = _first(plain, replies.ACCEPTANCES), _first(plain, replies.REJECTIONS)
    if accepted:
        status, addition = _outside_acceptance(context, session, accepted)
        sentence = (
            f"{accepted.commands} was answered {accepted.reply_text}, although the audit's address "
            f"{position.address} is in none of the networks that the host is declared to relay "
            f"for.{addition}"
        )
        return _view_finding(status, sentence, accepted)
    if rejected:
        sentence = (
            f"The audit's address {position.address} is in none of the networks that the host is "
            f"declared to relay for, and relaying is rejected: {rejected.reply_text}."
        )
        return _view_finding(PASS, sentence, rejected)
    return _undecided_finding(plain[0])


def _outside_acceptance(context: AuditContext, session: Observation, view: View) -> tuple[str, str]:
    """The status of an acceptance from outside, and what to add to its sentence. It is no failure
    where the host accepts every recipient at RCPT, which other checks evaluate.
    """
    vantage = view.observation.get("vantage") or {}
    if vantage.get("same_host") or vantage.get("loopback"):
        return UNKNOWN, " But the probe ran on the target itself."
    views = replies.views(context, session["service"], session["address"])
    accepted_forms = {item.attempt["form"] for item in views if item.state == replies.ACCEPTED}
    if accepted_forms & _UNKNOWN_RECIPIENTS and view.state != replies.RELAYED:
        return UNKNOWN, " It accepts every recipient at RCPT, so it may reject the message later."
    return FAIL, ""


_evaluate_endpoints = per_endpoint(SERVICES, _evaluate_endpoint)


def relay_as_declared(context: AuditContext) -> list[Finding]:
    """Clients inside the declared networks are accepted, all others are rejected."""
    if not any(context.target.relays_for.values()):
        sentence = "No networks are declared that the host relays for (relays_for)."
        return [Finding(NOT_APPLICABLE, sentence, reason=NO_SUBJECT)]
    return [item for item in _evaluate_endpoints(context) if _has_networks(context, item)]


def _has_networks(context: AuditContext, item: Finding) -> bool:
    """Whether a finding is about a service with declared networks, or about no service."""
    return item.service not in _model.SERVICES or bool(context.target.relays_for.get(item.service))


CHECKS = (
    Check(
        id="relay_as_declared",
        title="Relaying is permitted exactly if the audit is in a declared network",
        title_failed="Relaying does not match the declared networks",
        group="relay",
        severity="high",
        evaluate=relay_as_declared,
        control=(
            "None needed: the acceptance from a declared network is the evidence; a rejection of "
            "another client counts beside the control of relay_third_party."
        ),
        false_pass=proof.FALSE_PASS,
        impact=(
            "A client in a declared network cannot send, or a client outside of them can use the "
            "host as an open relay."
        ),
        fix={
            "roles": (
                "Set audit_relays_for to the networks that may relay, and audit from inside and "
                "from outside. The postfix role permits relaying after a login only, never by "
                "client address."
            ),
            "postfix": (
                "Set mynetworks to the declared networks and smtpd_relay_restrictions = "
                "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination."
            ),
            "exim": (
                "Set hostlist relay_from_hosts to the declared networks (Debian: dc_relay_nets)."
            ),
            "opensmtpd": (
                "Set 'match from src <networks> for any' with a table of the declared networks."
            ),
            "sendmail": (
                "Set Connect: entries with RELAY for the declared networks in the access map."
            ),
            "courier": (
                "Set RELAYCLIENT in smtpaccess for the declared networks, and run makesmtpaccess."
            ),
            "network": (
                "Forward SMTP without source NAT, so that the server sees which network a client "
                "is in."
            ),
            "any": "Permit relaying for the declared networks only.",
        },
        references=(rfc(2505, "2.1"), "https://www.postfix.org/postconf.5.html#mynetworks"),
    ),
)
