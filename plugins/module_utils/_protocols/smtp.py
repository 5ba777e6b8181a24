# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP on the wire: replies, EHLO, STARTTLS (RFC 5321 sections 4.1 and 4.2, RFC 3207, RFC 2034).

Evaluates nothing; a reply is what was said.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._scan.conversation import Steps, Talk, WireError, line, text
from .numbers import number

MAX_REPLY_LINES = 1000
#: Replies about the command itself, not about what it asked for (RFC 5321 section 4.2.2).
NOT_UNDERSTOOD = frozenset((500, 501, 502, 503, 504))
_NOT_KNOWN = (500, 502)
#: Names for EHLO where a server refuses the usual one: an address literal is valid everywhere.
OTHER_NAMES = ("[127.0.0.1]", "localhost.localdomain")
_LINE = re.compile(rb"\d{3}([ -]|$)")
_ENHANCED = re.compile(r"^([245]\.[0-9]{1,3}\.[0-9]{1,3})(\s|$)")
#: The greatest limit that SIZE can announce (RFC 1870 section 3: 20 digits).
MAX_SIZE = 10**20 - 1


class StoredReply(t.TypedDict, total=False):
    """An SMTP reply as observations keep it.

    code: the three digits.
    enhanced: the enhanced status code (RFC 3463), empty where there is none.
    text: the text of all lines, cut at 500 characters.
    place: the first and the last of its lines in the transcript, where it was kept.
    lines: how many lines it has, where that was asked.
    """

    code: int
    enhanced: str
    text: str
    place: list[int]
    lines: int


class Reply(t.NamedTuple):
    """One SMTP reply: code, enhanced status code or empty, the text lines.

    place: the first and the last line of the transcript in which it stands, where it was kept.
    """

    code: int
    enhanced: str
    lines: tuple[str, ...]
    place: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the code is 2yz."""
        return 200 <= self.code < 300

    def to_dict(self) -> StoredReply:
        """Plain data."""
        text_ = " ".join(self.lines)[:500]
        plain: StoredReply = {"code": self.code, "enhanced": self.enhanced, "text": text_}
        if self.place:
            plain["place"] = list(self.place)
        return plain

    def placed(self, first: int, last: int) -> Reply:
        """The same reply, with the lines of the transcript in which it stands."""
        return self._replace(place=(first, last))


def reply(buffer: bytes) -> tuple[Reply, int] | None:
    """Parser: one whole reply, however many lines and segments it came in; raises WireError on what
    is no reply.
    """
    used, code = 0, b""
    texts: list[str] = []
    while True:
        found = line(buffer[used:])
        if found is None:
            return None
        content, length = found
        if not _LINE.match(content) or (code and content[:3] != code):
            raise WireError("garbled", f"not an SMTP reply: {text(content[:80])!r}")
        if len(texts) == MAX_REPLY_LINES:
            raise WireError("too_long", f"a reply of more than {MAX_REPLY_LINES} lines")
        used, code = used + length, content[:3]
        texts.append(text(content[4:]))
        if content[3:4] != b"-":
            break
    match = _ENHANCED.match(texts[-1])
    return Reply(int(code), match.group(1) if match else "", tuple(texts)), used


def command(talk: Talk, words: str, shown: str = "") -> Steps:
    """Send one command line and return its reply."""
    yield from talk.send(words.encode("utf-8") + b"\r\n", shown)
    return (yield from talk.read(reply))


def greeting(talk: Talk) -> Steps:
    """Wait for the greeting; anything but 220 ends the conversation."""
    said = yield from talk.read(reply)
    if said.code != 220:
        kind = "busy" if said.code == 421 else "closed"
        raise WireError(kind, f"the server greeted with {said.code} {' '.join(said.lines)}")
    return said


def keywords(said: Reply) -> dict[str, str]:
    """The extensions in an EHLO reply, upper case, with parameters; `AUTH=` counts as AUTH."""
    found: dict[str, str] = {}
    for entry in said.lines[1:]:
        plain = entry.replace("=", " ", 1) if entry.upper().startswith("AUTH=") else entry
        word, _space, rest = plain.strip().partition(" ")
        found[word.upper()] = (found.get(word.upper(), "") + " " + rest).strip()
    return found


def size_limit(extensions: t.Mapping[str, str]) -> int:
    """The size that SIZE announces; 0 where it announces none that can be read."""
    return number(extensions.get("SIZE", ""), MAX_SIZE) or 0


def hello(talk: Talk, name: str) -> Steps:
    """Say EHLO, with other names where this one is refused, then HELO; return (reply, extensions).

    extensions is None where EHLO is refused and yet known: 500 and 502 alone say that it is not
    (RFC 5321 section 4.2.4), and any other refusal may be about the name.
    """
    said = yield from command(talk, "EHLO " + name)
    for other in OTHER_NAMES:
        if said.ok or said.code in (*_NOT_KNOWN, 421):
            break
        said = yield from command(talk, "EHLO " + other)
    if said.ok:
        return said, keywords(said)
    extensions: dict[str, str] | None = {} if said.code in _NOT_KNOWN else None
    said = yield from command(talk, "HELO " + name)
    return said, extensions


def ehlo(talk: Talk, name: str) -> Steps:
    """As hello, where it is enough to know which extensions can be used."""
    said, extensions = yield from hello(talk, name)
    return said, extensions or {}


def lhlo(talk: Talk, name: str) -> Steps:
    """Say LHLO, as to a server that delivers (RFC 2033 section 4.1); return (reply, extensions)."""
    said = yield from command(talk, "LHLO " + name)
    return said, keywords(said) if said.ok else {}


def quit_(talk: Talk) -> Steps:
    """Leave politely; a server that has gone already does not matter."""
    try:
        yield from command(talk, "QUIT")
    except WireError:
        talk.note("*", "the server closed without answering QUIT")


def starttls(talk: Talk, helo: str) -> Steps:
    """From the greeting to where the TLS handshake may begin; return the STARTTLS reply."""
    yield from greeting(talk)
    _said, extensions = yield from ehlo(talk, helo)
    if "STARTTLS" not in extensions:
        raise WireError("tls", "STARTTLS is not offered")
    said = yield from command(talk, "STARTTLS")
    if said.code != 220:
        raise WireError("tls", f"STARTTLS was answered {said.code} {' '.join(said.lines)}")
    return said
