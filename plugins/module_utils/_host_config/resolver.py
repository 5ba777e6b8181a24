# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolvers of the host, and whether they validate: by configuration and by their answers.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import secrets
import socket
import struct
import typing as t

from .. import _dnssec_zones
from .._model import is_address
from .redaction import without_secrets

if t.TYPE_CHECKING:
    from .reader import Host

CONFIGURATION = "/etc/unbound/unbound.conf"
#: Flags of a DNS message (RFC 1035, 4035).
RECURSION_DESIRED, AUTHENTIC_DATA = 0x0100, 0x0020
#: The bits of the response code.
RCODE = 0x000F
A, SOA = 1, 6
#: Questions that show whether a resolver sets AD without having validated.
UNSIGNED, MISSIGNED = (_dnssec_zones.UNSIGNED, SOA), (_dnssec_zones.MISSIGNED, A)
#: How many configuration files may include one another.
MAX_INCLUDE_DEPTH = 4
#: Seconds until a try times out, and how many there are.
TIMEOUT, TRIES = 3.0, 2


class Reply(t.NamedTuple):
    """How many records a resolver gave, whether it set AD, and the code of an error."""

    records: int
    secure: bool
    code: int


def read_settings(
    host: Host, path: str, found: dict[str, list[str]], section: str = "", depth: int = 0
) -> str:
    """Add the settings of a file of Unbound, and of the files that it includes, to found.

    The keys of found are section/setting. Returns the section at the end of the file.
    """
    for raw in (host.read(path) or "").splitlines():
        line = re.split(r"(?:^|\s)#", raw)[0].strip()
        name, colon, value = line.partition(":")
        value = re.sub(r'^"([^"]*)"$', r"\1", value.strip())
        if not colon:
            continue
        if name.startswith("include") and depth < MAX_INCLUDE_DEPTH:
            section = "" if name == "include-toplevel" else section
            for included in host.glob(value):
                section = read_settings(host, included, found, section, depth + 1)
        elif not value:
            section = name
        else:
            found.setdefault(f"{section}/{name}", []).append(without_secrets(name, value))
    return section


def query(name: str, kind: int) -> bytes:
    """A DNS query that asks for authenticated data."""
    labels = b"".join(
        bytes((len(label),)) + label.encode("ascii") for label in name.split(".") if label
    )
    return (
        struct.pack("!6H", secrets.randbelow(65536), RECURSION_DESIRED | AUTHENTIC_DATA, 1, 0, 0, 0)
        + labels
        + b"\0"
        + struct.pack("!2H", kind, 1)
    )


def validates(server: str, port: int = 53) -> bool | None:
    """Whether a resolver sets AD for the records of the root zone, does not set it for a zone that
    is never signed, and gives no record of one whose signatures are wrong; None where one of them
    got no answer, or the root no record.
    """
    questions = (("", SOA), UNSIGNED, MISSIGNED)
    root, unsigned, missigned = (_answered(server, port, *asked) for asked in questions)
    if root is None or root.code or not root.records:
        return None
    blindly = (unsigned and unsigned.secure) or (missigned and missigned.records)
    if not root.secure or blindly:
        return False
    return None if unsigned is None or missigned is None else True


def _answered(server: str, port: int, name: str, kind: int) -> Reply | None:
    """The reply of a resolver to a question; None without one. Wrong signatures take a resolver
    that validates a while, so it is asked again.
    """
    replies = (_reply(server, port, query(name, kind)) for _try in range(TRIES))
    return next((reply for reply in replies if reply), None)


def _reply(server: str, port: int, sent: bytes) -> Reply | None:
    address, _mark, _zone = server.partition("%")
    if not is_address(address):
        return None
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as connection:
            connection.settimeout(TIMEOUT)
            connection.connect((address, port))
            connection.send(sent)
            answer = connection.recv(4096)
    except OSError:
        return None
    if len(answer) < 12 or answer[:2] != sent[:2]:
        return None
    flags, _questions, records = struct.unpack("!3H", answer[2:8])
    return Reply(records, bool(flags & AUTHENTIC_DATA), flags & RCODE)


def resolver_facts(host: Host) -> dict[str, t.Any]:
    """The resolvers of /etc/resolv.conf, and whether each validates."""
    found: dict[str, t.Any] = {"nameservers": {}, "options": []}
    for line in (host.read("/etc/resolv.conf") or "").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            found["nameservers"][words[1]] = validates(words[1])
        elif words[:1] == ["options"]:
            found["options"] += words[1:]
    return found


def unbound_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of Unbound; None where it is not installed."""
    if host.which("unbound") is None:
        return None
    found: dict[str, list[str]] = {}
    read_settings(host, CONFIGURATION, found)
    return {"settings": found}
