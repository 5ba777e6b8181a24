# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains in, the mail hosts that their records name out: MX records, and SRV records of RFC 6186,
RFC 8314 and RFC 5804.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _option_values

from . import domain_queries, queries
from . import resolver as _resolver
from .fields import RecordError, srv_fields

SMTP = "smtp"


class MailHost(t.NamedTuple):
    """A host that takes part in the mail of some domains.

    services: those that a record names it for. declared: whether these are all that it offers.
    ports: those that are not the registered ones, by service.
    """

    name: str
    domains: tuple[str, ...]
    services: tuple[str, ...]
    declared: bool
    ports: dict[str, int]
    addresses: tuple[str, ...]


class Place(t.NamedTuple):
    """A service of one domain at a host; port 0 is the registered one."""

    host: str
    service: str
    port: int
    addresses: tuple[str, ...]


class Found(t.NamedTuple):
    """The hosts, and for each domain without any the reason."""

    hosts: list[MailHost]
    problems: dict[str, str]


def mail_hosts(domains: t.Sequence[str], dns_resolver: str = "") -> Found:
    """The mail hosts of some domains, each once; raises ModelError for what cannot be asked."""
    names = [_option_values.name("domains", str(name).strip()) for name in domains]
    nameservers = _resolver.servers(dns_resolver, validated=False)
    if _resolver.DNSPYTHON_IMPORT_ERROR:
        raise _model.ModelError(f"The mail hosts cannot be looked up: {_resolver.MISSING}.")
    if not nameservers:
        raise _model.ModelError("dns_resolver: this system names no resolver; give one.")
    answers = asyncio.run(_looked_up(names, nameservers))
    problems = {name: found for name, found in answers.items() if isinstance(found, str)}
    places = {name: found for name, found in answers.items() if not isinstance(found, str)}
    return Found(_merged(places), problems)


def _merged(places: t.Mapping[str, t.Sequence[Place]]) -> list[MailHost]:
    """Each host once, with all its domains. A host has its services declared where SRV records of
    each of its domains say which hosts offer what.
    """
    by_host: dict[str, dict[str, list[Place]]] = {}
    for domain, found in places.items():
        for place in found:
            by_host.setdefault(place.host, {}).setdefault(domain, []).append(place)
    declared = {
        domain: any(place.service != SMTP for place in found) for domain, found in places.items()
    }
    return [
        _host(name, own, all(declared[domain] for domain in own)) for name, own in by_host.items()
    ]


def _host(name: str, own: t.Mapping[str, t.Sequence[Place]], declared: bool) -> MailHost:
    everything = [place for found in own.values() for place in found]
    services = tuple(dict.fromkeys(place.service for place in everything))
    return MailHost(
        name,
        tuple(own),
        services,
        declared,
        {place.service: place.port for place in everything if place.port},
        tuple(dict.fromkeys(address for place in everything for address in place.addresses)),
    )


def lookup(domain: str) -> queries.Lookup:
    """The services of a domain at its hosts, or in one sentence why it has none."""
    answer, mx_hosts = yield from domain_queries.mx_hosts(domain, queries.ask)
    if answer.state == queries.NXDOMAIN:
        return f"{domain} does not exist."
    found = [
        Place(queries.canonical(one.host), SMTP, 0, tuple(one.addresses))
        for one in mx_hosts
        if one.answers
    ]
    if answer.empty:
        found += yield from _implicit_mx(domain)
    found += yield from _by_srv(domain)
    return found or f"{domain} has no mail: no MX and no SRV record names a host."


def _implicit_mx(domain: str) -> queries.Lookup:
    """Without an MX record the domain's own addresses take its mail (RFC 5321 section 5.1)."""
    answers = yield from queries.addresses(domain)
    addresses = tuple(record for answer in answers for record in answer.records)
    return [Place(domain, SMTP, 0, addresses)] if addresses else []


def _by_srv(domain: str) -> queries.Lookup:
    """The submission and mailbox hosts."""
    by_service, by_host = yield from domain_queries.srv_records(domain)
    return [
        Place(
            queries.canonical(record.host),
            service,
            0 if record.port == _model.SERVICES[service].port else record.port,
            tuple(text for reply in by_host[record.host] for text in reply.records),
        )
        for service, answer in by_service.items()
        for record in sorted(map(srv_fields, answer.records))
        if record.host in by_host
    ]


async def _looked_up(
    domains: t.Sequence[str], nameservers: t.Sequence[_resolver.Server]
) -> dict[str, list[Place] | str]:
    """What the lookup of each domain found, or why it did not end."""
    resolver = _resolver.Resolver(nameservers)
    found = await asyncio.gather(*(_result(domain, resolver) for domain in domains))
    return dict(zip(domains, found, strict=True))


async def _result(domain: str, resolver: _resolver.Resolver) -> t.Any:
    async def answers(questions: list[queries.Question]) -> list[queries.Answer]:
        parts = await asyncio.gather(*(resolver.ask(question) for question in questions))
        return [queries.stored_answer(part) for part in parts]

    try:
        return await queries.follow(lookup(domain), answers)
    except (queries.UnseenError, RecordError) as exc:
        return f"The mail hosts of {domain} are not known: {exc}."
