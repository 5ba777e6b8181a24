# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Two ways to write the same value are no difference; two values are."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.effective_settings import (
    is_equal,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
)

SAME = [
    ("postfix", "127.0.0.0/8, [::1]/128", "127.0.0.0/8  [::1]/128"),
    ("postfix", "", ""),
    ("dovecot", "*, ::", "* ::"),
    ("dovecot", "0", "00"),
    ("dovecot", "0600", "0600"),
    ("dovecot", r"\Drafts", r'"\\Drafts"'),
    ("dovecot", "$mail_plugins quota", '" quota"'),
    ("dovecot", "$mail_plugins sieve", '" quota sieve"'),
    ("dovecot", "</etc/ssl/mail/privkey.pem", "# hidden, use -P to show it"),
    ("dovecot", "yes", "YES"),
    ("opendkim", "yes", "1"),
    ("opendkim", "no", "false"),
    ("spamassassin", "5.0", "5"),
    ("spamassassin", "-1.0", "-1"),
    ("unbound", '"validator iterator"', "validator iterator"),
    ("unbound", ["::1", "127.0.0.1"], ["127.0.0.1", "::1"]),
    ("unbound", "yes", ["no", "yes"]),
]
OTHER = [
    ("postfix", "127.0.0.0/8, [::1]/128", "127.0.0.0/8"),
    ("postfix", "reject", ""),
    ("postfix", "", "unix:opendkim/opendkim.sock"),
    ("postfix", "permit_sasl_authenticated, reject", "reject, permit_sasl_authenticated"),
    ("postfix", "yes", "1"),
    ("dovecot", "0600", "0666"),
    ("dovecot", "$mail_plugins sieve", '" quota"'),
    ("spamassassin", "5.0", "50"),
    ("spamassassin", "1", "0"),
    ("unbound", ["127.0.0.1", "::1"], ["127.0.0.1", "::1", "0.0.0.0"]),
    ("unbound", "yes", ["yes", "no"]),
    ("unbound", "26214400", "26214401"),
]


@pytest.mark.parametrize(("daemon", "expected", "effective"), SAME)
def test_is_equal_ignores_insignificant_differences(
    daemon: str, expected: t.Any, effective: t.Any
) -> None:
    assert is_equal(daemon, expected, effective)


@pytest.mark.parametrize(("daemon", "expected", "effective"), OTHER)
def test_is_equal_rejects_another_value(daemon: str, expected: t.Any, effective: t.Any) -> None:
    assert not is_equal(daemon, expected, effective)


def row(effective: t.Any, **parts: t.Any) -> dict[str, t.Any]:
    known = {"daemon": "postfix", "service": "", "name": "mynetworks", "why": "Trusts no network."}
    return {**known, "expected": "127.0.0.0/8", "effective": effective, **parts}


@pytest.mark.parametrize(
    ("effective", "line"),
    [
        ("10.0.0.0/8", "postfix mynetworks: effective 10.0.0.0/8, expected 127.0.0.0/8"),
        (None, "postfix mynetworks: effective not set, expected 127.0.0.0/8"),
        ("", "postfix mynetworks: effective (empty), expected 127.0.0.0/8"),
    ],
)
def test_settings_in_force_shows_both_values(effective: str | None, line: str) -> None:
    rows = [row("127.0.0.0/8", name="inet_interfaces"), row(effective)]
    [item] = findings("settings_in_force", {"effective_settings": rows})
    assert (item.status, decisive_text(item)) == (FAIL, [line])
    assert item.sentence.endswith("; expected is 127.0.0.0/8. Trusts no network.")


def test_settings_in_force_passes_and_says_what_was_compared() -> None:
    [item] = findings("settings_in_force", {"effective_settings": [row("127.0.0.0/8")]})
    assert (item.status, decisive_text(item)) == (PASS, ["1 settings compared: postfix"])


def test_settings_in_force_of_an_unread_daemon_is_unknown() -> None:
    [item] = findings("settings_in_force", {"effective_settings": [row(None, unread=True)]})
    sentence = "The effective settings of postfix could not be read."
    assert (item.status, item.sentence) == (UNKNOWN, sentence)
