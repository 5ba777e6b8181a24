# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: claims to be somebody else, and ways round a refusal (Postfix XCLIENT and XFORWARD, the
PROXY protocol, RFC 2920, 3030, 4954).

No message is sent. Where text is asked for although the recipient was refused, we hang up: a
message without an end must not be kept (RFC 5321 section 4.1.1.4), while the lone dot of RFC 2920
section 3.1 would end one, and a server that asks might then send it. Writes down replies and judges
none.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError
from . import open_relay

#: What is asked in one connection, in this order. A server that takes XCLIENT begins anew, and one
#: that refuses a chunk may count wrongly.
PARTS = ("xforward", "refused", "mixed", "xclient", "pipelined")
#: Seconds that a server has to greet, or hang up, after a PROXY header.
PATIENCE = 8.0
CLAIM = "NAME=localhost ADDR=127.0.0.1"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
GO_ON = 354


class ClientIdentityFacts(t.TypedDict, total=False):
    """How a server answers to claims of another identity, and after a refusal.

    extensions: keyword to parameters of the extensions in the reply to EHLO.
    tls: the handshake, without the certificate.
    xforward: the reply to XFORWARD.
    xclient: the reply to XCLIENT.
    attempts: a relay attempt after XCLIENT was accepted.
    cancelled: auth and end: the replies to a login and to its cancellation, where AUTH is
      offered.
    refused: mail, rcpt and data: the replies to a transaction whose recipient is rejected.
    mixed: mail, local and rcpt: the replies to a transaction with a local recipient before an
      external one.
    pipelined: mail, rcpt and data: the replies to commands in one segment; bdat: that to a chunk
      behind them.
    """

    extensions: t.Dict[str, str]
    tls: TlsFacts
    xforward: smtp.StoredReply
    xclient: smtp.StoredReply
    attempts: t.List[open_relay.RelayAttempt]
    cancelled: t.Dict[str, smtp.StoredReply]
    refused: t.Dict[str, smtp.StoredReply]
    mixed: t.Dict[str, smtp.StoredReply]
    pipelined: t.Dict[str, smtp.StoredReply]


def claims(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """Claim another identity by XFORWARD and XCLIENT, and try ways round a refusal.

    A compliant server rejects at most eight commands, and one more where a login is cancelled.

    params: helo, server_name, state and implicit as for relay, parts (some of PARTS), sender,
    recipient (of another domain), local (a recipient of the server's own, or empty).
    """
    _hello, facts["extensions"] = yield from open_relay.reach(talk, facts, params)
    for part in params["parts"]:
        yield from _ASKED[part](talk, facts, params)
    yield from smtp.quit_(talk)


def _say(talk: Talk, words: str) -> Steps:
    """One command; 421 is the end of the conversation."""
    return _whole((yield from smtp.command(talk, words)))


def _whole(said: smtp.Reply) -> smtp.StoredReply:
    if said.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(said.lines)}")
    return said.to_dict()


def _xforward(talk: Talk, facts: ClientIdentityFacts, _params: dict[str, t.Any]) -> Steps:
    """facts['xforward']: the reply."""
    facts["xforward"] = yield from _say(talk, "XFORWARD " + CLAIM)


