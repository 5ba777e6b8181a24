# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: what a server carries over from the clear session into TLS (RFC 3207 section 4.2, RFC 9051
section 6.2.1, RFC 2595 section 4, RFC 5804 section 2.2; CVE-2011-0411).

No message is sent and nobody logs in. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import imap_pop3_sieve, smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError, line, text
from .starttls_dialects import DIALECTS, Dialect
from .starttls_dialects import STATUS as _STATUS

#: How a line begins that ends an answer.
STATUS = _STATUS

#: Long enough for a server to say what it should not; one that has nothing to say ends the
#: connection at once.
LINGER_SECONDS = 1.5
#: How long TLS may take behind an injected command, which a server may have taken for a handshake
#: that it waits to see the rest of.
#: Where it then says more, or is that slow without a command, it is asked again, with LONGER times
#: that patience or what TLS took.
PATIENCE, LONGER = 0.75, 4.0
#: Answers that are read after the last question, and lines inside TLS, at most.
_SURPLUS, _LINES = 3, 60
ALERT = b"\x15"
#: Bad sequence of commands: what RCPT is told where no transaction has begun (RFC 5321 section
#: 4.2.2).
_NOT_NOW = 503


class StarttlsFacts(t.TypedDict, total=False):
    """What a server does with a command in the segment of STARTTLS.

    mail: the reply to MAIL before STARTTLS (SMTP).
    starttls: the reply to STARTTLS.
    early: what came in clear after that reply.
    tls: the handshake.
    tls_error: why the handshake failed.
    ended: after silence behind an injected command: whether the server hung up without a word
      when nothing more could come.
    answers: the replies to the questions inside TLS, and further ones (SMTP).
    said: the lines inside TLS (other protocols).
    """

    mail: smtp.StoredReply
    starttls: smtp.StoredReply | imap_pop3_sieve.StoredAnswer
    early: str
    tls: TlsFacts
    tls_error: str
    ended: bool
    answers: list[smtp.StoredReply]
    said: list[str]


def upgrade(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any]) -> Steps:
    """Send STARTTLS and, in the same segment, a command that must be discarded; then ask inside TLS
    what the server remembers.

    The handshake names no server.

    params: protocol, helo, tag (a word for the injected command), inject (bool), patience (seconds
    for the handshake behind it), and for SMTP sender, recipient and begin (bool: MAIL comes first).
    """
    if params["protocol"] == "smtp":
        yield from _smtp(talk, facts, params)
    else:
        yield from _mailbox(talk, facts, params, DIALECTS[params["protocol"]])


def patience(params: dict[str, t.Any]) -> float:
    """How many seconds TLS had behind an injected command."""
    return float(params.get("patience", PATIENCE))


def _handshake(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any]) -> Steps:
    """Whether there is TLS now; what went wrong is a fact."""
    early = yield from talk.linger(0)
    if early[:1] == ALERT:  # to what stood in clear where TLS should have begun
        facts["tls_error"] = "the server answered with an alert"
        return False
    if early:
        facts["early"] = text(early)[:200]
    try:
        facts["tls"] = yield from talk.upgrade(
            "", seconds=patience(params) if params["inject"] else None
        )
    except WireError as exc:
        facts["tls_error"] = exc.text
        talk.note("*", exc.text)
        if params["inject"] and exc.kind == "timeout":
            facts["ended"] = yield from _ended(talk)
        return False
    return True


def _ended(talk: Talk) -> Steps:
    """Whether the server hangs up without a word once it knows that nothing more will come."""
    try:
        yield from talk.finish()
        yield from talk.read(lambda data: (data, len(data)) if data else None, LINGER_SECONDS)
    except WireError as exc:
        talk.note("*", exc.text)
        return exc.kind == "closed"
    return False


