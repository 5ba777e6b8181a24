# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the DNS about a domain or host: one lookup for each subject of a check.

Evaluators replay the same lookups with stored answers. Opens nothing and evaluates nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import (
    _dnssec_zones,
    _model,
    _target,
)

from . import dmarc
from .fields import mx_fields, srv_fields
from .queries import (
    RECORDS,
    Answer,
    Lookup,
    Question,
    addresses,
    ancestors,
    ask,
    require,
    require_one,
    reverse_pointer,
    reversed_labels,
)

#: A question whose answer a validating resolver marks as validated.
CONTROL = Question(".", "NS")
#: A question whose answer cannot be secure, and one that a validating resolver refuses.
UNSIGNED = Question(_dnssec_zones.UNSIGNED, "SOA")
MISSIGNED = Question(_dnssec_zones.MISSIGNED, "A")
#: A label that nobody publishes; if it has records, there is a wildcard record.
UNPUBLISHED_LABEL = "airtight-nobody"
#: Ports that clients may look up TLSA records for, by service.
DANE_SERVICES = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "sieve")
#: Services that clients look up by SRV records (RFC 6186 section 3, RFC 8314 section 5.1, RFC 5804
#: section 1.8).
SRV_SERVICES = ("submissions", "submission", "imaps", "imap", "pop3s", "pop3", "sieve")
#: What a DNSBL must list and must not list (RFC 5782 section 5): IPv4, IPv6, names.
LISTED = {4: "127.0.0.2", 6: "::ffff:7f00:2", 0: "TEST"}
UNLISTED = {4: "127.0.0.1", 6: "::ffff:7f00:1", 0: "INVALID"}
#: Hosts of one answer whose addresses are looked up.
MAX_HOSTS = 40
#: Networks that are not reachable from the Internet. ipaddress.is_private is not usable: it is also
#: true of the networks for documentation (192.0.2.0/24, 2001:db8::/32 and others), which labs use
#: for the hosts that stand for public ones.
_PRIVATE = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "0.0.0.0/8",
        "224.0.0.0/3",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
        "::/127",
        "::ffff:0:0/96",
    )
]


