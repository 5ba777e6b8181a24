# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: recipients of other domains, up to RCPT and never further (RFC 5321 section 7.9, RFC
2505).

One connection makes a few transactions. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError

#: How the commands of a connection may differ from the usual ones: verbs in lower case (RFC 5321
#: section 2.4), and commands ahead that change nothing (sections 4.1.1.6 to 4.1.1.9).
LOWER_CASE, AFTER_OTHERS = "lower_case", "after_others"
_OTHERS = ("NOOP", "HELP", "VRFY postmaster", "EXPN postmaster")
#: Replies to a HELO that is not the first which are not about its name: the session ends, or the
#: command is out of turn (RFC 5321 section 4.2.2).
_SAYS_ITSELF = (421, 503)


class RelayAttempt(t.TypedDict, total=False):
    """One recipient that was tried.

    form: the id of the recipient form.
    path: the recipient, as it was sent.
    sender: the id of the sender.
    mail_from: the sender, as it was sent.
    helo: the HELO command that came first, empty for that of the session.
    phase: the command that the reply is to: helo, mail or rcpt; empty where none came.
    reply: the reply, None where none came.
    data: the reply to DATA after it, where that was tried.
    """

    form: str
    path: str
    sender: str
    mail_from: str
    helo: str
    phase: str
    reply: smtp.StoredReply | None
    data: smtp.StoredReply


class RelayFacts(t.TypedDict, total=False):
    """How a server answers to recipients of other domains, up to RCPT.

    attempts: one for each recipient, answered or not.
    extensions: keyword to parameters of the extensions in the reply to EHLO.
    client_as_seen: the first line of the reply to EHLO, in which servers name the client.
    login: the reply to a login that must fail, where that was agreed to.
    tls: the handshake, without the certificate.
    """

    attempts: list[RelayAttempt]
    extensions: dict[str, str]
    client_as_seen: str
    login: smtp.StoredReply
    tls: TlsFacts


class Reached(t.TypedDict, total=False):
    """What the facts of all probes have that reach a state by `reach`."""

    extensions: dict[str, str]
    tls: TlsFacts


class Attempted(t.TypedDict, total=False):
    """What the facts of all probes have that make a relay attempt."""

    extensions: dict[str, str]
    attempts: list[RelayAttempt]


def relay(talk: Talk, facts: RelayFacts, params: dict[str, t.Any]) -> Steps:
    """Try recipients of other domains under several senders and HELO names, up to RCPT.

    params: helo; hello (a command to begin with instead of EHLO, where a HELO name has to be
    the first); state (clear, starttls, implicit, resumed or certificate); implicit, lmtp, login
    and data (bool: DATA after each accepted recipient, each in a transaction of its own);
    login_as; wording (a list of LOWER_CASE and AFTER_OTHERS); server_name; transactions (a list of
    helo: a command or empty, sender_id, sender, recipients: a list of form and path).
    """
    facts["attempts"] = []
    hello, facts["extensions"] = yield from reach(talk, facts, params)
    facts["client_as_seen"] = hello.lines[0] if hello.lines else ""
    if params.get("login"):
        facts["login"] = (yield from _failed_login(talk, params.get("login_as", ""))).to_dict()
    wording = params.get("wording", ())
    for words in _OTHERS if AFTER_OTHERS in wording else ():
        yield from smtp.command(talk, words)
    for transaction in params["transactions"]:
        said = hello if params.get("hello") else None
        cased = {
            **transaction,
            "lower_case": LOWER_CASE in wording,
            "usual_helo": params["helo"],
        }
        yield from attempt(talk, facts, cased, said, params.get("data", False))
    yield from smtp.quit_(talk)


def reach(talk: Talk, facts: Reached, params: dict[str, t.Any]) -> Steps:
    """Reach the state in which mail is to be tried; return the reply to EHLO, or to
    params['hello'], and the extensions.
    """
    state = params["state"]
    if state == "starttls" or (state in ("resumed", "certificate") and not params.get("implicit")):
        yield from smtp.starttls(talk, params["helo"])
    if state != "clear":
        facts["tls"] = yield from talk.upgrade(
            params["server_name"], resume=state == "resumed", identity=state == "certificate"
        )
        facts["tls"].pop("certificate", None)
    if state in ("clear", "implicit") or params.get("implicit"):
        yield from smtp.greeting(talk)
    if params.get("hello"):
        reply = yield from smtp.command(talk, params["hello"])
        return reply, smtp.keywords(reply) if reply.ok else {}
    return (yield from (smtp.lhlo if params.get("lmtp") else smtp.ehlo)(talk, params["helo"]))


