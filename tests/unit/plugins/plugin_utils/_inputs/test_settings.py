# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One table of what each value becomes, and no value that becomes more than its setting."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.settings import (
    STYLES,
    setting_problems,
    spelled,
)

DAEMONS = tuple(STYLES)
PAGE = Path(__file__).resolve().parents[5] / "docs/reference/own_settings.md"


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (True, [["yes"], ["yes"], ["yes"], ["1"], ["yes"]]),
        (False, [["no"], ["no"], ["no"], ["0"], ["no"]]),
        (None, [[], [], [], [], []]),
        (5, [["5"]] * 5),
        (5.5, [["5.5"]] * 5),
        (" text ", [["text"]] * 5),
        ("", [[""]] * 5),
        (["a", "b"], [["a, b"], ["a b"], ["a,b"], ["a", "b"], ["a", "b"]]),
        ([True, 1], [["yes, 1"], ["yes 1"], ["yes,1"], ["1", "1"], ["yes", "1"]]),
        ([], [[""], [""], [], [], []]),
    ],
)
def test_value_becomes_what_the_table_says(value: t.Any, lines: list[list[str]]) -> None:
    assert [spelled(value, STYLES[daemon]) for daemon in DAEMONS] == lines


SOUND: dict[str, dict[str, t.Any]] = {
    "postfix": {
        "policy-spf_time_limit": "3600s",
        "smtpd_helo_restrictions": ["a", "b"],
        "relayhost": "[mail.example.org]:587",
        "disable_dns_lookups": None,
        "smtp_header_checks": "regexp:{{/^x/ IGNORE}}",
    },
    "dovecot": {
        "service imap": {"process_limit": 500, "unix_listener /run/x.sock": {"mode": "0600"}},
        "mail_max_userip_connections": 50,
        "mailbox Sent Messages": {"special_use": "\\Sent"},
        "mail_plugins": ["quota", "acl"],
    },
    "opendkim": {"LogResults": True, "SyslogSuccess": None},
    "spamassassin": {
        "score MISSING_FROM": 5.5,
        "whitelist_from": ["*@example.org", "a@example.net"],
        "header LOCAL_X": "Subject =~ /x/",
        "loadplugin": "Mail::SpamAssassin::Plugin::DKIM",
    },
    "unbound": {
        "access-control": ["127.0.0.0/8 allow", "::1 allow"],
        "module-config": '"validator iterator"',
        "local-data": '"name.example. A 192.0.2.1"',
        "local-zone": '"10.in-addr.arpa." nodefault',
        "tls-cert-bundle": "'/etc/ssl/a b.crt'",
        "access-control-tag": '::1 "a b"',
        "log-identity": "include:/y",
        "prefetch": True,
    },
}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_settings_that_people_need_have_no_problem(daemon: str) -> None:
    assert setting_problems(SOUND[daemon], daemon) == []


UNSOUND: list[tuple[str, dict[str, t.Any], str]] = [
    *((daemon, {"x\ny": 1}, "the name") for daemon in DAEMONS),
    *((daemon, {"x": "1\ny"}, "has a control character or an end of line") for daemon in DAEMONS),
    *((daemon, {"x": ["1", "1\u2028y"]}, "end of line") for daemon in DAEMONS),
    *((daemon, {"x": [["1"]]}, "set a text, a number") for daemon in DAEMONS),
    *((daemon, {"x": [None]}, "x to 'null'; set a text") for daemon in DAEMONS),
    *((daemon, {"x": {"y": 1}}, "set a text") for daemon in DAEMONS if daemon != "dovecot"),
    ("postfix", {"x = y": 1}, "the name 'x = y', which is not one of a setting of Postfix"),
    ("postfix", {"": 1}, "the name ''"),
    ("dovecot", {"x {": 1}, "the name"),
    ("dovecot", {"!include": "/x"}, "the name"),
    ("dovecot", {"x": "y\\"}, "ends in a backslash"),
    ("dovecot", {"service x": {"y\nz": 1}}, "the name"),
    ("dovecot", {"service x": {"y": {"z": "1\r\n2"}}}, "end of line"),
    ("dovecot", {"service #x": {}}, "the name"),
    ("opendkim", {"Include": "/x"}, ""),
    ("opendkim", {"Mode x": 1}, "the name"),
    ("spamassassin", {"if": "1"}, "the name 'if'"),
    ("spamassassin", {"endif": ""}, "the name 'endif'"),
    ("spamassassin", {"a b c": ""}, "the name"),
    ("spamassassin", {"if version": "> 9"}, "the name 'if version'"),
    ("spamassassin", {"ifplugin Mail::SpamAssassin::Plugin::X": ""}, "the name 'ifplugin Mail"),
    ("spamassassin", {"Include local": ""}, "the name 'Include local'"),
    ("spamassassin", {"lang de": "include /x"}, "the name 'lang de'"),
    ("unbound", {"forward-zone": ""}, "the name 'forward-zone'"),
    ("unbound", {"include": "/x"}, "the name 'include'"),
    ("unbound", {"x": "127.0.0.1 interface: 0.0.0.0"}, "would begin another setting"),
    ("unbound", {"x": "1 interface:0.0.0.0"}, "would begin another setting"),
    ("unbound", {"x": '"y'}, "would begin another setting"),
    ("unbound", {"x": "'y"}, "would begin another setting"),
    ("unbound", {"x": '"\\"" interface: 0.0.0.0 #"'}, "would begin another setting"),
    ("unbound", {"x": "'\"' interface: 0.0.0.0 #\""}, "would begin another setting"),
    ("unbound", {"x": '\\" interface: 0.0.0.0 #"'}, "would begin another setting"),
    ("unbound", {"x": '"y"interface: 0.0.0.0'}, "would begin another setting"),
    ("unbound", {"x": '"y" # "z"'}, "would begin another setting"),
    ("unbound", {"x": "y\\ "}, "would begin another setting"),
    ("unbound", {"x": "include: /etc/y"}, "would begin another setting"),
    ("unbound", {"x": 'include:"/etc/y"'}, "would begin another setting"),
    ("unbound", {"x": "include-toplevel: /etc/y"}, "would begin another setting"),
    ("unbound", {"x": ""}, "so the next line would be its value"),
    ("unbound", {"x": ["y", " #z"]}, "so the next line would be its value"),
    ("unbound", {"x": '"y" interface: "0.0.0.0"'}, "would begin another setting"),
]


@pytest.mark.parametrize(("daemon", "settings", "words"), UNSOUND)
def test_setting_that_adds_something_is_named(
    daemon: str, settings: dict[str, t.Any], words: str
) -> None:
    (problem,) = setting_problems(settings, daemon)
    assert words in problem
    assert len(problem.splitlines()) == 1


def described(value: t.Any, daemon: str) -> str:
    """What the page says about a value."""
    lines = spelled(value, STYLES[daemon])
    if len(lines) > 1:
        return "one line each"
    return "no line" if not lines else f"`{lines[0]}`" if lines[0] else "an empty value"


def test_the_page_has_the_same_table() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    assert rows[0] == ["Value", *(style.title for style in STYLES.values())]
    examples = [row for row in rows[2:] if row[0].startswith("`")]
    assert len(examples) == 6
    for row in examples:
        value = yaml.safe_load(row[0].strip("`"))
        assert row[1:] == [described(value, daemon) for daemon in DAEMONS]
    assert rows[-1][1:] == [
        "a section" if style.sections else "refused" for style in STYLES.values()
    ]
