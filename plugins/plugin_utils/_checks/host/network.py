# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what listens on the host beside what was reached, where mail leaves it, and whether the
outside agrees with the inside.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL, LEGACY
from ansible_collections.airtight.mail.plugins.module_utils._probes.relay_addresses import REMOTE

from ..._dns.domain_queries import egress, private
from ..base import Check, Observation, answered, finding, overlay, rfc
from ..dns.lookup import why_no_answers
from ..relay import replies
from ..relay.vantage import trusted_because
from ..tls import versions
from . import postfix_restrictions, tls
from .base import Truth, host_fact, say
from .relay import configured, listeners

OTHERWISE = "it runs with another configuration, or something else answers in its place"
#: Ports that serve other programs of the host, never strangers.
BACKENDS = {
    **dict.fromkeys((783,), "spamd"),
    **dict.fromkeys((8891, 8892, 8893, 12301), "a milter"),
    **dict.fromkeys((11332, 11333, 11334), "rspamd"),
    **dict.fromkeys((10023, 10024, 10025, 10026, 10027, 10028, 9998), "a filter or policy service"),
    **dict.fromkeys((24, 2003), "LMTP"),
    **dict.fromkeys((12345, 12340), "Dovecot's authentication or quota"),
    **dict.fromkeys((3306, 5432, 6379, 11211, 27017, 389), "a database or directory"),
    **dict.fromkeys((3310,), "ClamAV"),
    **dict.fromkeys((53, 8953), "the resolver"),
}


def _loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def listens(held: Truth, port: int, address: str) -> bool:
    """Whether something on the host listens at a port for an address."""
    found = {entry["address"] for entry in held.facts["listeners"] if entry["port"] == port}
    if address in held.facts.get("addresses", ()) or not held.facts.get("addresses"):
        # A socket at :: may take IPv4 as well, where none takes it alone.
        return address in found or (
            "::" in found if ":" in address else bool({"0.0.0.0", "::"} & found)
        )
    return any(not _loopback(entry) for entry in found)


def _connected(seen: Observation) -> bool:
    return answered(seen) or bool(seen.get("source"))


def _at(held: Truth, seen: Observation) -> Finding | None:
    """One endpoint: whether it was reached beside whether something listens; None where both say
    no.
    """
    inside = listens(held, seen["port"], seen["address"])
    text = (seen["error"] or {"text": "nothing was said"})["text"].rstrip(".")
    if inside and _connected(seen):
        return finding(PASS, "It listens, and was reached.", seen)
    if answered(seen):
        return finding(
            FAIL,
            (
                "Something answered although nothing on this host listens here: a proxy, or "
                "another "
                "host."
            ),
            seen,
        )
    if not inside:
        return None
    services = held.context.target.services
    if services and seen["service"] not in services:
        return None
    refused = (seen["error"] or {}).get("kind") == "connect_refused"
    if services or not refused:
        return finding(UNKNOWN, f"It listens, but was not reached: {text}.", seen)
    return finding(FAIL, f"It listens, and only a firewall keeps strangers out ({text}).", seen)


def _gap(held: Truth, mine: t.Sequence[Observation], alive: t.Container[str]) -> Finding | None:
    """Whether a service is open to strangers by one version of IP only, although it listens for
    both.
    """
    if not all(
        listens(held, seen["port"], seen["address"]) and seen["address"] in alive for seen in mine
    ):
        return None
    open_ = {":" in seen["address"] for seen in mine if _connected(seen)}
    shut = [seen for seen in mine if not _connected(seen) and (":" in seen["address"]) not in open_]
    if not open_ or not shut:
        return None
    text = (
        "It listens for both IPv4 and IPv6, but strangers reach only IPv%d: a firewall treats "
        "them differently."
    )
    return finding(FAIL, text % (4 if ":" in shut[0]["address"] else 6), shut[0])


def listeners_reachable(held: Truth) -> t.Iterable[Finding]:
    if not held.facts["listeners"]:
        yield say(UNKNOWN, "Not read: %s." % (held.lost("/proc/net") or "what listens"), "")
        return
    sessions = held.context.of("smtp_session") + held.context.of("mailstore_session")
    alive = {seen["address"] for seen in sessions if _connected(seen)}
    if not alive:
        yield say(UNKNOWN, "No service was reached from outside.", "")
    for service in SERVICES:
        mine = [seen for seen in sessions if seen["service"] == service]
        gap = _gap(held, mine, alive)
        yield from [gap] if gap else [item for item in (_at(held, seen) for seen in mine) if item]


