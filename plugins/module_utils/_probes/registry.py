# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections to make to a target, and which an observation asks for next.

Data in, jobs out: opens nothing and judges nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import (
    client_identity,
    delivery,
    mailstore_session,
    open_relay,
    other_ports,
    plan_relay,
    plan_smtp,
    plan_tls,
    relay_addresses,
    relay_batches,
    smtp_conformance,
    smtp_session,
    smuggling,
    starttls,
    starttls_after_ehlo,
    tls_handshake,
)

#: Every probe by its name in observations.
PROBES = {
    "smtp_session": smtp_session.session,
    "mailstore_session": mailstore_session.session,
    "relay": open_relay.relay,
    "client_identity": client_identity.claims,
    "proxy_header": client_identity.proxy,
    "delivery": delivery.deliver,
    "tls_trust": tls_handshake.trust,
    "tls_certificate": tls_handshake.certificate,
    "client_hello": tls_handshake.hello,
    "tls_alpn": tls_handshake.alpn,
    "tls_other_trust": tls_handshake.trust,
    "starttls": starttls.upgrade,
    "starttls_garbage": starttls.garbage,
    "plain_on_tls": tls_handshake.plain_on_tls,
    "smuggle": smuggling.smuggle,
    "smuggle_sync": smuggling.sync,
    "smtp_conformance": smtp_conformance.manners,
    "smtp_commands": smtp_conformance.verbs,
    "smtp_http": smtp_conformance.http,
    "other_port_session": other_ports.session,
}


class Options(t.NamedTuple):
    """What a run is to look at. groups: of checks; login: whether one login that must fail may be
    tried; smuggle: whether the text of a message may be sent."""

    groups: tuple[str, ...] = _model.GROUPS
    helo: str = "airtight.invalid"
    stranger: str = "example.com"
    backup: str = ""
    token: str = "00000000"
    login: bool = False
    smuggle: bool = False


