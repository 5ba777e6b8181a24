# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation without a network: what a probe may ask of its driver, and the transcript it
keeps.

A probe is a generator. It yields actions and is sent their results; a WireError is thrown into it
when the peer or the path fails. Knows no sockets, no protocol and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .redaction import Redactor

#: Given what has arrived, a parser returns (value, bytes used up), or None while something is
#: missing.
Parser = t.Callable[[bytes], t.Optional[t.Tuple[t.Any, int]]]


class WireError(Exception):
    """The conversation cannot go on. kind is one of KINDS, text says more in plain words."""

    KINDS = (
        "connect_refused",
        "unreachable",
        "timeout",
        "closed",
        "busy",
        "tls",
        "certificate",
        "garbled",
        "too_long",
        "canary",
    )

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


#: How a mail server turns a client away that waits for TLS (RFC 5321 section 3.8).
_BUSY = re.compile(r"421[ -][^\r\n]*")


def busy_error(said: str, in_place_of: str) -> WireError | None:
    """The error where a server turns the client away in clear, which says nothing about TLS.

    said: what the server said first. in_place_of: what the client waited for.
    """
    busy = _BUSY.match(said)
    text = f"the server said {busy.group()} in place of {in_place_of}" if busy else ""
    return WireError("busy", text) if busy else None


class Send(t.NamedTuple):
    """Write these bytes; last: and say that no more will come, as TCP does with a FIN."""

    data: bytes
    last: bool = False


class Read(t.NamedTuple):
    """Wait until the parser is content; the result is (value, the bytes it used)."""

    parser: Parser
    seconds: float | None = None


class Linger(t.NamedTuple):
    """Collect whatever arrives within some seconds, which may be nothing; the result is bytes."""

    seconds: float


class Upgrade(t.NamedTuple):
    """Shake hands for TLS; the result is a dict of facts (version, cipher, certificate,
    early_bytes, ...).

    verify: the certificate must be of somebody trusted; named: and for the server's name. identity:
    show a certificate of our own, which nobody has a reason to trust, if the server asks for one.
    keys: rsa or ecdsa takes only a certificate with such a key, by
    going no further than TLS 1.2. seconds: how long that may take; None is the patience of the run.
    alpn: protocols to offer.
    """

    server_name: str
    verify: bool = False
    resume: bool = False
    identity: bool = False
    named: bool = False
    keys: str = ""
    seconds: float | None = None
    alpn: tuple[str, ...] = ()


class TlsFacts(t.TypedDict, total=False):
    """A TLS handshake that succeeded.

    version: the version that was negotiated, as OpenSSL names it.
    cipher: the cipher suite, as OpenSSL names it.
    resumed: whether a session was resumed.
    early_bytes: how many bytes the server had sent in clear before the handshake.
    certificate_requested: whether the server asked for a client certificate.
    certificate: the server's certificate, DER in hexadecimal digits.
    fingerprint: the SHA-256 digest of that certificate.
    chain: the further certificates that the server sent, where they can be read.
    alpn: the protocol that was negotiated by ALPN, if any.
    """

    version: str
    cipher: str
    resumed: bool
    early_bytes: int
    certificate_requested: bool
    certificate: str
    fingerprint: str
    chain: list[str]
    alpn: str


Action = t.Union[Send, Read, Linger, Upgrade]
Steps = t.Generator[Action, t.Any, t.Any]

MAX_LINES = 120
#: The longest command line that every SMTP server has to accept (RFC 5321 section 4.5.3.1.4), so
#: that a report repeats a command whole.
MAX_CHARS = 512


class Talk:
    """The probe's side of one connection; every method but note() is a generator to be driven with
    `yield from`.
    """

    def __init__(self) -> None:
        self.transcript: list[list[str]] = []
        self._redactor = Redactor()

    def hide(self, secret: str) -> None:
        """Name a secret before it is sent: it is in nothing that is stored, in no form."""
        self._redactor.add(secret)

    def redacted(
        self, facts: dict[str, t.Any], error: t.Any
    ) -> tuple[dict[str, t.Any], t.Any, list[list[str]]]:
        """Facts, error and transcript as they may be stored."""
        hidden = self._redactor
        return hidden.facts(facts), hidden.facts(error), hidden.transcript(self.transcript)

    def note(self, who: str, text: str) -> None:
        """Add a line: who is C (we), S (the server) or * (what happened); long ones are cut, not
        lost silently.
        """
        if len(self.transcript) == MAX_LINES:
            self.transcript.append(["*", "the rest of the conversation is left out"])
        if len(self.transcript) > MAX_LINES:
            return
        shown = (
            text
            if text.isprintable()
            else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
        )
        self.transcript.append(
            [who, shown if len(shown) <= MAX_CHARS else shown[:MAX_CHARS] + " [...]"]
        )

    def _lines(self, who: str, data: bytes) -> None:
        for line in data.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n").split("\n"):
            self.note(who, line)

    def send(self, data: bytes, shown: str = "") -> Steps:
        """Write bytes; I(shown) replaces binary or secret ones in the transcript."""
        if shown:
            self.note("*", shown)
        else:
            self._lines("C", data)
        yield Send(data)

    def finish(self) -> Steps:
        """Send nothing more, and go on listening."""
        self.note("*", "we have nothing more to say")
        yield Send(b"", last=True)

    def read(self, parser: Parser, seconds: float | None = None, shown: bool = True) -> Steps:
        """Wait for what the parser takes and return its value.

        A value with a method `placed` is told in which lines of the transcript it stands, unless
        the transcript is full.
        """
        value, raw = yield Read(parser, seconds)
        if not shown:
            return value
        first = len(self.transcript)
        self._lines("S", raw)
        last = min(len(self.transcript), MAX_LINES) - 1
        placed = getattr(value, "placed", None)
        return placed(first, last) if placed and first <= last else value

    def linger(self, seconds: float) -> Steps:
        """Return the bytes that arrive within some seconds without being asked for."""
        data = yield Linger(seconds)
        if data:
            self._lines("S", data)
        return data

    def upgrade(self, server_name: str, **how: t.Any) -> Steps:
        """Start TLS in a way that Upgrade names, and return its facts."""
        facts = yield Upgrade(server_name, **how)
        self.note("*", f"TLS: {facts.get('version')} {facts.get('cipher')}")
        return facts


def line(buffer: bytes) -> tuple[bytes, int] | None:
    """Parser: one line, without its line ending."""
    end = buffer.find(b"\n")
    if end < 0:
        return None
    return buffer[:end].rstrip(b"\r"), end + 1


def text(data: bytes) -> str:
    """Bytes of the peer as text that can be stored; what is not UTF-8 is replaced."""
    return data.decode("utf-8", "replace")
