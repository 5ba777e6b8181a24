# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of ports beside the registered ones: which are open, and whether they pass on mail (RFC
5321 section 7.9).

A port that refuses connections was seen closed. One that is silent was not: a firewall near the
host, one near the vantage and a lost packet look alike. Where services are declared and one of them
answers at the same address, silence is what a stranger meets who stands where we do, and agrees
with what is declared: not offered, as it is for the registered ports, and the sentence says so.
Without a declaration, or where nothing answers, silence is unknown.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _declared as _meant
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    other_ports,
    relay_addresses,
)

from .base import (
    AuditContext,
    Check,
    Evaluator,
    Observation,
    answered,
    endpoint_text,
    error_text,
    finding,
    rfc,
)
from .relay import open_relay, replies
from .relay.vantage import trusted_because

Look = t.Callable[[AuditContext, Observation], t.Iterable[Finding]]
#: How many ports a sentence names.
NAMED = 6


def at_each_address(look: Look) -> Evaluator:
    """A judge that looks at what was found at every address, and says so where nothing was tried."""

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        target = context.target
        if not target.other_ports and not target.extra_ports and not target.services:
            return [
                Finding(
                    NOT_APPLICABLE,
                    (
                        "No further ports were to be tried (other_ports: []), and no services are "
                        "declared."
                    ),
                )
            ]
        if not context.addresses:
            return [Finding(UNKNOWN, f"The name {target.name} has no address here.")]
        return [item for address in context.addresses for item in _at(context, address, look)]

    return evaluate


def _at(context: AuditContext, address: str, look: Look) -> t.Iterable[Finding]:
    swept = context.of("port_scan", other_ports.SIDE, address)
    if not swept and not context.target.other_ports and not context.target.extra_ports:
        return look(context, {"address": address, "facts": {"ports": {}}, "transcript": []})
    if not swept or "ports" not in swept[0]["facts"]:
        return [Finding(UNKNOWN, "No further ports were tried at this address.", address=address)]
    if other_ports.everything(swept[0]):
        words = (
            "Each of %d ports takes connections: something in front of the host answers for it, "
            "so open and closed ports look alike."
        )
        return [
            Finding(
                UNKNOWN,
                words % len(swept[0]["facts"]["ports"]),
                address=address,
                transcript=_lines(swept[0]),
            )
        ]
    return look(context, swept[0])


def _lines(seen: Observation) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line) for line in seen["transcript"])


def _numbers(swept: Observation, *states: str) -> list[int]:
    return [int(port) for port, state in swept["facts"]["ports"].items() if state in states]


def _few(numbers: t.Sequence[int]) -> str:
    """Some port numbers in words."""
    shown = ", ".join(map(str, numbers[:NAMED]))
    return shown if len(numbers) <= NAMED else f"{shown} and {len(numbers) - NAMED} more"


def _talks(context: AuditContext, swept: Observation, port: int) -> list[Observation]:
    return [
        seen
        for seen in context.of("other_port_session", other_ports.SIDE, swept["address"])
        if seen["port"] == port
    ]


def _best(talks: t.Sequence[Observation]) -> Observation | None:
    """The talk that tells most: one in which something was said, else the last."""
    spoken = [
        seen
        for seen in talks
        if seen["facts"].get("kind", other_ports.NOTHING) != other_ports.NOTHING
    ]
    return next(iter(spoken or talks[-1:]), None)


def _alive(context: AuditContext, address: str) -> bool:
    """Whether a mail service answers at an address."""
    return any(
        answered(seen)
        for seen in context.of("smtp_session", "", address)
        + context.of("mailstore_session", "", address)
    )


