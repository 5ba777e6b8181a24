# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS-RPT records, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_missing_record_is_decisive() -> None:
    context = dns_verdicts.recorded("tls_reports", FAIL)
    assert dns_verdicts.decisive_lines("tls_reports", context) == [["no such name (NXDOMAIN)"]]


def test_invalid_report_address_is_shown_by_its_record() -> None:
    context = dns_verdicts.recorded("tls_reports", PASS)
    record = "v=TLSRPTv1; rua=postmaster@example.org"
    changed = dns_verdicts.with_records(context, "TXT", ["other", record])
    assert dns_verdicts.verdict("tls_reports", changed)["status"] == FAIL
    assert dns_verdicts.decisive_lines("tls_reports", changed) == [[f"TXT {record}"]]
