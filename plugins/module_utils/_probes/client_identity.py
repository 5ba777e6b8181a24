# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: claims of another identity, and ways round a refusal (Postfix XCLIENT and XFORWARD, RFC
2920, 3030, 4954).

No message is sent. Where the server asks for text although the recipient was rejected, the probe
closes the connection: a server must discard a message without an end (RFC 5321 section 4.1.1.4),
while the lone dot of RFC 2920 section 3.1 would end one, and the server might send it. The probe
writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError
from . import open_relay

#: What is asked in one connection, in this order. A server that takes XCLIENT begins anew, and one
#: that refuses a chunk may count wrongly.
PARTS = ("xforward", "refused", "mixed", "xclient", "pipelined", "chunked")
#: The parts that may get round a refusal.
BYPASSES = ("refused", "mixed", "pipelined", "chunked")
CLAIM = "NAME=localhost ADDR=127.0.0.1"
PORT = "PORT=25025"
GO_ON, _SYNTAX = 354, 501


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
      external one; exempt: that to postmaster, where the local one was rejected.
    pipelined: mail, rcpt and data: the replies to commands in one segment; bdat: that to a chunk
      behind them.
    chunked: mail, rcpt and bdat: the replies to a transaction with a chunk in place of DATA, where
      commands in one segment are not offered.
    """

    extensions: dict[str, str]
    tls: TlsFacts
    xforward: smtp.StoredReply
    xclient: smtp.StoredReply
    attempts: list[open_relay.RelayAttempt]
    cancelled: dict[str, smtp.StoredReply]
    refused: dict[str, smtp.StoredReply]
    mixed: dict[str, smtp.StoredReply]
    pipelined: dict[str, smtp.StoredReply]
    chunked: dict[str, smtp.StoredReply]


def client_identity(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """Claim another identity by XFORWARD and XCLIENT, and try ways round a refusal.

    A compliant server rejects at most nine commands, and one more where a login is cancelled.

    params: helo, server_name, state and implicit as for relay, parts (some of PARTS), sender,
    recipient (of another domain), local (a recipient of the server's own, or empty), exempt
    (postmaster there), cancel (False: no login is begun).
    """
    _hello, facts["extensions"] = yield from open_relay.reach(talk, facts, params)
    for part in params["parts"]:
        yield from _STEPS[part](talk, facts, params)
    yield from smtp.quit_(talk)


def _command(talk: Talk, words: str) -> Steps:
    """One command; 421 is the end of the conversation."""
    return _reply_or_stop((yield from smtp.command(talk, words)))


def _reply_or_stop(reply: smtp.Reply) -> smtp.StoredReply:
    if reply.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(reply.lines)}")
    return reply.to_dict()


def _xforward(talk: Talk, facts: ClientIdentityFacts, _params: dict[str, t.Any]) -> Steps:
    """facts['xforward']: the reply."""
    facts["xforward"] = yield from _command(talk, "XFORWARD " + CLAIM)


def _xclient(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['xclient']: the reply; facts['attempts']: a relay attempt as the client that we then
    are, and nothing more as that one.
    """
    facts["xclient"] = yield from _command(talk, f"XCLIENT {CLAIM} {PORT}")
    if facts["xclient"]["code"] == _SYNTAX:  # Exim demands the port, others may not know it
        facts["xclient"] = yield from _command(talk, "XCLIENT " + CLAIM)
    if 200 <= facts["xclient"]["code"] < 300:
        yield from smtp.ehlo(talk, params["helo"])
        yield from relay_attempt(talk, facts, params)
        raise WireError("closed", "we hung up, to ask the rest as ourselves")


def relay_attempt(talk: Talk, facts: open_relay.Attempted, params: dict[str, t.Any]) -> Steps:
    """One plain relay attempt."""
    recipients = [{"form": "plain", "path": params["recipient"]}]
    facts["attempts"] = []
    yield from open_relay.attempt(
        talk, facts, {"sender_id": "stranger", "sender": params["sender"], "recipients": recipients}
    )


def _refused(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['cancelled']: the replies to a login (auth) and its cancellation (end), where AUTH
    is offered. facts['refused']: the replies to MAIL, RCPT for an external recipient, and DATA
    where that was rejected.
    """
    found: dict[str, smtp.StoredReply] = {}
    if "AUTH" in facts["extensions"] and params.get("cancel", True):
        cancelled = {"auth": (yield from _command(talk, "AUTH PLAIN"))}
        if cancelled["auth"]["code"] == 334:
            cancelled["end"] = yield from _command(talk, "*")
        facts["cancelled"] = cancelled
    found["mail"] = yield from _command(talk, "MAIL FROM:" + params["sender"])
    if found["mail"]["code"] == 250:
        found["rcpt"] = yield from _command(talk, "RCPT TO:" + params["recipient"])
        if found["rcpt"]["code"] >= 400:
            found["data"] = yield from _command(talk, "DATA")
            facts["refused"] = found
            _stop_before_message(found["data"])
    facts["refused"] = found
    yield from _command(talk, "RSET")


def _stop_before_message(reply: smtp.StoredReply) -> None:
    if reply["code"] == GO_ON:
        raise WireError(
            "closed", "we hung up, as the server waits for a message that must not be sent"
        )


def _mixed(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['mixed']: the replies to MAIL and to RCPT for a local recipient, or for postmaster
    where that one is rejected, then for an external one. Postmaster gets a transaction of its own,
    since some servers take one recipient in each.
    """
    if not params["local"]:
        return
    found = {"mail": (yield from _command(talk, "MAIL FROM:" + params["sender"]))}
    if found["mail"]["code"] == 250:
        found["local"] = yield from _command(talk, "RCPT TO:" + params["local"])
        if found["local"]["code"] >= 400 and params.get("exempt"):
            yield from _command(talk, "RSET")
            found["mail"] = yield from _command(talk, "MAIL FROM:" + params["sender"])
            found["exempt"] = yield from _command(talk, "RCPT TO:" + params["exempt"])
        found["rcpt"] = yield from _command(talk, "RCPT TO:" + params["recipient"])
    yield from _command(talk, "RSET")
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
        found[name] = _reply_or_stop((yield from talk.read(smtp.reply)))
    facts["pipelined"] = found
    _stop_before_message(found["data"])
    if "CHUNKING" in facts["extensions"] and found["rcpt"]["code"] >= 400:
        found["bdat"] = yield from _chunk(talk)


def _chunk(talk: Talk) -> Steps:
    """The reply to a chunk of a message."""
    yield from talk.send(b"BDAT 2\r\n\r\n")
    return _reply_or_stop((yield from talk.read(smtp.reply)))


def _offers_chunks_alone(extensions: t.Container[str]) -> bool:
    return "CHUNKING" in extensions and "PIPELINING" not in extensions


def _chunked(talk: Talk, facts: ClientIdentityFacts, params: dict[str, t.Any]) -> Steps:
    """facts['chunked']: the replies to MAIL, RCPT and a chunk of a message, where chunks are
    offered without commands in one go, and the same recipient was refused before.
    """
    refused = facts.get("refused", {}).get("rcpt", {}).get("code", 500) >= 400
    if not (refused and _offers_chunks_alone(facts["extensions"])):
        return
    found = {"mail": (yield from _command(talk, "MAIL FROM:" + params["sender"]))}
    found["rcpt"] = yield from _command(talk, "RCPT TO:" + params["recipient"])
    if found["rcpt"]["code"] >= 400:
        found["bdat"] = yield from _chunk(talk)
    facts["chunked"] = found


_STEPS = {
    "xforward": _xforward,
    "refused": _refused,
    "mixed": _mixed,
    "pipelined": _pipelined,
    "chunked": _chunked,
    "xclient": _xclient,
}


def parts_not_reached(facts: t.Mapping[str, t.Any], parts: t.Sequence[str]) -> list[list[str]]:
    """What a connection that broke off did not come to: each part for a connection of its own."""
    started = [part for part in parts if part in facts]
    left = parts[parts.index(started[-1]) + 1 if started else 0 :]
    alone = _offers_chunks_alone(facts.get("extensions", ()))
    return [[part] for part in left if part != "chunked" or alone]
