# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of the records by which mail programs find their servers (RFC 6186, RFC 8314 section
5.1, RFC 5804 section 1.8).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import Answer, fold
from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    endpoint_text,
    error_text,
    offers_tls,
    rfc,
)
from ..tls import x509
from .lookup import View, per_domain

#: Services that do the same for a user; it is enough that one of them is found.
FAMILIES = (("submissions", "submission"), ("imaps", "imap"), ("pop3s", "pop3"), ("sieve",))
Entry = tuple[int, str]
#: What is wrong, what could not be seen, in words.
Heard = tuple[list[str], list[str]]


def entries(answer: Answer) -> list[Entry]:
    """Port and host of each record; a host that is empty says that there is no such service."""
    fields = [record.split() for record in answer.records]
    return [(int(field[2]), field[3].rstrip(".")) for field in fields]


def service_records(view: View) -> t.Iterable[Finding]:
    answers, hosts = view.lead(domain_queries.services(view.subject))
    found = {service: entries(answer) for service, answer in answers.items() if answer.records}
    if not found:
        yield view.say(
            NOT_APPLICABLE,
            "The domain publishes no such records, so mail programs guess names, or ask the user.",
        )
        return
    wrong, unseen = _contradictions(view.context, found)
    others: list[str] = []
    for service, pairs in found.items():
        for port, host in pairs:
            if host:
                more = _host(view.context, service, port, host, hosts.get(host, ()), others)
                wrong, unseen = wrong + more[0], unseen + more[1]
    if wrong:
        yield view.say(FAIL, "; ".join(dict.fromkeys(wrong)) + ".")
    if unseen:
        yield view.say(UNKNOWN, "; ".join(dict.fromkeys(unseen)) + ".")
    if not wrong and not unseen:
        yield view.say(PASS, _good(found, others))


def _good(found: t.Mapping[str, t.Sequence[Entry]], others: t.Sequence[str]) -> str:
    offered = [service for service, pairs in found.items() if any(host for _port, host in pairs)]
    absent = [service for service in found if service not in offered]
    words = f"Mail programs find {', '.join(offered)}" if offered else "No service is offered"
    words += f"; not offered: {', '.join(absent)}" if absent and offered else ""
    elsewhere = (
        f" On other hosts, which were not looked at: {', '.join(dict.fromkeys(others))}."
        if others
        else ""
    )
    return words + "." + elsewhere


def _contradictions(context: AuditContext, found: t.Mapping[str, t.Sequence[Entry]]) -> Heard:
    """Records that say that a service is and is not there, or deny one that is declared."""
    wrong = []
    for service, pairs in found.items():
        hosts = {host for _port, host in pairs}
        if "" in hosts and len(hosts) > 1:
            wrong.append(
                f"_{service}._tcp says that there is no such service, and names "
                f"{', '.join(sorted(hosts - {''}))} too"
            )
    for family in FAMILIES:
        published = [service for service in family if service in found]
        denied = published and all(
            not host for service in published for _port, host in found[service]
        )
        declared = [service for service in family if service in context.target.services]
        if denied and declared:
            wrong.append(
                f"_{published[0]}._tcp says that there is no such service, but "
                f"{', '.join(declared)} is declared"
            )
    return wrong, []


def _host(
    context: AuditContext,
    service: str,
    port: int,
    host: str,
    answers: t.Sequence[Answer],
    others: list[str],
) -> Heard:
    """What is wrong with one host that a record names."""
    label = f"_{service}._tcp names {host}"
    if _model.is_address(host):
        return [label + ", an address where a host name must stand"], []
    if any(answer.chain for answer in answers):
        return [label + ", an alias (CNAME), which such a record may not name"], []
    known = [record for answer in answers for record in answer.records]
    if not known:
        return [label + ", which has no address"], []
    mine = [address for address in known if address in context.addresses]
    if not mine:
        if fold(host) == fold(context.target.name):
            return [], [f"{label} ({', '.join(known)}), which was not looked at"]
        others.append(host)
        return [], []
    if port != context.target.port(service):
        return [], [f"{label} port {port}, which was not looked at (ports)"]
    heard = [_answering(context, service, host, address) for address in mine]
    return [text for wrong, _unseen in heard for text in wrong], [
        text for _wrong, unseen in heard for text in unseen
    ]


def _answering(context: AuditContext, service: str, host: str, address: str) -> Heard:
    """Whether a service answers at an address, with a certificate for the name that led there."""
    seen = context.session(service, address)
    if seen is None:
        return [], [f"_{service}._tcp leads to {address}, where {service} was not tried"]
    label = f"_{service}._tcp leads to {endpoint_text(seen)}, but "
    if not answered(seen):
        closed = (seen["error"] or {}).get("kind") == "connect_refused"
        text = label + error_text(seen)
        return ([text], []) if closed else ([], [text])
    if offers_tls(seen) is False:
        return [], []
    try:
        facts = _certificate(context, seen)
    except ValueError as exc:
        return [], [label + f"its certificate was not seen: {str(exc).rstrip('.')}"]
    if x509.name_matches(host, facts):
        return [], []
    return [
        label
        + f"its certificate is for {', '.join(facts['names']) or 'no name at all'}, not for {host}"
    ], []


def _certificate(context: AuditContext, seen: Observation) -> dict[str, t.Any]:
    """Facts of the certificate; raises ValueError that says why there are none."""
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        raise ValueError("the Python library cryptography is missing on the controller")
    shakes = context.of("tls_trust", seen["service"], seen["address"]) + context.of(
        "tls_certificate", seen["service"], seen["address"]
    )
    for entry in shakes:
        if entry["facts"].get("certificate"):
            return x509.certificate_facts(bytes.fromhex(entry["facts"]["certificate"]))
    raise ValueError(error_text(shakes[-1] if shakes else seen))


CHECKS = (
    Check(
        id="service_records",
        title="SRV records (RFC 6186) name hosts that answer, with a matching certificate",
        title_failed="SRV record with a bad host name, closed port or wrong certificate",
        group="dns",
        severity="low",
        evaluate=per_domain(service_records),
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
