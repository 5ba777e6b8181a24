# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: asks a server to take mail for strangers, up to RCPT and never further (RFC 5321 section
7.9, RFC 2505).

One connection, a few transactions; writes down each reply and judges none.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, WireError


def relay(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """Carry out params['transactions']; facts['attempts'] holds one entry for each recipient,
    answered or not.

    params: helo (str), hello (the command to begin with instead, where a HELO name has to be the
    first), state (clear, starttls, implicit, resumed or certificate), server_name (str), lmtp
    (bool), login (bool), login_as (str),
    transactions: list of {helo: command or '', sender_id, sender, recipients: [{form, path}]}.
    """
    facts["attempts"] = []
    hello, facts["extensions"] = yield from reach(talk, facts, params)
    facts["client_as_seen"] = hello.lines[0] if hello.lines else ""
    if params.get("login"):
        facts["login"] = (yield from _failed_login(talk, params.get("login_as", ""))).to_dict()
    for transaction in params["transactions"]:
        yield from attempt(talk, facts, transaction, hello if params.get("hello") else None)
    yield from smtp.quit_(talk)


def reach(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
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
        said = yield from smtp.command(talk, params["hello"])
        return said, smtp.keywords(said) if said.ok else {}
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
    facts: dict[str, t.Any],
    transaction: dict[str, t.Any],
    hello: smtp.Reply | None = None,
) -> Steps:
    """One sender with its recipients; a refused HELO or MAIL is the answer for each of them. hello:
    the reply, where HELO was said.
    """
    attempts = [
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
        said = hello or (yield from smtp.command(talk, transaction["helo"]))
        if not said.ok:
            return _answer(attempts, "helo", said)
    said = yield from smtp.command(talk, "MAIL FROM:" + transaction["sender"])
    if not said.ok:
        return _answer(attempts, "mail", said)
    yield from _recipients(talk, attempts, "PIPELINING" in facts["extensions"])
    yield from smtp.command(talk, "RSET")


def _recipients(talk: Talk, attempts: list[dict[str, t.Any]], pipelining: bool) -> Steps:
    """All RCPT commands, in one go where the server says that it takes them so (RFC 2920)."""
    lines = [("RCPT TO:" + attempt["path"] + "\r\n").encode("utf-8") for attempt in attempts]
    if pipelining:
        yield from talk.send(b"".join(lines))
    for attempt, line in zip(attempts, lines):
        if not pipelining:
            yield from talk.send(line)
        said = yield from talk.read(smtp.reply)
        _answer([attempt], "rcpt", said)


def _answer(attempts: list[dict[str, t.Any]], phase: str, said: smtp.Reply) -> None:
    for attempt in attempts:
        attempt["phase"], attempt["reply"] = phase, said.to_dict()
    if said.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(said.lines)}")
