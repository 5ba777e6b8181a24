# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Two ways to write the same value are no difference; two values are."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.effective_settings import (
    same,
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


@pytest.mark.parametrize(("daemon", "decided", "found"), SAME)
def test_the_same_in_other_words(daemon: str, decided: t.Any, found: t.Any) -> None:
    assert same(daemon, decided, found)


@pytest.mark.parametrize(("daemon", "decided", "found"), OTHER)
def test_another_value(daemon: str, decided: t.Any, found: t.Any) -> None:
    assert not same(daemon, decided, found)
