# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of ports beside the registered ones: which are open, and whether they pass on mail (RFC 5321 section 7.9).

A port that refuses connections was seen closed. One that is silent was not: a firewall near the host, one near the
vantage and a lost packet look alike. Where services are declared and one of them answers at the same address, silence
is what a stranger meets who stands where we do, and agrees with what is declared: not offered, as it is for the
registered ports, and the sentence says so. Without a declaration, or where nothing answers, silence is unknown.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _declared as _meant
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports, relay_addresses

from .base import Judge, Observation, Scene, error_text, finding, reached, subject
from .relay import open_relay, replies
from .relay.vantage import trusted_because

Look = t.Callable[[Scene, Observation], t.Iterable[Finding]]
#: How many ports a sentence names.
NAMED = 6


def at_each_address(look: Look) -> Judge:
    """A judge that looks at what was found at every address, and says so where nothing was tried."""

    def judge(scene: Scene) -> list[Finding]:
        target = scene.target
        if not target.side_ports and not target.extra_ports and not target.services:
            return [Finding(NOT_APPLICABLE, "No further ports were to be tried (side_ports: []), and no services are declared.")]
        if not scene.addresses:
            return [Finding(UNKNOWN, "The name %s has no address here." % target.name)]
        return [item for address in scene.addresses for item in _at(scene, address, look)]

    return judge


def _at(scene: Scene, address: str, look: Look) -> t.Iterable[Finding]:
    swept = scene.of("sweep", other_ports.SIDE, address)
    if not swept and not scene.target.side_ports and not scene.target.extra_ports:
        return look(scene, {"address": address, "facts": {"ports": {}}, "transcript": []})
    if not swept or "ports" not in swept[0]["facts"]:
        return [Finding(UNKNOWN, "No further ports were tried at this address.", address)]
    if other_ports.everything(swept[0]):
        words = "Each of %d ports takes connections: something in front of the host answers for it, so open and closed ports look alike."
        return [Finding(UNKNOWN, words % len(swept[0]["facts"]["ports"]), address, _lines(swept[0]))]
    return look(scene, swept[0])


def _lines(seen: Observation) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line) for line in seen["transcript"])


def _numbers(swept: Observation, *states: str) -> list[int]:
    return [int(port) for port, state in swept["facts"]["ports"].items() if state in states]


def _few(numbers: t.Sequence[int]) -> str:
    """Some port numbers in words."""
    shown = ", ".join(map(str, numbers[:NAMED]))
    return shown if len(numbers) <= NAMED else "%s and %d more" % (shown, len(numbers) - NAMED)


def _talks(scene: Scene, swept: Observation, port: int) -> list[Observation]:
    return [seen for seen in scene.of("side_session", other_ports.SIDE, swept["address"]) if seen["port"] == port]


def _best(talks: t.Sequence[Observation]) -> Observation | None:
    """The talk that tells most: one in which something was said, else the last."""
    spoken = [seen for seen in talks if seen["facts"].get("kind", other_ports.NOTHING) != other_ports.NOTHING]
    return next(iter(spoken or talks[-1:]), None)


def _alive(scene: Scene, address: str) -> bool:
    """Whether a mail service answers at an address."""
    return any(reached(seen) for seen in scene.of("smtp_session", "", address) + scene.of("mailbox_session", "", address))


def _rest(scene: Scene, swept: Observation, offered: t.Sequence[int] = ()) -> t.Iterable[Finding]:
    """What the ports that are not open say: refused is closed, silence is judged as described above."""
    refused = [port for port in _numbers(swept, other_ports.REFUSED) if port not in offered]
    silent = [port for port in _numbers(swept, other_ports.SILENT, other_ports.UNREACHABLE) if port not in offered]
    address = swept["address"]
    shut = "1 port refuses connections" if len(refused) == 1 else "%d ports refuse connections" % len(refused)
    if not silent:
        if refused and any(_alive(scene, place) for place in scene.addresses):
            yield Finding(PASS, "%s (%s)." % (shut, _few(refused)), address)
        elif refused:
            text = "%s, but no mail service answers on this host, so this may not be the host that is meant." % shut
            yield Finding(UNKNOWN, text, address, _lines(swept))
        return
    quiet = "from here nothing was heard of port %s" % _few(silent)
    words = "%s; %s" % (shut, quiet) if refused else quiet.capitalize()
    if not _alive(scene, address):
        yield Finding(UNKNOWN, "%s, nor of any mail service at this address, so nothing is known of them." % words, address, _lines(swept))
    elif not scene.target.services:
        why = "declare services if nothing else is meant to be reachable, or look from elsewhere"
        yield Finding(UNKNOWN, "%s, so this was not seen closed; %s." % (words, why), address, _lines(swept))
    elif not scene.policy["silent_ports"]:
        yield Finding(UNKNOWN, "%s; the policy wants to see them refuse." % words, address, _lines(swept))
    else:
        text = "%s, as behind a firewall; whoever it lets through may see more." % words
        yield Finding(PASS, text, address)


