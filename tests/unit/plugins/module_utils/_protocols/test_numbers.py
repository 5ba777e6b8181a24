# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Numbers from the wire: whatever is said, it is a number within the bound, or none."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    imap_fetch,
    imap_pop3_sieve,
    smtp,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols.numbers import number
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError

LONG = "9" * 4400


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "१२", "+1", "-1", "1_0", " 1", "1 ", "1.0", "0x1", LONG]
)
def test_what_is_no_number(text: str) -> None:
    assert number(text, 10**30) is None
    assert number(text.encode(), 10**30) is None


def test_a_number_within_its_bound() -> None:
    assert [number(text, 12) for text in ("0", "007", "12", "13")] == [0, 7, 12, None]
    assert number(b"12", 12) == 12


@pytest.mark.parametrize("text", ["²", LONG, "0", "", "10 20"])
def test_size_without_a_limit_that_can_be_read(text: str) -> None:
    assert smtp.size_limit({"SIZE": text}) == 0


@pytest.mark.parametrize("size", ["99999999999", LONG])
@pytest.mark.parametrize("parser", [imap_pop3_sieve.imap("a1"), imap_fetch.fetched("a1")])
def test_a_literal_of_any_length(parser: t.Any, size: str) -> None:
    with pytest.raises(WireError, match=r"a literal of 9+ octets was announced"):
        parser(f"* FETCH {{{size}}}\r\n".encode())


def test_numbers_of_messages() -> None:
    assert imap_fetch.found([f"* SEARCH 1 ² {LONG} 4294967296 7"]) == [1, 7]
