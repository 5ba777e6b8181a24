# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Fields of records: numbers, MX and SRV records, lists of tags."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import fields

#: What numbers and records have been seen to hold.
ODD = ["", "²", "\u0661", "9" * 4400, "-1", "+1", "1_0", "\u00a0", " ", "\n", "0", "65536", "."]
TEXTS = st.lists(st.one_of(st.sampled_from([*ODD, "10", "mx.", ";", "="]), st.text())).map("".join)


@pytest.mark.parametrize("text", ["", "²", "\u0661", "9" * 4400, "-1", "+1", "1_0", " 1", "1\n"])
def test_what_is_no_number_in_ascii_digits_is_none(text: str) -> None:
    assert fields.number(text, 10**9) is None


def test_number_has_a_maximum() -> None:
    assert (fields.number("100", 100), fields.number("101", 100)) == (100, None)
    assert fields.number("007", 100) == 7


@pytest.mark.parametrize("record", ["", "10", "x mx.", "² mx.", "65536 mx.", "10 a b", "10  a"])
def test_mx_record_that_cannot_be_read_is_an_error(record: str) -> None:
    with pytest.raises(fields.RecordError, match="is no MX record"):
        fields.mx_fields(record)


def test_record_is_read() -> None:
    assert fields.mx_fields("10 mx.example.org.") == (10, "mx.example.org")
    assert fields.mx_fields("0 .") == (0, "")
    assert fields.srv_fields("0 1 993 mx.example.org.") == (0, 1, 993, "mx.example.org")
    with pytest.raises(fields.RecordError, match="is no SRV record"):
        fields.srv_fields("0 1 99999 mx.example.org.")


@given(TEXTS)
def test_any_text_is_read_or_an_error(text: str) -> None:
    for read in (fields.mx_fields, fields.srv_fields):
        with contextlib.suppress(fields.RecordError):
            read(text)
    assert isinstance(fields.list_problems(text), list)
    assert isinstance(fields.tag_values(text), list)
    assert fields.number(text, 65535) in (None, *range(65536))


def test_tag_without_value_is_empty() -> None:
    assert fields.tag_values("v=DKIM1; p=a=b ;t") == [("v", "DKIM1"), ("p", "a=b"), ("t", "")]
    assert fields.tag_values(";\u00a0p=x") == [("\u00a0p", "x")]


@pytest.mark.parametrize(
    ("record", "problems"),
    [
        ("v=DKIM1; p=a=b;", []),
        ("v=DKIM1; p=a; p=b", ["p= is there more than once, so the whole record is invalid"]),
        ("v=DKIM1; p", ["'p' is no tag"]),
        ("v=DKIM1;; p=a", ["'' is no tag"]),
        ("v=DKIM1;\u00a0p=a", ["'\\xa0p=a' is no tag"]),
        ("v=DKIM1; n=\u00e9", ["it has characters that are not ASCII"]),
    ],
)
def test_invalid_list_of_tags_has_a_problem(record: str, problems: list[str]) -> None:
    assert fields.list_problems(record) == problems
