# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every lookup about a target, from its names, domains and addresses.

Opens nothing and evaluates nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target

from . import dmarc, domain_queries, spf
from .queries import Lookup, addresses, ask


def lookups(target: _target.Target, own_addresses: t.Sequence[str]) -> list[Lookup]:
    """Every lookup about a target whose addresses are known."""
    egress = domain_queries.egress(target, own_addresses)
    controls = (domain_queries.CONTROL, domain_queries.UNSIGNED, domain_queries.MISSIGNED)
    planned: list[Lookup] = [ask(control) for control in controls]
    planned += [domain_queries.pointers(address) for address in egress]
    planned += _dnsbls(target, egress)
    names = list(target.domains)
    if not _model.is_address(target.name):
        planned += _host(target)
        names.append(target.name)
    for domain in target.domains:
        planned += _domain(target, domain)
    planned += [
        spf.CheckHost(address, f"postmaster@{name}", target.name).decide(name)
        for address in egress
        for name in names
    ]
    for domain in target.parked_domains:
        planned += [
            domain_queries.parked(domain),
            dmarc.walk(domain),
            spf.walk_of(domain).decide(domain),
        ]
    return planned


def _host(target: _target.Target) -> list[Lookup]:
    """The lookups about the name of the host."""
    ports = [target.port(service) for service in domain_queries.DANE_SERVICES]
    return [
        addresses(target.name),
        domain_queries.caa(target.name),
        domain_queries.wildcard_caa(target.name),
        spf.walk_of(target.name).decide(target.name),
        *(domain_queries.tlsa(target.name, port) for port in ports),
        *_dnsbls(target, [target.name]),
    ]


def _domain(target: _target.Target, domain: str) -> list[Lookup]:
    """The lookups about a mail domain."""
    return [
        domain_queries.mx_hosts(domain, ask),
        domain_queries.dmarc_reports(domain),
        domain_queries.wildcards(domain),
        domain_queries.mta_sts(domain),
        domain_queries.secure_names(target, domain),
        domain_queries.srv_records(domain),
        domain_queries.versioned_texts(f"_smtp._tls.{domain}", "TLSRPTv1"),
        *(domain_queries.selector(name, domain) for name in target.dkim_selectors),
        *(spf.walk_of(domain, version).decide(domain) for version in (4, 6)),
        *_dnsbls(target, [domain]),
    ]


def _dnsbls(target: _target.Target, subjects: t.Sequence[str]) -> list[Lookup]:
    return [
        domain_queries.dnsbl(zone, subject) for zone in target.dnsbl_zones for subject in subjects
    ]
