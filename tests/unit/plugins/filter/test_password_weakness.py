# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.filter.password_weakness import (
    FilterModule,
    password_weakness,
)

ALICE = "alice.miller@example.org"


@pytest.mark.parametrize(
    ("password", "name", "reason"),
    [
        ("", "", "fewer than 12"),
        ("Xk3-vqZ8.pL", "", "fewer than 12"),
        ("Xk3-vqZ8\n.pLm2", "", "control character"),
        ("-Miller-Xk3vqZ8", ALICE, "contains the name"),
        ("Xk3-EXAMPLE-vqZ8", ALICE, "contains the name"),
        ("aaaaaaaaaaaaaaaa", "", "repeats"),
        ("kv3kv3kv3kv3kv3", "", "repeats"),
        ("Xk3Z8Xk3Z8Xk3Z8", "", "repeats"),
        ("abcdefghijklmn", "", "keyboard"),
        ("9876543210987", "", "keyboard"),
        ("qwertyuiop123", "", "keyboard"),
        ("Password1234!", "", "common word"),
        ("P4ssw0rd!!2024", "", "common word"),
        ("Winter2025Winter", "", "common word"),
        ("Welcome-Admin-12", "", "common word"),
    ],
)
def test_weak_password_has_a_reason_that_does_not_show_it(
    password: str, name: str, reason: str
) -> None:
    sentence = password_weakness(password, name)
    assert reason in sentence
    assert sentence.endswith(".")
    assert not password or password not in sentence


@pytest.mark.parametrize(
    "password",
    [
        "Xk3-vqZ8.pLm2",
        "correct horse battery",
        "grünblaugelbrot",
        "Winterreise und Schnee",
        "медленная зелёная река",
        "пароль-test-река-сосна",
        "4711-0815-2342-9876",
        "緑の川がゆっくりと流れる朝",
    ],
)
def test_strong_password_has_no_weakness(password: str) -> None:
    assert password_weakness(password, ALICE) == ""


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ({"address": ALICE}, f"{ALICE}: There is neither a password nor a password_hash."),
        (
            {"address": ALICE, "password": "short"},
            f"{ALICE}: The password has fewer than 12 characters.",
        ),
        (
            {"address": ALICE, "password_hash": "{PLAIN}Xk3-vqZ8.pLm2"},
            (
                f"{ALICE}: The password_hash is of the scheme PLAIN, which is not strong; use "
                "{ARGON2ID} or {BLF-CRYPT}."
            ),
        ),
        (
            {"address": ALICE, "password_hash": "{SSHA512}c2VjcmV0"},
            (
                f"{ALICE}: The password_hash is of the scheme SSHA512, which is not strong; use "
                "{ARGON2ID} or {BLF-CRYPT}."
            ),
        ),
        (
            {"address": ALICE, "password_hash": "$2y$05$abc"},
            (
                f"{ALICE}: The password_hash does not begin with its scheme in braces, such as "
                "{ARGON2ID}$argon2id$."
            ),
        ),
        (
            {"address": ALICE, "password_hash": "{ARGON2ID}hunter2"},
            (
                f"{ALICE}: The password_hash is not a hash of its scheme ARGON2ID, which "
                "begins with $argon2id$."
            ),
        ),
        ({"address": ALICE, "password_hash": "{CRYPT}$2y$05$abc"}, ""),
        ({"address": ALICE, "password_hash": "{SHA512-CRYPT}$6$x$abc"}, ""),
        ({"address": ALICE, "password_hash": "{PBKDF2}$1$x$5000$abc"}, ""),
        ({"address": ALICE, "password_hash": "{ARGON2ID}$argon2id$x"}, ""),
        ({"address": ALICE, "password": "Xk3-vqZ8.pLm2"}, ""),
    ],
)
def test_user_is_named_with_the_weakness(user: dict[str, str], sentence: str) -> None:
    assert password_weakness(user) == sentence


def test_other_values_are_an_error() -> None:
    with pytest.raises(AnsibleFilterError):
        password_weakness(12)


def test_filter_module_has_the_filter() -> None:
    assert FilterModule().filters() == {"password_weakness": password_weakness}