def _xclient(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['xclient']: the reply; facts['attempts']: a relay attempt as the client that we then
    are, and nothing more as that one.
    """
    facts["xclient"] = yield from _say(talk, "XCLIENT " + CLAIM)
    if 200 <= facts["xclient"]["code"] < 300:
        yield from smtp.ehlo(talk, params["helo"])
        yield from _attempt(talk, facts, params)
        raise WireError("closed", "we hung up, to ask the rest as ourselves")


def _attempt(
    talk: Talk, facts: ClientIdentityFacts | ProxyHeaderFacts, params: dict[str, t.Any]
) -> Steps:
    """One plain relay attempt."""
    recipients = [{"form": "plain", "path": params["recipient"]}]
    facts["attempts"] = []
    yield from open_relay.attempt(
        talk, facts, {"sender_id": "stranger", "sender": params["sender"], "recipients": recipients}
    )


def _refused(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['cancelled']: where logins are offered, the replies to one that is called off (`auth`,
    `end`). facts['refused']: the replies to MAIL, RCPT for a stranger, and DATA where that was
    refused."""
    found: dict[str, smtp.StoredReply] = {}
    if "AUTH" in facts["extensions"]:
        cancelled = {"auth": (yield from _say(talk, "AUTH PLAIN"))}
        if cancelled["auth"]["code"] == 334:
            cancelled["end"] = yield from _say(talk, "*")
        facts["cancelled"] = cancelled
    found["mail"] = yield from _say(talk, "MAIL FROM:" + params["sender"])
    if found["mail"]["code"] == 250:
        found["rcpt"] = yield from _say(talk, "RCPT TO:" + params["recipient"])
        if found["rcpt"]["code"] >= 400:
            found["data"] = yield from _say(talk, "DATA")
            facts["refused"] = found
            _hang_up(found["data"])
    facts["refused"] = found
    yield from _say(talk, "RSET")


def _hang_up(said: smtp.StoredReply) -> None:
    if said["code"] == GO_ON:
        raise WireError(
            "closed", "we hung up, as the server waits for a message that must not be sent"
        )


def _mixed(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['mixed']: the replies to MAIL and to RCPT for the server's own recipient, then for a
    stranger.
    """
    if not params["local"]:
        return
    found = {"mail": (yield from _say(talk, "MAIL FROM:" + params["sender"]))}
    if found["mail"]["code"] == 250:
        found["local"] = yield from _say(talk, "RCPT TO:" + params["local"])
        found["rcpt"] = yield from _say(talk, "RCPT TO:" + params["recipient"])
    yield from _say(talk, "RSET")
    facts["mixed"] = found


def _pipelined(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['pipelined']: the replies to MAIL, RCPT and DATA said in one go, where that is offered
    and the same was refused before; then to a chunk of a message that is not the last one, so that
    nothing is ended by it (RFC 3030 section 2)."""
    if (
        "PIPELINING" not in facts["extensions"]
        or facts.get("refused", {}).get("rcpt", {}).get("code", 500) < 400
    ):
        return
    lines = ("MAIL FROM:" + params["sender"], "RCPT TO:" + params["recipient"], "DATA")
    yield from talk.send("".join(line + "\r\n" for line in lines).encode("utf-8"))
    found: dict[str, smtp.StoredReply] = {}
    for name in ("mail", "rcpt", "data"):
        found[name] = _whole((yield from talk.read(smtp.reply)))
    facts["pipelined"] = found
    _hang_up(found["data"])
    if "CHUNKING" in facts["extensions"] and found["rcpt"]["code"] >= 400:
        yield from talk.send(b"BDAT 2\r\n\r\n")
        found["bdat"] = _whole((yield from talk.read(smtp.reply)))


_ASKED = {
    "xforward": _xforward,
    "refused": _refused,
    "mixed": _mixed,
    "pipelined": _pipelined,
    "xclient": _xclient,
}


def left(facts: t.Mapping[str, t.Any], parts: t.Sequence[str]) -> list[list[str]]:
    """What a connection that broke off did not come to: each part for a connection of its own."""
    started = [part for part in parts if part in facts]
    return [[part] for part in parts[parts.index(started[-1]) + 1 if started else 0 :]]


def header(version: int, address: str, port: int) -> bytes:
    """A PROXY header that says a client on the server itself has connected to its address and port."""
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
    extensions: t.Dict[str, str]
    attempts: t.List[open_relay.RelayAttempt]


def proxy(talk: Talk, facts: ProxyHeaderFacts, params: dict[str, t.Any]) -> Steps:
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
    facts["greeting"] = (yield from talk.read(smtp.reply, PATIENCE)).to_dict()
    if facts["greeting"]["code"] != 220:
        return
    said = yield from smtp.command(talk, "EHLO " + params["helo"])
    if not said.ok:  # said of the header; what EHLO is answered is still to come
        facts["header"] = said.to_dict()
    else:
        facts["ehlo"], facts["extensions"] = said.to_dict(), smtp.keywords(said)
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
        yield from _attempt(talk, facts, params)
