# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: what every server has to accept, what none should allow, and the reply to an HTTP request
(RFC 5321 sections 4.5.1 and 4.5.3).

No message is sent: every transaction ends at RCPT. A compliant server rejects at most eight
commands of a session. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import smtp
from .._scan.conversation import Steps, Talk, WireError

#: What RFC 5321 section 4.5.3.1 has every server take: octets of a line and of a path.
LINE, PATH = 512, 256
#: Commands that older servers knew, and that tell or allow too much.
VERBS = ("DEBUG", "TURN", "VERB")
_ADMISSIONS = {
    "8BITMIME": "BODY=8BITMIME",
    "DSN": "RET=HDRS ENVID=airtight",
    "SMTPUTF8": "SMTPUTF8",
}
_HTTP = (
    "POST / HTTP/1.1\r\nHost: %(server)s\r\nContent-Type: text/plain\r\n\r\nEHLO %(helo)s\r\nMAIL "
    "FROM:%(sender)s\r\nRSET\r\nQUIT\r\n"
)
_HTTP_REPLIES = 12


class SmtpConformanceFacts(t.TypedDict, total=False):
    """How a server treats recipients, limits and extensions that the RFCs require.

    ehlo: the reply to EHLO.
    extensions: keyword to parameters of the extensions in the reply to EHLO.
    mail: the reply to MAIL with the empty sender.
    rcpt: name of the recipient to the reply.
    long_path: the reply to a recipient of 256 octets.
    oversize: the reply to MAIL with a size above the stated limit.
    long_line: the reply to a command line of 512 octets.
    promised: words (a command that uses what EHLO offers) and the reply to it.
    """

    ehlo: smtp.StoredReply
    extensions: dict[str, str]
    mail: smtp.StoredReply
    rcpt: dict[str, smtp.StoredReply]
    long_path: smtp.StoredReply
    oversize: smtp.StoredReply
    long_line: smtp.StoredReply
    promised: list[dict[str, t.Any]]


class SmtpCommandsFacts(t.TypedDict, total=False):
    """How a server answers to commands that reveal or allow too much.

    expn: the reply to EXPN.
    verbs: DEBUG, TURN and VERB to the reply.
    help: the reply to HELP.
    """

    expn: smtp.StoredReply
    verbs: dict[str, smtp.StoredReply]
    help: smtp.StoredReply


class SmtpHttpFacts(t.TypedDict, total=False):
    """How a server answers to an HTTP request with SMTP commands in it.

    replies: the replies.
    closed: whether the server then closed the connection.
    """

    replies: list[smtp.StoredReply]
    closed: bool


def conformance(talk: Talk, facts: SmtpConformanceFacts, params: dict[str, t.Any]) -> Steps:
    """Try the recipients that every server must accept, the limits of lines, paths and sizes, and
    the extensions that EHLO offers.

    params: helo, tls (bool), server_name, recipients (name to path, with unknown for one that
    cannot exist), stranger (a domain).
    """
    if params["tls"]:
        yield from smtp.starttls(talk, params["helo"])
        yield from talk.upgrade(params["server_name"])
    else:
        yield from smtp.greeting(talk)
    said, facts["extensions"] = yield from smtp.ehlo(talk, params["helo"])
    facts["ehlo"] = said.to_dict()
    facts["long_line"] = (yield from smtp.command(talk, "NOOP " + "x" * (LINE - 7))).to_dict()
    facts["mail"] = (yield from smtp.command(talk, "MAIL FROM:<>")).to_dict()
    if facts["mail"]["code"] == 250:
        yield from smtp.command(talk, "RSET")
        yield from _size(talk, facts)
        yield from _promised(talk, facts, params["recipients"]["postmaster"])
        yield from _recipients(talk, facts, params)
    yield from smtp.quit_(talk)


