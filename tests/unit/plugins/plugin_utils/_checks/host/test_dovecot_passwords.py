# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each finding about stored passwords shows the scheme that decided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
)


@pytest.mark.parametrize(
    ("schemes", "status", "lines"),
    [
        ({"ARGON2ID": 2, "PLAIN": 1}, FAIL, ["/u: 1 PLAIN"]),
        ({"ARGON2ID": 2, "ROT13": 1}, UNKNOWN, ["/u: 1 ROT13"]),
        ({"ARGON2ID": 2}, PASS, ["/u: 2 ARGON2ID"]),
        ({}, PASS, ["/u: no user"]),
    ],
)
def test_password_hash_strength_shows_the_scheme(
    schemes: dict[str, int], status: str, lines: list[str]
) -> None:
    dovecot = {"defaults": {"ssl": "yes"}, "passwords": {"/u": {"schemes": schemes}}}
    [item] = findings("password_hash_strength", {"dovecot": dovecot})
    assert (item.status, decisive_text(item)) == (status, lines)


def test_password_hash_strength_of_an_unread_file_is_unknown() -> None:
    dovecot = {"defaults": {"ssl": "yes"}, "passwords": {"/u": {}}}
    facts = {"dovecot": dovecot, "missing": {"/u": "Permission denied"}}
    [item] = findings("password_hash_strength", facts)
    assert (item.status, item.sentence) == (UNKNOWN, "Not read: /u (Permission denied).")


def test_password_hash_strength_fails_where_any_password_logs_in() -> None:
    facts = {"defaults": {"ssl": "yes"}, "passwords": {"/u": {"schemes": {"NOPASSWORD": 1}}}}
    assert findings("password_hash_strength", {"dovecot": facts})[0].status == FAIL
    static = {"passdb/args": "nopassword=y", "passdb/driver": "static"}
    facts = {"defaults": {"ssl": "yes"}, "passwords": {}, "settings": static}
    assert findings("password_hash_strength", {"dovecot": facts})[0].status == FAIL


def test_password_hash_strength_of_a_cut_file_is_unknown() -> None:
    passwords = {"/u": {"schemes": {"ARGON2ID": 2}, "cut": True}}
    facts = {"dovecot": {"defaults": {"ssl": "yes"}, "passwords": passwords}}
    missing = {"/u": "is larger"}
    [item] = findings("password_hash_strength", {**facts, "missing": missing})
    assert item.status == UNKNOWN
