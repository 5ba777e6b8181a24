# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: what a port speaks that belongs to none of the registered services; and which jobs follow
from open ports.

The probe writes down replies and evaluates nothing; the other functions make jobs out of
observations.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from .._protocols import smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError
from . import relay_addresses, relay_batches, relay_matrix

if t.TYPE_CHECKING:
    from .context import ScanContext

#: The service that observations of such ports name.
SIDE = "side"
OPEN, REFUSED, SILENT, UNREACHABLE = "open", "refused", "silent", "unreachable"
#: What speaks there: mail to be passed on, mail to be delivered (RFC 2033), something else; or
#: nothing was said.
SMTP, LMTP, OTHER, NOTHING = "smtp", "lmtp", "other", "nothing"
#: Groups of checks that want these ports tried.
GROUPS = ("relay", "conformance")
#: Seconds to wait for a greeting, longer than postscreen keeps its clients waiting; and for an
#: answer to a word of ours.
GREETING, ANSWER = 7.0, 4.0
#: Seconds for a greeting where neither a greeting nor TLS came, and nothing is sent before it.
LATE = 30.0
#: How many open ports of one address are talked to.
MAX_TALKS = 12


class OtherPortSessionFacts(t.TypedDict, total=False):
    """What speaks on a port that is none of the registered mail services.

    kind: smtp, lmtp, other, or nothing where nothing was said.
    tls: the handshake, without the certificate.
    greeting: the first reply.
    hello: the reply to EHLO, LHLO or HELO.
    extensions: the extensions in that reply.
    client_as_seen: its first line, in which servers name the client.
    """

    kind: str
    tls: TlsFacts
    greeting: smtp.StoredReply
    hello: smtp.StoredReply
    extensions: dict[str, str]
    client_as_seen: str


class PortScanFacts(t.TypedDict, total=False):
    """Which ports of an address accept connections.

    ports: port to its state: open, refused, silent or unreachable.
    """

    ports: dict[str, str]


def session(talk: Talk, facts: OtherPortSessionFacts, params: dict[str, t.Any]) -> Steps:
    """Find out which protocol a port speaks.

    params: helo, server_name, implicit_tls (bool); late (bool): wait longer for the greeting, and
    send nothing before it.
    """
    facts["kind"] = NOTHING
    if params["implicit_tls"]:
        facts["tls"] = yield from talk.upgrade(params["server_name"])
        facts["tls"].pop("certificate", None)
    first = _late if params.get("late") else _first
    reply = yield from first(talk, facts, params["helo"])
    facts["greeting"] = reply.to_dict()
    if reply.code == 220:
        yield from _introduced(talk, facts, params["helo"])
    else:
        facts["kind"] = SMTP
    yield from smtp.quit_(talk)


def _first(talk: Talk, facts: OtherPortSessionFacts, helo: str) -> Steps:
    """The greeting, or the answer to EHLO of what waits to be spoken to."""
    try:
        try:
            return (yield from talk.read(smtp.reply, GREETING))
        except WireError as exc:
            if exc.kind != "timeout":
                raise
            talk.note("*", f"no greeting within {GREETING:g} s")
        yield from talk.send(f"EHLO {helo}\r\n".encode())
        return (yield from talk.read(smtp.reply, ANSWER))
    except WireError as exc:
        if exc.kind in ("garbled", "too_long"):
            facts["kind"] = OTHER
        raise


def _late(talk: Talk, facts: OtherPortSessionFacts, _helo: str) -> Steps:
    """A greeting that takes its time."""
    try:
        return (yield from talk.read(smtp.reply, LATE))
    except WireError as exc:
        if exc.kind in ("garbled", "too_long"):
            facts["kind"] = OTHER
        raise


