# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listeners of Postfix: services of master.cf that speak SMTP to clients, each with its
parameters.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    split_list,
    table_kind,
)
from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_parameters import (
    DOMAIN_LISTS,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    SERVICES,
    UNKNOWN,
    Finding,
)

from .base import HostConfig, Line, host_finding, setting_line
from .postfix_expansion import overridden
from .postfix_scope import Scope, rows

NO_POSTFIX = "There is no Postfix on this host."
_PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465, "ssmtp": 465}
_LOOPBACK = re.compile(r"^\[?(127\.\d+\.\d+\.\d+|::1|localhost|loopback-only)\]?$")


class Listener(t.NamedTuple):
    """A service of master.cf that speaks SMTP to clients. port: 0 where it has none of its own."""

    name: str
    port: int
    on_loopback: bool
    scope: Scope

    def value(self, parameter: str) -> str:
        """The value of a parameter for this listener."""
        return self.scope.value(parameter)

    def enabled(self, parameter: str) -> bool:
        """Whether a parameter is yes for this listener."""
        return self.value(parameter).lower() == "yes"

    @property
    def subject(self) -> str:
        """The listener as reports name it."""
        return f"postfix {self.name}"

    @property
    def is_submission(self) -> bool:
        """Whether the listener is for users who authenticate."""
        return self.port in (SERVICES["submission"].port, SERVICES["submissions"].port)

    def line(self, parameter: str) -> Line:
        """A parameter of this listener as a line of evidence."""
        return setting_line(self.name, parameter, self.value(parameter))

    def lines(self, *parameters: str) -> tuple[Line, ...]:
        """Parameters of this listener as lines of evidence."""
        return tuple(self.line(parameter) for parameter in parameters)


def port_number(port: str) -> int:
    """A port by its number or name; 0 where it is neither."""
    return _PORTS.get(port, int(port) if re.fullmatch(r"[0-9]{1,5}", port) else 0)


def postfix_listeners(config: HostConfig) -> list[Listener]:
    """Every listener of Postfix."""
    postfix = config.facts.get("postfix") or {}
    main, defaults = postfix.get("main", {}), postfix.get("defaults", {})
    tables = postfix.get("tables", {})
    own, knows_own = _own_domains(config, {**main, **defaults}, tables)
    services = postfix.get("services", {})
    postscreen = [name for name, entry in services.items() if _program(entry) == "postscreen"]
    found = []
    for name, entry in services.items():
        service, _slash, kind = name.rpartition("/")
        if _program(entry) != "smtpd" or kind not in ("inet", "pass"):
            continue
        if kind == "pass" and postscreen:
            service = postscreen[0].removesuffix("/inet")
        values = overridden(main, defaults, entry["parameters"])
        resolver = _resolver_parameters(services, values)
        values.update(_domain_lists(overridden(main, defaults, resolver)))
        scope = Scope(values, tables, own, tuple(config.trusted()), knows_own=knows_own)
        address, _colon, port = service.rpartition(":")
        on_loopback = _is_loopback(address, scope.value("inet_interfaces"))
        found.append(Listener(name, port_number(port), on_loopback, scope))
    return found


def _resolver_parameters(
    services: t.Mapping[str, t.Any], values: t.Mapping[str, str]
) -> t.Mapping[str, str]:
    """The parameters of the trivial-rewrite(8) that an smtpd asks for the class of a recipient, so
    that lists of domains of its own change nothing. values: the parameters of the smtpd.
    """
    name = values.get("rewrite_service_name", "rewrite")
    parameters: t.Mapping[str, str] = services.get(f"{name}/unix", {}).get("parameters", {})
    return parameters


def _domain_lists(values: t.Mapping[str, str]) -> dict[str, str]:
    """The lists of own domains among some parameters; empty where there is none."""
    return {parameter: values.get(parameter, "") for parameter in DOMAIN_LISTS}


def _own_domains(
    config: HostConfig,
    values: t.Mapping[str, str],
    tables: t.Mapping[str, t.Mapping[str, t.Any]],
) -> tuple[set[str], bool]:
    """The host's own domains, and whether these are all."""
    found, complete = set(config.context.target.domains), True
    scope = Scope(values, tables)
    for member in (entry for name in DOMAIN_LISTS for entry in split_list(scope.value(name))):
        kind, _rest = table_kind(member)
        if not kind and not member.startswith("/"):
            found.add(member.lower())
            continue
        listed = rows(member, scope)
        complete &= listed is not None and kind not in ("regexp", "pcre")
        complete &= not scope.table(member).get("cut")
        found |= {key.lower() for key, _value in listed or ()}
    return found, complete


def _program(service: t.Mapping[str, t.Any]) -> str:
    """The program of a service of master.cf."""
    return str(service["command"]).partition(" ")[0]


def _is_loopback(address: str, inet_interfaces: str) -> bool:
    """Whether a listener with an address of its own, or without one, is on loopback only."""
    if address:
        return bool(_LOOPBACK.match(address))
    return bool(inet_interfaces) and all(map(_LOOPBACK.match, split_list(inet_interfaces)))


def postfix_not_read(config: HostConfig) -> list[Finding]:
    """The finding for a Postfix that could not be read."""
    if config.facts.get("postfix") is None or config.postfix_defaults:
        return []
    reason = config.not_read("post") or "the configuration of Postfix"
    return [host_finding(UNKNOWN, f"Not read: {reason}.", "postfix")]
