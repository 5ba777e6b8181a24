# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Values that people type: each is read in one form, or refused in one sentence."""

from __future__ import annotations

import ssl
import string
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _option_values, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.module_utils._scan import client_certificate
from ansible_collections.airtight.mail.tests.unit.helpers.refusals import (
    is_one_sentence_about,
    refusal,
)

READERS: tuple[t.Callable[[t.Any], t.Any], ...] = (
    lambda value: _option_values.name("x", value),
    lambda value: _option_values.name("x", value, _option_values.HOST),
    lambda value: _option_values.name("x", value, _option_values.SELECTOR),
    lambda value: _option_values.domain("x", value),
    lambda value: _option_values.helo("x", value),
    lambda value: _option_values.address("x", value),
    lambda value: _option_values.port("x", value),
    lambda value: _option_values.count("x", value, 10),
    lambda value: _option_values.seconds("x", value, 600),
    lambda value: _option_values.strings("x", value),
    lambda value: _option_values.pem_certificates("x", value),
)
ONE_CERTIFICATE = "".join(client_certificate.pem().partition("-----BEGIN CERTIFICATE")[1:])
#: What a name, a number or an address may consist of.
PLAIN = set(string.ascii_lowercase + string.digits + "-_.:[]IPvABCDEF")
VALUES = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="exampl.org-_@/: \n\t²\u0663\uff12\u00fc\u0000", max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.parametrize("reader", READERS)
@given(value=VALUES)
def test_any_value_is_read_or_refused_in_one_sentence(
    reader: t.Callable[[t.Any], t.Any], value: t.Any
) -> None:
    words = refusal(reader, value)
    assert is_one_sentence_about(words, "x: ")
    assert len(words or "") < 400
    found = reader(value) if words is None else 1
    if isinstance(found, str):
        assert set(found) <= PLAIN
    elif not isinstance(found, tuple):
        assert 0 < found < 65536


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("exam ple.com", "x: 'exam ple.com' is not a domain name; write one such as example.org"),
        ("https://example.com", "x: 'https://example.com' is not a domain name;"),
        ("example.com\n", "x: 'example.com\\n' is not a domain name;"),
        ("example.com..", "x: 'example.com..' is not a domain name;"),
        ("user@example.com", "x: 'user@example.com' is not a domain name;"),
        ("192.0.2.25", "x: '192.0.2.25' is an address, not a domain name;"),
        ("192.0.2.256", "x: '192.0.2.256' is not a domain name;"),
        ("2001:db8::1", "x: '2001:db8::1' is an address, not a domain name;"),
        (
            "\u2603.example",
            "x: '\u2603.example' has letters that IDNA 2008 does not permit; write a",
        ),
        ("b\u00fccher", "x: 'b\u00fccher' has no dot; write one such as example.org."),
        ("example", "x: 'example' has no dot; write one such as example.org."),
        ("a" * 300, "x: 'aaaa"),
    ],
)
def test_domain_refuses_what_no_server_would_take(value: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        _option_values.domain("x", value)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("option", ["domains", "parked_domains", "dnsbl_zones"])
@pytest.mark.parametrize("value", ["com", "Com.", "localhost", "xn--p1ai"])
def test_a_single_label_is_no_domain_of_a_target(option: str, value: str) -> None:
    with pytest.raises(ModelError) as caught:
        _target.target({"name": "mx1", option: ["example.org", value]})
    assert str(caught.value) == (f"{option}: {value!r} has no dot; write one such as example.org.")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("co.uk", "is a public suffix: others register domains below it; write example.co.uk."),
        ("Com.AU.", "is a public suffix: others register domains below it; write example.com.au."),
        ("or.jp", "is a public suffix: others register domains below it; write example.or.jp."),
        ("_dmarc.example.org", "is the name of a record, not a domain name; write one such as"),
        ("a._domainkey.example.org", "is the name of a record, not a domain name; write one such"),
        ("_25._tcp.org", "is the name of a record, not a domain name; write one such as example."),
    ],
)
@pytest.mark.parametrize("option", ["domains", "parked_domains"])
def test_a_name_without_mail_of_its_own_is_no_domain(option: str, value: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        _target.target({"name": "mx1.example.org", option: ["example.org", value]})
    assert str(caught.value).startswith(f"{option}: {value!r} {words}")


@pytest.mark.parametrize("value", ["example.co.uk", "co.de", "gov.ie", "a_b.example.org", "uk.com"])
def test_a_domain_that_resembles_such_a_name_is_one(value: str) -> None:
    assert _option_values.domain("x", value) == value


def test_a_public_suffix_may_be_the_name_of_a_host() -> None:
    assert _target.target({"name": "co.uk"}).name == "co.uk"


@pytest.mark.parametrize(
    ("value", "selector"),
    [
        ("s1._domainkey", "s1"),
        ("S1._DomainKey.", "s1"),
        ("a.s1._domainkey.example.org", "a.s1"),
        ("_domainkey.example.org", "mail"),
    ],
)
def test_a_selector_is_not_the_name_of_its_record(value: str, selector: str) -> None:
    with pytest.raises(ModelError) as caught:
        _target.target({"name": "mx1.example.org", "dkim_selectors": ["mail", value]})
    assert str(caught.value) == (
        f"dkim_selectors: {value!r} is the name of a record; give the selector without "
        f"._domainkey: {selector}."
    )


def test_a_host_and_a_selector_may_have_a_single_label() -> None:
    found = _target.target({"name": "mx1", "dkim_selectors": ["mail"]})
    assert (found.name, found.dkim_selectors) == ("mx1", ("mail",))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Example.COM.", "example.com"),
        ("", ""),
        (None, ""),
        ("xn--bcher-kva.example", None),
        ("B\u00fccher.Example.", "xn--bcher-kva.example"),
    ],
)
def test_domain_has_one_form(value: t.Any, expected: str | None) -> None:
    assert _option_values.domain("x", value) == (value if expected is None else expected)


