# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes secrets out of what is read on a host, before anything of it is stored: by the names of
settings, and wherever else a secret that was seen appears, also encoded, quoted or cut.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import typing as t
import urllib.parse

HIDDEN = "(hidden)"
#: A secret that is shorter is hidden in its place only, since other text may have it by chance.
SHORTEST = 4
_SECRET = (
    r"(?:pass(?:(?:word|wd|phrase|code)s?|s?(?!\s*:))|dnpass|pw|pwd|secret|token|nonce|psk|credentials?|api[_-]?key"
    r"|api_?header|private_?key|dsn|authorization|cookie)"
)
_SECRET_NAME = re.compile(
    rf"(?i)(?:^|[^a-z]|\b\w*){_SECRET}(?:_maps)?$|(?:ssl|tls|crypt|auth|shared|tsig|hmac)_?key$"
)
#: A name within a value, and what follows it: in quotes, or up to the next name.
_SECRET_PART = re.compile(
    rf"""(?ix) ( (?<![\w-]) [\w-]*{_SECRET}(?:_maps)? ["']? \s* [=:] \s* )
    ( "(?:\\.|[^"\\])*(?:"|$) | '(?:\\.|[^'\\])*(?:'|$) | .+? (?= [\s,;]+[\w-]+\s*= | $ ) )""",
    re.S,
)
_SECRET_OPTION = re.compile(rf"""(?i)(--[\w-]*{_SECRET}[=\s]\s*)("[^"]*"?|'[^']*'?|\S+)""")
_SECRET_URL = re.compile(r"(://)[^\s\"'<>]*@")
_SECRET_SCHEME = re.compile(r"(?i)\b(basic|bearer)\s+[\w+/=.~-]{4,}")
_TABLE = re.compile(r"(?:proxy:)?\w+:/[^\s,:{}]+$")
_SETTING = re.compile(r"^\s*(?:-o\s*)?([\w/.-]+)(?:\s*[=:]\s*|\s+)(.*\S)\s*$")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
#: How much of a line is searched for secrets.
_MAX_LINE = 4096
_NO_SECRETS = ("", "yes", "no", "true", "false", HIDDEN)


def _is_reference(name: str, value: str) -> bool:
    """Whether the value of a setting with the name of a secret says where the secret is."""
    if value in _NO_SECRETS or _TABLE.match(value) or value.startswith(("</", "# hidden")):
        return True
    is_file = re.match(r"<?/[^\s,]+$|\$", value) and re.search(r"(?i)key$", name)
    return bool(is_file)


def without_secrets(name: str, value: str) -> str:
    """The value of a setting without passwords, keys and credentials."""
    if _SECRET_NAME.search(name) and not _is_reference(name, value):
        return HIDDEN
    if "-----BEGIN" in value:
        return HIDDEN
    shown = _SECRET_URL.sub(rf"\1{HIDDEN}@", value)
    shown = _SECRET_SCHEME.sub(rf"\1 {HIDDEN}", shown)
    shown = _SECRET_OPTION.sub(rf"\1{HIDDEN}", shown)
    return _SECRET_PART.sub(lambda match: match[1] + _hidden_part(match[1], match[2]), shown)


def _hidden_part(name: str, value: str) -> str:
    plain = value.strip("\"'")
    return value if _is_reference(name.strip(" =:\"'"), plain) else HIDDEN


def secrets_in(text: str) -> set[str]:
    """The secrets in a configuration, as far as names tell them."""
    found: set[str] = set()
    for line in text.replace("\0", " ").splitlines():
        for name, value in _named(line[:_MAX_LINE]):
            if not _is_reference(name, value.strip("\"'")):
                found |= _parts(value)
    return {secret for secret in found if len(_plain(secret)) >= SHORTEST}


def _named(line: str) -> t.Iterator[tuple[str, str]]:
    """The secrets in a line, each with its name."""
    setting = _SETTING.match(line)
    if setting and _SECRET_NAME.search(setting[1]):
        yield setting[1], setting[2]
    for pattern in (_SECRET_PART, _SECRET_OPTION):
        for match in pattern.finditer(line):
            yield match[1].strip(" =:\"'"), match[2]
    for url in re.findall(r"://([^\s\"'<>]*)@", line):
        yield "", url.partition(":")[2]


def _parts(value: str) -> set[str]:
    """A secret as it is written, without quotes, and what stands behind a user name in it."""
    bare = value.strip().strip("\"'")
    found = {bare, re.sub(r"\\(.)", r"\1", bare)}
    if re.match(r"(?:static|inline|texthash|proxy):", bare):
        found |= {part.rpartition(":")[2] for part in re.findall(r"[^\s{},]+:[^\s{},]+", bare)}
    return {part for part in found if not part.startswith("/")}


def _plain(text: str) -> str:
    return "".join(text.split()).lower()


class Secrets:
    """The secrets that were seen on a host."""

    def __init__(self) -> None:
        self._plain: set[str] = set()

    def learn(self, text: str) -> None:
        """Keep the secrets of a configuration."""
        self._plain |= {_plain(secret) for secret in secrets_in(text)}

    def hidden(self, value: t.Any) -> t.Any:
        """The same value; a text that has a secret in it, in any spelling, is hidden as a whole."""
        if not self._plain:
            return value
        if isinstance(value, str):
            return HIDDEN if self._has_secret(value) else value
        if isinstance(value, dict):
            return {self.hidden(key): self.hidden(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.hidden(item) for item in value]
        return value

    def _has_secret(self, text: str) -> bool:
        """Whether a text has a secret in it, or the beginning or the end of one at its ends."""
        return any(self._is_in(_plain(spelling)) for spelling in _spellings(text))

    def _is_in(self, plain: str) -> bool:
        return any(secret in plain or _is_cut(secret, plain) for secret in self._plain)


def _is_cut(secret: str, plain: str) -> bool:
    """Whether a text ends with the first half of a secret, or begins with the second."""
    half = max(SHORTEST, (len(secret) + 1) // 2)
    return any(
        plain.endswith(secret[:length]) or plain.startswith(secret[-length:])
        for length in range(half, len(secret))
    )


def _spellings(text: str) -> t.Iterator[str]:
    """A text, and what it says where it is encoded."""
    yield text
    unquoted = re.sub(r"\\(.)", r"\1", text)
    if unquoted != text:
        yield unquoted
    if "%" in text or "+" in text:
        yield urllib.parse.unquote_plus(text)
        yield urllib.parse.unquote(text)
    if "=" in text:
        data = text.encode("utf-8", "replace")
        yield quopri.decodestring(data).decode("utf-8", "replace")
    for run in _BASE64.findall(text):
        yield from _decoded(run)


def _decoded(run: str) -> t.Iterator[str]:
    """What letters may say in base64, from each place in a group of four, or as octets."""
    letters = run.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        rest = letters[start:]
        rest = rest[: len(rest) - (len(rest) % 4 == 1)]
        try:
            yield base64.b64decode(rest + "=" * (-len(rest) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
    if re.match(r"(?:[0-9a-fA-F]{2})+$", run):
        yield bytes.fromhex(run).decode("utf-8", "replace")
