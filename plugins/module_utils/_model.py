# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the collection as data: services, targets, observations, checks, verdicts.

Knows no network, no Ansible and no policy.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass, field

from . import _declared
from ._target_options import TARGET_OPTIONS

#: Version of the shape of stored observations and verdicts.
SCHEMA = 2

FAIL = "fail"
UNKNOWN = "unknown"
WAIVED = "waived"
PASS = "pass"
NOT_APPLICABLE = "not_applicable"
#: Worst first; the status of a whole is the first of these that one of its parts has.
STATUSES = (FAIL, UNKNOWN, WAIVED, PASS, NOT_APPLICABLE)
SEVERITIES = ("critical", "high", "medium", "low", "info")
#: Groups of checks, in the order of reports; each is also what a survey can be told to look at.
GROUPS = (
    *("relay", "tls", "mailstore", "smuggling", "conformance", "auth"),
    *("dns", "dnsbl", "signing", "spoofing", "host"),
)


class ModelError(ValueError):
    """What the caller described cannot be looked at; the message names the option and the remedy."""


class Service(t.NamedTuple):
    """A mail service by its registered name (RFC 6409, 8314, 5804)."""

    port: int
    protocol: str
    implicit_tls: bool
    overlay: str


SERVICES: dict[str, Service] = {
    "smtp": Service(25, "smtp", False, "mx"),
    "submission": Service(587, "smtp", False, "submission"),
    "submissions": Service(465, "smtp", True, "submission"),
    "imap": Service(143, "imap", False, "mailstore"),
    "imaps": Service(993, "imap", True, "mailstore"),
    "pop3": Service(110, "pop3", False, "mailstore"),
    "pop3s": Service(995, "pop3", True, "mailstore"),
    "sieve": Service(4190, "sieve", False, "mailstore"),
}