def _side_ports(scene: Scene, swept: Observation) -> t.Iterable[Finding]:
    """RLY-14: where mail is spoken on a port beside the registered ones, strangers are refused."""
    if not swept["facts"]["ports"]:
        yield Finding(NOT_APPLICABLE, "No further ports were to be tried (side_ports: []).", swept["address"])
    for port in _numbers(swept, other_ports.OPEN):
        talk = _best(_talks(scene, swept, port))
        if talk is None:
            yield Finding(UNKNOWN, "It is open, but was not spoken to.", _place(swept, port), _lines(swept))
        else:
            yield _relaying(scene, talk)
    yield from _rest(scene, swept)


def _relaying(scene: Scene, talk: Observation) -> Finding:
    kind, facts = talk["facts"].get("kind", ""), talk["facts"]
    if kind == other_ports.OTHER:
        return finding(NOT_APPLICABLE, "It speaks neither SMTP nor LMTP: %s." % error_text(talk), talk)
    if kind == other_ports.NOTHING and (talk["error"] or {}).get("kind") in ("closed", "tls"):
        return finding(NOT_APPLICABLE, "It takes no mail from us: %s." % error_text(talk), talk)
    if kind == other_ports.SMTP and "extensions" not in facts and facts.get("greeting", {}).get("code", 0) >= 500:
        return finding(PASS, "It greets with a refusal: %(code)d %(text)s." % facts["greeting"], talk)
    if kind not in (other_ports.SMTP, other_ports.LMTP) or "extensions" not in facts:
        return finding(UNKNOWN, "It is open, but whether it takes mail is not known: %s." % error_text(talk), talk)
    here = tuple(seen for seen in scene.observations if seen["port"] == talk["port"])
    views = replies.views(dataclasses.replace(scene, observations=here), other_ports.SIDE, talk["address"])
    asked = [view for view in views if replies.KINDS[view.attempt["form"]].kind != relay_addresses.LOCAL]
    group = open_relay.inside(asked, views)
    if not group:
        return finding(UNKNOWN, "It speaks %s, but was not asked to relay: %s." % (kind.upper(), error_text(talk)), talk)
    found = open_relay.closed(scene, talk, group, views)
    return found._replace(sentence="It speaks %s. %s" % (kind.upper(), found.sentence))


def _place(swept: Observation, port: int) -> str:
    return subject({**swept, "service": other_ports.SIDE, "port": port})


def _declared(scene: Scene, swept: Observation) -> t.Iterable[Finding]:
    """EXP-01: what is open is what is declared, no more and no less."""
    extra = scene.target.extra_ports
    for port in _numbers(swept, other_ports.OPEN):
        talk = _best(_talks(scene, swept, port))
        if port in extra:
            yield Finding(PASS, "It is open, as declared.", _place(swept, port))
            continue
        why = trusted_because(scene, swept)
        words = "It is open%s although it is not declared%s" % (" from here" if why else " to strangers", _told(port, talk))
        text = "%s, but %s; ask again from a host outside." % (words, why) if why else words + "."
        yield Finding(UNKNOWN if why else FAIL, text, _place(swept, port), _lines(talk or swept))
    for port in _numbers(swept, other_ports.REFUSED, other_ports.SILENT, other_ports.UNREACHABLE):
        if port in extra:
            yield Finding(UNKNOWN, "It is declared but cannot be reached.", _place(swept, port), _lines(swept))
    yield from _registered(scene, swept["address"])
    yield from _rest(scene, swept, extra)


def _told(port: int, talk: Observation | None) -> str:
    """What usually listens on a port, and what was said on it."""
    usual = "; usually this is %s" % _meant.SIDE_PORTS[port] if port in _meant.SIDE_PORTS else ""
    facts = talk["facts"] if talk else {}
    if "greeting" in facts:
        return "%s; it said: %d %s" % (usual, facts["greeting"]["code"], facts["greeting"]["text"][:120].rstrip("."))
    return "%s; %s" % (usual, error_text(talk)) if talk and talk["error"] else usual


def _registered(scene: Scene, address: str) -> t.Iterable[Finding]:
    """Registered mail ports, where it is declared which of them are meant to answer."""
    services = scene.target.services
    if not services:
        return
    for seen in scene.of("smtp_session", "", address) + scene.of("mailbox_session", "", address):
        answers = bool(seen.get("source") or seen["facts"])
        if seen["service"] in services:
            words = "It answers, as declared." if answers else "It is declared but cannot be reached: %s." % error_text(seen)
            yield finding(PASS if answers else UNKNOWN, words, seen)
        elif answers:
            why = trusted_because(scene, seen)
            text = "It answers although it is not declared" + (", but %s; ask again from a host outside." % why if why else ".")
            yield finding(UNKNOWN if why else FAIL, text, seen)
        elif (seen["error"] or {}).get("kind") == "connect_refused":
            yield finding(PASS, "It refuses connections, as it is not declared.", seen)


judge_side_ports = at_each_address(_side_ports)
judge_declared = at_each_address(_declared)
