# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import ctypes

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._passwd_file import (
    HEADER,
    LIBRARY,
    Argon2id,
    PasswordError,
    compare,
    listing,
    parse,
    render,
)

READY = "{BLF-CRYPT}$2y$05$abc"


class Reversed:
    """A hasher that a test can read."""

    def hash(self, password: str) -> str:
        return "{ARGON2ID}" + password[::-1]

    def verify(self, stored: str, password: str) -> bool:
        return stored.rstrip("+") == self.hash(password)


def written(users: list[dict[str, str]], text: str = "", quota_field: str = "q={quota}") -> str:
    return render(users, text, quota_field, Reversed)


def test_render_sorts_users_in_lower_case() -> None:
    text = written(
        [
            {"address": "Bob@Example.org", "password": "cba"},
            {"address": "al@example.org", "password": "fed"},
        ]
    )
    assert (
        text
        == f"{HEADER}al@example.org:{{ARGON2ID}}def::::::\nbob@example.org:{{ARGON2ID}}abc::::::\n"
    )


@pytest.mark.parametrize(
    ("user", "known", "stored"),
    [
        ({"password": "cba"}, "{ARGON2ID}abc+", "{ARGON2ID}abc+"),
        ({"password": "new"}, "{ARGON2ID}abc+", "{ARGON2ID}wen"),
        ({"password": "cba"}, "{PLAIN}cba", "{ARGON2ID}abc"),
        ({"password_hash": READY}, "{ARGON2ID}abc+", READY),
        ({"password": "cba", "password_hash": READY}, "{ARGON2ID}abc+", READY),
    ],
)
def test_render_keeps_a_hash_that_fits(user: dict[str, str], known: str, stored: str) -> None:
    text = written([{"address": "a@example.org", **user}], f"{HEADER}a@example.org:{known}::::::\n")
    assert parse(text) == {"a@example.org": f"a@example.org:{stored}::::::"}


def test_render_replaces_a_damaged_line() -> None:
    assert "{ARGON2ID}abc" in written(
        [{"address": "a@example.org", "password": "cba"}], "a@example.org\n"
    )


def test_render_writes_the_quota_as_an_extra_field() -> None:
    text = written(
        [{"address": "a@example.org", "password_hash": READY, "quota": "2G"}],
        quota_field="r=*:storage={quota}",
    )
    assert text.endswith("::::::r=*:storage=2G\n")


@pytest.mark.parametrize(
    ("users", "reason"),
    [
        ([{"address": "a@example.org"}], "neither a password"),
        ([{"address": "a@example.org", "password_hash": "secret1"}], "not one that Dovecot reads"),
        (
            [{"address": "a@example.org", "password_hash": "{PLAIN}secret1:x"}],
            "not one that Dovecot reads",
        ),
        ([{"address": "a:b@example.org", "password": "secret1"}], "cannot be the name"),
        ([{"address": "a@x\nb", "password": "secret1"}], "cannot be the name"),
        ([{"address": "", "password": "secret1"}], "cannot be the name"),
        ([{"address": "a\0@x", "password": "secret1"}], "cannot be the name"),
        ([{"address": "a\u2028b@x", "password": "secret1"}], "cannot be the name"),
        ([{"address": "a@x", "password_hash": "{A}b\nc@x:{PLAIN}secret1"}], "not one that Dovecot"),
        ([{"address": "a@x", "password": "secret1", "quota": "1G\nb@x:{PLAIN}x"}], "not a size"),
        ([{"address": "a@x", "password": "secret1", "quota": "1G uid=0"}], "is not a size"),
        ([{"address": "a@x", "password": "secret1", "quota": "1G:x"}], "is not a size"),
        ([{"address": "a@x", "password": "secret1", "quota": "viel"}], "is not a size"),
        ([{"address": "#a@example.org", "password": "secret1"}], "cannot be the name"),
        (
            [
                {"address": "a@example.org", "password": "secret1"},
                {"address": "A@example.org", "password": "x"},
            ],
            "given twice",
        ),
    ],
)
def test_render_rejects_a_user_without_showing_a_secret(
    users: list[dict[str, str]], reason: str
) -> None:
    with pytest.raises(PasswordError, match=reason) as caught:
        written(users)
    assert "secret1" not in str(caught.value)


@pytest.mark.parametrize(
    "field",
    [
        *("", "quota", "q=5", "={quota}", "q={quota", "#q={quota}"),
        *("q={quota} uid=0", "q={quota}\nb@x:{PLAIN}x", "q={quota}\n", "q={quota}\u2028x"),
        *("a:b={quota}", "q={quota}\0", "\tq={quota}", "q\x85={quota}"),
    ],
)
def test_render_rejects_what_is_not_one_field_for_the_quota(field: str) -> None:
    with pytest.raises(PasswordError, match="is not one extra field") as caught:
        written([{"address": "a@x", "password_hash": READY, "quota": "1G"}], quota_field=field)
    assert len(str(caught.value).splitlines()) == 1


def test_compare_and_listing_name_the_users() -> None:
    before = f"{HEADER}a@x:1::::::\nb@x:2::::::\n"
    after = f"{HEADER}b@x:3::::::\nc@x:4::::::\n"
    assert compare(before, after) == {"added": ["c@x"], "updated": ["b@x"], "removed": ["a@x"]}
    assert listing(after, ["b@x"]) == "b@x (updated)\nc@x\n"


def test_argon2id_without_its_library_is_an_error() -> None:
    with pytest.raises(PasswordError, match="cannot be loaded"):
        Argon2id("libnothing.so.0")


def has_sodium() -> bool:
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_sodium(), reason="libsodium is not installed")
def test_argon2id_verifies_its_own_hash() -> None:
    hasher = Argon2id()
    stored = hasher.hash("grün und blau")
    assert stored.startswith("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$")
    assert hasher.verify(stored, "grün und blau")
    assert not hasher.verify(stored, "gruen und blau")
    assert not hasher.verify("{ARGON2ID}damaged", "grün und blau")
    assert not hasher.verify("{PLAIN}grün und blau", "grün und blau")