def _rest(
    context: AuditContext, swept: Observation, offered: t.Sequence[int] = ()
) -> t.Iterable[Finding]:
    """What the ports that are not open say: refused is closed, silence is judged as described
    above.
    """
    refused = [port for port in _numbers(swept, other_ports.REFUSED) if port not in offered]
    silent = [
        port
        for port in _numbers(swept, other_ports.SILENT, other_ports.UNREACHABLE)
        if port not in offered
    ]
    address = swept["address"]
    shut = (
        "1 port refuses connections"
        if len(refused) == 1
        else f"{len(refused)} ports refuse connections"
    )
    if not silent:
        if refused and any(_alive(context, place) for place in context.addresses):
            yield Finding(PASS, f"{shut} ({_few(refused)}).", address=address)
        elif refused:
            text = (
                f"{shut}, but no mail service answers on this host, so this may not be the host "
                "that is meant."
            )
            yield Finding(UNKNOWN, text, address=address, transcript=_lines(swept))
        return
    quiet = f"from here nothing was heard of port {_few(silent)}"
    words = f"{shut}; {quiet}" if refused else quiet.capitalize()
    if not _alive(context, address):
        yield Finding(
            UNKNOWN,
            f"{words}, nor of any mail service at this address, so nothing is known of them.",
            address=address,
            transcript=_lines(swept),
        )
    elif not context.target.services:
        why = "declare services if nothing else is meant to be reachable, or look from elsewhere"
        yield Finding(
            UNKNOWN,
            f"{words}, so this was not seen closed; {why}.",
            address=address,
            transcript=_lines(swept),
        )
    elif not context.policy["silent_ports"]:
        yield Finding(
            UNKNOWN,
            f"{words}; the policy wants to see them refuse.",
            address=address,
            transcript=_lines(swept),
        )
    else:
        text = f"{words}, as behind a firewall; whoever it lets through may see more."
        yield Finding(PASS, text, address=address)


def relay_other_ports(context: AuditContext, swept: Observation) -> t.Iterable[Finding]:
    """RLY-14: where mail is spoken on a port beside the registered ones, strangers are refused."""
    if not swept["facts"]["ports"]:
        yield Finding(
            NOT_APPLICABLE,
            "No further ports were to be tried (other_ports: []).",
            subject=swept["address"],
        )
    for port in _numbers(swept, other_ports.OPEN):
        talk = _best(_talks(context, swept, port))
        if talk is None:
            yield Finding(
                UNKNOWN,
                "It is open, but was not spoken to.",
                subject=_place(swept, port),
                transcript=_lines(swept),
            )
        else:
            yield _relaying(context, talk)
    yield from _rest(context, swept)


def _relaying(context: AuditContext, talk: Observation) -> Finding:
    kind, facts = talk["facts"].get("kind", ""), talk["facts"]
    if kind == other_ports.OTHER:
        return finding(
            NOT_APPLICABLE, f"It speaks neither SMTP nor LMTP: {error_text(talk)}.", talk
        )
    if kind == other_ports.NOTHING and (talk["error"] or {}).get("kind") in ("closed", "tls"):
        return finding(NOT_APPLICABLE, f"It takes no mail from us: {error_text(talk)}.", talk)
    if (
        kind == other_ports.SMTP
        and "extensions" not in facts
        and facts.get("greeting", {}).get("code", 0) >= 500
    ):
        return finding(
            PASS,
            f"It greets with a refusal: {facts['greeting']['code']} {facts['greeting']['text']}.",
            talk,
        )
    if kind not in (other_ports.SMTP, other_ports.LMTP) or "extensions" not in facts:
        return finding(
            UNKNOWN,
            f"It is open, but whether it takes mail is not known: {error_text(talk)}.",
            talk,
        )
    here = tuple(seen for seen in context.observations if seen["port"] == talk["port"])
    views = replies.views(
        dataclasses.replace(context, observations=here), other_ports.SIDE, talk["address"]
    )
    asked = [
        view for view in views if replies.KINDS[view.attempt["form"]].kind != relay_addresses.LOCAL
    ]
    group = open_relay.inside(asked, views)
    if not group:
        return finding(
            UNKNOWN,
            f"It speaks {kind.upper()}, but was not asked to relay: {error_text(talk)}.",
            talk,
        )
    found = open_relay.closed(context, talk, group, views)
    return found._replace(sentence=f"It speaks {kind.upper()}. {found.sentence}")


def _place(swept: Observation, port: int) -> str:
    return endpoint_text({**swept, "service": other_ports.SIDE, "port": port})


def ports_as_declared(context: AuditContext, swept: Observation) -> t.Iterable[Finding]:
    """EXP-01: what is open is what is declared, no more and no less."""
    extra = context.target.extra_ports
    for port in _numbers(swept, other_ports.OPEN):
        talk = _best(_talks(context, swept, port))
        if port in extra:
            yield Finding(PASS, "It is open, as declared.", subject=_place(swept, port))
            continue
        why = trusted_because(context, swept)
        words = (
            f"It is open{' from here' if why else ' to strangers'} although it is not "
            f"declared{_told(port, talk)}"
        )
        text = f"{words}, but {why}; ask again from a host outside." if why else words + "."
        yield Finding(
            UNKNOWN if why else FAIL,
            text,
            subject=_place(swept, port),
            transcript=_lines(talk or swept),
        )
    for port in _numbers(swept, other_ports.REFUSED, other_ports.SILENT, other_ports.UNREACHABLE):
        if port in extra:
            yield Finding(
                UNKNOWN,
                "It is declared but cannot be reached.",
                subject=_place(swept, port),
                transcript=_lines(swept),
            )
    yield from _registered(context, swept["address"])
    yield from _rest(context, swept, extra)


