# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The configuration of both releases of Dovecot is read, and no password."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect, dovecot
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, recorded


@pytest.mark.parametrize(
    ("release", "scheme"),
    [("2.3", {"/etc/dovecot/users": "ARGON2ID"}), ("2.4", {"/etc/dovecot/users": "ARGON2ID"})],
)
def test_flatten_reads_both_releases(release: str, scheme: dict[str, str]) -> None:
    found = dovecot.flatten(recorded(f"doveconf-{release}.txt"))
    assert found["service imap-login/inet_listener imap/port"] == "0"
    assert found["service imap-login/inet_listener imaps/port"] == "993"
    assert found["ssl"] == "required"
    assert dovecot.passwd_files(found) == scheme
    assert collect.tls_files({"dovecot": {"settings": found}}) == (
        ["/etc/ssl/mail/fullchain.pem"],
        ["/etc/ssl/mail/privkey.pem"] if release == "2.4" else [],
    )


def test_flatten_numbers_a_section_that_is_given_twice() -> None:
    text = (
        "passdb {\n  driver = pam\n}\npassdb {\n  args = /etc/dovecot/users\n  driver = "
        "passwd-file\n}\n"
    )
    found = dovecot.flatten(text)
    assert (found["passdb/driver"], found["passdb 2/driver"]) == ("pam", "passwd-file")
    assert dovecot.passwd_files(found) == {"/etc/dovecot/users": "CRYPT"}


def test_schemes_counts_without_showing_a_password() -> None:
    lines = (
        "# users",
        "a@x:{ARGON2ID}$argon2id$x:::",
        f"b@x:{{PLAIN}}{SECRET}:::",
        f"c@x:{SECRET}",
        "d@x:{SSHA256.b64}x",
        "e@x::::",
    )
    text = "\n".join(lines)
    assert dovecot.schemes(text, "CRYPT") == {
        "ARGON2ID": 1,
        "PLAIN": 1,
        "CRYPT": 1,
        "SSHA256": 1,
        "NONE": 1,
    }


@pytest.mark.parametrize(
    ("line", "scheme"),
    [
        ("a:$2y$05$x", "BLF-CRYPT"),
        ("a:{CRYPT}$6$x", "SHA512-CRYPT"),
        ("a:$1$x", "MD5-CRYPT"),
        ("a:$y$x", "YESCRYPT"),
        ("a:xy", "CRYPT"),
        ("a:::::::nopassword=y", "NOPASSWORD"),
        ("a:{plain}x::::::nopassword", "NOPASSWORD"),
        ("a:{plain}x", "PLAIN"),
    ],
)
def test_schemes_names_the_hash_of_the_c_library(line: str, scheme: str) -> None:
    assert dovecot.schemes(line, "CRYPT") == {scheme: 1}
