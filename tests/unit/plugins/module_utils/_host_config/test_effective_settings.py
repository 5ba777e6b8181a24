# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Expected settings are found under the name that the daemon has for them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import effective_settings
from ansible_collections.airtight.mail.plugins.module_utils._host_config.reader import Host

FACTS: dict[str, t.Any] = {
    "postfix": {"main": {"mynetworks": "127.0.0.0/8"}},
    "unbound": {"settings": {"server/interface": ["127.0.0.1", "::1"], "forward-zone/name": ["."]}},
    "opendkim": {"settings": {"Mode": "sv"}},
}


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("ssl_server_cert_file", "ssl_server/cert_file"),
        ("quota mailbox/quota_storage_size", "quota mailbox/storage_size"),
        ("mail_plugins/quota", "mail_plugins/quota"),
        (
            "service imap-login/inet_listener imap/port",
            "service imap-login/inet_listener imap/port",
        ),
        (
            "mailbox Junk/sieve_script learn-spam/sieve_script_cause",
            "mailbox Junk/sieve_script learn-spam/cause",
        ),
    ],
)
def test_canonical_is_independent_of_sections(written: str, printed: str) -> None:
    assert effective_settings.canonical(written) == effective_settings.canonical(printed)


def test_canonical_keeps_other_names_apart() -> None:
    ports = [f"service imap-login/inet_listener {name}/port" for name in ("imap", "imaps")]
    assert effective_settings.canonical(ports[0]) != effective_settings.canonical(ports[1])


def started(_argv: list[str], _given: str) -> tuple[int, str, str]:
    """No program is there."""
    return 127, "", ""


def expected(daemon: str, name: str, value: t.Any) -> dict[str, t.Any]:
    return {
        "daemon": daemon,
        "service": "",
        "name": name,
        "value": value,
        "why": "A reason.",
    }


def test_effective_rows_has_expected_and_effective_values() -> None:
    wanted = [
        expected("unbound", "interface", ["127.0.0.1"]),
        expected("opendkim", "Mode", "sv"),
        expected("opendkim", "MTA", "X"),
    ]
    rows = effective_settings.effective_rows(Host(started), FACTS, wanted)
    assert [(row["name"], row["expected"], row["effective"]) for row in rows] == [
        ("interface", ["127.0.0.1"], ["127.0.0.1", "::1"]),
        ("Mode", "sv", "sv"),
        ("MTA", "X", None),
    ]


def test_effective_rows_of_an_unread_daemon_are_unread() -> None:
    rows = effective_settings.effective_rows(
        Host(started),
        FACTS,
        [expected("spamassassin", "use_bayes", 1), expected("dovecot", "ssl", "required")],
    )
    assert [row.get("unread") for row in rows] == [True, True]
    assert not any("effective" in row for row in rows)


def test_effective_rows_hides_passwords() -> None:
    row = effective_settings.effective_rows(
        Host(started), FACTS, [expected("opendkim", "RedisPassword", "hunter2")]
    )[0]
    assert "hunter2" not in str(row)