def _failed_login(talk: Talk, identity: str) -> Steps:
    """One login that cannot succeed, in the name of somebody who does exist if one is given (RFC
    4616 section 2).
    """
    credentials = base64.b64encode(
        (identity + "\0airtight-nobody\0airtight-nobody").encode("utf-8")
    ).decode("ascii")
    shown = (
        "AUTH PLAIN (a user that does not "
        f"exist{', in the name of ' + identity if identity else ''})"
    )
    return (yield from smtp.command(talk, "AUTH PLAIN " + credentials, shown))


def attempt(
    talk: Talk,
    facts: Attempted,
    transaction: dict[str, t.Any],
    hello: smtp.Reply | None = None,
    data: bool = False,
) -> Steps:
    """One sender with its recipients; a refused HELO or MAIL is the answer for each of them. hello:
    the reply, where HELO was said. data: whether DATA follows an accepted recipient.
    transaction['lower_case']: whether MAIL and RCPT are said in lower case; ['usual_helo']: the
    name of the session.
    """
    case = str.lower if transaction.get("lower_case") else str
    attempts: list[RelayAttempt] = [
        {
            "form": entry["form"],
            "path": entry["path"],
            "sender": transaction["sender_id"],
            "mail_from": transaction["sender"],
            "helo": transaction.get("helo", ""),
            "phase": "",
            "reply": None,
        }
        for entry in transaction["recipients"]
    ]
    facts["attempts"].extend(attempts)
    if transaction.get("helo"):
        reply = hello or (yield from smtp.command(talk, transaction["helo"]))
        if not reply.ok:
            if hello is None and reply.code not in _SAYS_ITSELF:
                yield from _hello_again(talk, transaction["usual_helo"])
            return _answer(attempts, "helo", reply)
    reply = yield from smtp.command(talk, case("MAIL FROM:") + transaction["sender"])
    if not reply.ok:
        return _answer(attempts, "mail", reply)
    by_helo = transaction.get("helo", "").startswith("HELO")
    pipelining = "PIPELINING" in facts["extensions"] and not by_helo
    yield from _recipients(talk, attempts, pipelining, case("RCPT TO:"))
    if data and (attempts[-1]["reply"] or {}).get("code", 0) // 100 == 2:
        yield from _data(talk, attempts[-1])
    yield from smtp.command(talk, "RSET")


def _hello_again(talk: Talk, name: str) -> Steps:
    """The control of a rejected HELO: the name that was accepted before. Where that is rejected
    too, or the session ends, the server has had enough of HELO, whatever the name is (RFC 5321
    section 4.1.4 permits another one at any time).
    """
    reply = yield from smtp.command(talk, "EHLO " + name)
    if not reply.ok:
        text = f"{reply.code} {' '.join(reply.lines)}"
        raise WireError("closed", f"EHLO {name} was rejected too, once it was said again: {text}")


def _data(talk: Talk, attempt: RelayAttempt) -> Steps:
    """DATA; where the server asks for the text, the connection ends, which delivers nothing (RFC
    5321 section 4.1.1.4).
    """
    reply = yield from smtp.command(talk, "DATA")
    attempt["data"] = reply.to_dict()
    if not 400 <= reply.code < 600 or reply.code == 421:
        raise WireError("closed", "we hung up, as the server waits for a message")


def _recipients(talk: Talk, attempts: list[RelayAttempt], pipelining: bool, rcpt: str) -> Steps:
    """All RCPT commands, in one go where the reply to EHLO permits it (RFC 2920 section 3)."""
    lines = [(rcpt + attempt["path"] + "\r\n").encode("utf-8") for attempt in attempts]
    if pipelining:
        yield from talk.send(b"".join(lines))
    for attempt, line in zip(attempts, lines):
        if not pipelining:
            yield from talk.send(line)
        reply = yield from talk.read(smtp.reply)
        _answer([attempt], "rcpt", reply)


def _answer(attempts: list[RelayAttempt], phase: str, reply: smtp.Reply) -> None:
    for attempt in attempts:
        attempt["phase"], attempt["reply"] = phase, reply.to_dict()
    if reply.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(reply.lines)}")