def _allowed(daemon: t.Sequence[str]) -> list[str]:
    """The networks that spamd was told to serve."""
    found: list[str] = []
    for word, following in zip(daemon, [*daemon[1:], ""]):
        if word in ("-A", "--allowed-ips"):
            found += following.split(",")
        elif word.startswith("--allowed-ips="):
            found += word.partition("=")[2].split(",")
    return [word for word in found if word]


def backends_not_exposed(held: Truth) -> t.Iterable[Finding]:
    if not held.facts["listeners"]:
        yield say(UNKNOWN, "Not read: %s." % (held.lost("/proc/net") or "what listens"), "")
        return
    wide = [
        entry
        for entry in held.facts["listeners"]
        if not _loopback(entry["address"]) and entry["port"] in BACKENDS
    ]
    for entry in wide:
        text = (
            f"{BACKENDS[entry['port']]} listens beyond loopback, where only a firewall, if there "
            "is one, keeps strangers out."
        )
        evidence = (
            "*",
            "listens: %(address)s port %(port)d, process %(process)s"
            % {**entry, "process": entry["process"] or "unknown"},
        )
        yield say(FAIL, text[0].upper() + text[1:], f"port {entry['port']}", evidence)
    daemon = (held.facts.get("spamassassin") or {}).get("spamd") or []
    allowed = [word for word in _allowed(daemon) if not word.startswith(("127.", "::1"))]
    if allowed:
        yield say(
            FAIL,
            f"spamd serves whoever comes from {', '.join(allowed)}.",
            "spamd",
            ("*", "spamd " + " ".join(daemon)),
        )
    if not wide and not allowed:
        yield say(
            PASS,
            "What serves other programs listens on loopback or on sockets in the file system only.",
            "",
        )


def egress_addresses_match(held: Truth) -> t.Iterable[Finding]:
    missing = why_no_answers(held.context)
    if missing:
        yield missing
        return
    known = egress(held.context.target, held.context.addresses)
    values = (held.facts.get("postfix") or {}).get("defaults", {})
    for family, parameter in (("ipv4", "smtp_bind_address"), ("ipv6", "smtp_bind_address6")):
        source = values.get(parameter) or held.facts["egress"].get(family, "")
        if not source or (family == "ipv6" and values.get("inet_protocols") == "ipv4"):
            continue
        evidence = ("*", f"source towards strangers: {source}")
        if private(source):
            yield say(
                NOT_APPLICABLE,
                f"Mail leaves from {source}, which is private: strangers see another address.",
                family,
                evidence,
            )
        elif source in known:
            yield say(
                PASS,
                f"Mail leaves from {source}, which is one of those that were looked up.",
                family,
                evidence,
            )
        else:
            text = (
                "Mail leaves from %s, but SPF, reverse names and lists were looked up for %s "
                "only; declare egress_addresses."
            )
            yield say(FAIL, text % (source, ", ".join(known) or "no address"), family, evidence)


def _relay_agrees(held: Truth) -> t.Iterable[Finding]:
    """Whether what strangers were answered is what is configured."""
    states = configured(held)
    for seen in held.context.of("smtp_session"):
        state = states.get(seen["port"])
        tried = [
            view
            for view in replies.views(held.context, seen["service"], seen["address"])
            if view.attempt["form"] in replies.KINDS
            and replies.KINDS[view.attempt["form"]].kind == REMOTE
        ]
        taken = [view for view in tried if view.state in replies.TAKEN]
        refused = [view for view in tried if view.state == replies.REFUSED]
        if state is None or not (taken or refused):
            continue
        closed = state.state in (postfix_restrictions.CLOSED, postfix_restrictions.SHUT)
        if closed and taken and not trusted_because(held.context, taken[0].seen):
            text = "It is configured to relay nothing (%s), but answered %s with %s: %s."
            yield finding(
                FAIL,
                text % (state.why, taken[0].words, taken[0].reply, OTHERWISE),
                seen,
                taken[0].seen,
            )
        elif state.state == postfix_restrictions.OPEN and refused and not taken:
            text = "It is configured to relay (%s), but refused us: %s."
            yield finding(FAIL, text % (state.why, OTHERWISE), seen, refused[0].seen)
        elif closed and refused and not taken:
            yield finding(PASS, "Relaying is closed as configured, and was seen closed.", seen)


