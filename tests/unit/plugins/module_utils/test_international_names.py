# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Internationalised names are taken as the DNS has them, in every option."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._international_names import a_labels
from ansible_collections.airtight.mail.tests.unit.helpers import refusals


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Example.ORG", "example.org"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmm1c.example"),
        ("\u043f\u043e\u0447\u0442\u0430.\u0440\u0444", "xn--80a1acny.xn--p1ai"),
        ("\u65e5\u672c\u8a9e.example", "xn--wgv71a119e.example"),
        ("\u05d0\u05d11.example", "xn--1-zhcd.example"),
    ],
)
def test_u_labels_have_a_labels(name: str, expected: str) -> None:
    assert a_labels(name) == expected
    assert a_labels(expected) == expected


@pytest.mark.parametrize(
    "label",
    [
        "\u2603",
        "\uff45x",
        "\ufb01x",
        "a\u200db",
        "a\u200c\u00fc",
        "l\u00b7l",
        "\u4f8b\u3002\u4f8b",
        "\u0301a",
        "-\u00fc",
        "\u00fc-",
        "ab--\u00fc",
        "xn--\u00fc",
        "\u0627a",
        "1\u05d0",
        "\u05d01\u0661",
        "\u00fc\n",
        "\u00fc b",
        "\u00fc_",
    ],
)
def test_what_idna_2008_does_not_permit_has_none(label: str) -> None:
    assert a_labels(f"{label}.example") == ""


@given(st.text(min_size=1, max_size=30))
def test_result_is_ascii_and_stands_for_the_same_labels(name: str) -> None:
    found = a_labels(name)
    assert found.isascii()
    if name.isascii():
        assert found == name.lower()
    for label in found.split(".") if not name.isascii() and found else ():
        if label.startswith("xn--") and "xn--" not in name.lower():
            assert a_labels(label[4:].encode("ascii").decode("punycode")) == label


U_LABEL, A_LABEL = "b\u00fccher.example", "xn--bcher-kva.example"
REFUSED = "\u2603.example"


def whole(domain: str) -> dict[str, t.Any]:
    return {
        "name": f"mx1.{domain}",
        "domains": [domain],
        "parked_domains": [f"parked.{domain}"],
        "dnsbl_zones": [f"dnsbl.{domain}"],
        "account": {"address": f"alice@{domain}", "password": "secret"},
    }


def test_target_with_u_labels_is_that_with_a_labels() -> None:
    found, plain = _target.target(whole(U_LABEL)), _target.target(whole(A_LABEL))
    assert found == plain


@pytest.mark.parametrize("option", list(whole(REFUSED)))
def test_what_has_no_a_label_is_refused_in_one_sentence(option: str) -> None:
    data = {**whole(A_LABEL), option: whole(REFUSED)[option]}
    words = refusals.refusal(_target.target, data)
    assert words is not None
    assert refusals.is_one_sentence_about(words, option)


@pytest.mark.parametrize("name", ["[2001:db8::1]", "[IPv6:2001:DB8::1]", "2001:db8::1"])
def test_name_may_be_an_address_in_brackets(name: str) -> None:
    found = _target.target({"name": name, "egress_addresses": [name], "addresses": [name]})
    assert (found.name, found.key) == ("2001:db8::1", "2001:db8::1")
    assert found.addresses == found.egress_addresses == ("2001:db8::1",)
    assert _model.is_address(found.name)
