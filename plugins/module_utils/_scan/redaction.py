# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes secrets out of what is stored: as they are, quoted, in base64, quoted-printable, percent
spelling or hexadecimal digits, and in pieces.

A server may repeat what it was sent, in one reply or several, so a probe names its secret before it
sends it. Knows no sockets and no protocol.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import quopri
import re
import typing as t
import urllib.parse

#: A piece of a secret of this length is taken out where replies are quoted.
PIECE = 4
#: Facts that quote replies; others are names and messages, in which a whole secret alone counts.
_QUOTES = ("text", "rest", "greeting", "id", "client_as_seen")
_DELIVERED = ("delivered", "arrivals")
#: What stands between the two parts of a text that a server cuts in two.
_REPLY_MARK = re.compile(r"(\d{3}[ -]|\* |\+OK |\+ |-ERR |[A-Za-z0-9]+ (OK|NO|BAD) )")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Redactor:
    """Knows the forms of some secrets, in small letters and without blanks.

    piece: how many characters of a form are taken out where pieces are.
    """

    def __init__(self, piece: int = PIECE) -> None:
        self._piece = piece
        self._forms: set[str] = set()
        self._uncut: list[str] = []
        self._pieces: set[str] = set()

    def add(self, secret: str) -> None:
        """One more secret."""
        for form in _forms(secret):
            plain = _plain(form)
            if plain and plain not in self._forms:
                self._forms.add(plain)
                self._uncut.append(plain)

    def text(self, value: str, pieces: bool = True) -> str:
        """The same text with an asterisk for each character of a secret."""
        return self._masked([value], pieces)[0]

    def transcript(self, lines: t.Sequence[t.Sequence[str]]) -> list[list[str]]:
        """The same lines; what a server cut in two is joined for the search."""
        if not self._forms:
            return [list(line) for line in lines]
        marks = [_REPLY_MARK.match(text) if who == "S" else None for who, text in lines]
        starts = [mark.end() if mark else 0 for mark in marks]
        found = self._masked([line[1][start:] for line, start in zip(lines, starts)], True)
        return [
            [who, text[:start] + rest] for (who, text), start, rest in zip(lines, starts, found)
        ]

    def facts(self, value: t.Any, key: str = "", pieces: bool = True) -> t.Any:
        """The same facts."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value, pieces and key in _QUOTES)
        if isinstance(value, dict):
            return {
                name: self.facts(item, str(name), pieces and name not in _DELIVERED)
                for name, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.facts(item, key, pieces) for item in value]
        return value

    def _masked(self, texts: list[str], pieces: bool) -> list[str]:
        """Texts that belong together, each with its secrets masked."""
        if not self._forms:
            return texts
        places = [
            (number, at)
            for number, text in enumerate(texts)
            for at, char in enumerate(text)
            if not char.isspace()
        ]
        plain = "".join(texts[number][at] for number, at in places).translate(_LOWER)
        shown = [list(text) for text in texts]
        for start, end in self._found(plain, pieces):
            for number, at in places[start:end]:
                shown[number][at] = "*"
        return ["".join(chars) for chars in shown]

    def _found(self, plain: str, pieces: bool) -> t.Iterator[tuple[int, int]]:
        """Where forms stand in a text without blanks, or pieces of them."""
        for form in self._cut() if pieces else self._forms:
            start = plain.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = plain.find(form, start + 1)

    def _cut(self) -> set[str]:
        """The pieces of all forms; those that were cut before are not cut again."""
        while self._uncut:
            form = self._uncut.pop()
            starts = range(max(1, len(form) - self._piece + 1))
            self._pieces.update(form[at : at + self._piece] for at in starts)
        return self._pieces


def _plain(text: str) -> str:
    return "".join(text.split()).translate(_LOWER)


def _forms(secret: str) -> t.Iterator[str]:
    """A secret as it may stand on the wire or in a transcript."""
    data = secret.encode("utf-8", "surrogateescape")
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    for text in (secret, escaped):
        yield text
        yield "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    yield data.hex()
    for quoted in (urllib.parse.quote(data, safe=safe) for safe in ("/", "")):
        yield quoted
        yield quoted.replace("%20", "+")
        yield quoted.replace("%", "=").replace("=20", "_")
    yield quopri.encodestring(data).decode("ascii").replace("=\n", "")
    for mark in "%=":
        yield "".join(f"{mark}{octet:02x}" for octet in data)
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode("ascii")
        core = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        if len(core) >= PIECE:
            yield core
            yield core.replace("+", "-").replace("/", "_")
