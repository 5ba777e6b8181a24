# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of the SRV records by which mail clients find their servers (RFC 6186, RFC 8314 section
5.1, RFC 5804 section 1.8).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.fields import srv_fields
from ..._dns.queries import Answer, canonical
from ..base import (
    Check,
    Observation,
    answered,
    endpoint_text,
    error_text,
    offers_tls,
    rfc,
)
from ..tls import x509
from .lookup import NO_CRYPTOGRAPHY, StoredAnswers, per_domain

if t.TYPE_CHECKING:
    from ..base import AuditContext

#: Services that do the same for a user; it is enough that one of them is found.
ALTERNATIVES = (("submissions", "submission"), ("imaps", "imap"), ("pop3s", "pop3"), ("sieve",))


class Server(t.NamedTuple):
    """What an SRV record names; an empty host says that there is no such service."""

    service: str
    port: int
    host: str
    record: str

    @property
    def label(self) -> str:
        """How sentences begin that are about the record."""
        return f"_{self.service}._tcp names {self.host}"


class UnseenCertificateError(Exception):
    """A certificate was not seen, or cannot be read; the text says why."""


def servers(service: str, answer: Answer) -> list[Server]:
    """What each SRV record of an answer names."""
    fields = [(record, srv_fields(record)) for record in answer.records]
    return [Server(service, found.port, found.host, record) for record, found in fields]


def service_records(view: StoredAnswers) -> t.Iterable[Finding]:
    answers, addresses = view.replay(domain_queries.srv_records(view.subject))
    published = {
        service: servers(service, answer) for service, answer in answers.items() if answer.records
    }
    if not published:
        text = "The domain publishes no SRV records, so mail clients guess names, or ask the user."
        yield view.finding(NOT_APPLICABLE, text, *answers.values(), reason=NO_SUBJECT)
        return
    findings = list(_contradictions(view, answers, published))
    elsewhere: list[str] = []
    for found in published.values():
        for server in found:
            if server.host:
                answer, of_host = answers[server.service], addresses.get(server.host, ())
                findings += _server(view, answer, server, of_host, elsewhere)
    deciding = [answers[service] for service in published]
    yield from findings or [view.finding(PASS, _summary(published, elsewhere), decisive=deciding)]


def _summary(published: t.Mapping[str, t.Sequence[Server]], elsewhere: t.Sequence[str]) -> str:
    """The sentence of a pass."""
    offered = [service for service, found in published.items() if any(one.host for one in found)]
    absent = [service for service in published if service not in offered]
    text = f"Mail clients find {', '.join(offered)}" if offered else "No service is offered"
    if absent and offered:
        text += f"; not offered: {', '.join(absent)}"
    if elsewhere:
        text += f". On other hosts, which were not tested: {', '.join(dict.fromkeys(elsewhere))}"
    return f"{text}."


def _contradictions(
    view: StoredAnswers,
    answers: t.Mapping[str, Answer],
    published: t.Mapping[str, t.Sequence[Server]],
) -> t.Iterable[Finding]:
    """Records that both deny and name a service, or deny a service that is declared."""
    for service, found in published.items():
        hosts = {server.host for server in found}
        if "" in hosts and len(hosts) > 1:
            names = ", ".join(sorted(hosts - {""}))
            text = f"_{service}._tcp says that there is no such service, and names {names} too."
            yield view.finding(FAIL, text, answers[service])
    for alternatives in ALTERNATIVES:
        services = [service for service in alternatives if service in published]
        denied = services and not any(
            server.host for service in services for server in published[service]
        )
        declared = [service for service in alternatives if service in view.context.target.services]
        if denied and declared:
            text = (
                f"_{services[0]}._tcp says that there is no such service, but "
                f"{', '.join(declared)} is declared."
            )
            yield view.finding(FAIL, text, answers[services[0]])


