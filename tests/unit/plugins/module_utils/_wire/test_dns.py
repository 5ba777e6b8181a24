# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Names that are asked for, and inquiries led with answers at hand."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._wire import dns


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.25", "25.2.0.192.in-addr.arpa"),
        ("2001:db8::25", "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
        ("::ffff:127.0.0.2", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"),
    ],
)
def test_reverse_names(address: str, name: str) -> None:
    assert dns.reverse_name(address) == name


def test_names() -> None:
    assert (dns.fold("MX1.Example.org."), dns.fold(".")) == ("mx1.example.org", ".")
    assert dns.parents("a.b.Example") == ["a.b.example", "b.example", "example"]
    assert dns.within("a.example.org", "Example.org")
    assert not dns.within("notexample.org", "example.org")
    assert dns.tags("v=DKIM1; p=a=b ;t") == [("v", "DKIM1"), ("p", "a=b"), ("t", "")]


def test_an_error_stops_an_inquiry_that_needs_the_answer() -> None:
    def answer(question: dns.Question) -> dns.Answer:
        if question.type == "A":
            return dns.Answer(question, dns.RECORDS, ("192.0.2.1",))
        return dns.Answer(question, dns.ERROR, kind="servfail", text="the resolver answered SERVFAIL")

    asked = dns.replay(dns.ask(("Example.org.", "A"), ("example.org", "AAAA")), answer)
    assert [found.state for found in asked] == [dns.RECORDS, dns.ERROR]
    with pytest.raises(dns.UnseenError, match=r"^example\.org AAAA: the resolver answered SERVFAIL$"):
        dns.replay(dns.addresses("example.org"), answer)
