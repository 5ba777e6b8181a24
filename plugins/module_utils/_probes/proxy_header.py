# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: a PROXY header of an untrusted client, before anything else (the PROXY protocol, versions
1 and 2).

No message is sent. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._protocols import smtp
from . import client_identity, open_relay

if t.TYPE_CHECKING:
    from .._scan.conversation import Steps, Talk, TlsFacts

#: Seconds that a server has to greet, or hang up, after a PROXY header.
GREETING_SECONDS = 8.0
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def header(version: int, address: str, port: int) -> bytes:
    """A PROXY header that claims a client on the server itself, connected to its address and
    port.
    """
    local = "::1" if ":" in address else "127.0.0.1"
    if version == 1:
        family = "TCP6" if ":" in address else "TCP4"
        return (f"PROXY {family} {local} {address} 1025 {port}\r\n").encode("ascii")
    ends = (
        ipaddress.ip_address(local).packed
        + ipaddress.ip_address(address).packed
        + (1025).to_bytes(2, "big")
        + port.to_bytes(2, "big")
    )
    return (
        SIGNATURE
        + b"\x21"
        + (b"\x21" if ":" in address else b"\x11")
        + len(ends).to_bytes(2, "big")
        + ends
    )


class ProxyHeaderFacts(t.TypedDict, total=False):
    """How a server answers to a PROXY header of an untrusted client.

    sent: the header, as text.
    tls: the handshake.
    greeting: the first reply.
    header: the reply to the header, where the server took it for a command.
    ehlo: the reply to EHLO behind the header.
    extensions: keyword to parameters of the extensions in the reply to EHLO.
    attempts: a relay attempt behind the header.
    """

    sent: str
    tls: TlsFacts
    greeting: smtp.StoredReply
    header: smtp.StoredReply
    ehlo: smtp.StoredReply
    extensions: dict[str, str]
    attempts: list[open_relay.RelayAttempt]


def proxy_header(talk: Talk, facts: ProxyHeaderFacts, params: dict[str, t.Any]) -> Steps:
    """Send a PROXY header before anything else, then a session as if the server had accepted it.

    params: helo, server_name, implicit_tls (bool), version (1 or 2), server (address and port),
    sender, recipient.
    """
    words = header(params["version"], *params["server"])
    facts["sent"] = (
        words.decode("ascii").strip()
        if params["version"] == 1
        else "a PROXY header of version 2 from loopback"
    )
    yield from talk.send(
        words, "" if params["version"] == 1 else "we send before all else: " + facts["sent"]
    )
    if params["implicit_tls"]:
        facts["tls"] = yield from talk.upgrade(params["server_name"])
    facts["greeting"] = (yield from talk.read(smtp.reply, GREETING_SECONDS)).to_dict()
    if facts["greeting"]["code"] != 220:
        return
    reply = yield from smtp.command(talk, "EHLO " + params["helo"])
    if not reply.ok:  # said of the header; what EHLO is answered is still to come
        facts["header"] = reply.to_dict()
    else:
        facts["ehlo"], facts["extensions"] = reply.to_dict(), smtp.keywords(reply)
        yield from _as_the_client(talk, facts, params)
    yield from smtp.quit_(talk)


def _as_the_client(talk: Talk, facts: ProxyHeaderFacts, params: dict[str, t.Any]) -> Steps:
    """A relay attempt, inside TLS where it is offered; none where the reply may not have been to
    EHLO.
    """
    if (
        "STARTTLS" in facts["extensions"]
        and (yield from smtp.command(talk, "STARTTLS")).code == 220
    ):
        facts["tls"] = yield from talk.upgrade(params["server_name"])
        yield from smtp.ehlo(talk, params["helo"])
    if facts["extensions"]:
        yield from client_identity.relay_attempt(talk, facts, params)
