# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes of the mail flow test: submit messages as a user, send some as an external client, and
read back what was delivered (RFC 6409, RFC 4954, RFC 9051).

They send, so they run only with an opt-in. A probe receives the password beside its params and
shows it nowhere. The probes write down replies and delivered messages, and evaluate nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import imap_fetch, imap_pop3_sieve, sasl, smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError, line
from . import messages as letters

SHOWN = "AUTH PLAIN (the account's)"
#: How many folders of a mailbox are looked into.
MAX_FOLDERS = 30
#: Seconds of silence after which a text was one message and no more.
PAUSE = 1.5


class SubmitFacts(t.TypedDict, total=False):
    """How a server treats the messages of an authenticated user.

    tls: the handshake, without the certificate.
    extensions: keyword to parameters of the extensions in the reply to EHLO.
    login: the reply to AUTH.
    messages: each message: id, token, sender, recipient, and phase and reply: how it ended.
    arrivals: what arrived at the canary: recipient, sender, peer, helo, head, and raw, in base64.
    waited: seconds that were waited for messages to arrive.
    """

    tls: TlsFacts
    extensions: dict[str, str]
    login: smtp.StoredReply
    messages: list[dict[str, t.Any]]
    arrivals: list[dict[str, t.Any]]
    waited: float


class SpoofFacts(t.TypedDict, total=False):
    """How a server treats the messages of an external client.

    extensions: keyword to parameters of the extensions in the reply to EHLO.
    messages: each message: id, token, sender, recipient, and phase and reply: how it ended.
    """

    extensions: dict[str, str]
    messages: list[dict[str, t.Any]]


class ReadBackFacts(t.TypedDict, total=False):
    """What was delivered to the mailbox of the account.

    tls: the handshake, without the certificate.
    login: status and text of the reply to AUTHENTICATE.
    folders: the folders that were searched.
    delivered: folder and text of each message.
    complete: whether all expected messages were found.
    waited: whether the search went on to its end.
    """

    tls: TlsFacts
    login: dict[str, str]
    folders: list[str]
    delivered: list[dict[str, str]]
    complete: bool
    waited: bool


def submit(password: str, talk: Talk, facts: SubmitFacts, params: dict[str, t.Any]) -> Steps:
    """Log in and submit messages as the account's user.

    params: helo, server_name, implicit_tls (bool), account, names, date, letters (a list of id and
    token).
    """
    talk.hide(password)
    if not params["implicit_tls"]:
        yield from smtp.starttls(talk, params["helo"])
    facts["tls"] = yield from talk.upgrade(params["server_name"], verify=True, named=True)
    facts["tls"].pop("certificate", None)
    if params["implicit_tls"]:
        yield from smtp.greeting(talk)
    _said, facts["extensions"] = yield from smtp.ehlo(talk, params["helo"])
    response = sasl.plain(params["account"], password)
    reply = yield from smtp.command(talk, "AUTH PLAIN " + response, SHOWN)
    facts["login"] = reply.to_dict()
    if reply.code == 235:
        yield from messages(talk, facts, params)
    yield from smtp.quit_(talk)


def spoof(talk: Talk, facts: SpoofFacts, params: dict[str, t.Any]) -> Steps:
    """Send messages as an external client, inside TLS where it is offered.

    params: those of submit.
    """
    yield from smtp.greeting(talk)
    _said, facts["extensions"] = yield from smtp.ehlo(talk, params["helo"])
    if (
        "STARTTLS" in facts["extensions"]
        and (yield from smtp.command(talk, "STARTTLS")).code == 220
    ):
        yield from talk.upgrade(params["server_name"])
        _said, facts["extensions"] = yield from smtp.ehlo(talk, params["helo"])
    yield from messages(talk, facts, params)
    yield from smtp.quit_(talk)


def messages(talk: Talk, facts: SubmitFacts | SpoofFacts, params: dict[str, t.Any]) -> Steps:
    """One transaction for each of params['letters'], pairs of {id, token}; facts['messages'] says
    how each ended.
    """
    facts["messages"] = []
    for wanted in params["letters"]:
        one = letters.BY_ID[wanted["id"]]
        names = {**params["names"], "token": wanted["token"]}
        entry = {
            **wanted,
            "sender": one.sender.format(**names),
            "recipient": one.recipient.format(**names),
            "phase": "",
            "reply": None,
        }
        facts["messages"].append(entry)
        yield from _transaction(
            talk, entry, letters.content(one, names, params["date"]), bool(one.breaks)
        )
        if one.breaks and (yield from talk.linger(PAUSE)):
            raise WireError("garbled", "the server took part of the text for commands")


