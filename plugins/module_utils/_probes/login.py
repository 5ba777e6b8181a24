# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: logins inside TLS that must fail, with SMTP, IMAP, POP3 or ManageSieve (RFC 4954, 9051,
1939, 5804).

Runs with an opt-in only. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from .._protocols import imap_pop3_sieve, sasl, smtp
from . import open_relay

if t.TYPE_CHECKING:
    from .._scan.conversation import Parser, Steps, Talk


class LoginAttempt(t.TypedDict, total=False):
    """One login that was tried.

    user: the name. password: the password, which is made up or known to everybody.
    command: the command of the login.
    reply: the reply of SMTP that ended it. answer: that of IMAP, POP3 or ManageSieve.
    """

    user: str
    password: str
    command: str
    reply: smtp.StoredReply
    answer: imap_pop3_sieve.StoredAnswer


class LoginFacts(t.TypedDict, total=False):
    """What a service answers to logins inside TLS.

    extensions: keyword to parameters of the extensions in the reply to EHLO.
    tls: the handshake, without the certificate.
    capabilities: of IMAP, inside TLS.
    attempts: one for each login.
    """

    extensions: dict[str, str]
    tls: dict[str, t.Any]
    capabilities: list[str]
    attempts: list[LoginAttempt]


def login(talk: Talk, facts: LoginFacts, params: dict[str, t.Any]) -> Steps:
    """Log in inside TLS, until one login is taken.

    params: helo, server_name, protocol, implicit_tls (bool), state (implicit or starttls), logins
    (pairs of user and password).
    """
    facts["attempts"] = []
    if params["protocol"] == "smtp":
        where = {**params, "implicit": params["implicit_tls"]}
        reached = yield from open_relay.reach(talk, t.cast("t.Any", facts), where)
        facts["extensions"] = reached[1]
    else:
        yield from _reach(talk, facts, params)
    for user, password in params["logins"]:
        entry: LoginAttempt = {"user": user, "password": password}
        facts["attempts"].append(entry)
        yield from _LOGINS[params["protocol"]](talk, facts, entry)
        if is_taken(entry):
            return


def is_taken(entry: LoginAttempt) -> bool:
    """Whether a login succeeded."""
    if "reply" in entry:
        return 200 <= entry["reply"]["code"] < 300
    return entry.get("answer", {}).get("status") in ("OK", "+OK")


def _reach(talk: Talk, facts: LoginFacts, params: dict[str, t.Any]) -> Steps:
    """From the connection to where a login may be tried, for a mail store."""
    protocol, name = params["protocol"], params["server_name"]
    if not params["implicit_tls"]:
        yield from _STARTTLS[protocol](talk)
    facts["tls"] = yield from talk.upgrade(name)
    facts["tls"].pop("certificate", None)
    if params["implicit_tls"] or protocol == "sieve":
        yield from talk.read(_GREETINGS[protocol])
    if protocol == "imap":
        yield from talk.send(b"a1 CAPABILITY\r\n")
        answer = yield from talk.read(imap_pop3_sieve.imap("a1"))
        facts["capabilities"] = imap_pop3_sieve.imap_capabilities(answer)


def _smtp(talk: Talk, facts: LoginFacts, entry: LoginAttempt) -> Steps:
    """AUTH PLAIN, or AUTH LOGIN where that is all that is offered."""
    offered = facts["extensions"].get("AUTH", "").upper().split()
    name = sasl.LOGIN if sasl.LOGIN in offered and sasl.PLAIN not in offered else sasl.PLAIN
    entry["command"] = "AUTH " + name
    user, password = entry["user"], entry["password"]
    if name == sasl.PLAIN:
        reply = yield from smtp.command(talk, "AUTH PLAIN " + sasl.plain(user, password))
    else:
        reply = yield from smtp.command(talk, "AUTH LOGIN")
        for word in (user, password):
            if reply.code == 334:
                encoded = base64.b64encode(word.encode("utf-8")).decode("ascii")
                reply = yield from smtp.command(talk, encoded)
    entry["reply"] = reply.to_dict()


def _imap(talk: Talk, facts: LoginFacts, entry: LoginAttempt) -> Steps:
    """LOGIN, or AUTHENTICATE where that is disabled."""
    user, password = entry["user"], entry["password"]
    parser = imap_pop3_sieve.imap("a2")
    if "LOGINDISABLED" not in facts["capabilities"]:
        entry["command"] = "LOGIN"
        yield from _answer(talk, entry, f'a2 LOGIN "{user}" "{password}"', parser)
        return
    entry["command"] = "AUTHENTICATE PLAIN"
    yield from _answer(talk, entry, "a2 AUTHENTICATE PLAIN", parser)
    if entry["answer"]["status"] == "+":
        yield from _answer(talk, entry, sasl.plain(user, password), parser)


def _pop3(talk: Talk, _facts: LoginFacts, entry: LoginAttempt) -> Steps:
    """USER and PASS."""
    entry["command"] = "USER"
    user = yield from _answer(talk, {}, "USER " + entry["user"], imap_pop3_sieve.pop3())
    if user["status"] != "+OK":
        entry["answer"] = user
    else:
        entry["command"] = "PASS"
        yield from _answer(talk, entry, "PASS " + entry["password"], imap_pop3_sieve.pop3())


def _sieve(talk: Talk, _facts: LoginFacts, entry: LoginAttempt) -> Steps:
    """AUTHENTICATE PLAIN with an initial response (RFC 5804 section 2.1)."""
    entry["command"] = 'AUTHENTICATE "PLAIN"'
    words = f'AUTHENTICATE "PLAIN" "{sasl.plain(entry["user"], entry["password"])}"'
    yield from _answer(talk, entry, words, imap_pop3_sieve.sieve)


def _answer(talk: Talk, entry: LoginAttempt, words: str, parser: Parser) -> Steps:
    """One command; its answer is that of the login."""
    yield from talk.send(words.encode("utf-8") + b"\r\n")
    entry["answer"] = (yield from talk.read(parser)).to_dict()
    return entry["answer"]


_STARTTLS: dict[str, t.Callable[[Talk], Steps]] = {
    "imap": imap_pop3_sieve.starttls_imap,
    "pop3": imap_pop3_sieve.starttls_pop3,
    "sieve": imap_pop3_sieve.starttls_sieve,
}
_GREETINGS: dict[str, Parser] = {
    "imap": imap_pop3_sieve.imap("*"),
    "pop3": imap_pop3_sieve.pop3(),
    "sieve": imap_pop3_sieve.sieve,
}
_LOGINS: dict[str, t.Callable[[Talk, LoginFacts, LoginAttempt], Steps]] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "sieve": _sieve,
}