def _introduced(talk: Talk, facts: OtherPortSessionFacts, helo: str) -> Steps:
    """Which of EHLO, LHLO and HELO is accepted: an LMTP server accepts only the second."""
    for verb, kind in (("EHLO", SMTP), ("LHLO", LMTP), ("HELO", SMTP)):
        reply = yield from smtp.command(talk, f"{verb} {helo}")
        if reply.ok:
            facts["kind"], facts["hello"] = kind, reply.to_dict()
            facts["extensions"] = smtp.keywords(reply)
            facts["client_as_seen"] = reply.lines[0] if reply.lines else ""
            return
    facts["kind"] = OTHER


def scan_jobs(context: ScanContext, addresses: t.Iterable[str]) -> list[_model.Job]:
    """One port scan of each address, without the ports of registered services."""
    target = context.target
    known = [target.port(service) for service in _model.SERVICES]
    numbers = [
        port
        for port in dict.fromkeys((*target.other_ports, *target.extra_ports))
        if port not in known
    ]
    if not numbers or not set(GROUPS) & set(context.options.groups):
        return []
    return [
        _model.Job("port_scan", target.key, SIDE, address, numbers[0], {"ports": numbers})
        for address in addresses
    ]


def after_scan(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """A session with each open port, unless all are open, which no host does by itself."""
    found = [
        int(port) for port, state in observation["facts"].get("ports", {}).items() if state == OPEN
    ]
    return (
        []
        if everything(observation)
        else [
            _job(context, "other_port_session", job.address, port, implicit_tls=False)
            for port in found[:MAX_TALKS]
        ]
    )


def everything(observation: _model.Observation) -> bool:
    """Whether every port accepts connections, as a device in front of a host does."""
    states = list(observation["facts"].get("ports", {}).values())
    return len(states) > MAX_TALKS and set(states) == {OPEN}


def after_session(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """Relay attempts where SMTP or LMTP is spoken, and inside TLS where that is offered;
    implicit TLS for a port that said nothing, then a PROXY header, and more time where it waited.
    """
    facts, implicit = observation["facts"], job.params["implicit_tls"]
    if (
        facts.get("kind") in (SMTP, LMTP)
        and "extensions" in facts
        and "relay" in context.options.groups
    ):
        states = ["implicit"] if implicit else ["clear"]
        if facts["kind"] == SMTP and not implicit and "STARTTLS" in facts["extensions"]:
            states.append("starttls")
        attempts = relay_matrix.attempts_of(context.known(job.address), "side")
        more = {"implicit": implicit, "lmtp": facts["kind"] == LMTP}
        return [
            _job(
                context,
                "relay",
                job.address,
                job.port,
                state=state,
                transactions=transactions,
                **more,
            )
            for state in states
            for transactions in relay_batches.batches(attempts)
        ]
    if facts.get("kind") == NOTHING and observation.get("source"):
        return _after_nothing(context, job, observation)
    return []


def _after_nothing(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What is tried on a port that took the connection and said nothing that was understood. A
    server that waits for a PROXY header closes when something else comes, or soon by itself.
    """
    if job.params.get("late"):
        return []
    if not job.params["implicit_tls"]:
        waits = (observation["error"] or {}).get("kind") == "timeout"
        return [job._replace(params={**job.params, "implicit_tls": True, "waits": waits})]
    if "tls" in observation["facts"]:
        return []
    late = {**job.params, "implicit_tls": False, "late": True}
    patient = [job._replace(params=late)] if job.params.get("waits") else []
    stranger = relay_addresses.fill("<{user}@{stranger}>", context.known(job.address))
    header = _job(
        context,
        "proxy_header",
        job.address,
        job.port,
        version=1,
        server=[job.address, job.port],
        implicit_tls=False,
        sender=stranger,
        recipient=stranger,
    )
    return [*patient, header]


def _job(context: ScanContext, probe: str, address: str, port: int, **params: t.Any) -> _model.Job:
    name = "" if _model.is_address(context.target.name) else context.target.name
    common = {"helo": context.options.helo, "server_name": name, "protocol": "smtp"}
    return _model.Job(probe, context.target.key, SIDE, address, port, {**common, **params})
