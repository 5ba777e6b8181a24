# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: what a server carries over the line between clear and TLS, and what it does when TLS
fails.

RFC 3207 section 4.2, RFC 9051 section 6.2.1, RFC 2595 section 4, RFC 5804 section 2.2;
CVE-2011-0411. No message is sent and nobody logs in. Writes down what it saw and judges nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._protocols import imap_pop3_sieve, smtp
from .._scan.conversation import Parser, Steps, Talk, TlsFacts, WireError, line, text
from .tls_handshake import kind

#: Long enough for a server to say what it should not; one that has nothing to say ends the
#: connection at once.
_LINGER = 1.5
#: How long TLS may take behind an injected command, which a server may have taken for a handshake
#: that it waits to see the rest of.
#: Where it then says more, or is that slow without a command, it is asked again, with LONGER times
#: that patience or what TLS took.
PATIENCE, LONGER = 0.75, 4.0
#: Answers that are read after the last question, and lines inside TLS, at most.
_SURPLUS, _LINES = 3, 60
_ALERT = b"\x15"
#: Octets of the head of a record.
_RECORD = 5
#: Bad sequence of commands: what RCPT is told where no transaction has begun (RFC 5321 section
#: 4.2.2).
_NOT_NOW = 503
STATUS = re.compile(r"(\+OK|-ERR|OK|NO|BYE|BAD)\b", re.I)


class _Manner(t.NamedTuple):
    """How a mailbox protocol says it. inject: beside the upgrade; again and leave: inside TLS;
    clear: where TLS should begin.

    over, ends: what a line looks like that ends an answer, and how many there are inside TLS when
    all is well.
    """

    greeting: Parser
    upgrade: str
    answer: Parser
    go_ahead: str
    inject: str
    again: str
    leave: str
    clear: str
    over: re.Pattern[str]
    ends: int


_MANNERS = {
    "imap": _Manner(
        *(
            line,
            "a1 STARTTLS",
            imap_pop3_sieve.imap("a1"),
            "OK",
            "%s NOOP",
            "a2 STARTTLS",
            "a3 LOGOUT",
            "a9 CAPABILITY",
        ),
        *(re.compile("a3 "), 1),
    ),
    "pop3": _Manner(
        imap_pop3_sieve.pop3(),
        "STLS",
        imap_pop3_sieve.pop3(),
        "+OK",
        "CAPA",
        "STLS",
        "QUIT",
        "CAPA",
        STATUS,
        2,
    ),
    # Which lists its capabilities once more when TLS is up: RFC 5804 section 2.2.
    "sieve": _Manner(
        imap_pop3_sieve.sieve,
        "STARTTLS",
        imap_pop3_sieve.sieve,
        "OK",
        'NOOP "%s"',
        "STARTTLS",
        "LOGOUT",
        "CAPABILITY",
        STATUS,
        3,
    ),
}


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
    starttls: t.Union[smtp.StoredReply, imap_pop3_sieve.StoredAnswer]
    early: str
    tls: TlsFacts
    tls_error: str
    ended: bool
    answers: t.List[smtp.StoredReply]
    said: t.List[str]


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
        yield from _mailbox(talk, facts, params, _MANNERS[params["protocol"]])


def patience(params: dict[str, t.Any]) -> float:
    """How many seconds TLS had behind an injected command."""
    return float(params.get("patience", PATIENCE))


def _handshake(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any]) -> Steps:
    """Whether there is TLS now; what went wrong is a fact."""
    early = yield from talk.linger(0)
    if early[:1] == _ALERT:  # to what stood in clear where TLS should have begun
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
        yield from talk.read(lambda data: (data, len(data)) if data else None, _LINGER)
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
    said = yield from talk.read(smtp.reply)
    facts["starttls"] = said.to_dict()
    if said.code == 220 and (yield from _handshake(talk, facts, params)):
        yield from _inside(talk, facts, params["recipient"])


def asked(recipient: str) -> tuple[str, ...]:
    """What an SMTP server is asked inside TLS, without EHLO."""
    return ("RCPT TO:" + recipient, "STARTTLS", "QUIT")


def _inside(talk: Talk, facts: StarttlsFacts, recipient: str) -> Steps:
    """facts['answers']: one reply for each question, and any that an injected command has added."""
    facts["answers"] = answers = []
    try:
        for words in (*asked(recipient), *[""] * _SURPLUS):
            said = yield from (
                smtp.command(talk, words) if words else talk.read(smtp.reply, _LINGER)
            )
            answers.append({**said.to_dict(), "lines": len(said.lines)})
    except WireError as exc:
        if exc.kind not in ("closed", "timeout"):
            raise
        talk.note("*", exc.text)


