# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of Dovecot's passwd-file: the users, and the hash of each password.

Knows no Ansible and opens no file. Passwords are hashed in this process, by the library that
Dovecot itself uses, so that neither a password nor a hash is an argument of a program.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ctypes
import re
import typing as t

from ._password_schemes import STORED

LIBRARY = "libsodium.so.23"
SCHEME = "{ARGON2ID}"
HASH_BYTES = 128
OPERATIONS = 3
MEMORY = 64 * 1024 * 1024

HEADER = "# Written by Ansible, module airtight.mail.passwd_file. Changes made here are lost.\n"


#: The name of a user: nothing that ends a field or a line.
NAME = re.compile(r"[^\s:#][^\s:]*")
#: One extra field of a user, with a place for the quota.
QUOTA_FIELD = re.compile(r"[^\s=:#]+=\S*\{quota\}\S*")


class PasswordError(Exception):
    """The text cannot be written; the message says why and holds no secret."""


class Hasher(t.Protocol):
    """What computes and verifies a stored hash, with its scheme in braces."""

    def hash(self, password: str) -> str:
        """A new hash of a password."""

    def verify(self, stored: str, password: str) -> bool:
        """Whether a stored hash is of a password."""


class Argon2id:
    """Argon2id as Dovecot reads and writes it, from libsodium."""

    def __init__(self, library: str = LIBRARY) -> None:
        try:
            self._sodium = ctypes.CDLL(library)
        except OSError as exc:
            raise PasswordError(
                f"{library} cannot be loaded; install the package dovecot-core."
            ) from exc
        if self._sodium.sodium_init() < 0:
            raise PasswordError(f"{library} cannot be initialised.")

    def hash(self, password: str) -> str:
        """A new hash of a password."""
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
                f"A password cannot be hashed: that takes {MEMORY // 2**20} MiB of memory."
            )
        return SCHEME + stored.value.decode("ascii")

    def verify(self, stored: str, password: str) -> bool:
        """Whether a stored hash is of a password."""
        scheme, text = stored[: len(SCHEME)], stored[len(SCHEME) :].encode("utf-8")
        if scheme != SCHEME or len(text) >= HASH_BYTES:
            return False
        secret = password.encode("utf-8")
        padded = ctypes.create_string_buffer(text, HASH_BYTES)
        return not self._sodium.crypto_pwhash_str_verify(
            padded, secret, ctypes.c_ulonglong(len(secret))
        )


class Preview:
    """A hasher for check mode: verifies a password, and computes no new hash."""

    def hash(self, password: str) -> str:  # noqa: ARG002 - the interface of a hasher
        """The scheme alone, which stands for a new hash."""
        return SCHEME

    def verify(self, stored: str, password: str) -> bool:
        """Whether a stored hash is of a password."""
        return Argon2id().verify(stored, password)


def parse(text: str) -> dict[str, str]:
    """The lines of a passwd-file by the name of the user."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {line.split(":", 1)[0]: line for line in lines}


def _stored_hash(user: t.Mapping[str, t.Any], line: str, hasher: t.Callable[[], Hasher]) -> str:
    """The hash for a user. line: their present line; its hash stays while the password fits."""
    password_hash, password = user.get("password_hash"), user.get("password")
    if password_hash:
        if not STORED.fullmatch(password_hash):
            raise PasswordError(
                f"The password_hash of {user['address']} is not one that Dovecot reads, such as "
                f"{SCHEME}$argon2id$..."
            )
        return str(password_hash)
    if not password:
        raise PasswordError(f"{user['address']} has neither a password nor a password_hash.")
    stored = line.split(":")[1] if line.count(":") else ""
    if stored.startswith(SCHEME) and hasher().verify(stored, password):
        return stored
    return hasher().hash(password)


def _is_one(text: str, pattern: t.Pattern[str]) -> bool:
    """Whether a text is what a pattern describes, and has no character that cannot be seen."""
    return bool(pattern.fullmatch(text)) and text.isprintable()


def render(
    users: t.Iterable[t.Mapping[str, t.Any]],
    text: str,
    quota_field: str,
    hasher: t.Callable[[], Hasher],
) -> str:
    """The whole text for these users. text: the present one, whose fitting hashes are kept.

    Raises PasswordError for what would be more than one field or one line.
    """
    if not _is_one(quota_field, QUOTA_FIELD):
        raise PasswordError(
            f"quota_field is {quota_field!r}, which is not one extra field with {{quota}} in it, "
            "such as userdb_quota_rule=*:storage={quota}."
        )
    known, lines = parse(text), {}
    for user in users:
        address = user["address"].lower()
        if not _is_one(address, NAME):
            raise PasswordError(f"{address!r} cannot be the name of a user in a passwd-file.")
        if address in lines:
            raise PasswordError(f"{address} is given twice.")
        quota = user.get("quota") or ""
        if not re.fullmatch("([0-9]+[kKMGT]?)?", quota):
            raise PasswordError(f"The quota of {address} is {quota!r}, which is not a size.")
        extra = quota_field.replace("{quota}", quota) if quota else ""
        lines[address] = (
            f"{address}:{_stored_hash(user, known.get(address, ''), hasher)}::::::{extra}\n"
        )
    return HEADER + "".join(lines[address] for address in sorted(lines))


def compare(before: str, after: str) -> dict[str, list[str]]:
    """The names of the users that are added, updated and removed."""
    old, new = parse(before), parse(after)
    return {
        "added": sorted(new.keys() - old.keys()),
        "updated": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "removed": sorted(old.keys() - new.keys()),
    }


def listing(text: str, updated: t.Collection[str] = ()) -> str:
    """The users of a file, one a line, for a difference that shows no hash."""
    return "".join(f"{name}{' (updated)' if name in updated else ''}\n" for name in parse(text))
