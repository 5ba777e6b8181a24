# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Hosts with IPv4 and IPv6, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_missing_ipv4_address_is_shown_by_the_answer_about_a() -> None:
    context = dns_verdicts.recorded("dual_stack", FAIL)
    assert dns_verdicts.decisive_lines("dual_stack", context) == [["no such record"]]


def test_service_closed_on_one_address_is_shown_by_the_refused_connection() -> None:
    context = dns_verdicts.recorded("dual_stack", PASS)
    refused = {"kind": "connect_refused", "text": "connection refused"}
    closed = dns_verdicts.changed(
        context,
        lambda seen: seen["probe"] == "smtp_session" and ":" in seen["address"],
        facts={},
        error=refused,
    )
    assert dns_verdicts.verdict("dual_stack", closed)["status"] == FAIL
    assert dns_verdicts.decisive_lines("dual_stack", closed) == [["connection refused"]]
