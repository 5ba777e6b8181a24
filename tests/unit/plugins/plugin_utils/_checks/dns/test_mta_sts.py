# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""MTA-STS, on recorded fetches and on policies."""

from __future__ import annotations

import pytest

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
