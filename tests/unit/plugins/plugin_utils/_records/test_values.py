# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Values of variables about records: one canonical form, or one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dmarc, spf_record
from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.addresses import is_name
from ansible_collections.airtight.mail.plugins.plugin_utils._records import values

ACCEPTED: list[tuple[Any, Any, Any]] = [
    (values.name, "MX1.Example.org.", "mx1.example.org"),
    (values.name, "exämple.org", "xn--exmple-cua.org"),
    (values.name, "straße.de", "xn--strae-oqa.de"),
    (values.name, "XN--EXMPLE-CUA.org", "xn--exmple-cua.org"),
    (values.names, "a.test, b.test,A.test", ("a.test", "b.test")),
    (values.addresses, ["2001:DB8::0:1", "192.0.2.1"], ("2001:db8::1", "192.0.2.1")),
    (values.servers, "web.example.org", ("web.example.org",)),
    (values.servers, ["192.0.2.1", "2001:db8::1"], ("192.0.2.1", "2001:db8::1")),
    (values.servers, [], ()),
    (values.ttl, "300", 300),
    (values.preference, 0, 0),
    (values.truth, "No", False),
    (values.truth, True, True),
    (values.services, "smtp, imaps", ("smtp", "imaps")),
    (values.ports, {"submission": "2587"}, {"submission": 2587}),
    (values.spf_terms, ["mx", "?include:a.test", "mx"], ("mx", "?include:a.test")),
    (values.report_addresses, "mailto:a+b@Example.org", ("mailto:a+b@example.org",)),
    (values.report_addresses, ["a&b=c@exämple.org"], ("mailto:a%26b%3Dc@xn--exmple-cua.org",)),
    (values.report_uris, "https://a.test:8443/x?y=1", ("https://a.test:8443/x?y=1",)),
    (values.report_uris, ["tls@a.test"], ("mailto:tls@a.test",)),
    (values.uri, "https://acme.example/a,b!c", "https://acme.example/a,b!c"),
]
REFUSED: list[tuple[Any, Any, str]] = [
    (values.name, "localhost", "x: 'localhost' is not a full name; write one such as example.org."),
    (values.name, "a b.test", "x: 'a b.test' is not a full name; write one such as example.org."),
    (values.name, "a\u3002test", "is not a full name"),
    (values.name, "\u2603.test", "is not a full name"),
    (values.name, "ﬁ.test", "is not a full name"),
    (values.name, "192.0.2.1", "is not a full name"),
    (values.name, "a.test..", "is not a full name"),
    (values.name, None, "is not a full name"),
    (values.addresses, "mx1.example.org", "x: 'mx1.example.org' is not an IP address"),
    (values.addresses, ["127.0.0.1"], "x: '127.0.0.1' leads nobody to the host; write its public"),
    (values.addresses, ["ff02::1"], "leads nobody"),
    (values.addresses, ["::"], "leads nobody"),
    (values.addresses, ["fe80::1"], "leads nobody"),
    (values.addresses, ["::ffff:192.0.2.1"], "is IPv4; write 192.0.2.1."),
    (values.servers, ["a.test", "192.0.2.1"], "x: 'a.test' is one of several; give one name, or"),
    (values.ttl, -1, "x: -1 is not a whole number from 0 to 2147483647."),
    (values.ttl, 2**31, "is not a whole number"),
    (values.ttl, True, "x: True is not a whole number"),
    (values.ttl, 1.5, "x: 1.5 is not a whole number"),
    (values.preference, 65536, "x: 65536 is not a whole number from 0 to 65535."),
    (values.choice("a", "b"), "c", "x: 'c' is not one of a, b."),
    (values.truth, "maybe", "x: 'maybe' is neither true nor false; write one of them."),
    (values.truth, 1, "x: 1 is neither true nor false"),
    (values.services, "smtps", "x: 'smtps' is not one of smtp, submission,"),
    (values.ports, [25], "x: [25] is not a dictionary; write {submission: 2587}."),
    (values.ports, {"smtp": 0}, "x: 0 is not a port number"),
    (values.spf_terms, ["-all"], "x: '-all' is not one mechanism of SPF; write one such as"),
    (values.spf_terms, ["mx -all"], "is not one mechanism"),
    (values.spf_terms, ["redirect=a.test"], "is not one mechanism"),
    (values.spf_terms, ["a.test"], "is not one mechanism"),
    (values.spf_terms, ["a:`.test"], "is not one mechanism"),
    (values.spf_terms, [""], "is not one mechanism"),
    (values.report_addresses, "a@b", "x: 'a@b' has the domain 'b', which is not a fully qualified"),
    (values.report_addresses, "a!b@a.test", "has !, which is not accepted before the @"),
    (values.report_addresses, "https://a.test/", "is not a"),
    (values.report_uris, "https://a.test/!", "x: 'https://a.test/!' is not an address for reports"),
    (values.report_uris, "https://a.test:0/", "is not an address for reports"),
    (values.report_uris, "https://a.test:65536/", "is not an address for reports"),
    (values.report_uris, "https://localhost/", "is not an address for reports"),
    (values.report_uris, "http://a.test/", "is not an address for reports"),
    (values.uri, "https://a.test/;b", "x: 'https://a.test/;b' is not a URI; write one such as"),
    (values.uri, 'https://a.test/"', "is not a URI"),
    (values.uri, "a b", "is not a URI"),
]


@pytest.mark.parametrize(("read", "value", "expected"), ACCEPTED)
def test_value_has_one_form(read: Any, value: Any, expected: Any) -> None:
    assert read("x", value) == expected


@pytest.mark.parametrize(("read", "value", "sentence"), REFUSED)
def test_value_that_cannot_be_used_is_named(read: Any, value: Any, sentence: str) -> None:
    with pytest.raises(ModelError) as raised:
        read("x", value)
    text = str(raised.value)
    assert sentence in text
    assert (text[:2], text[-1], len(text.splitlines())) == ("x:", ".", 1)


def read_or_none(read: Any, value: Any) -> Any:
    """The value as it was read; None for one that was refused in one line."""
    problem = ""
    try:
        return read("x", value)
    except ModelError as exc:
        problem = str(exc)
    assert len(problem.splitlines()) == 1
    return None


TEXTS = st.text(st.characters(exclude_categories=[])) | st.text(
    'ab.@-:/ä;,!"\\ \n\u2028%', max_size=20
)


@given(TEXTS)
def test_name_of_any_text_is_a_name_in_ascii(text: str) -> None:
    found = read_or_none(values.name, text)
    assert found is None or (found.isascii() and is_name(found))


@given(TEXTS)
def test_term_of_any_text_is_one_term(text: str) -> None:
    for term in read_or_none(values.spf_terms, [text]) or ():
        assert len(spf_record.parse(f"v=spf1 {term} -all").terms) == 2


@given(TEXTS)
def test_address_of_any_text_is_one_destination(text: str) -> None:
    for uri in read_or_none(values.report_addresses, [f"{text}@a.test"]) or ():
        record = dmarc.parse("a.test", f"v=DMARC1; p=none; rua={uri}")
        assert (record.problems, record.destinations) == ((), [("rua", uri)])
    for uri in read_or_none(values.report_uris, [f"https://a.test/{text}"]) or ():
        assert not set(uri) & set(' ;,!"\\\n')
