# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every probe by its name, the first connections to a target, and those that an observation asks
for.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import (
    client_hello_facts,
    client_identity,
    delivery,
    login,
    mailstore_facts,
    mailstore_session,
    open_relay,
    other_ports,
    plan_client_hello,
    plan_login,
    plan_relay,
    plan_smtp,
    plan_tls,
    proxy_header,
    relay_batches,
    smtp_conformance,
    smtp_session,
    smuggling,
    starttls,
    starttls_after_ehlo,
    starttls_garbage,
    tls_handshake,
)
from .context import ScanContext

#: Every probe by its name in observations.
PROBES: dict[str, t.Callable[..., t.Any]] = {
    "smtp_session": smtp_session.session,
    "mailstore_session": mailstore_session.session,
    "relay": open_relay.relay,
    "login": login.login,
    "client_identity": client_identity.client_identity,
    "proxy_header": proxy_header.proxy_header,
    "delivery": delivery.deliver,
    "tls_trust": tls_handshake.trust,
    "tls_certificate": tls_handshake.certificate,
    "client_hello": tls_handshake.hello,
    "tls_alpn": tls_handshake.alpn,
    "tls_other_trust": tls_handshake.trust,
    "starttls": starttls.upgrade,
    "starttls_garbage": starttls_garbage.garbage,
    "plain_on_tls": tls_handshake.plain_on_tls,
    "smuggle": smuggling.smuggle,
    "smuggle_sync": smuggling.sync,
    "smtp_conformance": smtp_conformance.conformance,
    "smtp_commands": smtp_conformance.commands,
    "smtp_http": smtp_conformance.http,
    "other_port_session": other_ports.session,
}


#: The shape of the facts of each probe, and of what looks without one.
FACTS: dict[str, t.Any] = {
    "smtp_session": smtp_session.SmtpSessionFacts,
    "mailstore_session": mailstore_facts.MailstoreSessionFacts,
    "relay": open_relay.RelayFacts,
    "login": login.LoginFacts,
    "client_identity": client_identity.ClientIdentityFacts,
    "proxy_header": proxy_header.ProxyHeaderFacts,
    "delivery": delivery.DeliveryFacts,
    "tls_trust": tls_handshake.TlsTrustFacts,
    "tls_certificate": tls_handshake.TlsCertificateFacts,
    "client_hello": client_hello_facts.ClientHelloFacts,
    "tls_alpn": tls_handshake.TlsAlpnFacts,
    "tls_other_trust": tls_handshake.TlsTrustFacts,
    "starttls": starttls.StarttlsFacts,
    "starttls_garbage": starttls_garbage.StarttlsGarbageFacts,
    "plain_on_tls": tls_handshake.PlainOnTlsFacts,
    "smuggle": smuggling.SmuggleFacts,
    "smuggle_sync": smuggling.SmuggleSyncFacts,
    "smtp_conformance": smtp_conformance.SmtpConformanceFacts,
    "smtp_commands": smtp_conformance.SmtpCommandsFacts,
    "smtp_http": smtp_conformance.SmtpHttpFacts,
    "other_port_session": other_ports.OtherPortSessionFacts,
    "port_scan": other_ports.PortScanFacts,
}


def _auth(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The logins that must fail."""
    return plan_relay.auth(context, job, facts) + plan_login.made_up(context, job, facts)


AfterSession = t.Callable[[ScanContext, _model.Job, t.Dict[str, t.Any]], t.List[_model.Job]]
#: What a group of checks asks of a session that was reached, given its job and its facts.
AFTER_SESSION: dict[str, AfterSession] = {
    "relay": plan_relay.relay,
    "tls": plan_tls.tls,
    "smuggling": plan_smtp.smuggling,
    "conformance": plan_smtp.conformance,
    "auth": _auth,
    "dns": plan_tls.certificate,
}
_SESSIONS = ("smtp_session", "mailstore_session")


def first_jobs(context: ScanContext, addresses: t.Iterable[str]) -> list[_model.Job]:
    """One session with each service at each address; all else depends on how it went."""
    only_smtp = {"relay", "smuggling"}.issuperset(context.options.groups)
    return [
        context.job(
            "smtp_session" if properties.protocol == "smtp" else "mailstore_session",
            service,
            address,
        )
        for address in addresses
        for service, properties in _model.SERVICES.items()
        if properties.protocol == "smtp" or not only_smtp
    ]


def follow(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """The jobs that an observation asks for; none after a service that could not be reached, nor
    after a second attempt, but for relay attempts that were still left unanswered, and the control
    of a sequence after which the server left.
    """
    if job.params.get("retry") and job.probe == "smuggle":
        return _smuggle_jobs(job, smuggling.control_batches(observation, job.params["variants"]))
    if job.params.get("retry"):
        return relay_batches.alone_jobs(job, observation) if job.probe == "relay" else []
    return _FOLLOW[job.probe](context, job, observation) if job.probe in _FOLLOW else []


def _after_session(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    if job.params.get("implicit") is False:
        relayed = "relay" in context.options.groups and job.probe == "smtp_session"
        return plan_relay.in_clear(context, job, observation["facts"]) if relayed else []
    return starttls_after_ehlo.next_session(job, observation) or [
        *_of_groups(context, job, observation),
        *plan_relay.after_silence(context, job, observation),
        *plan_relay.session_in_clear(job, observation),
    ]


def _of_groups(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What every group of checks asks of a session, once the service was reached."""
    facts = observation["facts"] or job.params.get("earlier", {})
    kind = (observation["error"] or {}).get("kind")
    if not facts and kind == "closed" and _model.SERVICES[job.service].implicit_tls:
        # as it ends with a server that knows no version of today
        return plan_tls.tls(context, job, {}) if "tls" in context.options.groups else []
    if not facts and kind != "tls":
        return []
    return [
        following
        for group in context.options.groups
        if group in AFTER_SESSION
        for following in AFTER_SESSION[group](context, job, facts)
    ]


def _after_smuggle(
    _context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    return _smuggle_jobs(job, smuggling.retry_batches(observation, job.params["variants"]))


def _smuggle_jobs(job: _model.Job, batches: list[list[str]]) -> list[_model.Job]:
    return [
        job._replace(params={**job.params, "variants": variants, "retry": True})
        for variants in batches
    ]


Follow = t.Callable[[ScanContext, _model.Job, _model.Observation], t.List[_model.Job]]
#: What the observation of a probe asks for next.
_FOLLOW: dict[str, Follow] = {
    **dict.fromkeys(_SESSIONS, _after_session),
    "port_scan": other_ports.after_scan,
    "other_port_session": other_ports.after_session,
    "tls_trust": plan_tls.after_trust,
    "client_hello": plan_client_hello.after_hello,
    "starttls": plan_tls.after_upgrade,
    "smuggle": _after_smuggle,
    "relay": relay_batches.retry_jobs,
    "proxy_header": plan_relay.after_proxy_header,
    "client_identity": plan_relay.after_client_identity,
}
