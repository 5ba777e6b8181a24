# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter password_weakness: why a password is easy to guess. No sentence holds the password."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.module_utils._password_schemes import hash_problem

MIN_LENGTH = 12
MIN_DISTINCT = 5
#: A part of a name that is shorter may be in a password by chance.
MIN_NAME_PART = 4
#: Sequences that a password may follow: the alphabet, the digits, the rows of keyboards.
SEQUENCES = (
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
        password passwort passwd pass secret geheim letmein welcome willkommen admin administrator
        root user test testing changeme changethis default master superman batman iloveyou monkey
        dragon football baseball princess sunshine trustno mail email postmaster webmaster postfix
        dovecot debian linux server example computer internet summer winter spring autumn sommer
        herbst
        """,
    )
)
LOOKALIKES = str.maketrans("013457@$!", "oleastasi")


def _consists_of_common_words(text: str) -> bool:
    """Whether the letters of a text are common words and nothing else."""
    letters = [character for character in text if character.isalpha()]
    text = "".join(letters)
    if not letters or not text.isascii():
        return False
    while text:
        head = next((text[:size] for size in range(len(text), 2, -1) if text[:size] in COMMON), "")
        if not head:
            return False
        text = text[len(head) :]
    return True


def _length_without_sequences(text: str) -> int:
    """The length of a text where each run along a sequence counts as one character."""
    rows = [*SEQUENCES, *(sequence[::-1] for sequence in SEQUENCES)]
    steps = [
        any(first + second in row for row in rows) for first, second in itertools.pairwise(text)
    ]
    return len(text) - sum(steps)


def weakness(password: str, name: str = "") -> str:
    """Why the password is weak, as a sentence, or an empty string."""
    text = password.lower()
    parts = [part for part in re.split(r"[^a-z0-9]+", name.lower()) if len(part) >= MIN_NAME_PART]
    if len(password) < MIN_LENGTH:
        return f"The password has fewer than {MIN_LENGTH} characters."
    if any(ord(character) < 32 or ord(character) == 127 for character in password):
        return "The password contains a control character, which some mail clients cannot send."
    if any(part in text for part in parts):
        return "The password contains the name of its user or of the domain."
    if len(set(text)) < MIN_DISTINCT or re.fullmatch(r"(.+?)\1+", text):
        return "The password repeats itself."
    if _length_without_sequences(text) < MIN_LENGTH // 2:
        return "The password follows the alphabet, the digits or the keyboard."
    bare = text.strip("0123456789!?.,#*+-_ ")
    if _consists_of_common_words(text) or _consists_of_common_words(bare.translate(LOOKALIKES)):
        return "The password is a common word with something added."
    return ""


def user_weakness(user: t.Mapping[str, t.Any]) -> str:
    """Why the password of a user is weak, as a sentence with the address, or an empty string."""
    address, password, stored = (
        str(user.get(key) or "") for key in ("address", "password", "password_hash")
    )
    if stored:
        problem = hash_problem(stored)
        return f"{address}: The password_hash {problem}." if problem else ""
    if not password:
        return f"{address}: There is neither a password nor a password_hash."
    sentence = weakness(password, address)
    return f"{address}: {sentence}" if sentence else ""


def password_weakness(value: t.Any, name: str = "") -> str:
    """Why a password, or that of a user, is weak; see the documentation beside this file."""
    if isinstance(value, str):
        return weakness(value, name)
    if isinstance(value, t.Mapping):
        return user_weakness(value)
    raise AnsibleFilterError(
        "password_weakness needs a password or a user with an address and a password."
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        """Name to function."""
        return {"password_weakness": password_weakness}