def _tls_agrees(held: Truth) -> t.Iterable[Finding]:
    """Whether TLS begins where it is configured to."""
    floors = {entry.port: entry for entry in listeners(held) if entry.port}
    dovecot = (held.facts.get("dovecot") or {}).get("defaults", {}).get("ssl_min_protocol", "")
    for seen in held.context.of("smtp_session") + held.context.of("mailstore_session"):
        entry = floors.get(seen["port"])
        least = dovecot if overlay(seen) == "mailstore" else ""
        if entry:
            least = tls.least(entry)
        told = [
            shake
            for purpose in (LEGACY, CONTROL)
            for shake in versions.hellos(held.context, seen, purpose)
        ]
        taken = [
            shake
            for shake in told
            if shake["facts"].get("answer") == "hello" and least in versions.VERSIONS
        ]
        low = [
            shake
            for shake in taken
            if versions.VERSIONS.index(shake["facts"]["version"]) < versions.VERSIONS.index(least)
        ]
        if low:
            text = "It is configured to speak %s or newer, but took %s: %s."
            yield finding(FAIL, text % (least, low[0]["facts"]["version"], OTHERWISE), seen, low[0])
        elif taken:
            yield finding(
                PASS, f"TLS begins at {least} as configured, and was not seen to begin lower.", seen
            )


def _auth_agrees(held: Truth) -> t.Iterable[Finding]:
    """Whether logins are offered where they are configured."""
    offered = {entry.port: entry for entry in listeners(held) if entry.port}
    for seen in held.context.of("smtp_session"):
        entry = offered.get(seen["port"])
        facts = seen["facts"]
        inside = facts.get(
            "extensions_tls",
            facts.get("extensions") if SERVICES[seen["service"]].implicit_tls else None,
        )
        if entry is None or inside is None:
            continue
        wanted = entry.on("smtpd_sasl_auth_enable")
        if wanted != ("AUTH" in inside):
            words = ("configured", "not offered") if wanted else ("not configured", "offered")
            yield finding(
                FAIL,
                "Logins are %s here (smtpd_sasl_auth_enable), but AUTH was %s: %s."
                % (*words, OTHERWISE),
                seen,
            )
        else:
            yield finding(
                PASS, f"Logins are {'offered' if wanted else 'not offered'} as configured.", seen
            )


def configuration_in_force(held: Truth) -> t.Iterable[Finding]:
    if not (held.facts.get("postfix") or held.facts.get("exim") or held.facts.get("dovecot")):
        return
    found = [*_relay_agrees(held), *_tls_agrees(held), *_auth_agrees(held)]
    yield from found or [say(UNKNOWN, "Nothing was seen from outside that could be compared.", "")]


CHECKS = (
    Check(
        id="configuration_in_force",
        title="Relaying, TLS versions and AUTH seen from outside match the configuration",
        title_failed="Relaying, TLS or AUTH seen from outside differs from the configuration",
        group="host",
        severity="high",
        evaluate=host_fact(
            configuration_in_force, "No mail server that can be read is on this host."
        ),
        impact=(
            "The daemon runs with an older configuration, or another daemon or host answers in "
            "its place. The configuration on disk then protects nobody."
        ),
        fix={
            "roles": (
                "Run the roles again; they reload what they change. Look for another daemon, a "
                "proxy or another host at that address."
            ),
            "postfix": "Run postfix reload.",
            "exim": "Restart Exim.",
            "dovecot": "Run doveadm reload.",
            "network": (
                "Check which host and which process answer at the address (ss -ltnp, NAT and "
                "proxy rules)."
            ),
        },
        references=("https://www.postfix.org/postfix.1.html",),
    ),
    Check(
        id="listeners_reachable",
        title="Listening mail ports equal those reachable from outside, by IPv4 and IPv6",
        title_failed="Mail ports that listen differ from those reachable from outside",
        group="host",
        severity="low",
        evaluate=host_fact(listeners_reachable, "No service was declared or found."),
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
        evaluate=host_fact(backends_not_exposed, "Nothing listens on this host."),
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
        evaluate=host_fact(
            egress_addresses_match, "The host has no route to strangers, or it is not known."
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
