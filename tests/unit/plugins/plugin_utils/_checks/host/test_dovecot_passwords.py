# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each finding about stored passwords shows the scheme that decided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
)

SLOW = {"schemes": {"ARGON2ID": 2}}


def found(
    passwords: dict[str, t.Any], missing: dict[str, str] | None = None, **parts: t.Any
) -> list[Finding]:
    """The findings about the passwd-files of a Dovecot. missing: what could not be read; parts: of
    the facts of Dovecot.
    """
    dovecot = {"defaults": {"ssl": "yes"}, "passwords": passwords, **parts}
    return findings("password_hash_strength", {"dovecot": dovecot, "missing": missing or {}})


@pytest.mark.parametrize(
    ("schemes", "status", "words", "lines"),
    [
        (
            {"ARGON2ID": 2, "PLAIN": 1},
            FAIL,
            "1 passwords are stored as PLAIN, readable or fast to guess.",
            ["/u: 1 PLAIN"],
        ),
        (
            {"MD5": 3, "ROT13": 1, "PLAIN": 1, "NOPASSWORD": 4},
            FAIL,
            (
                "3 passwords are stored as MD5, readable or fast to guess; 1 passwords are stored "
                "as PLAIN, readable or fast to guess; 4 users log in with any password "
                "(nopassword)."
            ),
            ["/u: 3 MD5", "/u: 4 NOPASSWORD", "/u: 1 PLAIN"],
        ),
        (
            {"ARGON2ID": 2, "NOPASSWORD": 1},
            FAIL,
            "1 users log in with any password (nopassword).",
            ["/u: 1 NOPASSWORD"],
        ),
        (
            {"ARGON2ID": 2, "ROT13": 1, "ATBASH": 1},
            UNKNOWN,
            "The strength of ATBASH, ROT13 is not known.",
            ["/u: 1 ATBASH", "/u: 1 ROT13"],
        ),
        (
            {"NONE": 1, "BLF-CRYPT": 1, "ARGON2ID": 2},
            PASS,
            "Passwords are stored with a slow hash.",
            ["/u: 2 ARGON2ID", "/u: 1 BLF-CRYPT", "/u: 1 NONE"],
        ),
        ({}, PASS, "Passwords are stored with a slow hash.", ["/u: no user"]),
    ],
)
def test_password_hash_strength_shows_the_scheme(
    schemes: dict[str, int], status: str, words: str, lines: list[str]
) -> None:
    [item] = found({"/u": {"schemes": schemes}})
    assert (item.status, item.sentence, item.subject) == (status, words, "/u")
    assert decisive_text(item) == lines
    users = [f"{count} {scheme}" for scheme, count in sorted(schemes.items())] or ["no user"]
    assert item.transcript == tuple(("*", f"/u: {text}") for text in users)


def test_password_hash_strength_judges_each_file() -> None:
    files = {"/gone": {}, "/a": {"schemes": {"PLAIN": 1}}, "/b": SLOW}
    items = found(files, {"/gone": "Permission denied"})
    assert [(item.status, item.subject) for item in items] == [
        (FAIL, "/a"),
        (UNKNOWN, "/gone"),
        (PASS, "/b"),
    ]
    assert items[1].sentence == "Not read: /gone (Permission denied)."


def test_password_hash_strength_of_an_unread_dovecot_is_unknown() -> None:
    missing = {"doveconf -n": "ended with 89", "postconf -n": "is not there"}
    [item] = found({}, missing, defaults={}, settings={})
    assert (item.status, item.subject) == (UNKNOWN, "dovecot")
    assert item.sentence == "Not read: doveconf -n (ended with 89)."


@pytest.mark.parametrize(
    "facts", [{}, {"dovecot": None}, {"dovecot": {"defaults": {"ssl": "yes"}}}]
)
def test_password_hash_strength_without_a_passwd_file_has_nothing_to_compare(
    facts: dict[str, t.Any],
) -> None:
    if facts.get("dovecot"):
        facts = {"dovecot": {**facts["dovecot"], "passwords": {}}}
    [item] = findings("password_hash_strength", facts)
    assert (item.status, item.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert item.sentence == "Dovecot uses no passwd-file."


@pytest.mark.parametrize(
    ("settings", "section", "line"),
    [
        ({"passdb/args": "nopassword=y"}, "passdb", "passdb/args = nopassword=y"),
        (
            {"passdb static/fields/nopassword": "yes"},
            "passdb static/fields",
            "passdb static/fields/nopassword = yes",
        ),
        (
            {"passdb/driver": "static", "passdb 2/args": "user=a nopassword"},
            "passdb 2",
            "passdb 2/args = user=a nopassword",
        ),
    ],
)
def test_password_hash_strength_fails_where_any_password_logs_in(
    settings: dict[str, str], section: str, line: str
) -> None:
    [item] = found({}, settings=settings)
    assert (item.status, item.subject) == (FAIL, section)
    assert item.sentence == "Every user logs in with any password (nopassword)."
    assert decisive_text(item) == [f"dovecot.conf: {line}"]


def test_password_hash_strength_ignores_other_settings() -> None:
    settings = {
        "passdb/args": "scheme=ARGON2ID /u",
        "passdb/driver": "nopassword",
        "userdb/args": "nopassword=y",
        "userdb/nopassword": "yes",
        "nopassword": "yes",
    }
    [item] = found({"/u": SLOW}, settings=settings)
    assert item.status == PASS


@pytest.mark.parametrize(
    ("schemes", "cut", "status"),
    [
        ({"ARGON2ID": 2}, True, UNKNOWN),
        ({"ARGON2ID": 2, "PLAIN": 1}, True, FAIL),
        ({"ARGON2ID": 2}, False, PASS),
    ],
)
def test_password_hash_strength_of_a_cut_file(
    schemes: dict[str, int], cut: bool, status: str
) -> None:
    passwords = {"/u": {"schemes": schemes, "cut": cut}}
    [item] = found(passwords, {"/u": "is larger", "/other": "is gone"})
    assert item.status == status
    assert (item.sentence == "Not read: /u (is larger).") is (status == UNKNOWN)
