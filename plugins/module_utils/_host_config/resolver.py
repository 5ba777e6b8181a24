# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which resolver the host asks, and whether it validates: as configured, and as it answers.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import secrets
import socket
import struct
import typing as t

from .reader import Host, harmless

CONFIGURATION = "/etc/unbound/unbound.conf"
#: Flags of a DNS message (RFC 1035, 4035).
RECURSION, AUTHENTIC = 0x0100, 0x0020
SECONDS = 3.0


def clauses(
    host: Host, path: str, found: dict[str, list[str]], section: str = "", depth: int = 0
) -> str:
    """The settings of a file of unbound and of those that it includes: I(section/setting) to its
    values.
    """
    for raw in (host.read(path) or "").splitlines():
        line = re.split(r"(?:^|\s)#", raw)[0].strip()
        name, colon, value = line.partition(":")
        value = re.sub(r'^"([^"]*)"$', r"\1", value.strip())
        if not colon:
            continue
        if name.startswith("include") and depth < 4:
            section = "" if name == "include-toplevel" else section
            for included in host.glob(value):
                section = clauses(host, included, found, section, depth + 1)
        elif not value:
            section = name
        else:
            found.setdefault(f"{section}/{name}", []).append(harmless(name, value))
    return section


def question(name: str, kind: int) -> bytes:
    """A question that asks for an authenticated answer."""
    labels = b"".join(
        bytes((len(label),)) + label.encode("ascii") for label in name.split(".") if label
    )
    return (
        struct.pack("!6H", secrets.randbelow(65536), RECURSION | AUTHENTIC, 1, 0, 0, 0)
        + labels
        + b"\0"
        + struct.pack("!2H", kind, 1)
    )


def authentic(server: str) -> bool | None:
    """Whether a resolver says that it validated the root's own records; None without an answer that
    counts.
    """
    asked = question("", 6)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as link:
            link.settimeout(SECONDS)
            link.connect((server.partition("%")[0], 53))
            link.send(asked)
            answer = link.recv(4096)
    except OSError:
        return None
    if len(answer) < 12 or answer[:2] != asked[:2]:
        return None
    flags, _questions, records = struct.unpack("!3H", answer[2:8])
    return bool(flags & AUTHENTIC) if not flags & 0x000F and records else None


def asked(host: Host) -> dict[str, t.Any]:
    """The resolvers of /etc/resolv.conf, and whether each validates."""
    found: dict[str, t.Any] = {"nameservers": {}, "options": []}
    for line in (host.read("/etc/resolv.conf") or "").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            found["nameservers"][words[1]] = authentic(words[1])
        elif words[:1] == ["options"]:
            found["options"] += words[1:]
    return found


def unbound(host: Host) -> dict[str, t.Any] | None:
    """Everything about unbound; None where there is none."""
    if host.which("unbound") is None:
        return None
    found: dict[str, list[str]] = {}
    clauses(host, CONFIGURATION, found)
    return {"settings": found}
