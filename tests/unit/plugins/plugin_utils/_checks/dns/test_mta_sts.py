# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""MTA-STS, on recorded fetches and on policies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import mta_sts
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_policy_is_parsed_and_compared_with_hosts() -> None:
    text = (
        "version: STSv1\nmode: enforce\nmx: *.example.org\nmx: MX.example.net\nmax_age: "
        "604800\nnew_field: x\n"
    )
    policy = mta_sts.parse(text)
    assert (policy.problems, policy.patterns) == ((), ("*.example.org", "mx.example.net"))
    hosts = ("a.example.org", "a.b.example.org", "example.org", "mx.example.net")
    assert [mta_sts.permitted(host, policy.patterns) for host in hosts] == [
        True,
        False,
        False,
        True,
    ]
    changes = (
        ("STSv1", "STSv2"),
        ("enforce", "force"),
        ("604800", "-1"),
        ("604800", "99999999"),
        ("mx:", "ax:"),
        ("new_field: x", "x"),
        ("mode: enforce", "mode: Enforce"),
        ("mode: enforce", "mode : enforce"),
        ("mode: enforce", " mode: enforce"),
        ("mode: enforce", "mode:\u00a0enforce"),
        ("mode: enforce\n", "mode: enforce\r"),
        ("604800", "\u00b2"),
        ("604800", "6" * 4400),
        ("604800", "31557601"),
        ("604800", "86399"),
        ("604800", "00000604800"),
        ("*.example.org", "*.*.example.org"),
        ("*.example.org", "mx.*.org"),
        ("*.example.org", "192.0.2.25"),
        ("mx:", "MX:"),
    )
    for old, new in changes:
        assert mta_sts.parse(text.replace(old, new)).problems


def test_policy_without_the_mx_host_is_decisive() -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.recorded("mta_sts_policy", FAIL)
    (lines,) = dns_verdicts.decisive_lines("mta_sts_policy", context)
    assert lines == [
        "version: STSv1",
        "mode: enforce",
        "mx: mx.elsewhere.test",
        "max_age: 604800",
    ]


def test_redirect_is_shown_by_the_status_line() -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.recorded("mta_sts_serving", FAIL)
    lines = dns_verdicts.decisive_lines("mta_sts_serving", context)
    assert {line for found in lines for line in found} == {"HTTP/1.1 301 Moved Permanently"}


def test_fetch_without_stored_places_names_no_line() -> None:
    context = dns_verdicts.recorded("mta_sts_policy", FAIL)
    places = dns_verdicts.with_facts(context, "", probe="mta_sts", places={})
    assert dns_verdicts.decisive_lines("mta_sts_policy", places) == [[]]


def test_untrusted_certificate_of_the_policy_host_is_decisive() -> None:
    context = dns_verdicts.recorded("mta_sts_serving", PASS)
    text = "TLS: the certificate is not trusted: self-signed certificate"
    untrusted = dns_verdicts.changed(
        context,
        lambda seen: seen["probe"] == "mta_sts",
        facts={"verify_error": "self-signed certificate"},
        transcript=[["*", text]],
    )
    lines = dns_verdicts.decisive_lines("mta_sts_serving", untrusted)
    assert {line for found in lines for line in found} == {text}


@pytest.mark.parametrize(
    "text",
    [
        "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 31557600\r\n",
        "mode:enforce \nversion: STSv1\nmx:\tmx.example.org\nmax_age: 86400\nmode: x",
        "version: STSv1\nmode: none\nmax_age: 0086400",
    ],
)
def test_valid_policy_has_no_problem(text: str) -> None:
    assert mta_sts.parse(text).problems == ()


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        (["v=STSv1"], FAIL, "Senders discard"),
        ([" v=STSv1; id=1"], FAIL, "Senders discard"),
        (["v=STSv1; id=1", "v=STSv1; id=2"], FAIL, "2 MTA-STS records"),
        (["v=STSv1; id=1; id=2"], FAIL, "more than one id"),
        (["v=STSv1; id=1-2"], FAIL, "no id"),
        (["v=STSv1; id=\u0661"], FAIL, "no id"),
        (["v=STSv1;\u00a0id=1"], FAIL, "no id"),
        (["v=STSv1; id=1; x"], FAIL, "a part that is no field"),
        (["v=STSv1;id=20261123T00;x = 1 ;"], FAIL, "has no address"),
        ([], "not_applicable", "There is no MTA-STS record."),
    ],
)
def test_record_is_evaluated_as_senders_do(records: list[str], status: str, words: str) -> None:
    found = dns_verdicts.status_of("mta_sts_policy", {("_mta-sts.example.org", "TXT"): records})
    assert (found[0], words in found[1]) == (status, True), found


PARTS = [
    "version: STSv1",
    "mode:",
    "max_age: ",
    "mx: ",
    "*.",
    "\r",
    "\n",
    "²",
    "\u00a0",
    "9" * 4400,
]


@given(st.lists(st.one_of(st.sampled_from([*PARTS, ";", "id="]), st.text())))
def test_any_policy_and_record_is_read(parts: list[str]) -> None:
    text = "".join(parts)
    assert mta_sts.parse(text).problems or "STSv1" in text
    assert isinstance(mta_sts.record_problem("v=STSv1;" + text), str)
