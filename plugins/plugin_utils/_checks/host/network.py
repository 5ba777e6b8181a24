# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what listens on the host beside what was reached from outside, and where mail leaves it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)

from ..._dns.domain_queries import egress, private
from ..base import Check, Observation, answered, error_text, finding, rfc
from ..dns.lookup import why_no_answers
from .base import (
    HostConfig,
    Line,
    host_finding,
    networks,
    per_host_config,
    with_host_lines,
)
from .exim import split_list as split_exim_list

#: Ports that serve other programs of the host, never external clients.
BACKENDS = {
    **dict.fromkeys((783,), "spamd"),
    **dict.fromkeys((8891, 8892, 8893, 12301), "A milter"),
    **dict.fromkeys((11332, 11333, 11334), "Rspamd"),
    **dict.fromkeys((10023, 10024, 10025, 10026, 10027, 10028, 9998), "A filter or policy service"),
    **dict.fromkeys((24, 2003), "LMTP"),
    **dict.fromkeys((12345, 12340), "Dovecot's authentication or quota service"),
    **dict.fromkeys((3306, 5432, 6379, 11211, 27017, 389), "A database or directory"),
    **dict.fromkeys((3310,), "ClamAV"),
    **dict.fromkeys((53, 8953), "The resolver"),
}
#: The option of spamd that lists its clients, whose value stands in it or follows it.
_ALLOWED_IPS = re.compile(r"(?:-A|--allowed-ips?=?)(.*)")


def _is_loopback(address: str) -> bool:
    return any(network.is_loopback for network in networks(address)[0])


def _listener_line(entry: t.Mapping[str, t.Any]) -> Line:
    """A listening socket as a line of evidence."""
    process = entry["process"] or "unknown"
    return "*", f"listens: {entry['address']} port {entry['port']}, process {process}"


def _sockets(config: HostConfig, port: int, address: str) -> list[Line]:
    """The sockets of the host that listen at a port for an address, as lines of evidence."""
    own = config.facts.get("addresses", ())
    if address in own or not own:
        # A socket at :: accepts IPv4 as well, where none accepts it alone.
        accepting = {address, "::"} if ":" in address else {address, "0.0.0.0", "::"}
        entries = [entry for entry in config.facts["listeners"] if entry["address"] in accepting]
    else:
        entries = [
            entry for entry in config.facts["listeners"] if not _is_loopback(entry["address"])
        ]
    return [_listener_line(entry) for entry in entries if entry["port"] == port]


def _connected(session: Observation) -> bool:
    return answered(session) or bool(session.get("source"))


def _endpoint_finding(config: HostConfig, session: Observation) -> Finding | None:
    """Whether a service listens where it was reached; None where it neither listens nor answers."""
    sockets = _sockets(config, session["port"], session["address"])
    if sockets and _connected(session):
        reached = finding(PASS, "The service listens and was reached.", session, decisive=(0,))
        return with_host_lines(reached, *sockets)
    if answered(session):
        sentence = "No process of this host listens here, so a proxy or another host answered."
        return finding(FAIL, sentence, session, decisive=(0,))
    services = config.context.target.services
    if not sockets or (services and session["service"] not in services):
        return None
    refused = (session["error"] or {}).get("kind") == "connect_refused"
    if services or not refused:
        sentence = f"The service listens, but was not reached: {error_text(session)}."
        return with_host_lines(finding(UNKNOWN, sentence, session, decisive=(-1,)), *sockets)
    sentence = (
        f"The service listens, and only a firewall rejects external clients "
        f"({error_text(session)})."
    )
    return with_host_lines(finding(FAIL, sentence, session, decisive=(-1,)), *sockets)


def _family_finding(
    config: HostConfig, sessions: t.Sequence[Observation], reachable: t.Container[str]
) -> Finding | None:
    """The finding for a service that listens by IPv4 and IPv6, but is reached by one only."""
    for session in sessions:
        listens = _sockets(config, session["port"], session["address"])
        if not listens or session["address"] not in reachable:
            return None
    reached = {":" in session["address"] for session in sessions if _connected(session)}
    closed = [session for session in sessions if (":" in session["address"]) not in reached]
    if not reached or not closed:
        return None
    version = 4 if ":" in closed[0]["address"] else 6
    sentence = (
        f"The service listens by IPv4 and IPv6, but only IPv{version} reaches it: a firewall "
        "treats them differently."
    )
    sockets = _sockets(config, closed[0]["port"], closed[0]["address"])
    return with_host_lines(finding(FAIL, sentence, closed[0], decisive=(-1,)), *sockets)