def _server(
    view: StoredAnswers,
    answer: Answer,
    server: Server,
    addresses: t.Sequence[Answer],
    elsewhere: list[str],
) -> t.Iterable[Finding]:
    """What is wrong with a server that a record names; adds the hosts that were not tested."""
    own = set(view.context.addresses)
    known = [record for entry in addresses for record in entry.records]
    tested = [address for address in known if address in own]
    problem = _host_problem(server, addresses)
    if not addresses and not _model.is_address(server.host):
        text = f"{server.label}, which is one host too many to be looked up."
        yield view.finding(UNKNOWN, text, answer)
    elif problem:
        deciding = addresses or [answer]
        yield view.finding(FAIL, f"{server.label}{problem}.", answer, *addresses, decisive=deciding)
    elif not tested and canonical(server.host) == canonical(view.context.target.name):
        text = f"{server.label} ({', '.join(known)}), which was not tested."
        yield view.finding(UNKNOWN, text, answer, *addresses)
    elif not tested:
        elsewhere.append(server.host)
    elif server.port != view.context.target.port(server.service):
        text = f"{server.label} port {server.port}, which was not tested (ports)."
        yield view.finding(UNKNOWN, text, answer, records=[server.record])
    else:
        for address in tested:
            yield from _endpoint(view, answer, server, address)


def _host_problem(server: Server, addresses: t.Sequence[Answer]) -> str:
    """What is wrong with the host that a record names, as the end of a sentence."""
    if _model.is_address(server.host):
        return ", an address where a host name is required"
    if any(answer.chain for answer in addresses):
        return ", an alias (CNAME), which an SRV record may not name"
    if not any(answer.records for answer in addresses):
        return ", which has no address"
    return ""


def _endpoint(
    view: StoredAnswers, answer: Answer, server: Server, address: str
) -> t.Iterable[Finding]:
    """Whether a service answers at an address, with a certificate for the name in the record."""
    service = server.service
    session = view.context.session(service, address)
    if session is None:
        text = f"_{service}._tcp leads to {address}, where {service} was not tested."
        yield view.finding(UNKNOWN, text, answer)
        return
    label = f"_{service}._tcp leads to {endpoint_text(session)}, but"
    if not answered(session):
        refused = (session["error"] or {}).get("kind") == "connect_refused"
        status = FAIL if refused else UNKNOWN
        yield view.endpoint_finding(status, f"{label} {error_text(session)}.", session)
        return
    if offers_tls(session) is False:
        return
    try:
        facts, handshake = _certificate(view.context, session)
    except UnseenCertificateError as exc:
        text = f"{label} its certificate was not seen: {str(exc).rstrip('.')}."
        yield view.endpoint_finding(UNKNOWN, text, session)
        return
    if not x509.name_matches(server.host, facts):
        names = ", ".join(facts["names"]) or "no name"
        text = f"{label} its certificate is for {names}, not for {server.host}."
        yield view.endpoint_finding(FAIL, text, handshake)


def _certificate(
    context: AuditContext, session: Observation
) -> tuple[dict[str, t.Any], Observation]:
    """The facts of a certificate, and the handshake that showed it; raises
    UnseenCertificateError.
    """
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        raise UnseenCertificateError(NO_CRYPTOGRAPHY)
    endpoint = (session["service"], session["address"])
    handshakes = context.of("tls_trust", *endpoint) + context.of("tls_certificate", *endpoint)
    for handshake in handshakes:
        certificate = handshake["facts"].get("certificate")
        if certificate:
            try:
                return x509.certificate_facts(bytes.fromhex(certificate)), handshake
            except ValueError as exc:
                raise UnseenCertificateError(str(exc)) from exc
    raise UnseenCertificateError(error_text(handshakes[-1] if handshakes else session))


CHECKS = (
    Check(
        id="service_records",
        title="SRV targets (RFC 6186), if any, answer with a certificate for their name",
        title_failed="SRV record with a bad host name, closed port or wrong certificate",
        group="dns",
        severity="low",
        evaluate=per_domain(service_records),
        control="The target has to answer, with a certificate for its name.",
        false_pass="The target answers this vantage and not the clients.",
        impact=(
            "Mail clients find no server, or ask users to accept a certificate for another name. "
            "Users who accept it can be intercepted."
        ),
        fix={
            "roles": (
                "Publish _submissions._tcp SRV 0 1 465 and _imaps._tcp SRV 0 1 993 with "
                "mail_hostname for each of mail_domains, and SRV 0 0 0 . for services not "
                "offered."
            ),
            "dns": (
                "Publish: _imaps._tcp.example.org. SRV 0 1 993 mx1.example.org. The target needs "
                "A or AAAA records of its own, and a certificate for its name. For a service not "
                "offered: SRV 0 0 0 ."
            ),
            "any": "Serve a certificate that has the target name of the SRV record.",
        },
        references=(rfc(6186, "3"), rfc(8314, "5.1"), rfc(5804, "1.8"), rfc(2782)),
        peers=("mox", "DomainDetective"),
    ),
)