class Plan:
    """The jobs of one target at its known addresses."""

    def __init__(self, target: _model.Target, options: Options) -> None:
        self.target, self.options = target, options

    def first(self, addresses: t.Iterable[str]) -> list[_model.Job]:
        """One session with each service at each address; all else depends on how it went."""
        only_smtp = {"relay", "smuggling"}.issuperset(self.options.groups)
        return [
            self.job(
                "smtp_session" if facts.protocol == "smtp" else "mailstore_session",
                service,
                address,
            )
            for address in addresses
            for service, facts in _model.SERVICES.items()
            if facts.protocol == "smtp" or not only_smtp
        ]

    def job(self, probe: str, service: str, address: str, **params: t.Any) -> _model.Job:
        known = self.known(address)
        facts = _model.SERVICES[service]
        common = {
            "helo": self.options.helo,
            "server_name": "" if _model.is_address(self.target.name) else self.target.name,
            "protocol": facts.protocol,
            "implicit_tls": facts.implicit_tls,
        }
        if probe == "smtp_session":
            common["sender"] = relay_addresses.fill("<{user}@{stranger}>", known)
            common["recipient"] = (
                relay_addresses.fill("<postmaster@{domain}>", known) or "<postmaster>"
            )
            common["unknown"] = relay_addresses.fill("{token}@{domain}", known) or known["token"]
        return _model.Job(
            probe,
            self.target.name,
            service,
            address,
            self.target.port(service),
            {**common, **params},
        )

    def known(self, address: str) -> dict[str, str]:
        """The names that forms are filled with at an address."""
        return relay_addresses.names(
            self.target, address, self.options.stranger, self.options.backup, self.options.token
        )

    def follow(self, job: _model.Job, seen: dict[str, t.Any]) -> list[_model.Job]:
        """The jobs that an observation asks for; none after a service that could not be reached,
        nor after a second attempt.
        """
        if job.params.get("retry"):
            return []
        if job.probe in ("smtp_session", "mailstore_session"):
            return starttls_after_ehlo.again(job, seen) or self._after_session(
                job, seen
            ) + plan_relay.mute(self, job, seen)
        if job.probe in AFTER_PORT:
            return AFTER_PORT[job.probe](self, job, seen)
        if job.probe == "tls_trust" and "verify_error" in seen["facts"]:
            return [self.job("tls_certificate", job.service, job.address)]
        if job.probe == "client_hello":
            return plan_tls.after_hello(self, job, seen)
        if job.probe == "starttls":
            return plan_tls.after_upgrade(job, seen)
        if job.probe == "smuggle":
            found = smuggling.again(seen, job.params["variants"])
            return [
                job._replace(params={**job.params, "variants": variants, "retry": True})
                for variants in found
            ]
        if job.probe == "relay":
            return relay_batches.again(job, seen)
        return plan_relay.follow(self, job, seen)

    def _after_session(self, job: _model.Job, seen: dict[str, t.Any]) -> list[_model.Job]:
        facts = seen["facts"] or job.params.get("straight", {})
        reached = bool(facts) or (seen["error"] or {}).get("kind") == "tls"
        if not reached:
            return []
        return [
            found
            for group in self.options.groups
            if group in AFTER_SESSION
            for found in AFTER_SESSION[group](self, job, facts)
        ]

    def relay(self, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
        """The relay matrix in each state that this service can be in."""
        if "ehlo" not in facts:
            return []
        implicit = _model.SERVICES[job.service].implicit_tls
        upgraded = implicit or "tls" in facts
        if job.service == "smtp":
            scopes = {
                "clear": "full",
                "starttls": "full" if plan_smtp.needs_tls(facts) else "brief",
                "resumed": "brief",
            }
        elif implicit:
            scopes = {"implicit": "forms", "resumed": "brief"}
        else:
            scopes = {"clear": "brief", "starttls": "forms", "resumed": "brief"}
        inside = facts.get("extensions_tls") or facts["extensions"]
        jobs = []
        for state, scope in scopes.items():
            if state == "clear" or upgraded:
                jobs += self.matrix(
                    job, state, scope, facts["extensions"] if state == "clear" else inside
                )
        return jobs + self._login(job, facts) + plan_relay.more(self, job, facts)

    def _login(self, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
        """One login that must fail, when that was agreed, and some relaying after it."""
        implicit = _model.SERVICES[job.service].implicit_tls
        extensions = facts.get("extensions_tls") or facts.get("extensions", {})
        if not (self.options.login and (implicit or "tls" in facts) and "AUTH" in extensions):
            return []
        identity = relay_addresses.fill("postmaster@{domain}", self.known(job.address)) or ""
        return self.matrix(
            job, "implicit" if implicit else "starttls", "brief", login=True, login_as=identity
        )[:1]

    def auth(self, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
        """The login that must fail, where the relay matrix does not try it anyway."""
        return (
            self._login(job, facts)
            if job.probe == "smtp_session" and "relay" not in self.options.groups
            else []
        )

    def dns(self, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
        """The certificate, for the records that speak of it; the group tls sees it anyway."""
        return (
            []
            if "tls" in self.options.groups
            else [found for found in plan_tls.tls(self, job, facts) if found.probe == "tls_trust"]
        )

    def matrix(
        self,
        job: _model.Job,
        state: str,
        scope: str,
        extensions: t.Container[str] = (),
        **params: t.Any,
    ) -> list[_model.Job]:
        attempts = relay_batches.wanted(self.known(job.address), scope, extensions)
        implicit = _model.SERVICES[job.service].implicit_tls
        return [
            self.job(
                "relay",
                job.service,
                job.address,
                state=state,
                implicit=implicit,
                transactions=transactions,
                **params,
            )
            for transactions in relay_batches.deal(attempts)
        ]


#: What a group of checks asks of a session that was reached: from the plan, its job and its facts
#: to further jobs.
AFTER_SESSION: dict[str, t.Callable[[Plan, _model.Job, dict[str, t.Any]], list[_model.Job]]] = {
    "relay": Plan.relay,
    "tls": plan_tls.tls,
    "smuggling": plan_smtp.smuggling,
    "conformance": plan_smtp.conformance,
    "auth": Plan.auth,
    "dns": Plan.dns,
}
AFTER_PORT: dict[str, t.Callable[[Plan, _model.Job, dict[str, t.Any]], list[_model.Job]]] = {
    "port_scan": other_ports.after_sweep,
    "other_port_session": other_ports.after_session,
}
