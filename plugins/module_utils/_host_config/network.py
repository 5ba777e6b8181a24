# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What listens on the host, which addresses it has, and which it sends from. No packet leaves for
it.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import struct
import typing as t

if t.TYPE_CHECKING:
    from .reader import Host

LISTENING = "0A"
#: Addresses that no host has (RFC 5737, 3849): what the route to them says holds for all strangers.
STRANGERS = {"ipv4": (socket.AF_INET, "192.0.2.1"), "ipv6": (socket.AF_INET6, "2001:db8::1")}


def address(text: str) -> str:
    """An address as /proc/net writes it: words of 32 bits in the order of the machine."""
    packed = b"".join(
        struct.pack("=L", int(text[start : start + 8], 16)) for start in range(0, len(text), 8)
    )
    return str(ipaddress.ip_address(packed))


def sockets(text: str) -> list[tuple[str, int, str]]:
    """Listening sockets as address, port and inode, from /proc/net/tcp or tcp6."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == LISTENING:
            where, _colon, port = words[1].partition(":")
            found.append((address(where), int(port, 16), words[9]))
    return found


def _owners() -> dict[str, str]:
    """Inode of a socket to the name of the process that has it, as far as they can be seen."""
    found: dict[str, str] = {}
    for number in (name for name in os.listdir("/proc") if name.isdigit()):
        try:
            with open(f"/proc/{number}/comm", encoding="utf-8", errors="replace") as stream:
                name = stream.read().strip()
            for entry in os.listdir(f"/proc/{number}/fd"):
                match = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{number}/fd/{entry}"))
                if match and found.get(match[1], "systemd") == "systemd":
                    found[match[1]] = name
        except OSError:
            continue
    return found


def listeners(host: Host) -> list[dict[str, t.Any]]:
    """Every TCP socket that listens: address, port, process."""
    owners = _owners()
    found = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        text = host.read(path, quiet=path.endswith("6"))
        found += [
            {"address": where, "port": port, "process": owners.get(inode, "")}
            for where, port, inode in sockets(text or "")
        ]
    return sorted(found, key=lambda entry: (entry["port"], entry["address"]))


def local(trie: str, inet6: str) -> list[str]:
    """The addresses of the host, from /proc/net/fib_trie and if_inet6; loopback and link-local left
    out.
    """
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie)
    found += [
        str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0])))
        for line in inet6.splitlines()
        if line.split()
    ]
    kept = [ipaddress.ip_address(entry) for entry in dict.fromkeys(found)]
    return [str(entry) for entry in kept if not (entry.is_loopback or entry.is_link_local)]


def egress() -> dict[str, str]:
    """The address that a stranger would see, of each family that has a route to one."""
    found = {}
    for family, (kind, stranger) in STRANGERS.items():
        try:
            with socket.socket(kind, socket.SOCK_DGRAM) as link:
                link.connect((stranger, 9))
                found[family] = str(link.getsockname()[0])
        except OSError:
            continue
    return found


def look(host: Host) -> dict[str, t.Any]:
    """Listeners, addresses, and where mail leaves from."""
    trie, inet6 = (
        host.read("/proc/net/fib_trie") or "",
        host.read("/proc/net/if_inet6", quiet=True) or "",
    )
    return {"listeners": listeners(host), "addresses": local(trie, inet6), "egress": egress()}