def _told(port: int, talk: Observation | None) -> str:
    """What usually listens on a port, and what was said on it."""
    usual = f"; usually this is {_meant.OTHER_PORTS[port]}" if port in _meant.OTHER_PORTS else ""
    facts = talk["facts"] if talk else {}
    if "greeting" in facts:
        return (
            f"{usual}; it said: {facts['greeting']['code']} "
            f"{facts['greeting']['text'][:120].rstrip('.')}"
        )
    return f"{usual}; {error_text(talk)}" if talk and talk["error"] else usual


def _registered(context: AuditContext, address: str) -> t.Iterable[Finding]:
    """Registered mail ports, where it is declared which of them are meant to answer."""
    services = context.target.services
    if not services:
        return
    for seen in context.of("smtp_session", "", address) + context.of(
        "mailstore_session", "", address
    ):
        answers = bool(seen.get("source") or seen["facts"])
        if seen["service"] in services:
            words = (
                "It answers, as declared."
                if answers
                else f"It is declared but cannot be reached: {error_text(seen)}."
            )
            yield finding(PASS if answers else UNKNOWN, words, seen)
        elif answers:
            why = trusted_because(context, seen)
            text = "It answers although it is not declared" + (
                f", but {why}; ask again from a host outside." if why else "."
            )
            yield finding(UNKNOWN if why else FAIL, text, seen)
        elif (seen["error"] or {}).get("kind") == "connect_refused":
            yield finding(PASS, "It refuses connections, as it is not declared.", seen)


CHECKS = (
    Check(
        id="relay_other_ports",
        title="SMTP and LMTP on other ports (26, 2525, 10025) reject relaying",
        title_failed="Open relay on another port",
        group="relay",
        severity="critical",
        evaluate=at_each_address(relay_other_ports),
        impact=(
            "A content filter's reinjection listener that is reachable from outside is an open "
            "relay although port 25 rejects relaying. Spammers send through the host, and DNSBLs "
            "list it within hours."
        ),
        fix={
            "roles": (
                "Stop the daemon that listens there (ss -ltnp shows it); the roles open no such "
                "port. Set audit_other_ports to choose the ports to scan."
            ),
            "postfix": (
                "Bind the reinjection listener in master.cf to loopback (127.0.0.1:10025, not "
                "10025) with -o mynetworks=127.0.0.0/8 and -o "
                "smtpd_relay_restrictions=permit_mynetworks,reject."
            ),
            "exim": (
                "Bind additional ports to loopback with local_interfaces, for example "
                "[127.0.0.1]:10025."
            ),
            "dovecot": (
                "Set a unix_listener in service lmtp in place of an inet_listener, or bind it to "
                "127.0.0.1."
            ),
            "opensmtpd": "Set 'listen on lo' for the port that receives mail from a filter.",
            "network": (
                "Block all ports but those that clients need, on IPv4 and IPv6. Publish no other "
                "container ports."
            ),
            "any": (
                "Bind listeners for content filters and LMTP to loopback or a Unix socket, and "
                "apply relay restrictions on every other port."
            ),
        },
        references=("https://www.postfix.org/FILTER_README.html", rfc(5321, "7.9"), rfc(2033)),
        peers=("nmap smtp-strangeport (names them only)",),
    ),
    Check(
        id="ports_as_declared",
        title="Only declared ports are open, no filter, database or admin port besides",
        title_failed="Undeclared port open",
        group="conformance",
        severity="high",
        evaluate=at_each_address(ports_as_declared),
        impact=(
            "Filters, policy services, databases and their web pages often need no password. An "
            "attacker can read mail there, disable the filter or send through it."
        ),
        fix={
            "roles": (
                "The roles open no other ports. Declare the intended ones: audit_services for "
                "mail, audit_extra_ports for the rest."
            ),
            "network": "Block all undeclared ports, on IPv4 and IPv6 alike.",
            "any": (
                "Bind each daemon to 127.0.0.1 and ::1 or to a Unix socket (ss -ltnp lists what "
                "listens). Publish container ports as 127.0.0.1:PORT."
            ),
        },
        references=(
            "https://www.postfix.org/SMTPD_POLICY_README.html",
            "https://redis.io/docs/latest/operate/oss_and_stack/management/security/",
        ),
        peers=("nmap (a scan)",),
    ),
)
