# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SPF records, macros by the examples of RFC 7208, and decisions over a small DNS."""

from __future__ import annotations

import contextlib
import ipaddress

import hypothesis
import pytest
from hypothesis import strategies

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries, spf, spf_macros
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.spf_record import (
    PermError,
    is_record,
    parse,
    term_text,
)

#: Records of words that are nearly right, and of any characters.
SPF_TEXTS = strategies.lists(
    strategies.one_of(
        strategies.text(max_size=20),
        strategies.sampled_from(
            [
                "a",
                "mx",
                "ip4:",
                "ip6:",
                "include:",
                "exists:",
                "ptr",
                "all",
                "redirect=",
                "exp=",
                "x=",
            ]
        ),
        strategies.sampled_from(
            [
                "/0",
                "//0",
                "/\u00b2",
                "/" + "9" * 4400,
                "::",
                "0.0.0.0",
                "%{i}",
                "%{d",
                "..",
                "1",
                " ",
            ]
        ),
        strategies.sampled_from(["example.org", "\u00a0", "\u0661", "", "\x00", "x" * 70, "."]),
    )
).map(lambda words: "v=spf1 " + "".join(words))

#: Name and type to records; what is not here does not exist, an empty list is no data, None a
#: failure.
ZONE = {
    ("example.org", "TXT"): [
        "v=spf1 ip4:192.0.2.0/28 include:one.example mx/24 ?exists:%{ir}.ok.example -all",
        "other",
    ],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("mx.example.org", "A"): ["198.51.100.1"],
    ("mx.example.org", "AAAA"): [],
    ("one.example", "TXT"): ["v=spf1 a:a.one.example//64 -all"],
    ("a.one.example", "A"): ["203.0.113.1"],
    ("a.one.example", "AAAA"): ["2001:db8::1"],
    ("9.2.0.192.ok.example", "A"): ["127.0.0.1"],
    ("moved.example", "TXT"): ["v=spf1 redirect=example.org"],
    ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"],
    ("two.example", "TXT"): ["v=spf1 -all", "v=spf1 +all"],
    ("empty.example", "TXT"): ["v=spf1 a:e1.example a:e2.example a:e3.example -all"],
    ("nowhere.example", "TXT"): ["v=spf1 include:gone.example -all"],
    ("silent.example", "TXT"): ["v=spf1 a:down.example -all"],
    ("down.example", "A"): None,
    ("pointing.example", "TXT"): ["v=spf1 ptr -all"],
    ("7.2.0.192.in-addr.arpa", "PTR"): ["a.pointing.example."],
    ("a.pointing.example", "A"): ["192.0.2.7"],
}


def answer(question: queries.Question) -> queries.Answer:
    records = ZONE.get((question.name, question.type), ())
    if records is None:
        return queries.Answer(question, queries.ERROR, kind="timeout", text="no answer")
    state = (
        queries.RECORDS
        if records
        else queries.NODATA
        if (question.name, question.type) in ZONE
        else queries.NXDOMAIN
    )
    return queries.Answer(question, state, tuple(records))


def decide(
    address: str, domain: str = "example.org", version: int = 4
) -> tuple[str, spf.CheckHost]:
    check = spf.CheckHost(address, "user@" + domain, "mx." + domain, version)
    try:
        return queries.replay(check.decide(domain), answer), check
    except PermError as exc:
        return f"permerror: {exc}", check


def names(answers: list[queries.Answer]) -> list[str]:
    return [answer.question.name for answer in answers]


