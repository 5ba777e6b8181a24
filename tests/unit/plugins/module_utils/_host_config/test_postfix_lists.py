# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Members of a list, tables and braces are told apart as Postfix tells them apart."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    is_table,
    split_list,
    table_kind,
    table_of,
    unbraced,
)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", []),
        ("a, b\tc,,d", ["a", "b", "c", "d"]),
        ("{a b}, inline:{ {c d}, e }", ["{a b}", "inline:{ {c d}, e }"]),
        ("a } b", ["a", "}", "b"]),
        ("{a b", ["{a b"]),
    ],
)
def test_split_list_keeps_braces_together(text: str, members: list[str]) -> None:
    assert split_list(text) == members


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hash:/x", ("hash", "/x")),
        ("proxy:proxy:ldap:/x", ("ldap", "/x")),
        ("static:{a b}", ("static", "{a b}")),
        ("unix:passwd.byname", ("unix", "passwd.byname")),
        ("unix:private/policy", ("", "")),
        ("inet:127.0.0.1:10023", ("", "")),
        ("hash:", ("", "")),
        ("2001:db8::1", ("", "")),
        ("/x", ("", "")),
    ],
)
def test_table_kind_is_that_of_a_known_type(name: str, kind: tuple[str, str]) -> None:
    assert table_kind(name) == kind
    assert is_table(name) is bool(kind[0])


@pytest.mark.parametrize(
    ("text", "inner"), [("", ""), ("a", "a"), ("{a}", "a"), ("{{a} b}", "{a} b"), ("a{b}", "a{b}")]
)
def test_unbraced_leaves_out_the_outer_braces(text: str, inner: str) -> None:
    assert unbraced(text) == inner


@pytest.mark.parametrize(
    ("argument", "table"),
    [
        ("hash:/x", "hash:/x"),
        ("{ hash:/x, default_action=DUNNO }", "hash:/x"),
        ("{inline:{ {a = b} }}", "inline:{ {a = b} }"),
        ("static:{ 550 no }", "static:{ 550 no }"),
        ("{}", ""),
        ("", ""),
    ],
)
def test_table_of_an_argument_stands_before_its_options(argument: str, table: str) -> None:
    assert table_of(argument) == table
