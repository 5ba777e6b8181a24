# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write Dovecot's passwd-file: who may log in, and the hash of each password.

Knows no Ansible and opens no file. Passwords are hashed in this process, by the library that
Dovecot itself uses, so that neither a password nor a hash is ever an argument of a program.
PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import ctypes
import re
import typing as t

LIBRARY = "libsodium.so.23"
SCHEME = "{ARGON2ID}"
HASH_BYTES = 128
OPERATIONS = 3
MEMORY = 64 * 1024 * 1024

HEADER = "# Written by Ansible, module airtight.mail.passwd_file. What is changed here is lost.\n"


class PasswordError(Exception):
    """The file cannot be written; the message says why and holds no secret."""


class Hasher(t.Protocol):
    """What makes and verifies a stored hash, its scheme in braces included."""

    def hash(self, password: str) -> str: ...

    def verify(self, stored: str, password: str) -> bool: ...


class Argon2id:
    """Argon2id as Dovecot reads and writes it, from libsodium."""

    def __init__(self, library: str = LIBRARY) -> None:
        try:
            self._sodium = ctypes.CDLL(library)
        except OSError as exc:
            raise PasswordError(
                f"{library} cannot be loaded; the package dovecot-core brings it."
            ) from exc
        if self._sodium.sodium_init() < 0:
            raise PasswordError(f"{library} cannot be started.")

    def hash(self, password: str) -> str:
        secret = password.encode("utf-8")
        stored = ctypes.create_string_buffer(HASH_BYTES)
        failed = self._sodium.crypto_pwhash_str(
            stored,
            secret,
            ctypes.c_ulonglong(len(secret)),
            ctypes.c_ulonglong(OPERATIONS),
            ctypes.c_size_t(MEMORY),
        )
        if failed:
            raise PasswordError(
                f"A password cannot be hashed: there are no {MEMORY // 2**20} MiB of memory for it."
            )
        return SCHEME + stored.value.decode("ascii")

    def verify(self, stored: str, password: str) -> bool:
        scheme, text = stored[: len(SCHEME)], stored[len(SCHEME) :].encode("utf-8")
        if scheme != SCHEME or len(text) >= HASH_BYTES:
            return False
        secret = password.encode("utf-8")
        padded = ctypes.create_string_buffer(text, HASH_BYTES)
        return not self._sodium.crypto_pwhash_str_verify(
            padded, secret, ctypes.c_ulonglong(len(secret))
        )


class Preview:
    """Tells whether a password is still the same, and makes up no new hash."""

    def hash(self, password: str) -> str:  # noqa: ARG002 - the interface of a hasher
        return SCHEME

    def verify(self, stored: str, password: str) -> bool:
        return Argon2id().verify(stored, password)


def parse(text: str) -> dict[str, str]:
    """The lines of a passwd-file by the name at their start."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {line.split(":", 1)[0]: line for line in lines}


def _stored_hash(user: t.Mapping[str, t.Any], line: str, hasher: t.Callable[[], Hasher]) -> str:
    ready, password = user.get("password_hash"), user.get("password")
    if ready:
        if not re.fullmatch(r"\{[A-Z0-9.-]+\}[!-9;-~]+", ready):
            raise PasswordError(
                f"The password_hash of {user['address']} is none that Dovecot reads, like "
                f"{SCHEME}$argon2id$..."
            )
        return str(ready)
    if not password:
        raise PasswordError(f"{user['address']} has neither a password nor a password_hash.")
    known = line.split(":")[1] if line.count(":") else ""
    return (
        known
        if known.startswith(SCHEME) and hasher().verify(known, password)
        else hasher().hash(password)
    )


def render(
    users: t.Iterable[t.Mapping[str, t.Any]],
    text: str,
    quota_field: str,
    hasher: t.Callable[[], Hasher],
) -> str:
    """The whole file for these users. A hash in the present text that fits its password is kept."""
    known, lines = parse(text), {}
    for user in users:
        address = user["address"].lower()
        if not re.fullmatch(r"[^\s:#][^\s:]*", address):
            raise PasswordError(f"{address!r} cannot be a name in a passwd-file.")
        if address in lines:
            raise PasswordError(f"{address} is given twice.")
        extra = quota_field.replace("{quota}", user["quota"]) if user.get("quota") else ""
        lines[address] = (
            f"{address}:{_stored_hash(user, known.get(address, ''), hasher)}::::::{extra}\n"
        )
    return HEADER + "".join(lines[address] for address in sorted(lines))


def compare(before: str, after: str) -> dict[str, list[str]]:
    """The names of users that were added, updated and removed."""
    old, new = parse(before), parse(after)
    return {
        "added": sorted(new.keys() - old.keys()),
        "updated": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "removed": sorted(old.keys() - new.keys()),
    }


def listing(text: str, updated: t.Collection[str] = ()) -> str:
    """The users of a file, one a line, for a diff that shows no hash."""
    return "".join(f"{name}{' (updated)' if name in updated else ''}\n" for name in parse(text))
