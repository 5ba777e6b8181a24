# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host that say which DNS records it needs, as one table, and their values.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    SERVICES,
    ModelError,
    is_address,
)

from .._dns.domain_queries import private
from . import keys, values

PREFIX = "records_"
#: Variables that playbooks alone read.
OF_THE_RUN = (
    *("records_hosts", "records_zone", "records_relative", "records_split", "records_from_hosts"),
    *("records_dir", "records_dns_resolver", "records_dns_servers", "records_timeout"),
    "records_required",
)


class Option(t.NamedTuple):
    """An option: its name here, the variables that give it, the first that is set; how a value is
    read; its default, which is None where it follows from other options; and whether an empty list
    says something.
    """

    name: str
    variables: tuple[str, ...]
    read: t.Callable[[str, t.Any], t.Any]
    default: t.Any = None
    empty_counts: bool = False


OPTIONS = (
    Option("hostname", ("mail_hostname",), values.name),
    Option("domains", ("mail_domains",), values.names, ()),
    Option("addresses", ("records_addresses", "audit_addresses"), values.addresses, ()),
    Option("egress", ("records_egress_addresses", "audit_egress_addresses"), values.addresses, ()),
    Option("services", ("records_services", "audit_services"), values.services),
    Option(
        "listeners",
        ("postfix_listeners",),
        values.services,
        ("smtp", "submission", "submissions"),
    ),
    Option("pop3s", ("dovecot_pop3s",), values.truth, False),
    Option("managesieve", ("dovecot_managesieve",), values.truth, True),
    Option("helo", ("postfix_settings",), values.helo, ""),
    Option("ports", ("audit_ports",), values.ports, {}),
    Option("ttl", ("records_ttl",), values.ttl, 3600),
    Option("mx_preference", ("records_mx_preference",), values.preference, 10),
    Option("spf_terms", ("records_spf_terms",), values.spf_terms, ()),
    Option("spf_all", ("records_spf_all",), values.choice("-all", "~all"), "-all"),
    Option("dkim_keys", ("records_dkim",), keys.dkim_keys, ()),
    Option("dkim_records", ("opendkim_records", "__records_dkim"), keys.dkim_records, ()),
    Option(
        "dmarc_policy",
        ("records_dmarc_policy",),
        values.choice("none", "quarantine", "reject"),
        "reject",
    ),
    Option("dmarc_reports", ("records_dmarc_reports",), values.report_addresses, None, True),
    Option("tls_reports", ("records_tls_reports",), values.report_uris, None, True),
    Option("mta_sts", ("records_mta_sts",), values.choice("none", "testing", "enforce"), "none"),
    Option(
        "mta_sts_max_age",
        ("records_mta_sts_max_age",),
        values.number(86400, 31557600),
        604800,
    ),
    Option("mta_sts_servers", ("records_mta_sts_servers",), values.servers, ()),
    Option("certificate", ("records_certificate", "__records_certificate"), keys.spki_digests, ()),
    Option("next_keys", ("records_next_keys",), keys.spki_digests, ()),
    Option("tlsa_services", ("records_tlsa_services",), values.services, ("smtp",)),
    Option("caa", ("records_caa",), keys.caa, ()),
    Option("autoconfig_servers", ("records_autoconfig_servers",), values.servers, ()),
    Option("autodiscover_servers", ("records_autodiscover_servers",), values.servers, ()),
    Option("parked", ("audit_parked_domains",), values.names, ()),
)
VARIABLES = tuple(name for option in OPTIONS for name in option.variables if name[0] != "_")


class Host(t.NamedTuple):
    """A host: its name in the inventory, and the value of each option by the option's name."""

    key: str
    hostname: str
    domains: tuple[str, ...]
    addresses: tuple[str, ...]
    egress: tuple[str, ...]
    services: tuple[str, ...] | None
    listeners: tuple[str, ...]
    pop3s: bool
    managesieve: bool
    helo: str
    ports: dict[str, int]
    ttl: int
    mx_preference: int
    spf_terms: tuple[str, ...]
    spf_all: str
    dkim_keys: tuple[keys.Dkim, ...]
    dkim_records: tuple[keys.Dkim, ...]
    dmarc_policy: str
    dmarc_reports: tuple[str, ...] | None
    tls_reports: tuple[str, ...] | None
    mta_sts: str
    mta_sts_max_age: int
    mta_sts_servers: tuple[str, ...]
    certificate: tuple[str, ...]
    next_keys: tuple[str, ...]
    tlsa_services: tuple[str, ...]
    caa: tuple[str, ...]
    autoconfig_servers: tuple[str, ...]
    autodiscover_servers: tuple[str, ...]
    parked: tuple[str, ...]

    @property
    def egress_addresses(self) -> tuple[str, ...]:
        """The addresses that the host sends from."""
        return self.egress or self.addresses

    @property
    def on(self) -> tuple[str, ...]:
        """The services that are on: those that are given, else those of the roles' variables."""
        if self.services is not None:
            return self.services
        boxes = {"imaps": True, "pop3s": self.pop3s, "sieve": self.managesieve}
        return (*self.listeners, *(name for name, is_on in boxes.items() if is_on))

    def port(self, service: str) -> int:
        """The port of a service."""
        return self.ports.get(service, SERVICES[service].port)


def host(key: str, variables: t.Mapping[str, t.Any]) -> Host:
    """The options of a host; raises ModelError, with the name of the host before the sentence."""
    try:
        _refuse_misspelt(variables)
        found = {option.name: _value(option, variables) for option in OPTIONS}
        found["hostname"] = found["hostname"] or values.name("mail_hostname", key)
        found["addresses"] = found["addresses"] or _connected(variables)
    except ModelError as exc:
        raise ModelError(f"{key}: {exc}") from None
    return Host(key, **found)


def _value(option: Option, variables: t.Mapping[str, t.Any]) -> t.Any:
    for name in option.variables:
        value = variables.get(name)
        is_set = value not in (None, "") and (option.empty_counts or value not in ([], {}))
        if is_set:
            return option.read(name, value)
    return option.default


def _connected(variables: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The address that Ansible connects to, where others can reach it."""
    text = str(variables.get("ansible_host") or "")
    if is_address(text) and not private(text):
        return values.addresses("ansible_host", [text])
    raise ModelError(
        "records_addresses is not set; write the addresses where others reach the host, such as "
        "[192.0.2.25]."
    )


def _refuse_misspelt(variables: t.Mapping[str, t.Any]) -> None:
    """Refuse a variable that nothing reads and that nearly has the name of one."""
    known = (*VARIABLES, *OF_THE_RUN)
    for name in map(str, variables):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.85)
            if near:
                raise ModelError(f"{name} is not a variable of records; did you mean {near[0]}?")