@pytest.mark.parametrize(
    ("address", "domain", "result"),
    [
        ("192.0.2.3", "example.org", "pass"),
        ("203.0.113.1", "example.org", "pass"),
        ("2001:db8::99", "example.org", "pass"),
        ("198.51.100.77", "example.org", "pass"),
        ("192.0.2.9", "moved.example", "pass"),
        ("203.0.113.9", "moved.example", "fail"),
        ("203.0.113.9", "unknown.example", "none"),
        ("192.0.2.1", "two.example", "permerror: two.example has 2 SPF records; there must be one"),
        ("192.0.2.1", "loop.example", "permerror: more than 10 terms cause DNS lookups"),
        ("192.0.2.1", "empty.example", "permerror: more than 2 void lookups"),
        ("192.0.2.1", "nowhere.example", "permerror: include:gone.example has no SPF record"),
        ("192.0.2.7", "pointing.example", "pass"),
        ("192.0.2.8", "pointing.example", "fail"),
    ],
)
def test_result_for_a_client(address: str, domain: str, result: str) -> None:
    assert decide(address, domain)[0] == result


def test_exists_with_a_macro_of_the_client_matches() -> None:
    outside = {**ZONE, ("9.113.0.203.ok.example", "A"): ["127.0.0.1"]}
    try:
        ZONE.update(outside)
        assert decide("203.0.113.9")[0] == "neutral"
    finally:
        del ZONE["9.113.0.203.ok.example", "A"]


def test_failed_lookup_is_no_result() -> None:
    with pytest.raises(queries.UnseenError, match=r"^down\.example A: no answer"):
        decide("192.0.2.1", "silent.example")


def test_walk_counts_terms_and_void_lookups() -> None:
    result, check = decide("")
    assert (result, check.lookups, check.voids) == ("fail", 4, [])
    assert decide("", version=6)[1].voids == []
    assert names(decide("", "empty.example")[1].voids) == ["e1.example", "e2.example", "e3.example"]
    assert names(decide("", "nowhere.example")[1].gone) == ["gone.example"]
    result, check = decide("", "loop.example")
    assert (result[:9], check.lookups > spf.MAX_LOOKUPS) == ("permerror", True)


