# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the MX record of the canary's domain leads to this vantage.

Looks the record up, connects to what it names, and compares the greeting with that of the sink.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import typing as t

from .._protocols import dns_mx
from .._scan.scanner import resolve

if t.TYPE_CHECKING:
    from .smtp_sink import Sink


SECONDS = 5.0


class NoWayBackError(Exception):
    """Nothing can come back to us, so nothing is sent; the text says why."""


async def verify_mx(sink: Sink) -> None:
    """Whoever sends to the canary's domain reaches this very sink: proven by going there."""
    try:
        hosts = await asyncio.get_running_loop().run_in_executor(None, _exchangers, sink.domain)
    except (OSError, dns_mx.DnsError) as exc:
        raise NoWayBackError(f"the MX record of {sink.domain} cannot be looked up: {exc}") from exc
    if not hosts:
        raise NoWayBackError(f"{sink.domain} has no MX record")
    addresses = [address for host in hosts for address in await resolve(host)]
    greetings = dict(
        zip(addresses, await asyncio.gather(*(_greeting(address) for address in addresses)))
    )
    others = [address for address, said in greetings.items() if said and sink.banner not in said]
    if others:
        raise NoWayBackError(
            f"the MX record of {sink.domain} leads to {others[0]}, where another server answers"
        )
    if not any(greetings.values()):
        raise NoWayBackError(
            f"the MX record of {sink.domain} ({', '.join(addresses or hosts)}) does not lead to "
            "this vantage"
        )


def _exchangers(domain: str) -> list[str]:
    """The MX hosts of a domain, from the first name server of this host that answers; raises
    OSError and DnsError.
    """
    problem: Exception = dns_mx.DnsError("/etc/resolv.conf names no name server")
    for server in _name_servers():
        ident = secrets.randbelow(65536)
        try:
            with socket.socket(
                socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM
            ) as client:
                client.settimeout(SECONDS)
                client.connect((server, 53))
                client.send(dns_mx.question(domain, ident))
                return [host for _preference, host in dns_mx.exchangers(client.recv(4096), ident)]
        except (OSError, dns_mx.DnsError) as exc:
            problem = exc
    raise problem


def _name_servers() -> list[str]:
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as stream:
            return [
                words[1]
                for words in map(str.split, stream)
                if words[:1] == ["nameserver"] and len(words) > 1
            ]
    except OSError:
        return []


async def _greeting(address: str) -> str:
    """What port 25 of an address says first; empty where nothing does."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(address, 25), SECONDS)
    except (OSError, asyncio.TimeoutError):
        return ""
    try:
        return (await asyncio.wait_for(reader.readline(), SECONDS)).decode("utf-8", "replace")
    except (OSError, ValueError, asyncio.TimeoutError):
        return "nothing"
    finally:
        writer.close()
