# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records of mail domains: MX, SPF, DKIM, DMARC, MTA-STS, TLS-RPT, SRV, and names for the
settings of mail programs.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._dns.dmarc import report_domain
from .._dns.domain_queries import SRV_SERVICES
from .._dns.queries import within
from .hosts import leading_to, spf
from .record import Record

if t.TYPE_CHECKING:
    from .options import Host

#: Digits of the id of an MTA-STS record, of up to 32 (RFC 8461 section 3.1).
_ID_DIGITS = 20
_NO_SERVICE = "0 0 0 ."


class Domain(t.NamedTuple):
    """A mail domain, and the hosts that have it among theirs, in the order of the inventory.
    senders: those, and hosts that have the domain as their name.
    """

    name: str
    hosts: tuple[Host, ...]
    senders: tuple[Host, ...]

    def agreed(self, option: str) -> t.Any:
        """The value of an option of which a domain has one; raises ModelError where hosts
        differ.
        """
        first = self.hosts[0]
        for host in self.hosts:
            if getattr(host, option) != getattr(first, option):
                raise ModelError(
                    f"records_{option} differs between {first.key} and {host.key}, which share "
                    f"{self.name}; set it for all hosts of the domain."
                )
        return getattr(first, option)

    @property
    def mx_hosts(self) -> tuple[Host, ...]:
        """The hosts that accept mail for the domain."""
        return tuple(host for host in self.hosts if "smtp" in host.on)

    @property
    def ttl(self) -> int:
        """The shortest time to live of the hosts."""
        return min(host.ttl for host in self.hosts)


def domain_records(domain: Domain) -> t.Iterator[Record]:
    """The records of one domain."""
    name, ttl = domain.name, domain.ttl
    for host in domain.mx_hosts:
        yield Record(name, "MX", ttl, f"{host.mx_preference} {host.hostname}.", "mx")
    terms = dict.fromkeys(term for host in domain.hosts for term in host.spf_terms)
    last = domain.agreed("spf_all")
    yield Record(name, "TXT", ttl, spf(domain.senders, tuple(terms), last), "spf")
    for key in dkim_keys(domain):
        yield Record(f"{key.label}.{name}", "TXT", ttl, key.text, "dkim")
    yield from _reports(domain)
    yield from _mta_sts(domain)
    yield from _services(domain)
    for label in ("autoconfig", "autodiscover"):
        servers = domain.agreed(f"{label}_servers")
        yield from leading_to(f"{label}.{name}", servers, ttl, "autoconfig")


def dkim_keys(domain: Domain) -> list[t.Any]:
    """The keys of a domain that are known."""
    keys = [key for host in domain.hosts for key in (*host.dkim_keys, *host.dkim_records)]
    return [key for key in keys if key.domain == domain.name]


def _reports(domain: Domain) -> t.Iterator[Record]:
    """DMARC, with the authorizations that reports to others need, and TLS-RPT."""
    name, ttl, own = domain.name, domain.ttl, (f"mailto:postmaster@{domain.name}",)
    reports = domain.agreed("dmarc_reports")
    destinations = own if reports is None else reports
    policy = domain.agreed("dmarc_policy")
    rua = f"; rua={','.join(destinations)}" if destinations else ""
    yield Record(f"_dmarc.{name}", "TXT", ttl, f"v=DMARC1; p={policy}{rua}", "dmarc")
    for uri in destinations:
        other = report_domain(uri)
        if not within(other, name):  # whose organization it is, only the DNS says
            owner = f"{name}._report._dmarc.{other}"
            yield Record(owner, "TXT", ttl, "v=DMARC1", "dmarc_authorization")
    reports = domain.agreed("tls_reports")
    destinations = own if reports is None else reports
    if destinations:
        text = f"v=TLSRPTv1; rua={','.join(destinations)}"
        yield Record(f"_smtp._tls.{name}", "TXT", ttl, text, "tls_rpt")


def mta_sts_policy(domain: Domain) -> str:
    """The policy to serve (RFC 8461 section 3.2); empty where none is wanted."""
    mode = domain.agreed("mta_sts")
    age = domain.agreed("mta_sts_max_age")
    if mode == "none" or not domain.mx_hosts:
        return ""
    patterns = sorted({host.hostname for host in domain.mx_hosts})
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in patterns)]
    return "".join(f"{line}\r\n" for line in (*lines, f"max_age: {age}"))


def _mta_sts(domain: Domain) -> t.Iterator[Record]:
    """The record, whose id follows from the policy, and those of the server that has the policy."""
    policy = mta_sts_policy(domain)
    servers = domain.agreed("mta_sts_servers")
    if not policy:
        return
    if not servers:
        raise ModelError(
            f"records_mta_sts_servers is empty, and {domain.name} is to have a policy; write the "
            "addresses or the name of the web server that has it, or records_mta_sts: none."
        )
    number = hashlib.sha256(policy.encode("ascii")).hexdigest()[:_ID_DIGITS]
    text = f"v=STSv1; id={number}"
    yield Record(f"_mta-sts.{domain.name}", "TXT", domain.ttl, text, "mta_sts")
    yield from leading_to(f"mta-sts.{domain.name}", servers, domain.ttl, "mta_sts_host")


def _services(domain: Domain) -> t.Iterator[Record]:
    """The SRV records: where a service is, or that there is none."""
    for service in SRV_SERVICES:
        owner = f"_{service}._tcp.{domain.name}"
        found = [
            f"0 1 {host.port(service)} {host.hostname}."
            for host in domain.hosts
            if service in host.on
        ]
        for value in found or [_NO_SERVICE]:
            yield Record(owner, "SRV", domain.ttl, value, "service")


def parked_records(name: str, ttl: int) -> t.Iterator[Record]:
    """The records of a domain without mail."""
    yield Record(name, "MX", ttl, "0 .", "parked")
    yield Record(name, "TXT", ttl, "v=spf1 -all", "parked")
    yield Record(f"_dmarc.{name}", "TXT", ttl, "v=DMARC1; p=reject", "parked")
