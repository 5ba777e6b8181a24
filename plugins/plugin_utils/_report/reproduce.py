# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to see it again by hand: a command, and what to type into it, from the conversation that decided.

Pure: a verdict in, text for a shell out. Nothing that a server said gets into a command.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import shlex
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES, is_address
from ansible_collections.airtight.mail.plugins.module_utils._probes.other_ports import SIDE

from .grouping import Endpoint, Transcript, Verdict, commands, decided, deciding, endpoint

#: Old versions that OpenSSL can still be told to offer.
OLD = {"TLSv1.1": "-tls1_1", "TLSv1": "-tls1"}
#: More lines than these are no longer typed by anyone.
MOST = 12


class Steps(t.NamedTuple):
    """A command, and the lines to type once it is connected."""

    command: str
    lines: list[str]


def steps(verdict: Verdict) -> Steps | None:
    """How to repeat what made the verdict; None where no single connection shows it."""
    for entry in deciding(verdict):
        place = endpoint(entry["subject"])
        if place and entry["transcript"] and place.service in (*SERVICES, SIDE) and is_address(place.address):
            return _steps(str(verdict["check"]), str(verdict.get("host", verdict["target"])), place, entry["transcript"], entry["sentence"])
    return None


def _steps(check: str, target: str, place: Endpoint, lines: Transcript, sentence: str) -> Steps | None:
    hellos = [words.split()[1:2] for who, words in lines if who == "*" and words.startswith("ServerHello: ")]
    if hellos:
        version = hellos[-1][0] if hellos[-1] else ""
        if check == "tls_versions" and version in OLD:
            return Steps(_openssl(target, place, lines, OLD[version], "-cipher", "DEFAULT@SECLEVEL=0") + " </dev/null", [])
        return Steps(_nmap(place), [])
    if check.startswith("certificate_"):
        verify = [] if is_address(target) else ["-verify_hostname", target]
        return Steps(_openssl(target, place, lines, *verify) + " </dev/null | openssl x509 -noout -subject -issuer -dates", [])
    at = decided(lines, sentence)
    return _dialog(target, place, lines[: commands(lines).get(at, at) + 1])


def _needed(said: list[str]) -> list[str]:
    """What leads to the last line: the opening, and what came after the transactions before it were reset."""
    said = said[:-1] if said[-1:] == ["QUIT"] else said
    if "RSET" not in said:
        return said
    opening = next((index for index, words in enumerate(said) if words.upper().startswith("MAIL FROM:")), 0)
    return said[:opening] + said[len(said) - said[::-1].index("RSET") :]


def _dialog(target: str, place: Endpoint, lines: Transcript) -> Steps | None:
    """A conversation in lines; what was said before TLS is left to openssl."""
    secured = [index for index, (who, words) in enumerate(lines) if who == "*" and words.startswith("TLS: ")]
    said = _needed([words for who, words in lines[secured[-1] if secured else 0 :] if who == "C"])
    if len(said) > MOST:
        return None
    if secured:
        return Steps(_openssl(target, place, lines, "-quiet", "-crlf"), said)
    return Steps("nc -C %s %d" % (place.address, place.port), said)


def _openssl(target: str, place: Endpoint, lines: Transcript, *options: str) -> str:
    """openssl s_client up to the same point; STARTTLS where the conversation has it."""
    facts = SERVICES.get(place.service, SERVICES["smtp"])
    begun = any(who == "C" and words.split()[-1:] in (["STARTTLS"], ["STLS"]) for who, words in lines)
    starttls = ["-starttls", facts.protocol] if begun and not facts.implicit_tls else []
    name = [] if is_address(target) else ["-servername", target]
    arguments = ["openssl", "s_client", *starttls, "-connect", "%s:%d" % (place.host, place.port), *name, *options]
    return " ".join(shlex.quote(argument) for argument in arguments)


def _nmap(place: Endpoint) -> str:
    """nmap offers cipher suites that OpenSSL no longer has."""
    six = "-6 " if ipaddress.ip_address(place.address).version == 6 else ""
    return "nmap %s-Pn --script ssl-enum-ciphers -p %d %s" % (six, place.port, place.address)
