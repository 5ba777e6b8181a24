# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Parsing of messages, the author of a message, and replies of IMAP about messages."""

from __future__ import annotations

import email.utils
import functools
import inspect

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import imap_fetch
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import message
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import segments


def test_message_is_parsed_into_fields_and_body() -> None:
    found = message.letter(b"A : x\r\n y\r\nB:\r\nA: z\r\n\r\nbody: no\r\n")
    assert [(field.name, field.value) for field in found.fields] == [
        ("A", "x y"),
        ("B", ""),
        ("A", "z"),
    ]
    assert (found.all("a"), found.first("b"), found.first("c"), found.body) == (
        ["x y", "z"],
        "",
        "",
        b"body: no\r\n",
    )
    assert message.letter(b"no header\r\n").body == b"no header\r\n"
    assert message.letter(b"A: b").fields[0].raw == b"A: b"
    assert message.unstuffed(b"a\r\n..\r\n.b\r\n") == b"a\r\n.\r\nb\r\n"


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("A <a@B.example>", "b.example"),
        ("a@b.example", "b.example"),
        ("a@b.example (comment <c@d.example>)", "b.example"),
        ('"x, y@z.example" <a@b.example>', "b.example"),
        ("A\r\n <a@b.example>", "b.example"),
        ("none", ""),
        ("", ""),
        ("undisclosed:;", ""),
    ],
)
def test_author_is_the_domain_of_the_only_address(value: str, domain: str) -> None:
    assert message.author(value) == domain


@pytest.mark.parametrize(
    "value",
    [
        "a@b.example, c@d.example",
        "Team: a@b.example, c@d.example;",
        "a@b.example <c@d.example>",
        "x <a@b.example> y",
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_several_authors_have_no_domain_in_any_release_of_python(
    value: str, strict: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "strict" in inspect.signature(email.utils.getaddresses).parameters:
        getaddresses = functools.partial(email.utils.getaddresses, strict=strict)
        monkeypatch.setattr(email.utils, "getaddresses", getaddresses)
    assert message.author(value) == ""


def test_unclear_author_of_newer_releases_has_no_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email.utils, "getaddresses", lambda _values: [("", "")])
    assert message.author("a@b.example <c@d.example>") == ""


def test_folders_and_message_numbers_of_imap() -> None:
    lines = [
        '* LIST (\\HasNoChildren) "/" "a b"',
        "* LIST (\\NonExistent) NIL gone",
        "* LIST () NIL inbox",
        "* LIST () NIL {3}",
        "* OK",
    ]
    assert imap_fetch.folders(lines) == ["inbox", '"a b"']
    assert imap_fetch.found(["* SEARCH 1 22 x 99999999999999", "* 3 EXISTS"]) == [1, 22]


def test_body_of_imap_is_read_in_any_segments() -> None:
    parse = imap_fetch.fetched("a1")
    data = b"* 1 FETCH (UID 1 BODY[] {4}\r\na1 \n)\r\na1 OK\r\n"
    for first, second in segments(data):
        assert parse(first) is None
        assert parse(first + second) == (b"a1 \n", len(data))
    assert parse(b'* 1 FETCH (BODY[]<0> "short")\r\na1 OK\r\n') == (b"short", 38)
    assert parse(b"a1 NO\r\n") == (b"", 7)
    for size in (b"99999", b"9" * 30):
        with pytest.raises(WireError, match="was announced"):
            parse(b"* 1 FETCH (BODY[] {%s}\r\n" % size)
    with pytest.raises(WireError, match="more than"):
        parse(b"* x\r\n" * 1001)
