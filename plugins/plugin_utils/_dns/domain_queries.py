# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the DNS about a target: one inquiry for each thing that a check wants to know.

Judges lead the same inquiries again, with the answers that were stored. Opens nothing and judges
nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from . import dmarc, spf
from .queries import (
    ERROR,
    RECORDS,
    Answer,
    Inquiry,
    Question,
    addresses,
    ask,
    known,
    one,
    parents,
    reverse_name,
    reversed_labels,
)

#: A question whose answer a validating resolver marks as validated.
CONTROL = Question(".", "NS")
#: Labels that nobody publishes; where they have records, everything has.
NOBODY = "airtight-nobody"
#: Ports that clients may look up TLSA records for, by service.
DANE_SERVICES = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "sieve")
#: Services that clients look for by SRV records (RFC 6186 section 3, RFC 8314 section 5.1, RFC 5804
#: section 1.8).
SRV_SERVICES = ("submissions", "submission", "imaps", "imap", "pop3s", "pop3", "sieve")
#: What a DNSBL must list and must not list (RFC 5782 section 5): IPv4, IPv6, names.
LISTED = {4: "127.0.0.2", 6: "::ffff:7f00:2", 0: "TEST"}
UNLISTED = {4: "127.0.0.1", 6: "::ffff:7f00:1", 0: "INVALID"}
MAX_EXCHANGERS = 10
_PRIVATE = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
]


