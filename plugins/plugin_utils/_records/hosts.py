# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records of hosts: addresses, reverse names, SPF of the HELO name, TLSA and CAA.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError, is_address

from .._dns.queries import reverse_pointer
from .record import Record

if t.TYPE_CHECKING:
    from .options import Host

#: A longer record may not fit into an answer in one packet (RFC 7208 section 3.4).
_MAX_SPF = 450
#: Terms that cost receivers a lookup, and how many they make (RFC 7208 section 4.6.4).
_LOOKUP = re.compile(r"[-+?~]?(include:|exists:|redirect=|(a|mx|ptr)([:/]|$))", re.IGNORECASE)
_MAX_LOOKUPS = 10


def host_records(host: Host, hosts: t.Sequence[Host]) -> t.Iterator[Record]:
    """The records of one host. hosts: all, since several may have one name."""
    name, ttl = host.hostname, host.ttl
    yield from leading_to(name, host.addresses, ttl, "address")
    for address in host.egress_addresses:
        yield Record(reverse_pointer(address), "PTR", ttl, f"{name}.", "reverse")
    if name not in {domain for one in hosts for domain in one.domains}:
        yield Record(name, "TXT", ttl, spf([one for one in hosts if one.hostname == name]), "spf")
    ports = [host.port(service) for service in host.tlsa_services if service in host.on]
    for digest in (*host.certificate, *host.next_keys):
        for port in ports:
            yield Record(f"_{port}._tcp.{name}", "TLSA", ttl, f"3 1 1 {digest}", "tlsa")
    for value in host.caa:
        yield Record(name, "CAA", ttl, value, "caa")


def leading_to(name: str, servers: t.Sequence[str], ttl: int, purpose: str) -> t.Iterator[Record]:
    """The records that lead from a name to addresses, or to another name."""
    for text in servers:
        if is_address(text):
            kind = f"{'A' * (1 if ipaddress.ip_address(text).version == 4 else 4)}"
            yield Record(name, kind, ttl, text, purpose)
        elif text == name:
            raise ModelError(f"{name} would be an alias of itself; give addresses for it.")
        else:
            yield Record(name, "CNAME", ttl, f"{text}.", purpose)


def spf(hosts: t.Sequence[Host], terms: t.Sequence[str] = (), last: str = "-all") -> str:
    """The SPF record of those who may send: addresses cost receivers no lookup."""
    parsed = {ipaddress.ip_address(text) for host in hosts for text in host.egress_addresses}
    ordered = sorted(parsed, key=lambda address: (address.version, address))
    own = [f"ip{address.version}:{address}" for address in ordered]
    lookups = sum(bool(_LOOKUP.match(term)) for term in (*terms, last))
    if lookups > _MAX_LOOKUPS:
        raise ModelError(
            f"records_spf_terms of {hosts[0].hostname} and others cost {lookups} lookups, and "
            f"receivers make {_MAX_LOOKUPS}; give fewer terms, and networks such as "
            "ip4:192.0.2.0/24."
        )
    text = " ".join(("v=spf1", *own, *terms, last))
    if len(text) > _MAX_SPF:
        raise ModelError(
            f"records_egress_addresses of {hosts[0].hostname} and others give an SPF record of "
            f"{len(text)} characters, and {_MAX_SPF} are safe; give fewer addresses, and a network "
            "in records_spf_terms, such as ip4:192.0.2.0/24."
        )
    return text
