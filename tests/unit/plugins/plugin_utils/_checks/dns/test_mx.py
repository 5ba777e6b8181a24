# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""MX records, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_missing_mx_record_is_shown_by_the_mx_answer() -> None:
    context = dns_verdicts.recorded("mx_records", FAIL)
    assert dns_verdicts.decisive_lines("mx_records", context) == [["no such record"]]


def test_mx_host_with_closed_port_25_is_shown_by_the_refused_connection() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    refused = {"kind": "connect_refused", "text": "connection refused"}
    closed = dns_verdicts.changed(
        context, lambda seen: seen["probe"] == "smtp_session", facts={}, error=refused
    )
    found = dns_verdicts.verdict("mx_records", closed)
    failed = [entry for entry in found["evidence"] if entry["status"] == FAIL]
    assert {(entry["probe"], entry["port"], entry["subject"]) for entry in failed} == {
        ("smtp_session", 25, "sound.names.test")
    }
    lines = dns_verdicts.decisive_lines("mx_records", closed)
    assert {line for found in lines for line in found} == {"connection refused"}


def test_null_mx_record_of_a_declared_domain_is_the_decisive_record() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    null = dns_verdicts.with_records(context, "MX", ["0 ."])
    assert dns_verdicts.decisive_lines("mx_records", null) == [["MX 0 ."]]


def test_untested_port_25_is_unknown() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    untested = dns_verdicts.without(context, lambda seen: seen["probe"] == "smtp_session")
    assert dns_verdicts.verdict("mx_records", untested)["status"] == UNKNOWN
