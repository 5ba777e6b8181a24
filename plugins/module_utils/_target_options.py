# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a target, once: argument specs, the filter `targets`, plain data and the
documentation fragments follow from this table.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ._model import SERVICES

#: Who takes an option: probe_info at a vantage, the tasks about one host, and the audit.
VANTAGE, TASK, AUDIT = "vantage", "task", "audit"
_ALL = (VANTAGE, TASK, AUDIT)


class Option(t.NamedTuple):
    """One option: its name, its line of an argument spec, and what it says in one line or more.

    spec: type, elements, choices, default, options as ansible-core takes them.
    description: paragraphs in the markup of Ansible's documentation.
    where: who takes it. variables: host variables that give it to the filter `targets`, the first
    that is set; empty_counts: whether an empty list there says something.
    """

    name: str
    spec: t.Mapping[str, t.Any]
    description: tuple[str, ...]
    where: tuple[str, ...] = _ALL
    variables: tuple[str, ...] = ()
    empty_counts: bool = False


def _strings(**more: t.Any) -> dict[str, t.Any]:
    return {"type": "list", "elements": "str", **more, "default": []}


ACCOUNT: dict[str, t.Any] = {
    "type": "dict",
    "options": {
        "address": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    },
}
TARGET_OPTIONS = (
    Option(
        "name",
        {"type": "str"},
        ("Host name that clients use, or an address.",),
        variables=("audit_name", "mail_hostname"),
    ),
    Option(
        "key",
        {"type": "str", "no_log": False},
        (
            (
                "What reports and observations call the host where several have one O(name), such "
                "as its name in the inventory. By default O(name)."
            ),
        ),
    ),
    Option(
        "addresses",
        _strings(),
        ("Addresses to connect to. By default all that the name resolves to on the vantage.",),
        variables=("audit_addresses",),
    ),
    Option(
        "services",
        _strings(choices=list(SERVICES)),
        (
            "Services that the host has to offer. The audit tries all services in any case.",
            (
                "A declared service that cannot be reached is unknown. Other ports that are "
                "closed or "
                "do not answer are then no finding."
            ),
            (
                "Without this option a closed port is no finding, and a port that does not answer "
                "is "
                "unknown."
            ),
        ),
        variables=("audit_services",),
    ),
    Option(
        "domains",
        _strings(),
        (
            (
                "Domains whose mail the host accepts, U-labels by IDNA 2008. The first is used "
                "where a test needs a local address."
            ),
        ),
        variables=("audit_domains", "mail_domains"),
    ),
    Option(
        "ports",
        {"type": "dict", "default": {}},
        ("Ports of services that do not use their registered port, by service name.",),
        variables=("audit_ports",),
    ),
    Option(
        "account",
        ACCOUNT,
        (
            (
                "A user of the host, who sends and receives for the groups V(signing) and "
                "V(spoofing), with O(opt_in) V(mail)."
            ),
            (
                "The password is sent inside TLS alone, and only if the certificate is trusted and "
                "for the name of the host. It is in no observation, report or log."
            ),
        ),
        variables=("audit_account",),
    ),
    Option(
        "other_ports",
        {"type": "list", "elements": "int"},
        (
            (
                "Further ports to try. None of them may be open but O(extra_ports). Where SMTP or "
                "LMTP answers, it has to reject external clients."
            ),
            (
                "By default some thirty ports of content filters, databases and second listeners, "
                "see C(docs/guides/audit.md). V([]) tries none."
            ),
        ),
        variables=("audit_other_ports",),
        empty_counts=True,
    ),
    Option(
        "extra_ports",
        {"type": "list", "elements": "int", "default": []},
        ("Ports that the host has to offer and that are no mail service. They are tried too.",),
        variables=("audit_extra_ports",),
    ),
    Option(
        "target_timeout",
        {"type": "float", "default": 120.0},
        (
            "Seconds that a target may take in all. What is not done by then is unknown.",
            "Holds for each of several targets without its own. No target waits for another.",
        ),
        variables=("audit_target_timeout",),
    ),
    Option(
        "target_connections",
        {"type": "int", "default": 200},
        ("Connections to each address in all. What is not asked by then is unknown.",),
        variables=("audit_target_connections",),
    ),
    Option(
        "relays_for",
        {"type": "raw"},
        (
            (
                "Networks and addresses that the host is meant to relay for, as a smarthost does. "
                "An acceptance is then no finding where the host sees the vantage at such an "
                "address. A rejection there is one, and so is an acceptance anywhere else."
            ),
            (
                "A list is about port 25. A dictionary has lists by service, V(smtp), "
                "V(submission) or V(submissions)."
            ),
        ),
        where=(TASK, AUDIT),
        variables=("audit_relays_for",),
    ),
    Option(
        "egress_addresses",
        _strings(),
        ("Addresses that the host sends mail from. By default those where it accepts mail.",),
        where=(AUDIT,),
        variables=("audit_egress_addresses",),
    ),
    Option(
        "dkim_selectors",
        _strings(),
        ("Selectors that the host signs with. Without them no DKIM record can be looked up.",),
        where=(AUDIT,),
        variables=("audit_dkim_selectors", "opendkim_selector"),
    ),
    Option(
        "parked_domains",
        _strings(),
        ("Domains that neither send nor receive mail, and have to say so in the DNS.",),
        where=(AUDIT,),
        variables=("audit_parked_domains",),
    ),
    Option(
        "dnsbl_zones",
        _strings(),
        (
            (
                "DNSBLs to look up the addresses, the name and the domains of the host in, for "
                "instance V(zen.spamhaus.org). By default none."
            ),
            (
                "Most public DNSBLs refuse queries through public or open resolvers. Such an "
                "answer is unknown."
            ),
        ),
        where=(AUDIT,),
        variables=("audit_dnsbl_zones",),
    ),
)


def options_for(place: str) -> tuple[Option, ...]:
    """The options that one of VANTAGE, TASK and AUDIT takes, in order."""
    return tuple(option for option in TARGET_OPTIONS if place in option.where)


def argument_spec(place: str) -> dict[str, dict[str, t.Any]]:
    """Name to argument spec, as ansible-core takes it, of one target."""
    return {option.name: dict(option.spec) for option in options_for(place)}