def test_helo_takes_literals_of_addresses() -> None:
    assert _option_values.helo("x", "[192.0.2.1]") == "[192.0.2.1]"
    assert _option_values.helo("x", "[IPv6:2001:db8::1]") == "[IPv6:2001:db8::1]"
    with pytest.raises(ModelError):
        _option_values.helo("x", "[192.0.2.1]\n")


@pytest.mark.parametrize("value", ["[2001:db8::1]", "[IPv6:192.0.2.1]"])
def test_helo_refuses_literals_of_another_version(value: str) -> None:
    with pytest.raises(ModelError, match=r"is not an address literal; write \["):
        _option_values.helo("x", value)


def test_address_has_one_form_and_no_zone() -> None:
    assert _option_values.address("x", "2001:DB8:0:0::25") == "2001:db8::25"
    for value in ("[2001:DB8::25]", "[IPv6:2001:db8::25]"):
        assert _option_values.address("x", value) == "2001:db8::25"
    for value in ("[2001:db8::25", "2001:db8::25]", "[[::1]]", "[::1]:25", "[::1%eth0]", "[1.2]"):
        with pytest.raises(ModelError, match="is not an IP address"):
            _option_values.address("x", value)
    for value in ("fe80::1%eth0", "fe80::1%a\r\nRCPT TO", "fe80::1%"):
        with pytest.raises(ModelError):
            _option_values.address("x", value)


@pytest.mark.parametrize(
    "value", [0, -1, 65536, "²", "\uff12\uff15", "25\n", True, 25.0, "9" * 5000, None]
)
def test_port_is_a_number_of_ascii_digits(value: t.Any) -> None:
    with pytest.raises(ModelError):
        _option_values.port("x", value)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), 601, "\u0663", "1e9", True])
def test_seconds_are_more_than_nothing_and_have_an_end(value: t.Any) -> None:
    with pytest.raises(ModelError):
        _option_values.seconds("x", value, 600)


@given(
    beside=st.text(st.characters(exclude_characters="-", exclude_categories=["Cs"]), max_size=40)
)
def test_certificates_may_stand_beside_words_in_any_language(beside: str) -> None:
    text = f"{beside}\n{ONE_CERTIFICATE}\n{beside}"
    found = _option_values.pem_certificates("trust_anchors", text)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    assert _option_values.pem_certificates("trust_anchors", found) == found


@pytest.mark.parametrize(
    "value", ["\u00fc", "/etc/ssl/anchor.pem", "-----BEGIN CERTIFICATE-----", 5]
)
def test_what_holds_no_certificate_is_refused(value: t.Any) -> None:
    with pytest.raises(ModelError, match=r"^x: this is not a list of certificates in PEM \("):
        _option_values.pem_certificates("x", value)


def test_text_with_commas_is_a_list() -> None:
    assert _option_values.strings("x", "a, b") == ("a", "b")
    assert _option_values.strings("x", None) == ()
    with pytest.raises(ModelError, match=r"^x: 5 is not a list"):
        _option_values.strings("x", 5)