@pytest.mark.parametrize(
    ("text", "result", "counted", "decider"),
    [
        ("v=spf1 mx -all a:e1.example a:e2.example", "fail", 1, "-all"),
        ("v=spf1 -all redirect=gone.example", "fail", 0, "-all"),
        ("v=spf1 a:a.one.example/0//0 -all", "pass", 1, "a:a.one.example/0//0"),
        ("v=spf1 exists:a.one.example -all", "pass", 1, "exists:a.one.example"),
        ("v=spf1 exists:%{i}.one.example -all", "fail", 1, "-all"),
        ("v=spf1 exists:nothing.example -all", "fail", 1, "-all"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "pass", 0, "ip4:0.0.0.0/0"),
        ("v=spf1 include:everybody.example -all", "pass", 2, "all"),
        ("v=spf1 -include:everybody.example +all", "fail", 2, "all"),
        ("v=spf1 redirect=everybody.example", "pass", 2, "all"),
        ("v=spf1 include:one.example", "neutral", 2, None),
        ("v=spf1 redirect=%{i}.example", spf.UNDECIDED, 1, None),
        ("v=spf1 ?all", "neutral", 0, "?all"),
    ],
)
def test_walk_ends_where_every_client_matches(
    text: str, result: str, counted: int, decider: str | None
) -> None:
    more = {
        ("walked.example", "TXT"): [text],
        ("everybody.example", "TXT"): ["v=spf1 include:open.example ~all"],
        ("open.example", "TXT"): ["v=spf1 +all mx"],
    }
    check = spf.CheckHost("", "user@walked.example", "mx.example.org")

    def found(question: queries.Question) -> queries.Answer:
        records = more.get((question.name, question.type))
        if records is None:
            return answer(question)
        return queries.Answer(question, queries.RECORDS, tuple(records))

    assert queries.replay(check.decide("walked.example"), found) == result
    assert check.lookups == counted
    term = check.decider()
    assert (term_text(term[1]) if term else None) == decider


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 foo",
        "v=spf1 ip4:1.2.3",
        "v=spf1 ip4:::1",
        "v=spf1 all:x",
        "v=spf1 include:",
        "v=spf1 a/33",
        "v=spf1 redirect=a redirect=b",
        "v=spf1 exists:%{q}.x",
        "v=spf1 exp=",
        "v=spf1 a:b%c",
        "v=spf1 a:203.0.113.26 -all",
        "v=spf1 a:localhost -all",
        "v=spf1 a:example.1-2- -all",
        "v=spf1 a:mx..example.org -all",
        f"v=spf1 a:{'x' * 64}.example.org -all",
        "v=spf1 include:example.org/24 -all",
        "v=spf1 a:/24 -all",
        "v=spf1 a: -all",
        "v=spf1 a/ -all",
        "v=spf1 a/024 -all",
        "v=spf1 a/24/64 -all",
        "v=spf1 mx//129 -all",
        "v=spf1 ptr/24 -all",
        "v=spf1 all/0",
        "v=spf1 ip4 -all",
        "v=spf1 ip4:192.0.2.0/33 -all",
        "v=spf1 ip4:192.0.2.0/024 -all",
        "v=spf1 ip4:192.0.2.0/255.255.255.0 -all",
        "v=spf1 ip4:192.0.2.01 -all",
        "v=spf1 ip4:192.0.2.1/\u00b2\u00b2 -all",
        "v=spf1 ip6:::/129 -all",
        "v=spf1 ip6:192.0.2.1 -all",
        "v=spf1 mx\t-all",
        "v=spf1 m\u0445 -all",
        "v=spf1 -all\n",
        "v=spf1 exists:%{d0}.example -all",
        "v=spf1 exists:%{c}.example -all",
        "v=spf1 exists:%(d}.example -all",
        "v=spf1 redirect=203.0.113.26",
        "v=spf1 x%y=1 -all",
        "v=spf1 x=% -all",
    ],
)
def test_invalid_record_is_a_permerror(text: str) -> None:
    with pytest.raises(PermError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1",
        "V=SPF1  A/0//0  MX:%{D}/32 ?PTR Exists:%{l1r+-}.%{d} -ALL  ",
        "v=spf1 ip4:0.0.0.0/0 ip6:::/0 ip6:::ffff:192.0.2.1 -all",
        "v=spf1 a:example.1-2 a:example.xn--p1ai. a:_spf.example.org//64 -all",
        "v=spf1 x=1 x=%{c} exp=%{d} redirect=_spf.example.org",
        "v=spf1 exists:%{lr/}.example.org/ok.test -all",
        f"v=spf1 exists:%{{d{'9' * 5000}}} -all",
    ],
)
def test_valid_record_is_no_permerror(text: str) -> None:
    assert parse(text) is not None


@hypothesis.given(SPF_TEXTS)
def test_any_record_is_parsed_or_a_permerror(text: str) -> None:
    check = spf.CheckHost("192.0.2.1", "user@any.example", "mx.example.org")

    def found(question: queries.Question) -> queries.Answer:
        if question == ("any.example", "TXT"):
            return queries.Answer(question, queries.RECORDS, (text,))
        return answer(question)

    with contextlib.suppress(PermError, queries.UnseenError):
        parse(text)
        queries.replay(check.decide("any.example"), found)


def test_record_is_recognized_and_parsed() -> None:
    assert [
        is_record(text) for text in ("v=spf1", "V=SPF1 -all", " v=spf1 -all", "v=spf10 -all")
    ] == [True, True, False, False]
    assert parse("v=spf1  a:b.example/24//64 unknown=x -all").terms[0][1:] == (
        "a",
        "b.example",
        24,
        64,
    )


@pytest.mark.parametrize(
    ("macro", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{L}%%%_%-", "strong-bad% %20"),
    ],
)
def test_macros_of_the_rfc(macro: str, expanded: str) -> None:
    found = spf_macros.expand(
        macro,
        ipaddress.ip_address("192.0.2.3"),
        "strong-bad@email.example.com",
        "email.example.com",
        "mx.example",
    )
    assert found == expanded


def test_macros_of_an_ipv6_client() -> None:
    found = spf_macros.expand(
        "%{ir}.%{v}",
        ipaddress.ip_address("2001:db8::cb01"),
        "a@b.example",
        "b.example",
        "mx.example",
    )
    assert found == "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6"
