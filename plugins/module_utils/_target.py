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

from . import _declared, _option_values, _run_options
from ._international_names import a_labels
from ._model import SERVICES, ModelError, is_address, is_name
from ._target_options import TARGET_OPTIONS

_BUDGET = ("target_timeout", "target_connections")

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`|~.-]{1,64}")


@dataclass(frozen=True)
class Target:
    """One host as it is to be looked at.

    name: the host name that clients use, or an address.
    key: what tells it from all other targets; empty stands for the name.
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
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or self.name)

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
    name = _name(data.get("name"))
    domains = _names(data, "domains")
    services = _strings(data, "services")
    for service in services:
        _require_service("services", service)
    return Target(
        name=name,
        key=_option_values.text_of("key", data.get("key") or name),
        addresses=_addresses(
            data, "addresses", f"leave the option out to use what {name} resolves to"
        ),
        services=services,
        ports=_ports(data.get("ports")),
        domains=domains,
        egress_addresses=_addresses(data, "egress_addresses"),
        dkim_selectors=_names(data, "dkim_selectors", _option_values.SELECTOR),
        parked_domains=_names(data, "parked_domains"),
        dnsbl_zones=_names(data, "dnsbl_zones"),
        account=_account(data.get("account")),
        other_ports=_declared.ports(data, "other_ports", _declared.OTHER_PORTS),
        extra_ports=_declared.ports(data, "extra_ports"),
        relays_for=_declared.relays_for(data),
        **_budget(data),
    )


def keyed(entries: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Descriptions of targets, each with a key of its own.

    Without one it is the name; where several have that name, their addresses tell them apart.
    Raises ModelError where nothing does.
    """
    described = [dict(entry) for entry in entries]
    names = [
        _option_values.text_of("name", entry.get("key") or entry.get("name") or f"target {number}")
        for number, entry in enumerate(described, 1)
    ]
    for entry, name in zip(described, names):
        if names.count(name) > 1 and not entry.get("key"):
            places = ", ".join(_option_values.strings("addresses", entry.get("addresses")))
            entry["key"] = f"{name} ({places})" if places else name
        entry["key"] = _option_values.text_of("key", entry.get("key") or name)
    keys = [entry["key"] for entry in described]
    for key in keys:
        if keys.count(key) > 1:
            raise ModelError(
                f"targets: {_option_values.shown(key)} is there more than once; give each target "
                "a key of its own."
            )
    return described


def _name(value: t.Any) -> str:
    """The name of the host, or its address."""
    text = _option_values.text_of("name", value or "")
    if is_address(_option_values.without_brackets(text)):
        return _option_values.address("name", text)
    try:
        return _option_values.name("name", text, _option_values.HOST)
    except ModelError as exc:
        if not text.isascii():
            raise
        raise ModelError(
            f"name: {_option_values.shown(text)} is neither a host name nor an IP address; give "
            "one such as mx1.example.org."
        ) from exc


def _ports(value: t.Any) -> dict[str, int]:
    """Port numbers by service."""
    numbers = {} if value in (None, "") else value
    if not isinstance(numbers, t.Mapping):
        raise ModelError(
            f"ports: {_option_values.shown(value)} is not a dictionary; write {{smtp: 2525}}."
        )
    for service in numbers:
        _require_service("ports", service)
    return {
        str(service): _option_values.port(f"ports.{service}", number)
        for service, number in numbers.items()
    }


def _require_service(option: str, service: t.Any) -> None:
    if service not in SERVICES:
        raise ModelError(
            f"{option}: {_option_values.shown(service)} is not one of {', '.join(SERVICES)}."
        )


def _account(data: t.Any) -> str:
    """The address of an account, which may be given with a password that is not for here."""
    given = data.get("address") if isinstance(data, t.Mapping) else data
    address = _option_values.text_of("account", given or "")
    local, at, domain = address.rpartition("@")
    domain = domain if domain.isascii() else a_labels(domain)
    if address and not (_LOCAL.fullmatch(local) and is_name(domain)):
        raise ModelError(
            f"account: {_option_values.shown(address)} is no address such as user@example.org."
        )
    return f"{local}{at}{domain}"


def _budget(data: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What may be spent on a host."""
    names = [
        name for name in ("target_timeout", "target_connections") if data.get(name) is not None
    ]
    return {name: _run_options.RULES[name](name, data[name]) for name in names}


def _strings(data: t.Mapping[str, t.Any], key: str) -> tuple[str, ...]:
    return _option_values.strings(key, data.get(key))


def _addresses(
    data: t.Mapping[str, t.Any], key: str, otherwise: str = "write one such as 192.0.2.25"
) -> tuple[str, ...]:
    found = (_option_values.address(key, item, otherwise) for item in _strings(data, key))
    return tuple(dict.fromkeys(found))


def _names(
    data: t.Mapping[str, t.Any], key: str, kind: str = _option_values.DOMAIN
) -> tuple[str, ...]:
    found = (_option_values.name(key, item, kind) for item in _strings(data, key))
    return tuple(dict.fromkeys(found))
