# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a port of this host is open, as the kernel says.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import socket
import struct
import typing as t

#: The state LISTEN in the tables of the kernel.
LISTEN = "0A"
EVERY_OR_LOOPBACK = {"0.0.0.0", "::", "127.0.0.1", "::1"}
TABLES = (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6))


def _address(text: str, family: int) -> str:
    """An address that the kernel wrote as words of 32 bits, each a number of this machine."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))


def listeners(lines: t.Iterable[str], family: int, port: int) -> t.Iterator[str]:
    """The addresses at which a port is open, in the lines of a table after its first one."""
    for line in lines:
        _number, local, _peer, state = line.split()[:4]
        address, _colon, opened = local.partition(":")
        if state == LISTEN and int(opened, 16) == port:
            yield _address(address, family)


def host_of(port: int) -> str:
    """The host to ask a port at: localhost, or where that is closed an address at which it is
    open.
    """
    found: list[str] = []
    for path, family in TABLES:
        try:
            with open(path, encoding="ascii") as file:
                found += listeners(list(file)[1:], family, port)
        except OSError:
            continue  # without IPv6
    return "localhost" if not found or EVERY_OR_LOOPBACK & set(found) else found[0]
