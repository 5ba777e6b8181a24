# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP, POP3 and ManageSieve on the wire (RFC 9051, RFC 1939 and 2449, RFC 5804).

Evaluates nothing; knows only enough grammar to tell where an answer ends.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._scan.conversation import Parser, Steps, Talk, WireError, line, text
from .numbers import number

_LITERAL = re.compile(rb"\{(\d+)\+?\}$")
_SIEVE_END = re.compile(r"(OK|NO|BYE)(?: +|(?=\()|$)", re.IGNORECASE)
_SIEVE_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\{\d+\+?\}(.*)', re.DOTALL | re.ASCII)
MAX_LINES, MAX_OCTETS = 1000, 65536


class StoredAnswer(t.TypedDict, total=False):
    """A reply of IMAP, POP3 or ManageSieve as observations keep it.

    status: OK, NO, BAD, BYE, +OK, -ERR, or + for a continuation request.
    rest: the rest of that line, cut at 500 characters.
    place: the first and the last of its lines in the transcript, where it was kept.
    """

    status: str
    rest: str
    place: list[int]


class Answer(t.NamedTuple):
    """An answer: its status word (OK, NO, BAD, BYE, PREAUTH, +, +OK, -ERR), the rest of that line,
    the other lines.

    place: the first and the last line of the transcript in which it stands, where it was kept.
    """

    status: str
    rest: str
    lines: tuple[str, ...]
    place: tuple[int, ...] = ()

    def to_dict(self) -> StoredAnswer:
        """The line with the status as plain data."""
        plain: StoredAnswer = {"status": self.status, "rest": self.rest[:500]}
        if self.place:
            plain["place"] = list(self.place)
        return plain

    def placed(self, first: int, last: int) -> Answer:
        """The same answer, with the lines of the transcript in which it stands."""
        return self._replace(place=(first, last))


def _with_literals(buffer: bytes) -> tuple[bytes, int] | None:
    """One line, with the literals that it announces joined in."""
    used, whole = 0, b""
    while True:
        found = line(buffer[used:])
        if found is None:
            return None
        content, length = found
        used, whole = used + length, whole + content
        literal = _LITERAL.search(content)
        if literal is None:
            return whole, used
        size = number(literal.group(1), MAX_OCTETS)
        if size is None:
            announced = text(literal.group(1)[:20])
            raise WireError("too_long", f"a literal of {announced} octets was announced")
        if len(buffer) < used + size:
            return None
        whole += buffer[used : used + size]
        used += size


def imap(tag: str) -> Parser:
    """Parser: everything up to the line that carries the tag, or a continuation request; tag `*`
    takes the greeting.
    """

    def parse(buffer: bytes) -> tuple[Answer, int] | None:
        used = 0
        before: list[str] = []
        while True:
            found = _with_literals(buffer[used:])
            if found is None:
                return None
            content, length = text(found[0]), found[1]
            used += length
            word, _sep, rest = content.partition(" ")
            if word == "+":
                return Answer("+", rest, tuple(before)), used
            if word == tag:
                status, _sep, rest = rest.partition(" ")
                return Answer(status.upper(), rest, tuple(before)), used
            if word != "*":
                raise WireError("garbled", f"not an IMAP answer: {content[:80]!r}")
            _add(before, content)

    return parse


def pop3(multiline: bool = False) -> Parser:
    """Parser: one +OK, -ERR or + line; with multiline also what follows +OK up to the lone dot."""

    def parse(buffer: bytes) -> tuple[Answer, int] | None:
        found = line(buffer)
        if found is None:
            return None
        content, used = text(found[0]), found[1]
        status, _sep, rest = content.partition(" ")
        if status not in ("+OK", "-ERR", "+"):
            raise WireError("garbled", f"not a POP3 answer: {content[:80]!r}")
        more: list[str] = []
        while multiline and status == "+OK":
            found = line(buffer[used:])
            if found is None:
                return None
            used += found[1]
            if found[0] == b".":
                break
            _add(more, text(found[0]))
        return Answer(status, rest, tuple(more)), used

    return parse


def sieve(buffer: bytes) -> tuple[Answer, int] | None:
    """Parser: ManageSieve lines up to OK, NO or BYE (RFC 5804 section 1.2)."""
    used = 0
    before: list[str] = []
    while True:
        found = _with_literals(buffer[used:])
        if found is None:
            return None
        content, used = text(found[0]), used + found[1]
        end = _SIEVE_END.match(content)
        if end:
            return Answer(end.group(1).upper(), content[end.end() :], tuple(before)), used
        if content[:1] not in ('"', "{"):
            raise WireError("garbled", f"not a ManageSieve answer: {content[:80]!r}")
        _add(before, content)


def sieve_sasl(buffer: bytes) -> tuple[Answer, int] | None:
    """Parser: as sieve, but a string is a challenge, with status + (RFC 5804 section 2.1)."""
    found = _with_literals(buffer)
    if found is not None and found[0][:1] in (b'"', b"{"):
        return Answer("+", text(found[0]), ()), found[1]
    return sieve(buffer)


def _add(lines: list[str], content: str) -> None:
    """One more line of an answer, which has to end some time."""
    if len(lines) == MAX_LINES:
        raise WireError("too_long", f"an answer of more than {MAX_LINES} lines")
    lines.append(content)


def sieve_capabilities(answer: Answer) -> dict[str, str]:
    """The capabilities of a greeting, upper case, with their values; absent SASL is absent, empty
    is empty.
    """
    found = {}
    for entry in answer.lines:
        strings = [quoted or literal for quoted, literal in _SIEVE_STRING.findall(entry)]
        if strings:
            found[strings[0].upper()] = strings[1] if len(strings) > 1 else ""
    return found


def imap_capabilities(answer: Answer) -> list[str]:
    """The words of the untagged CAPABILITY answer, upper case."""
    for entry in answer.lines:
        words = entry.upper().split()
        if words[1:2] == ["CAPABILITY"]:
            return words[2:]
    return []


def starttls_imap(talk: Talk) -> Steps:
    """From the greeting to the point where the TLS handshake may begin (RFC 9051 section 6.2.1)."""
    yield from talk.read(line)
    yield from _go(talk, "t1 STARTTLS", imap("t1"), "OK")


def starttls_pop3(talk: Talk) -> Steps:
    """From the greeting to the point where the TLS handshake may begin (RFC 2595 section 4)."""
    yield from talk.read(pop3())
    yield from _go(talk, "STLS", pop3(), "+OK")


def starttls_sieve(talk: Talk) -> Steps:
    """From the greeting to the point where the TLS handshake may begin (RFC 5804 section 2.2)."""
    yield from talk.read(sieve)
    yield from _go(talk, "STARTTLS", sieve, "OK")


def _go(talk: Talk, words: str, parser: Parser, wanted: str) -> Steps:
    yield from talk.send(words.encode("ascii") + b"\r\n")
    answer = yield from talk.read(parser)
    if answer.status != wanted:
        raise WireError(
            "tls", f"{words.rpartition(' ')[2]} was answered {answer.status} {answer.rest}"
        )