def _mailbox(talk: Talk, facts: StarttlsFacts, params: dict[str, t.Any], manner: _Manner) -> Steps:
    yield from talk.read(manner.greeting)
    injected = manner.inject.replace("%s", params["tag"]) + "\r\n" if params["inject"] else ""
    yield from talk.send(f"{manner.upgrade}\r\n{injected}".encode("ascii"))
    answer = yield from talk.read(manner.answer)
    facts["starttls"] = answer.to_dict()
    if answer.status != manner.go_ahead or not (yield from _handshake(talk, facts, params)):
        return
    yield from talk.send(f"{manner.again}\r\n{manner.leave}\r\n".encode("ascii"))
    facts["said"] = said = []  # type: ignore[var-annotated]
    try:
        while len(said) < _LINES:
            over = sum(bool(manner.over.match(words)) for words in said) >= manner.ends
            words = yield from talk.read(line, _LINGER if over else None)
            said.append(text(words)[:500])
    except WireError as exc:
        if exc.kind not in ("closed", "timeout"):
            raise
        talk.note("*", exc.text)


def beyond(facts: dict[str, t.Any], params: dict[str, t.Any]) -> str | None:
    """What was answered inside TLS without being asked there; empty for nothing, None where that
    cannot be told.
    """
    if "answers" in facts:
        answers, expected = facts["answers"], len(asked(""))
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
    ends = [at for at, words in enumerate(lines) if STATUS.match(words)]
    if params["protocol"] == "sieve":
        ends = [at for at in ends if at == 0 or lines[at - 1][:1] not in ('"', "{")]
    return str(lines[ends[0]]) if len(ends) > len(("STARTTLS", "goodbye")) else ""


class StarttlsGarbageFacts(t.TypedDict, total=False):
    """What a server does with an argument of STARTTLS, and with a command where TLS should begin.

    argument: the reply to STARTTLS with an argument (SMTP).
    starttls: the reply to STARTTLS.
    early: what came in clear after that reply.
    kind: what came back to the command: nothing, mail (a reply in clear), alert or other.
    said: its text.
    again: what came back to the same command once more, where that was a reply in clear.
    """

    argument: smtp.StoredReply
    starttls: t.Union[smtp.StoredReply, imap_pop3_sieve.StoredAnswer]
    early: str
    kind: str
    said: str
    again: str


def garbage(talk: Talk, facts: StarttlsGarbageFacts, params: dict[str, t.Any]) -> Steps:
    """Send STARTTLS with an argument (SMTP only), then STARTTLS and, where TLS should begin, a
    command in clear.

    params: protocol, helo.
    """
    if params["protocol"] == "smtp":
        clear = "EHLO " + params["helo"]
        yield from smtp.greeting(talk)
        yield from smtp.ehlo(talk, params["helo"])
        said = yield from smtp.command(talk, "STARTTLS now")
        facts["argument"] = said.to_dict()
        if said.code != 220:
            said = yield from smtp.command(talk, "STARTTLS")
        facts["starttls"] = said.to_dict()
        go_on = said.code == 220
    else:
        manner = _MANNERS[params["protocol"]]
        clear = manner.clear
        yield from talk.read(manner.greeting)
        yield from talk.send(manner.upgrade.encode("ascii") + b"\r\n")
        answer = yield from talk.read(manner.answer)
        facts["starttls"] = answer.to_dict()
        go_on = answer.status == manner.go_ahead
    if go_on:
        yield from _in_clear(talk, facts, clear)


def _in_clear(talk: Talk, facts: StarttlsGarbageFacts, words: str) -> Steps:
    """The command, and whatever comes back, which may be the end; the same again where that was in
    clear, as it may have lost its head.

    facts: early (what came before it), kind and said (of what came back), again (what came back the
    second time).
    """
    early = yield from talk.linger(0)
    if early:
        facts["early"] = text(early)[:200]
    said = yield from _answer(talk, words)
    facts["kind"], facts["said"] = kind(said), text(said)[:200]
    if facts["kind"] == "mail":
        again = yield from _answer(talk, words)
        facts["again"] = text(again)[:200]


def _answer(talk: Talk, words: str) -> t.Generator[t.Any, t.Any, bytes]:
    """What comes back to a command in clear, without the alerts of the handshake that was expected."""
    try:
        yield from talk.send(words.encode("ascii") + b"\r\n")
        data = yield from talk.linger(_LINGER)
    except WireError as exc:
        if exc.kind != "closed":
            raise
        talk.note("*", exc.text)
        data = yield from talk.linger(0)
    return _behind_alerts(data) or data


def _behind_alerts(data: bytes) -> bytes:
    """What follows the alerts of a handshake that failed: Courier goes on in clear after them."""
    while data[:2] == _ALERT + b"\x03" and len(data) >= _RECORD:
        data = data[_RECORD + int.from_bytes(data[3:_RECORD], "big") :]
    return data
