# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Reverse DNS and HELO names, on recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL
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
