# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter expected_settings returns what a role writes, value by value."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.filter.expected_settings import expected_settings

TABLE = [
    {"name": "ssl", "value": "required", "why": "A"},
    {"name": "service a", "value": {"inet_listener b": {"port": 0, "ssl": None}}, "why": "B"},
    {"name": "new", "value": "x", "releases": ["13"], "why": "C"},
    {
        "name": "mail_path",
        "value": "~/Maildir",
        "debian12": {"name": "mail_location", "value": "maildir:~/Maildir"},
        "why": "D",
    },
    {"name": "off", "value": "x", "enabled": False, "why": "E"},
    {"name": "lists", "value": [1, 2], "why": "F"},
]
SAME = {"new": "x", "mail_path": "~/Maildir"}
LISTENERS = [{"listeners": ["smtp", "submission"], "name": "syslog_name", "value": "x", "why": "G"}]


def values(release: str, **changes: object) -> dict[str, object]:
    return {
        entry["name"]: entry["value"]
        for entry in expected_settings(TABLE, "dovecot", release, changes)
    }


def test_sections_become_paths() -> None:
    assert values("13") == {
        **SAME,
        "ssl": "required",
        "service a/inet_listener b/port": "0",
        "lists": "1 2",
    }


def test_debian_12_has_its_own_settings() -> None:
    assert values("12")["mail_location"] == "maildir:~/Maildir"
    assert {"mail_path", "new"}.isdisjoint(values("12"))


def test_changes_of_the_user_are_expected() -> None:
    changes = {
        "ssl": True,
        "service a": {"inet_listener b": {"port": 1}},
        "mine": "y",
        "lists": None,
    }
    assert values("13", **changes) == {
        **SAME,
        "ssl": "yes",
        "service a/inet_listener b/port": "1",
        "mine": "y",
    }


def test_a_list_is_one_value_or_several_as_the_daemon_reads_it() -> None:
    table = [{"name": "x", "value": ["a", True], "why": "H"}]
    found = {
        daemon: expected_settings(table, daemon, "13")[0]["value"]
        for daemon in ("postfix", "unbound", "spamassassin")
    }
    assert found == {"postfix": "a, yes", "unbound": ["a", "yes"], "spamassassin": ["a", "1"]}


def test_a_listener_that_does_not_run_has_no_settings() -> None:
    found = expected_settings(LISTENERS, "postfix", "13", {}, ["smtp"])
    assert found == [
        {
            "daemon": "postfix",
            "service": "smtp/inet",
            "name": "syslog_name",
            "value": "x",
            "why": "G",
        }
    ]