class Exchanger(t.NamedTuple):
    """One host that an MX record names: its answers about addresses, which are not asked for where
    it is no name.
    """

    preference: int
    host: str
    answers: tuple[Answer, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """All its addresses."""
        return [record for answer in self.answers for record in answer.records]


def answer(seen: t.Mapping[str, t.Any], validating: bool = False) -> Answer:
    """A stored observation as the answer that it holds. validating: whether the resolver was seen
    to validate.
    """
    facts, error, params = (
        seen["facts"],
        seen["error"] or {"kind": "unasked", "text": "no answer was stored"},
        seen["params"],
    )
    question = Question(params["name"], params["type"])
    lines = tuple((line[0], line[1]) for line in seen["transcript"])
    if not facts:
        return Answer(question, ERROR, kind=error["kind"], text=error["text"], transcript=lines)
    return Answer(
        question,
        facts["state"],
        tuple(facts["records"]),
        tuple(facts["chain"]),
        facts["ad"] if params["trusted"] and validating else None,
        facts["ttl"],
        tuple(facts["signatures"]),
        transcript=lines,
    )


def private(address: str) -> bool:
    """Whether an address is one that nobody outside can see."""
    found = ipaddress.ip_address(address)
    return any(found in network for network in _PRIVATE if network.version == found.version)


def egress(target: _model.Target, seen: t.Sequence[str]) -> list[str]:
    """The addresses that a host sends from: those declared, else those it is reached at, none that
    is private.
    """
    return [address for address in target.egress_addresses or seen if not private(address)]


def exchangers(domain: str) -> Inquiry:
    """The answer about MX, and the hosts in their order of preference."""
    answer = yield from one(domain, "MX")
    pairs = sorted(
        (int(record.split()[0]), record.split()[1].rstrip(".")) for record in answer.records
    )
    hosts = []
    for preference, host in pairs[:MAX_EXCHANGERS]:
        found = () if not host or _model.is_address(host) else tuple((yield from addresses(host)))
        hosts.append(Exchanger(preference, host, found))
    return answer, hosts


def services(domain: str) -> Inquiry:
    """The answers about SRV by service, and for each host that they name the answers about its
    addresses.
    """
    answers = yield from known(*((f"_{name}._tcp.{domain}", "SRV") for name in SRV_SERVICES))
    named = [record.split()[3].rstrip(".") for answer in answers for record in answer.records]
    hosts = [host for host in dict.fromkeys(named) if host and not _model.is_address(host)][
        :MAX_EXCHANGERS
    ]
    pairs = [(host, kind) for host in hosts for kind in ("A", "AAAA")]
    found = (yield from known(*pairs)) if pairs else []
    return dict(zip(SRV_SERVICES, answers)), {
        host: found[2 * index : 2 * index + 2] for index, host in enumerate(hosts)
    }


def pointers(address: str) -> Inquiry:
    """The PTR answer of an address, and for each name that it has the answers about that name's
    addresses.
    """
    answer = yield from one(reverse_name(address), "PTR")
    names = [record.rstrip(".") for record in answer.records[:MAX_EXCHANGERS]]
    kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
    back = yield from known(*((name, kind) for name in names))
    return answer, list(zip(names, back))


def tlsa(host: str, port: int) -> Inquiry:
    """The TLSA answer for a host and port, at what its name is an alias of if that is secure (RFC
    7671 section 7).
    """
    (first, second) = yield from addresses(host)
    alias = first.chain or second.chain
    answers = yield from known(*((f"_{port}._tcp.{name}", "TLSA") for name in [*alias[-1:], host]))
    usable = answers if first.secure is not False and second.secure is not False else answers[-1:]
    return next((answer for answer in usable if answer.state == RECORDS), answers[-1]), (
        first,
        second,
    )


def caa(name: str) -> Inquiry:
    """The CAA answer that holds for a name: the nearest one with records going up (RFC 8659 section
    3).
    """
    answers = yield from known(*((parent, "CAA") for parent in parents(name)))
    return next((answer for answer in answers if answer.state == RECORDS), answers[0])


def wildcards(domain: str) -> Inquiry:
    """Answers about names that nobody can have published."""
    below = ("_domainkey", "_dmarc", "_mta-sts", "_smtp._tls")
    return (yield from known(*((f"{NOBODY}.{label}.{domain}", "TXT") for label in below)))


def texts(name: str, version: str) -> Inquiry:
    """The TXT answer of a name and those of its records that begin with a version."""
    answer = yield from one(name, "TXT")
    return answer, [
        record
        for record in answer.records
        if record.partition(";")[0].replace(" ", "") == "v=" + version
    ]


def policy_host(domain: str) -> Inquiry:
    """Where the MTA-STS policy of a domain is served, if a record says that there is one."""
    answer, records = yield from texts("_mta-sts." + domain, "STSv1")
    found = (yield from addresses("mta-sts." + domain)) if records else []
    return answer, records, found


def listed(zone: str, subject: str) -> Inquiry:
    """Whether a DNSBL lists an address or name, beside the two controls that its answer counts
    with.
    """
    version = ipaddress.ip_address(subject).version if _model.is_address(subject) else 0
    names = [LISTED[version], UNLISTED[version], subject]
    labels = [reversed_labels(name) if version else name for name in names]
    return (yield from ask(*((f"{label}.{zone}", "A") for label in labels)))


def selector(name: str, domain: str) -> Inquiry:
    """The answer about a DKIM key."""
    return (yield from one(f"{name}._domainkey.{domain}", "TXT"))


def parked(domain: str) -> Inquiry:
    """Answers that say that a domain has nothing to do with mail: MX, TXT and DMARC."""
    return (
        yield from known(
            (domain, "MX"),
            (domain, "TXT"),
            ("_dmarc." + domain, "TXT"),
            (domain, "A"),
            (domain, "AAAA"),
        )
    )


def secure_names(target: _model.Target, domain: str) -> Inquiry:
    """Every answer that must be secure for mail to reach the right host, and the DS of the zone
    that the first is in.
    """
    answer, hosts = yield from exchangers(domain)
    signer = next((entry["signer"] for entry in answer.signatures), domain)
    own = [] if _model.is_address(target.name) else (yield from addresses(target.name))
    return [answer, *(found for host in hosts for found in host.answers), *own], (
        yield from one(signer, "DS")
    )


def reports(domain: str) -> Inquiry:
    """What holds for a domain by DMARC, and the consent of each place outside that reports go to."""
    found = yield from dmarc.walk(domain)
    agreed = []
    for uri, other in dmarc.external(found.applies, found.organizational) if found.applies else []:
        agreed.append((uri, other, (yield from dmarc.consent(found.applies, other))))
    return found, agreed


def inquiries(target: _model.Target, seen: t.Sequence[str]) -> list[Inquiry]:
    """Everything to ask about a target whose addresses are known."""
    asked: list[Inquiry] = [ask(CONTROL)]
    sending = egress(target, seen)
    named = not _model.is_address(target.name)
    asked += [pointers(address) for address in sending]
    if named:
        asked += [
            addresses(target.name),
            caa(target.name),
            spf.Check("", "postmaster@" + target.name, target.name).decide(target.name),
        ]
        asked += [tlsa(target.name, target.port(service)) for service in DANE_SERVICES]
        asked += [listed(zone, target.name) for zone in target.dnsbl_zones]
    asked += [listed(zone, address) for zone in target.dnsbl_zones for address in sending]
    for domain in target.domains:
        asked += [
            exchangers(domain),
            reports(domain),
            wildcards(domain),
            policy_host(domain),
            secure_names(target, domain),
        ]
        asked += [services(domain)]
        asked += [
            texts("_smtp._tls." + domain, "TLSRPTv1"),
            *(selector(name, domain) for name in target.dkim_selectors),
        ]
        asked += [
            spf.Check("", "postmaster@" + domain, target.name, version).decide(domain)
            for version in (4, 6)
        ]
        asked += [listed(zone, domain) for zone in target.dnsbl_zones]
    for address in sending:
        names = [*target.domains, *([target.name] if named else [])]
        asked += [
            spf.Check(address, "postmaster@" + name, target.name).decide(name) for name in names
        ]
    return asked + [parked(domain) for domain in target.parked_domains]