def _smtp(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any]) -> Steps:
    yield from smtp.greeting(talk)
    _said, extensions = yield from smtp.ehlo(talk, params["helo"])
    if "STARTTLS" not in extensions:
        raise WireError("tls", "STARTTLS is not offered")
    if params.get("begin", True):
        facts["mail"] = (yield from smtp.command(talk, "MAIL FROM:" + params["sender"])).to_dict()
    injected = f"EHLO {params['tag']}.invalid\r\n" if params["inject"] else ""
    yield from talk.send(("STARTTLS\r\n" + injected).encode("ascii"))
    reply = yield from talk.read(smtp.reply)
    facts["starttls"] = reply.to_dict()
    if reply.code == 220 and (yield from _handshake(talk, facts, params)):
        yield from _inside(talk, facts, params["recipient"])


def questions(recipient: str) -> tuple[str, ...]:
    """What an SMTP server is asked inside TLS, without EHLO."""
    return ("RCPT TO:" + recipient, "STARTTLS", "QUIT")


def _inside(talk: Talk, facts: StarttlsFacts, recipient: str) -> Steps:
    """facts['answers']: one reply for each question, and any that an injected command has added."""
    facts["answers"] = answers = []
    try:
        for words in (*questions(recipient), *[""] * _SURPLUS):
            reply = yield from (
                smtp.command(talk, words) if words else talk.read(smtp.reply, LINGER_SECONDS)
            )
            answers.append({**reply.to_dict(), "lines": len(reply.lines)})
    except WireError as exc:
        if exc.kind not in ("closed", "timeout"):
            raise
        talk.note("*", exc.text)


def _mailbox(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any], dialect: Dialect) -> Steps:
    yield from talk.read(dialect.greeting)
    injected = dialect.inject.replace("%s", params["tag"]) + "\r\n" if params["inject"] else ""
    yield from talk.send(f"{dialect.upgrade}\r\n{injected}".encode("ascii"))
    answer = yield from talk.read(dialect.answer)
    facts["starttls"] = answer.to_dict()
    if answer.status != dialect.go_ahead or not (yield from _handshake(talk, facts, params)):
        return
    yield from talk.send(f"{dialect.again}\r\n{dialect.leave}\r\n".encode("ascii"))
    facts["said"] = reply = []  # type: ignore[var-annotated]
    try:
        while len(reply) < _LINES:
            over = sum(bool(dialect.over.match(words)) for words in reply) >= dialect.ends
            words = yield from talk.read(line, LINGER_SECONDS if over else None)
            reply.append(text(words)[:500])
    except WireError as exc:
        if exc.kind not in ("closed", "timeout"):
            raise
        talk.note("*", exc.text)


def beyond(facts: dict[str, t.Any], params: dict[str, t.Any]) -> str | None:
    """The reply inside TLS to a command that was sent in clear; empty for none, None where that
    cannot be told.
    """
    if "answers" in facts:
        answers, expected = facts["answers"], len(questions(""))
        if len(answers) > expected or (
            answers and answers[0]["code"] == 250 and answers[0]["lines"] > 1
        ):
            return (f"{answers[0]['code']} {answers[0]['text']}").strip()
        return (
            "" if answers and (len(answers) == expected or answers[0]["code"] == _NOT_NOW) else None
        )
    lines = facts.get("said")
    if not lines:
        return None
    tagged = [words for words in lines if params["tag"] in words]
    if tagged or params["protocol"] == "imap":
        return tagged[0] if tagged else ""
    ends = ends_of_replies(lines, params["protocol"])
    return str(lines[ends[0]]) if len(ends) > len(("STARTTLS", "goodbye")) else ""


def ends_of_replies(lines: t.Sequence[str], protocol: str) -> list[int]:
    """The indices of the lines that end a reply to a command of POP3 or ManageSieve, and not the
    capabilities that ManageSieve lists unasked.
    """
    ends = [at for at, words in enumerate(lines) if STATUS.match(words)]
    if protocol == "sieve":
        return [at for at in ends if at == 0 or lines[at - 1][:1] not in ('"', "{")]
    return ends
