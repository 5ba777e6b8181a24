# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host as it is to be audited, and how it is read from plain data.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from . import _declared
from ._model import SERVICES, ModelError, is_address, is_name
from ._target_options import TARGET_OPTIONS

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`|~.-]{1,64}$")


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
    target_timeout: seconds that it may take; target_connections: to each of its addresses.
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
    target_timeout: float = 120.0
    target_connections: int = 200

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
    names.update(_beside(data), account=_account(data.get("account")), **_budget(data))
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


def _budget(data: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What may be spent on a host: positive numbers."""
    found: dict[str, t.Any] = {}
    kinds: dict[str, t.Callable[[t.Any], t.Any]] = {
        "target_timeout": float,
        "target_connections": int,
    }
    for name, kind in kinds.items():
        if data.get(name) is None:
            continue
        try:
            found[name] = kind(data[name])
        except (TypeError, ValueError, OverflowError):
            found[name] = 0
        if not 0 < found[name] < 1e6:
            raise ModelError(f"{name}: {data[name]!r} is no number above 0.")
    return found


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