class MxHost(t.NamedTuple):
    """A host that an MX record names, and the answers about its addresses; none are asked for an
    address or a null MX.
    """

    preference: int
    host: str
    answers: tuple[Answer, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """All its addresses."""
        return [record for answer in self.answers for record in answer.records]


def private(address: str) -> bool:
    """Whether an address is not reachable from the Internet."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _PRIVATE if network.version == parsed.version)


def egress(target: _target.Target, own_addresses: t.Sequence[str]) -> list[str]:
    """The public addresses that a host sends from: those declared, else its own."""
    return [address for address in target.egress_addresses or own_addresses if not private(address)]


def mx_hosts(domain: str, look_up: t.Callable[..., Lookup] = require) -> Lookup:
    """The MX answer, and the hosts in their order of preference. look_up: how their addresses are
    looked up; with ask, an answer about them may be an error.
    """
    answer = yield from require_one(domain, "MX")
    hosts = []
    for preference, host in sorted(mx_fields(record) for record in answer.records)[:MAX_HOSTS]:
        is_host = host and not _model.is_address(host)
        pairs = ((host, "A"), (host, "AAAA")) if is_host else ()
        answers = tuple((yield from look_up(*pairs))) if pairs else ()
        hosts.append(MxHost(preference, host, answers))
    return answer, hosts


def srv_records(domain: str) -> Lookup:
    """The SRV answers by service, and the answers about addresses by host."""
    answers = yield from require(*((f"_{name}._tcp.{domain}", "SRV") for name in SRV_SERVICES))
    targets = [srv_fields(record).host for answer in answers for record in answer.records]
    hosts = [host for host in dict.fromkeys(targets) if host and not _model.is_address(host)]
    by_host: dict[str, list[Answer]] = {}
    pairs = [(host, kind) for host in hosts[:MAX_HOSTS] for kind in ("A", "AAAA")]
    found = (yield from require(*pairs)) if pairs else []
    for (host, _kind), answer in zip(pairs, found, strict=True):
        by_host.setdefault(host, []).append(answer)
    return dict(zip(SRV_SERVICES, answers, strict=True)), by_host


def pointers(address: str) -> Lookup:
    """The PTR answer of an address, and for each name in it the answer about its addresses."""
    answer = yield from require_one(reverse_pointer(address), "PTR")
    names = [name for record in answer.records[:MAX_HOSTS] if (name := record.rstrip("."))]
    kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
    forward = yield from require(*((name, kind) for name in names))
    return answer, list(zip(names, forward, strict=True))


def tlsa(host: str, port: int) -> Lookup:
    """The TLSA answer for a host and port, and the answers about its addresses. It is looked up at
    the target of a CNAME record first, if that is secure (RFC 7671 section 7).
    """
    (ipv4, ipv6) = yield from addresses(host)
    alias = (ipv4.chain or ipv6.chain)[-1:]
    answers = yield from require(*((f"_{port}._tcp.{name}", "TLSA") for name in [*alias, host]))
    usable = answers if ipv4.secure is not False and ipv6.secure is not False else answers[-1:]
    answer = next((answer for answer in usable if answer.state == RECORDS), answers[-1])
    return answer, (ipv4, ipv6)


def caa(name: str) -> Lookup:
    """The CAA answer that applies to a name: the nearest one with records (RFC 8659 section 3)."""
    nearest: list[Answer] = []
    for ancestor in ancestors(name):
        nearest.append((yield from require_one(ancestor, "CAA")))
        if nearest[-1].state == RECORDS:
            return nearest[-1]
    return nearest[0]


def wildcard_caa(name: str) -> Lookup:
    """The same for the wildcard name that covers a name, *.example.org for mx1.example.org."""
    return (yield from caa(name.partition(".")[2] or name))


def wildcards(domain: str) -> Lookup:
    """Answers about names that nobody can have published."""
    below = ("_domainkey", "_dmarc", "_mta-sts", "_smtp._tls")
    return (
        yield from require(*((f"{UNPUBLISHED_LABEL}.{label}.{domain}", "TXT") for label in below))
    )


def versioned_texts(name: str, version: str) -> Lookup:
    """The TXT answer of a name, and those of its records that begin with a version and a semicolon;
    senders discard all others.
    """
    answer = yield from require_one(name, "TXT")
    return answer, [record for record in answer.records if record.startswith(f"v={version};")]


def discarded_texts(answer: Answer, version: str) -> list[str]:
    """The records that are meant to have a version, but do not begin with it as they must."""
    return [
        record
        for record in answer.records
        if version.lower() in record.lower() and not record.startswith(f"v={version};")
    ]


def mta_sts(domain: str) -> Lookup:
    """The TXT answer, the MTA-STS records in it, and the addresses of the policy host if there is
    a record.
    """
    answer, records = yield from versioned_texts(f"_mta-sts.{domain}", "STSv1")
    hosts = (yield from addresses(f"mta-sts.{domain}")) if records else []
    return answer, records, hosts


def dnsbl(zone: str, subject: str) -> Lookup:
    """The answers of a DNSBL about its two controls (listed, not listed) and about a subject."""
    version = ipaddress.ip_address(subject).version if _model.is_address(subject) else 0
    names = [LISTED[version], UNLISTED[version], subject]
    labels = [reversed_labels(name) if version else name for name in names]
    return (yield from ask(*((f"{label}.{zone}", "A") for label in labels)))


def selector(name: str, domain: str) -> Lookup:
    """The answer about a DKIM key."""
    return (yield from require_one(f"{name}._domainkey.{domain}", "TXT"))


def parked(domain: str) -> Lookup:
    """Answers that show that a domain has nothing to do with mail: MX, TXT, DMARC, addresses."""
    return (
        yield from require(
            (domain, "MX"),
            (domain, "TXT"),
            (f"_dmarc.{domain}", "TXT"),
            (domain, "A"),
            (domain, "AAAA"),
        )
    )


def secure_names(target: _target.Target, domain: str) -> Lookup:
    """The answers that must be secure for mail to reach the right host, and the DS answer of the
    zone that the MX records are in.
    """
    answer, hosts = yield from mx_hosts(domain)
    signer = next((entry["signer"] for entry in answer.signatures), domain)
    own = [] if _model.is_address(target.name) else (yield from addresses(target.name))
    of_hosts = [found for host in hosts for found in host.answers]
    return [answer, *of_hosts, *own], (yield from require_one(signer, "DS"))


def dmarc_reports(domain: str) -> Lookup:
    """What the DMARC walk finds, and for each external report address (URI, domain, answer)."""
    found = yield from dmarc.walk(domain)
    record = found.applies
    authorizations = []
    for uri, other in dmarc.external(record, found.organizational) if record else []:
        authorizations.append((uri, other, (yield from dmarc.authorization(record, other))))
    return found, authorizations
