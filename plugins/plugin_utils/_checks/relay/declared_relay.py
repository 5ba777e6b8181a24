# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a host is meant to relay for, against where we stood and what it did (RFC 2505 section 2.1).

From inside a declared network an acceptance is what is wanted and a refusal is not; for everybody
else it is the other way round. Where it is not known as whom the host sees us, nothing is known.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns.domain_queries import private
from ..base import AuditContext, Check, Observation, error_text, finding, per_endpoint, rfc
from . import replies

if t.TYPE_CHECKING:
    from .replies import View

#: How servers write the client's address in their answer to EHLO.
SEEN_AS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]")
REFUSALS = (replies.REFUSED, replies.REFUSED_FOR_NOW, *replies.CLOSED_LATE)


class Stand(t.NamedTuple):
    """Where we stand for a host: the address that it sees if that is known, and the declared
    network around it if there is one.
    """

    address: str
    network: str
    sure: bool

    @property
    def inside(self) -> bool:
        """Whether the host is meant to relay for us."""
        return bool(self.network) and self.sure

    @property
    def words(self) -> str:
        """Why an acceptance is no finding."""
        return f"the host is meant to relay for {self.network}, and we stand in it ({self.address})"


def seen_as(seen: Observation) -> str:
    """The address that a server says it sees us at; empty where it does not say."""
    match = SEEN_AS.search(seen["facts"].get("client_as_seen", "").partition(" ")[2])
    return match.group(1) if match and _model.is_address(match.group(1)) else ""


def stand(context: AuditContext, seen: Observation) -> Stand:
    """Where we stood in an observation. An address of ours that is translated on the way is not the
    one that the host sees.
    """
    networks = context.target.relays_for.get(seen["service"], ())
    told, source = seen_as(seen), seen.get("source", "")
    address = told or source
    if not networks or not _model.is_address(address):
        return Stand(address, "", bool(address))
    sure = bool(told) or not private(source) or private(seen["address"])
    found = ipaddress.ip_address(address)
    around = [text for text in networks if found in ipaddress.ip_network(text)]
    return Stand(address, around[0] if around else "", sure)


def meant(context: AuditContext, seen: Observation, words: str) -> Finding | None:
    """Why an acceptance is no finding, or cannot be told to be one; None where the host is not
    meant to relay for us.
    """
    where = stand(context, seen)
    if where.inside:
        return finding(
            NOT_APPLICABLE, f"{words}, as it should be: {where.words}. Look from outside too.", seen
        )
    if where.network:
        text = (
            "%s; we spoke from %s, which is translated on the way, and it may be meant to relay "
            "for us (%s)."
        )
        return finding(UNKNOWN, text % (words, where.address, where.network), seen)
    return None


def _matrix(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if not context.target.relays_for.get(seen["service"]):
        return
    plain = [
        view for view in replies.views(context, seen["service"], seen["address"]) if _plain(view)
    ]
    where = stand(context, (plain[0].seen if plain else seen))
    taken = [view for view in plain if view.state in replies.TAKEN]
    refused = [view for view in plain if view.state in REFUSALS]
    if not plain:
        yield finding(UNKNOWN, f"Not asked: {error_text(seen)}.", seen)
    elif not where.address or not where.sure:
        text = (
            "We spoke from %s, which is translated on the way, so it is not known as whom the "
            "host sees us."
        ) % (where.address or "?")
        yield finding(UNKNOWN, text, seen)
    elif where.inside:
        yield _inside(seen, where, taken, refused, plain)
    elif taken:
        text = (
            "%s was answered %s, although we (%s) stand in none of the networks that it is meant "
            "to relay for."
        )
        yield _from_outside(
            context,
            seen,
            text % (taken[0].words, taken[0].reply.rstrip("."), where.address),
            taken[0],
        )
    elif refused:
        text = (
            "We (%s) stand in none of the networks that it is meant to relay for, and are "
            "refused: %s."
        )
        yield finding(PASS, text % (where.address, refused[0].reply.rstrip(".")), seen)
    else:
        yield finding(
            UNKNOWN,
            f"No answer about relaying was seen: {plain[0].reply.rstrip('.')}.",
            seen,
            plain[0].seen,
        )


def _from_outside(context: AuditContext, seen: Observation, text: str, view: View) -> Finding:
    """An acceptance that is not meant; not a failure where every recipient is taken, which the
    other checks look into.
    """
    everything = replies.views(context, seen["service"], seen["address"])
    names = {entry.attempt["form"] for entry in everything if entry.state == replies.ACCEPTED}
    vantage = view.seen.get("vantage") or {}
    if vantage.get("same_host") or vantage.get("loopback"):
        return finding(UNKNOWN, text + " But the probe ran on the target itself.", seen, view.seen)
    if {"unknown_at_host", "unknown_at_domain"} & names and view.state != replies.RELAYED:
        return finding(
            UNKNOWN,
            text + " It takes every recipient at this point, so it may refuse later.",
            seen,
            view.seen,
        )
    return finding(FAIL, text, seen, view.seen)


def _plain(view: View) -> bool:
    return (
        view.attempt["form"] == "plain"
        and view.attempt["sender"] == "stranger"
        and not view.attempt["helo"]
    )


def _inside(
    seen: Observation,
    where: Stand,
    taken: t.Sequence[View],
    refused: t.Sequence[View],
    plain: t.Sequence[View],
) -> Finding:
    if taken:
        return finding(PASS, f"Mail for a stranger is taken: {where.words}.", seen)
    if refused:
        text = (
            f"{refused[0].words} was answered {refused[0].reply.rstrip('.')}, although "
            f"{where.words}."
        )
        return finding(FAIL, text, seen, refused[0].seen)
    return finding(
        UNKNOWN,
        f"No answer about relaying was seen: {plain[0].reply.rstrip('.')}.",
        seen,
        plain[0].seen,
    )


_look = per_endpoint(("smtp", "submission", "submissions"), _matrix)


def relay_as_declared(context: AuditContext) -> list[Finding]:
    """RLY-16: what each side of the line between inside and outside is told."""
    if not any(context.target.relays_for.values()):
        return [
            Finding(
                NOT_APPLICABLE, "It is not declared that the host relays for anybody (relays_for)."
            )
        ]
    return [item for item in _look(context) if _meant(context, item)]


def _meant(context: AuditContext, item: Finding) -> bool:
    """Whether a finding is about a service that somebody may relay through."""
    return item.service not in _model.SERVICES or bool(context.target.relays_for.get(item.service))


CHECKS = (
    Check(
        id="relay_as_declared",
        title="Relaying is permitted to the declared networks and rejected for all others",
        title_failed="Relaying does not match the declared networks",
        group="relay",
        severity="high",
        evaluate=relay_as_declared,
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