def _recipients(talk: Talk, facts: SmtpConformanceFacts, params: dict[str, t.Any]) -> Steps:
    """facts['rcpt']: the reply to each recipient. facts['long_path']: to one at the stranger's
    domain whose path is as long as it may be. They come last: some servers close the connection
    after a few rejections.
    """
    yield from smtp.command(talk, "RSET")
    yield from smtp.command(talk, "MAIL FROM:<>")
    facts["rcpt"] = {}
    for name, path in params["recipients"].items():
        facts["rcpt"][name] = (yield from smtp.command(talk, "RCPT TO:" + path)).to_dict()
        if name == "stranger":
            yield from _long_path(talk, facts, params["stranger"])
    if "stranger" not in params["recipients"]:
        yield from _long_path(talk, facts, params["stranger"])


def _long_path(talk: Talk, facts: SmtpConformanceFacts, stranger: str) -> Steps:
    reply = yield from smtp.command(talk, "RCPT TO:" + long_path(stranger))
    facts["long_path"] = reply.to_dict()


def long_path(domain: str) -> str:
    """A path of PATH octets: a local part of 64 (RFC 5321 section 4.5.3.1.1), and labels of at most
    63 before the domain.
    """
    room = PATH - len("<>@") - 64 - len(domain)
    labels = ""
    while room > 1:
        length = min(63, room - 1)
        length -= room - length - 1 == 1  # a label needs a dot and a letter
        labels, room = labels + "x" * length + ".", room - length - 1
    return f"<{'x' * 64}@{labels}{domain}>"


def _promised(talk: Talk, facts: SmtpConformanceFacts, path: str) -> Steps:
    """facts['promised']: a transaction that uses what EHLO offers, word by word: {words, reply}."""
    extensions = facts["extensions"]
    words = [admission for keyword, admission in _ADMISSIONS.items() if keyword in extensions]
    commands = [" ".join(["MAIL FROM:<>", *words])]
    if "DSN" in extensions:
        commands.append(f"RCPT TO:{path} NOTIFY=NEVER")
    facts["promised"] = []
    for command in [*commands, "RSET", *(["BDAT 0 LAST"] if "CHUNKING" in extensions else [])]:
        reply = yield from smtp.command(talk, command)
        if command != "RSET":
            facts["promised"].append({"words": command, "reply": reply.to_dict()})


def _size(talk: Talk, facts: SmtpConformanceFacts) -> Steps:
    """facts['oversize']: the reply to a message that is announced as larger than what EHLO states
    (RFC 1870 section 6.1).
    """
    limit = smtp.size_limit(facts["extensions"])
    if limit:
        facts["oversize"] = (
            yield from smtp.command(talk, f"MAIL FROM:<> SIZE={limit + 1}")
        ).to_dict()
        yield from smtp.command(talk, "RSET")


def commands(talk: Talk, facts: SmtpCommandsFacts, params: dict[str, t.Any]) -> Steps:
    """Send EXPN, DEBUG, TURN, VERB and HELP.

    VERB comes late, as it changes the replies where it is accepted.

    params: helo.
    """
    yield from smtp.greeting(talk)
    yield from smtp.ehlo(talk, params["helo"])
    facts["expn"] = (yield from smtp.command(talk, "EXPN postmaster")).to_dict()
    facts["verbs"] = {}
    for verb in VERBS:
        facts["verbs"][verb] = (yield from smtp.command(talk, verb)).to_dict()
    facts["help"] = (yield from smtp.command(talk, "HELP")).to_dict()
    yield from smtp.quit_(talk)


def http(talk: Talk, facts: SmtpHttpFacts, params: dict[str, t.Any]) -> Steps:
    """Send an HTTP request at once, as a browser would, with SMTP commands in it.

    params: helo, server_name, sender.
    """
    words = _HTTP % {
        "server": params["server_name"] or params["helo"],
        "helo": params["helo"],
        "sender": params["sender"],
    }
    facts["replies"] = []
    try:
        yield from talk.send(words.encode("utf-8"))
        while len(facts["replies"]) < _HTTP_REPLIES:
            facts["replies"].append((yield from talk.read(smtp.reply)).to_dict())
    except WireError as exc:
        if exc.kind != "closed" or not facts["replies"]:
            raise
        facts["closed"] = True
        talk.note("*", exc.text)
