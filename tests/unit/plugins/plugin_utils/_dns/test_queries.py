# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Names that are asked for, and inquiries led with answers at hand."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.25", "25.2.0.192.in-addr.arpa"),
        (
            "2001:db8::25",
            "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        ),
        (
            "::ffff:127.0.0.2",
            "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
        ),
    ],
)
def test_reverse_names(address: str, name: str) -> None:
    assert queries.reverse_name(address) == name


def test_names() -> None:
    assert (queries.fold("MX1.Example.org."), queries.fold(".")) == ("mx1.example.org", ".")
    assert queries.parents("a.b.Example") == ["a.b.example", "b.example", "example"]
    assert queries.within("a.example.org", "Example.org")
    assert not queries.within("notexample.org", "example.org")
    assert queries.tags("v=DKIM1; p=a=b ;t") == [("v", "DKIM1"), ("p", "a=b"), ("t", "")]


def test_an_error_stops_an_inquiry_that_needs_the_answer() -> None:
    def answer(question: queries.Question) -> queries.Answer:
        if question.type == "A":
            return queries.Answer(question, queries.RECORDS, ("192.0.2.1",))
        return queries.Answer(
            question, queries.ERROR, kind="servfail", text="the resolver answered SERVFAIL"
        )

    asked = queries.replay(queries.ask(("Example.org.", "A"), ("example.org", "AAAA")), answer)
    assert [found.state for found in asked] == [queries.RECORDS, queries.ERROR]
    with pytest.raises(
        queries.UnseenError, match=r"^example\.org AAAA: the resolver answered SERVFAIL$"
    ):
        queries.replay(queries.addresses("example.org"), answer)
