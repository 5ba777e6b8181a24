# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say why a password is too easy to guess. No sentence ever holds the password."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible.errors import AnsibleFilterError

LENGTH = 12
DIFFERENT = 5
SCHEMES = ("ARGON2ID", "ARGON2I", "BLF-CRYPT", "SHA512-CRYPT", "SSHA512", "PBKDF2")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
)
COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        password passwort passwd pass secret geheim letmein welcome willkommen admin administrator root user test
        testing changeme changethis default master superman batman iloveyou monkey dragon football baseball princess
        sunshine trustno mail email postmaster webmaster postfix dovecot debian linux server example computer internet summer
        winter spring autumn sommer herbst
        """,
    )
)
LOOKALIKES = str.maketrans("013457@$!", "oleastasi")


def _made_of_common_words(text: str) -> bool:
    text = re.sub("[^a-z]", "", text)
    while text:
        head = next((text[:size] for size in range(len(text), 2, -1) if text[:size] in COMMON), "")
        if not head:
            return False
        text = text[len(head) :]
    return True


def _runs(text: str) -> int:
    """How many characters are left when each walk along the alphabet, the digits or a keyboard row
    counts as one.
    """
    rows = [*ROWS, *(row[::-1] for row in ROWS)]
    steps = [
        any(first + second in row for row in rows) for first, second in itertools.pairwise(text)
    ]
    return len(text) - sum(steps)


def weakness(password: str, name: str = "") -> str:
    """Why the password is weak, as a sentence, or an empty string."""
    text = password.lower()
    parts = [part for part in re.split(r"[^a-z0-9]+", name.lower()) if len(part) > 3]
    if len(password) < LENGTH:
        return f"The password has fewer than {LENGTH} characters."
    if any(ord(character) < 32 or ord(character) == 127 for character in password):
        return "The password holds a control character, which not every mail program can send."
    if any(part in text for part in parts):
        return "The password contains the name of its user or of the domain."
    if len(set(text)) < DIFFERENT or re.fullmatch(r"(.+?)\1+", text):
        return "The password repeats itself."
    if _runs(text) < LENGTH // 2:
        return "The password follows the alphabet, the digits or the keyboard."
    bare = text.strip("0123456789!?.,#*+-_ ")
    if _made_of_common_words(text) or _made_of_common_words(bare.translate(LOOKALIKES)):
        return "The password is a common word with something added."
    return ""


def user_weakness(user: t.Mapping[str, t.Any]) -> str:
    """Why the user cannot log in safely, as a sentence that names the address, or an empty string."""
    address, password, ready = (
        str(user.get(key) or "") for key in ("address", "password", "password_hash")
    )
    if ready:
        strong = ready.startswith(tuple(f"{{{scheme}}}" for scheme in SCHEMES))
        return (
            ""
            if strong
            else (
                f"{address}: The password_hash is not of a strong scheme, such as {{{SCHEMES[0]}}}."
            )
        )
    if not password:
        return f"{address}: There is neither a password nor a password_hash."
    found = weakness(password, address)
    return f"{address}: {found}" if found else ""


def password_weakness(value: t.Any, name: str = "") -> str:
    if isinstance(value, str):
        return weakness(value, name)
    if isinstance(value, t.Mapping):
        return user_weakness(value)
    raise AnsibleFilterError(
        "password_weakness needs a password or a user with an address and a password."
    )


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"password_weakness": password_weakness}