_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$"
)

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`|~.-]{1,64}$")


def is_address(text: str) -> bool:
    """Say whether I(text) is an IPv4 or IPv6 address without brackets or zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_name(text: str) -> bool:
    """Say whether I(text) is the name of a host or domain."""
    return bool(_NAME.match(text)) and not is_address(text)


@dataclass(frozen=True)
class Target:
    """One host as it is to be looked at.

    name: the host name that clients use, or an address.
    addresses: where to connect; empty means whatever the name resolves to at the vantage.
    services: names of SERVICES that the host must offer. All are tried whatever is said here; a
    port that is closed or silent is then no finding unless it is declared.
    domains: domains whose mail the host takes.
    egress_addresses: addresses that it sends from; empty means those where it takes mail.
    dkim_selectors: selectors that its mail is signed with. parked_domains: domains that have
    nothing to do with mail.
    dnsbl_zones: block lists to look it up in. account: address of a user on it, for a proof by
    mail.
    other_ports: further ports to try; extra_ports: those of them, or others, that it must offer.
    relays_for: networks that it is meant to relay for, by service.
    """

    name: str
    addresses: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ports: t.Mapping[str, int] = field(default_factory=dict)
    egress_addresses: tuple[str, ...] = ()
    dkim_selectors: tuple[str, ...] = ()
    parked_domains: tuple[str, ...] = ()
    dnsbl_zones: tuple[str, ...] = ()
    account: str = ""
    other_ports: tuple[int, ...] = ()
    extra_ports: tuple[int, ...] = ()
    relays_for: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def port(self, service: str) -> int:
        """The port of a service on this host."""
        return int(self.ports.get(service, SERVICES[service].port))

    def to_dict(self) -> dict[str, t.Any]:
        """Plain data, as `target` reads it."""
        return {option.name: _plain(getattr(self, option.name)) for option in TARGET_OPTIONS}


def _plain(value: t.Any) -> t.Any:
    """Tuples as lists, mappings as dictionaries, all the way down."""
    if isinstance(value, t.Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def target(data: t.Mapping[str, t.Any]) -> Target:
    """Build a target from plain data; raise ModelError that names what is wrong."""
    name = str(data.get("name") or "").rstrip(".")
    if not (is_address(name) or is_name(name)):
        raise ModelError(
            f"name: {name!r} is neither a host name nor an IP address; give one such as "
            "mx1.example.org."
        )
    addresses = _strings(data, "addresses")
    for address in addresses:
        if not is_address(address):
            raise ModelError(
                f"addresses: {address!r} is not an IP address; leave the option out to use what "
                f"{name} resolves to."
            )
    egress = _strings(data, "egress_addresses")
    for address in egress:
        if not is_address(address):
            raise ModelError(f"egress_addresses: {address!r} is not an IP address.")
    services = _strings(data, "services")
    ports = {str(key): int(value) for key, value in (data.get("ports") or {}).items()}
    for service in list(services) + list(ports):
        if service not in SERVICES:
            raise ModelError(f"services: {service!r} is not one of {', '.join(SERVICES)}.")
    names: dict[str, t.Any] = {
        key: _names(data, key)
        for key in ("domains", "dkim_selectors", "parked_domains", "dnsbl_zones")
    }
    names.update(_beside(data), account=_account(data.get("account")))
    return Target(
        name=name,
        addresses=addresses,
        services=services,
        ports=ports,
        egress_addresses=egress,
        **names,
    )


def _account(data: t.Any) -> str:
    """The address of an account, which may be given with a password that is not for here."""
    address = str(data.get("address") or "") if isinstance(data, dict) else str(data or "")
    address = address.strip()
    local, _at, domain = address.rpartition("@")
    if address and not (_LOCAL.match(local) and is_name(domain)):
        raise ModelError(f"account: {address!r} is no address such as user@example.org.")
    return address


def _beside(data: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a host is meant to be beside its services."""
    try:
        return {
            "other_ports": _declared.ports(data, "other_ports", _declared.OTHER_PORTS),
            "extra_ports": _declared.ports(data, "extra_ports"),
            "relays_for": _declared.relays_for(data),
        }
    except ValueError as exc:
        raise ModelError(str(exc)) from exc


def _strings(data: t.Mapping[str, t.Any], key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in data.get(key) or ())


def _names(data: t.Mapping[str, t.Any], key: str) -> tuple[str, ...]:
    found = tuple(item.rstrip(".") for item in _strings(data, key))
    for name in found:
        if not is_name(name):
            raise ModelError(
                f"{key}: {name!r} is not a "
                f"{'domain name' if key != 'dkim_selectors' else 'selector'}."
            )
    return found


class Job(t.NamedTuple):
    """One connection to make: which probe, where to, with what."""

    probe: str
    target: str
    service: str
    address: str
    port: int
    params: dict[str, t.Any]


class Error(t.TypedDict, total=False):
    """Why an observation ends early.

    kind: one of the kinds of WireError, or that of what looked instead of a probe.
    text: what happened, as a clause without a stop.
    """

    kind: str
    text: str


class _Always(t.TypedDict):
    """What every observation has."""

    schema: int
    probe: str
    target: str
    service: str
    address: str
    port: int
    params: dict[str, t.Any]
    facts: t.Any
    error: Error | None
    transcript: list[list[str]]


class Observation(_Always, total=False):
    """What one job saw, as plain JSON that can be stored and evaluated again.

    schema: version of the shape.
    probe: the name of the probe.
    target: the name of the target.
    service: the mail service, or what else was asked.
    address: the address that was asked.
    port: the port.
    params: the parameters of the probe.
    facts: what was observed, in the shape that belongs to the probe.
    error: kind and text: why the conversation ended early; None where it was complete.
    transcript: lines of (direction, text): C the client, S the server, * an event.
    source: the address that the client had.
    started: when, in ISO 8601.
    seconds: how long it took.
    vantage: what the target may conclude from that source address.
    """

    source: str
    started: str
    seconds: float
    vantage: dict[str, t.Any]


def observation(
    job: Job,
    facts: t.Mapping[str, t.Any],
    error: Error | None,
    transcript: list[list[str]],
    extra: dict[str, t.Any],
) -> Observation:
    """What one job saw, as plain JSON that can be stored and evaluated again."""
    found: Observation = {
        "schema": SCHEMA,
        "probe": job.probe,
        "target": job.target,
        "service": job.service,
        "address": job.address,
        "port": job.port,
        "params": job.params,
        "facts": facts,
        "error": error,
        "transcript": transcript,
    }
    found.update(extra)  # type: ignore[typeddict-item]
    return found


class Finding(t.NamedTuple):
    """What an evaluator says of one subject: a status and a sentence, with the conversation behind
    it.

    service, address, port: the endpoint, where there is one. subject: what else it is about: a
    domain, a setting, a file.
    transcript: lines of (direction, text). decisive: the indices of those lines that decided.
    probe, params: what was asked with which parameters, from which a command that repeats it
    follows.
    """

    status: str
    sentence: str
    service: str = ""
    address: str = ""
    port: int = 0
    subject: str = ""
    transcript: t.Sequence[t.Sequence[str]] = ()
    decisive: t.Sequence[int] = ()
    probe: str = ""
    params: t.Mapping[str, t.Any] = {}


def worst(statuses: t.Iterable[str], empty: str = UNKNOWN) -> str:
    """The worst of some statuses; I(empty) when there is none."""
    found = set(statuses)
    for status in STATUSES:
        if status in found:
            return status
    return empty
