# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Reverse DNS and HELO names, on recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import reverse_dns
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("mx1.example.org", False),
        ("mail-25.example.org", False),
        ("192-0-2-25.example.net", True),
        ("ip25.2.0.192.example.net", True),
        ("static.192.000.002.025.example.net", True),
        ("host.dyn.example.net", True),
        ("pool-7.example.net", True),
        ("liverpool.example.org", False),
        ("dynamo.example.org", False),
        ("mx1.whirl-pool.example", False),
        ("mx1.dsl.example", False),
        ("192-0-2-25.example", False),
        ("a.pool.whirl-pool.example", True),
    ],
)
def test_generic_name_is_recognized(name: str, generic: bool) -> None:
    assert reverse_dns.is_generic(name, "192.0.2.25") is generic


def test_unconfirmed_pointer_is_shown_by_both_answers() -> None:
    context = dns_verdicts.recorded("reverse_names", FAIL)
    assert dns_verdicts.decisive_lines("reverse_names", context) == [
        ["PTR nowhere.names.test.", "no such name (NXDOMAIN)"]
    ]


def test_helo_name_without_the_address_is_shown_by_its_addresses() -> None:
    context = dns_verdicts.recorded("helo_name", FAIL)
    assert dns_verdicts.decisive_lines("helo_name", context) == [
        ["A 198.51.100.21", "no such record"]
    ]


def test_name_below_a_declared_domain_is_judged_by_the_labels_before_it() -> None:
    name = "mx1.whirl-pool.example.co.uk"
    assert reverse_dns.is_generic(name, "192.0.2.25")
    assert not reverse_dns.is_generic(name, "192.0.2.25", ["whirl-pool.example.co.uk"])


def test_generic_name_is_a_guess_of_its_own() -> None:
    zone = {
        ("25.2.0.192.in-addr.arpa", "PTR"): ["dsl-25.example.net."],
        ("dsl-25.example.net", "A"): ["192.0.2.25"],
    }
    statuses = [
        dns_verdicts.status_of(check, zone, addresses=["192.0.2.25"])
        for check in ("reverse_names", "generic_reverse_names")
    ]
    assert [status for status, _sentence in statuses] == [PASS, FAIL]
    assert "a guess" in statuses[1][1]
    assert dns_verdicts.status_of("generic_reverse_names", {}, addresses=["192.0.2.25"])[0] == (
        "not_applicable"
    )


def test_pointer_to_the_root_is_no_name() -> None:
    zone = {("25.2.0.192.in-addr.arpa", "PTR"): ["."]}
    found = {
        check: dns_verdicts.status_of(check, zone, addresses=["192.0.2.25"])[0]
        for check in ("reverse_names", "generic_reverse_names")
    }
    assert found == {"reverse_names": "fail", "generic_reverse_names": "not_applicable"}
