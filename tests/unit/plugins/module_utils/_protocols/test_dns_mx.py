# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""An MX question and its answers, whole, compressed, cut off and hostile."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._protocols import dns_mx

NAME = b"\x07example\x03org\0"
#: One CNAME and two MX records, the second with a name that points into the question.
ANSWER = (
    struct.pack("!6H", 7, 0x8180, 1, 3, 0, 0)
    + NAME
    + struct.pack("!2H", 15, 1)
    + b"\xc0\x0c"
    + struct.pack("!2HIH", 5, 1, 60, 2)
    + b"\xc0\x0c"
    + b"\xc0\x0c"
    + struct.pack("!2HIH", 15, 1, 60, 8)
    + b"\x00\x14\x03mx2\xc0\x0c"
    + b"\xc0\x0c"
    + struct.pack("!2HIH", 15, 1, 60, 4)
    + b"\x00\x0a\xc0\x0c"
)


def test_a_question() -> None:
    assert dns_mx.question("example.org.", 7) == struct.pack(
        "!6H", 7, 0x0100, 1, 0, 0, 0
    ) + NAME + struct.pack("!2H", 15, 1)


def test_exchangers_best_first() -> None:
    assert dns_mx.exchangers(ANSWER, 7) == [(10, "example.org"), (20, "mx2.example.org")]


def test_no_such_name_has_none() -> None:
    assert (
        dns_mx.exchangers(
            struct.pack("!6H", 7, 0x8183, 1, 0, 0, 0) + NAME + struct.pack("!2H", 15, 1), 7
        )
        == []
    )


@pytest.mark.parametrize(
    ("data", "ident", "words"),
    [
        (ANSWER, 8, "no answer to the question"),
        (dns_mx.question("example.org", 7), 7, "no answer to the question"),
        (struct.pack("!6H", 7, 0x8182, 0, 0, 0, 0), 7, "error 2"),
        (struct.pack("!6H", 7, 0x8380, 0, 0, 0, 0), 7, "too long"),
        (struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\xc0\x0c", 7, "in circles"),
        (struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\x03a b\0\0\0\0\0", 7, "no host name"),
        (struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\x02\xff\xff\0\0\0\0\0", 7, "malformed"),
    ],
)
def test_what_is_no_answer(data: bytes, ident: int, words: str) -> None:
    with pytest.raises(dns_mx.DnsError, match=words):
        dns_mx.exchangers(data, ident)


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_a_cut_answer_is_none(length: int) -> None:
    with pytest.raises(dns_mx.DnsError):
        dns_mx.exchangers(ANSWER[:length], 7)


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".example", "\u00e9.example"])
def test_a_name_that_cannot_be_asked(name: str) -> None:
    with pytest.raises(dns_mx.DnsError):
        dns_mx.question(name, 7)


@given(st.binary(max_size=200), st.text(max_size=80))
def test_whatever_comes_is_an_answer_or_an_error(data: bytes, name: str) -> None:
    for read in (
        lambda: dns_mx.exchangers(ANSWER[:12] + data, 7),
        lambda: dns_mx.exchangers(data, 7),
        lambda: dns_mx.question(name, 7),
    ):
        with contextlib.suppress(dns_mx.DnsError):
            read()