def listeners_reachable(config: HostConfig) -> t.Iterable[Finding]:
    if not config.facts["listeners"]:
        yield _listeners_not_read(config)
        return
    sessions = config.context.sessions()
    reachable = {session["address"] for session in sessions if _connected(session)}
    if not reachable:
        yield host_finding(UNKNOWN, "No service was reached from outside.", "")
    for service in SERVICES:
        endpoints = [session for session in sessions if session["service"] == service]
        family = _family_finding(config, endpoints, reachable)
        findings = [family] if family else [_endpoint_finding(config, s) for s in endpoints]
        yield from (item for item in findings if item)


def _listeners_not_read(config: HostConfig) -> Finding:
    reason = config.not_read("/proc/net") or "the listening sockets"
    return host_finding(UNKNOWN, f"Not read: {reason}.", "")


def _allowed_ips(options: t.Sequence[str]) -> list[str]:
    """The networks that spamd serves, by its options."""
    found: list[str] = []
    for option, following in itertools.pairwise([*options, ""]):
        given = _ALLOWED_IPS.match(option)
        if given:
            found += (given[1] or following).split(",")
    return [network for network in found if network]


def backends_not_exposed(config: HostConfig) -> t.Iterable[Finding]:
    if not config.facts["listeners"]:
        yield _listeners_not_read(config)
        return
    backends = [entry for entry in config.facts["listeners"] if entry["port"] in BACKENDS]
    exposed = [entry for entry in backends if not _is_loopback(entry["address"])]
    for entry in exposed:
        sentence = (
            f"{BACKENDS[entry['port']]} listens beyond loopback, so only a firewall rejects "
            "external clients."
        )
        yield host_finding(FAIL, sentence, f"port {entry['port']}", [_listener_line(entry)])
    options = (config.facts.get("spamassassin") or {}).get("spamd") or []
    allowed = [ip for ip in _allowed_ips(options) if not ip.startswith(("127.", "::1"))]
    if allowed:
        sentence = f"spamd serves clients from {', '.join(allowed)}."
        yield host_finding(FAIL, sentence, "spamd", [("*", f"spamd {' '.join(options)}")])
    if not exposed and not allowed:
        sentence = "Backends listen on loopback or on Unix sockets only."
        yield host_finding(PASS, sentence, "", [_listener_line(entry) for entry in backends])


def egress_addresses_match(config: HostConfig) -> t.Iterable[Finding]:
    without_dns = why_no_answers(config.context)
    if without_dns:
        yield without_dns
        return
    checked = egress(config.context.target, config.context.addresses)
    for family, source in _sources(config):
        yield _egress_finding(family, source, checked)


def _sources(config: HostConfig) -> t.Iterator[tuple[str, str]]:
    """The addresses that mail leaves from, by address family."""
    values = config.postfix_defaults
    interfaces = _exim_interfaces(config)
    unknown = [entry for entry in interfaces if not _is_address(entry)]
    yield from (("exim", entry) for entry in unknown)
    if unknown:
        return
    for family, parameter in (("ipv4", "smtp_bind_address"), ("ipv6", "smtp_bind_address6")):
        if family == "ipv6" and values.get("inet_protocols") == "ipv4":
            continue
        bound = [entry for entry in interfaces if (":" in entry) == (family == "ipv6")]
        if values.get(parameter):
            bound = [values[parameter]]
        for source in bound or [config.facts["egress"].get(family, "")]:
            if source:
                yield family, source


def _exim_interfaces(config: HostConfig) -> list[str]:
    """The members of interface in the transports of Exim."""
    listed = (config.facts.get("exim") or {}).get("interfaces", ())
    members = [member for text in listed for member in split_exim_list(text)]
    # An expansion is one member, whatever is in it.
    return [text for text in listed if "$" in text] or list(dict.fromkeys(members))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _egress_finding(family: str, source: str, checked: t.Sequence[str]) -> Finding:
    """Whether an address that mail leaves from was looked up."""
    lines = [("*", f"source of outgoing mail: {source}")]
    if not _is_address(source):
        sentence = f"Mail leaves from what {source} stands for, which is not known."
        return host_finding(UNKNOWN, sentence, family, lines)
    source = str(ipaddress.ip_address(source))
    if private(source):
        sentence = f"Mail leaves from {source}, which is private; receivers see another address."
        return host_finding(NOT_APPLICABLE, sentence, family, lines, reason=NO_SUBJECT)
    if source in checked:
        sentence = f"Mail leaves from {source}, which is one of the addresses checked in DNS."
        return host_finding(PASS, sentence, family, lines)
    sentence = (
        f"Mail leaves from {source}, but SPF, PTR and DNSBL were checked for "
        f"{', '.join(checked) or 'no address'} only; declare egress_addresses."
    )
    return host_finding(FAIL, sentence, family, lines)


