# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listening sockets of the host, its addresses, and those that it sends from. Sends nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import struct
import typing as t

from .._model import is_address

if t.TYPE_CHECKING:
    from .reader import Host

LISTENING = "0A"
#: Addresses that no host has (RFC 5737, 3849); they stand for every external address.
EXTERNAL = {"ipv4": (socket.AF_INET, "192.0.2.1"), "ipv6": (socket.AF_INET6, "2001:db8::1")}
_WORDS = re.compile(r"(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})\Z")


def decoded_address(text: str) -> str:
    """An address that /proc/net writes as words of 32 bits in the machine's byte order; raises
    ValueError.
    """
    if not _WORDS.match(text):
        raise ValueError(f"{text[:80]!r} is no address of /proc/net")
    packed = b"".join(
        struct.pack("=L", int(text[start : start + 8], 16)) for start in range(0, len(text), 8)
    )
    return str(ipaddress.ip_address(packed))


def sockets(text: str) -> list[tuple[str, int, str]]:
    """The listening sockets in /proc/net/tcp or tcp6: address, port and inode; raises ValueError
    for what is no such file.
    """
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == LISTENING:
            where, _colon, port = words[1].partition(":")
            found.append((decoded_address(where), int(port, 16), words[9]))
    return found


def _owners() -> dict[str, str]:
    """The names of the processes that have sockets, by inode."""
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
    """The listening TCP sockets: address, port and process."""
    owners = _owners()
    found = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        text = host.read(path, quiet=path.endswith("6"))
        try:
            found += [
                {"address": where, "port": port, "process": owners.get(inode, "")}
                for where, port, inode in sockets(text or "")
            ]
        except ValueError as exc:
            host.missing[path] = str(exc)
    return sorted(found, key=lambda entry: (entry["port"], entry["address"]))


def local_addresses(trie: str, inet6: str) -> list[str]:
    """The addresses in /proc/net/fib_trie and if_inet6, without loopback and link-local ones."""
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", trie)
    found += [
        str(ipaddress.IPv6Address(bytes.fromhex(digits)))
        for digits in re.findall(r"(?m)^([0-9a-f]{32})\s", inet6)
    ]
    kept = [ipaddress.ip_address(entry) for entry in dict.fromkeys(found) if is_address(entry)]
    return [str(entry) for entry in kept if not (entry.is_loopback or entry.is_link_local)]


def addresses(host: Host) -> list[str]:
    """The addresses of the host, without loopback and link-local ones."""
    trie = host.read("/proc/net/fib_trie") or ""
    return local_addresses(trie, host.read("/proc/net/if_inet6", quiet=True) or "")


def egress_addresses() -> dict[str, str]:
    """The source address of each address family that has a route to external addresses."""
    found = {}
    for family, (kind, external) in EXTERNAL.items():
        try:
            with socket.socket(kind, socket.SOCK_DGRAM) as link:
                link.connect((external, 9))
                found[family] = str(link.getsockname()[0])
        except OSError:
            continue
    return found


def network_facts(host: Host) -> dict[str, t.Any]:
    """Listening sockets, addresses, and the source addresses of outgoing connections."""
    return {
        "listeners": listeners(host),
        "addresses": addresses(host),
        "egress": egress_addresses(),
    }
