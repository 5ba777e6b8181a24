# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a probe stands: can the target have a reason to trust this source address?

Looks at this host's own addresses and routes only (Linux: /proc/net). Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import typing as t

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
#: Each network, and whether it is on the link; None where the routes of the host cannot be read.
Routes = t.Optional[t.List[t.Tuple[Network, bool]]]
#: The shortest prefix that a subnet can have, by the version of IP. A route without a gateway to
#: more than that, such as a default route over a point-to-point link, is to no subnet.
SHORTEST_SUBNET = {4: 8, 6: 32}
#: The flag of a route through a gateway. The gateway of an IPv4 route may have an IPv6 address (RFC
#: 8950), of which the table shows none.
_GATEWAY = 0x2


def _lines(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return [line.split() for line in stream]
    except OSError:
        return []


def _packed(text: str) -> bytes:
    """A word of 32 bits in the machine's byte order; raises ValueError."""
    try:
        return struct.pack("=L", int(text, 16))
    except struct.error as exc:
        raise ValueError(str(exc)) from exc


def _is_direct(flags: str) -> bool:
    """Whether the flags of a route name no gateway; raises ValueError."""
    return not int(flags, 16) & _GATEWAY


def parse_routes(
    ipv4: t.Sequence[t.Sequence[str]], ipv6: t.Sequence[t.Sequence[str]]
) -> list[tuple[Network, bool]]:
    """Routes as (network, whether it is on the link), from the words of /proc/net/route and
    /proc/net/ipv6_route; raises ValueError for other words.
    """
    routes: list[tuple[Network, bool]] = []
    for words in ipv4:
        if len(words) >= 8 and words[0] != "Iface":
            base, gateway, mask = (_packed(words[index]) for index in (1, 2, 7))
            network = ipaddress.ip_network(
                f"{socket.inet_ntoa(base)}/{socket.inet_ntoa(mask)}", strict=False
            )
            routes.append((network, gateway == b"\0\0\0\0" and _is_direct(words[3])))
    for words in ipv6:
        if len(words) >= 10 and words[9] != "lo":
            network = ipaddress.ip_network(
                f"{ipaddress.IPv6Address(bytes.fromhex(words[0]))}/{int(words[1], 16)}",
                strict=False,
            )
            routes.append((network, int(words[4], 16) == 0 and _is_direct(words[8])))
    return routes


def routes() -> Routes:
    """The routes of this host; None where they cannot be read."""
    ipv4, ipv6 = _lines("/proc/net/route"), _lines("/proc/net/ipv6_route")
    try:
        return parse_routes(ipv4, ipv6) if ipv4 or ipv6 else None
    except ValueError:
        return None


def on_link(address: str, table: Routes) -> bool | None:
    """Whether an address is reached without a router, so that it may share a subnet with us; None
    when not known.
    """
    if table is None:
        return None
    wanted = ipaddress.ip_address(address)
    matching = [
        (network.prefixlen, direct)
        for network, direct in table
        if network.version == wanted.version and wanted in network
    ]
    if not matching:
        return None
    length, direct = max(matching)
    return direct and length >= SHORTEST_SUBNET[wanted.version]


def facts(source: str, address: str, table: Routes) -> dict[str, t.Any]:
    """What a target at I(address) may think of a client at I(source): same host, same subnet,
    loopback.
    """
    return {
        "source": source,
        "same_host": bool(source) and source == address,
        "loopback": ipaddress.ip_address(address).is_loopback,
        "on_link": on_link(address, table),
    }