CHECKS = (
    Check(
        id="listeners_reachable",
        title="Listening mail ports equal those reachable from outside, by IPv4 and IPv6",
        title_failed="Mail ports that listen differ from those reachable from outside",
        group="host",
        severity="low",
        evaluate=per_host_config(listeners_reachable, "No service was declared or found."),
        control=(
            "A port of the host has to be reached from outside in this run; without one the "
            "verdict is unknown."
        ),
        false_pass="A firewall would have to treat this vantage unlike other clients.",
        impact=(
            "A service hidden only by the firewall is open once the firewall fails or lacks a "
            "rule for IPv6. If a port answers without a listener, another host answers."
        ),
        fix={
            "roles": (
                "Remove listeners that the roles did not make; they open 25, 465, 587, 993 and "
                "4190."
            ),
            "postfix": "Remove the listener from master.cf.",
            "exim": "Set daemon_smtp_ports to the ports that are needed.",
            "dovecot": "Set port = 0 in the inet_listener that is not needed.",
            "network": (
                "Set the same firewall rules for IPv4 and IPv6, and check NAT and proxies in front."
            ),
        },
        references=(rfc(9099, "2.6"),),
        peers=("nmap (from outside only)", "CIS (from inside only)"),
    ),
    Check(
        id="backends_not_exposed",
        title="Backends (spamd, milter, LMTP, database, resolver) listen on loopback only",
        title_failed="Backend service listens beyond loopback",
        group="host",
        severity="high",
        evaluate=per_host_config(backends_not_exposed, "Nothing listens on this host."),
        control=(
            "The list of listening sockets has to be readable; without it the verdict is unknown."
        ),
        false_pass="A backend would have to listen on a port that is not known as one.",
        impact=(
            "Backends trust every client. An attacker can deliver mail past all checks, train the "
            "filter or look up users, and abuse an open resolver against others."
        ),
        fix={
            "roles": (
                "The roles use Unix sockets, and loopback for the resolver. Remove daemons that "
                "were added beside them."
            ),
            "postfix": "Set after-filter listeners to 127.0.0.1:PORT in master.cf.",
            "dovecot": (
                "Set unix_listener instead of inet_listener for LMTP, auth and policy services."
            ),
            "opendkim": "Set Socket local:/run/opendkim/opendkim.sock.",
            "spamassassin": "Start spamd with --socketpath, without -i and -A.",
            "network": "Block these ports from outside as well.",
            "any": (
                "Bind the daemon to 127.0.0.1 and ::1 or to a Unix socket (Unbound: interface: "
                "127.0.0.1)."
            ),
        },
        references=("https://www.postfix.org/MILTER_README.html", rfc(5358)),
    ),
    Check(
        id="egress_addresses_match",
        title="Egress addresses (routes, smtp_bind_address) are those checked in DNS",
        title_failed="Mail leaves from an address that was not checked for SPF, PTR and DNSBL",
        group="host",
        severity="medium",
        evaluate=per_host_config(
            egress_addresses_match,
            "The host has no route to external addresses, or it is not known.",
        ),
        control=(
            "None needed: the route, and the address that the mail server binds to, are the "
            "evidence; an expression leaves the verdict unknown."
        ),
        false_pass=(
            "Mail would have to leave through address translation, or by a transport of its own."
        ),
        impact="SPF, PTR and DNSBL results are about another address than the one receivers see.",
        fix={
            "roles": "Set audit_egress_addresses to the addresses that mail leaves from.",
            "postfix": (
                "Set smtp_bind_address and smtp_bind_address6 to addresses that SPF permits."
            ),
            "network": "Check the source address (ip route get 192.0.2.1) and NAT rules.",
        },
        references=(rfc(7208, "2.4"),),
        peers=("Internet.nl, cnspec (look up the address of the MX)",),
    ),
)