def _transaction(talk: Talk, entry: dict[str, t.Any], content: bytes, broken: bool) -> Steps:
    commands = (
        ("mail", f"MAIL FROM:<{entry['sender']}>"),
        ("rcpt", f"RCPT TO:<{entry['recipient']}>"),
        ("data", "DATA"),
    )
    for phase, words in commands:
        reply = yield from smtp.command(talk, words)
        _answer(entry, phase, reply)
        if not (reply.code == 354 if phase == "data" else reply.ok):
            yield from smtp.command(talk, "RSET")
            return
    wire = content if broken else content.replace(b"\r\n.", b"\r\n..")
    yield from talk.send(wire + b".\r\n", f"the message {entry['id']}, {len(content)} octets")
    reply = yield from talk.read(smtp.reply, 60.0)
    _answer(entry, "end", reply)
    if not reply.ok:
        yield from smtp.command(talk, "RSET")


def _answer(entry: dict[str, t.Any], phase: str, reply: smtp.Reply) -> None:
    entry["phase"], entry["reply"] = phase, reply.to_dict()
    if reply.code == 421:
        raise WireError("closed", f"the server had enough: 421 {' '.join(reply.lines)}")


def taken(entry: t.Mapping[str, t.Any]) -> bool:
    """Whether the server took responsibility for a message."""
    return (
        entry["phase"] == "end"
        and entry["reply"] is not None
        and 200 <= entry["reply"]["code"] < 300
    )


def read_back(password: str, talk: Talk, facts: ReadBackFacts, params: dict[str, t.Any]) -> Steps:
    """Look for the messages of a run in every folder, keep them in the facts and delete them.

    params: server_name, account, run, since, expected (tokens), rounds.
    """
    talk.hide(password)
    facts["delivered"], facts["complete"] = [], False
    facts["tls"] = yield from talk.upgrade(params["server_name"], verify=True, named=True)
    facts["tls"].pop("certificate", None)
    yield from talk.read(line)
    words = imap_pop3_sieve.imap_capabilities((yield from _ask(talk, "CAPABILITY")))
    response = sasl.plain(params["account"], password)
    if not (yield from _login(talk, facts, response, "SASL-IR" in words)):
        return
    words = imap_pop3_sieve.imap_capabilities((yield from _ask(talk, "CAPABILITY")))
    facts["folders"] = imap_fetch.folders((yield from _ask(talk, 'LIST "" "*"')).lines)[
        :MAX_FOLDERS
    ]
    criteria = f"UID SEARCH SINCE {params['since']} TEXT {params['run']}"
    for number in range(params["rounds"]):
        for folder in facts["folders"]:
            yield from _folder(talk, facts, folder, criteria, "UIDPLUS" in words)
        facts["complete"] = all(
            any(token in one["text"] for one in facts["delivered"]) for token in params["expected"]
        )
        if facts["complete"]:
            break
        if number + 1 < params["rounds"]:
            yield from talk.linger(1.0)
    facts["waited"] = True
    yield from talk.send(b"a9 LOGOUT\r\n")


def _ask(talk: Talk, words: str, shown: str = "") -> Steps:
    """One command and its whole answer."""
    yield from talk.send(b"a1 " + words.encode("utf-8") + b"\r\n", shown)
    return (yield from talk.read(imap_pop3_sieve.imap("a1"), shown=not shown))


def _login(talk: Talk, facts: ReadBackFacts, response: str, initial: bool) -> Steps:
    shown = "AUTHENTICATE PLAIN (the account's)"
    answer = yield from _ask(
        talk, "AUTHENTICATE PLAIN" + (" " + response if initial else ""), shown
    )
    if answer.status == "+" and not initial:
        yield from talk.send(response.encode("ascii") + b"\r\n", "(the account's)")
        answer = yield from talk.read(imap_pop3_sieve.imap("a1"))
    facts["login"] = {"status": answer.status, "text": answer.rest[:200]}
    talk.note("S", f"{answer.status} {answer.rest[:200]}")
    return answer.status == "OK"


def _folder(talk: Talk, facts: ReadBackFacts, folder: str, criteria: str, uidplus: bool) -> Steps:
    """What one folder has of this run: fetched, written down, deleted."""
    if (yield from _ask(talk, "SELECT " + folder)).status != "OK":
        return
    found = imap_fetch.found((yield from _ask(talk, criteria)).lines)
    for uid in found:
        yield from talk.send(b"a1 UID FETCH %d (BODY.PEEK[]<0.60000>)\r\n" % uid)
        body = yield from talk.read(imap_fetch.fetched("a1"), shown=False)
        talk.note("*", f"a message of {len(body)} octets in {folder}")
        shown = body.decode("utf-8", "replace").replace(
            letters.GTUBE, "(the test string of spam filters)"
        )
        facts["delivered"].append({"folder": folder.strip('"'), "text": shown})
        yield from _ask(talk, f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        if uidplus:
            yield from _ask(talk, f"UID EXPUNGE {uid}")


#: The shape of the facts of each probe.
FACTS: dict[str, t.Any] = {"submit": SubmitFacts, "spoof": SpoofFacts, "read_back": ReadBackFacts}
