# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS-RPT records, on recorded answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import tls_rpt
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


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        (["v=TLSRPTv1; rua=MAILTO:a@example.org"], PASS, "MAILTO:a@example.org"),
        (["v=TLSRPTv1;rua=mailto:a@example.org,HTTPS://example.net/v1;x = 1;"], PASS, "HTTPS"),
        ([" v=TLSRPTv1; rua=mailto:a@example.org"], FAIL, "Senders discard"),
        (["v=TLSRPTv1 ; rua=mailto:a@example.org"], FAIL, "Senders discard"),
        (["v=tlsrptv1; rua=mailto:a@example.org"], FAIL, "Senders discard"),
        (["v=TLSRPTv1; rua=mailto:a@example.org"] * 2, FAIL, "2 TLS-RPT records"),
        ([" v=TLSRPTv1; rua=", "v=TLSRPTv1; rua=mailto:a@example.org"], PASS, "mailto"),
        (["v=TLSRPTv1; rua=mailto:a@example.org?subject=tls"], PASS, "subject"),
        (["v=TLSRPTv1; rua=;"], FAIL, "no report address"),
        (["v=TLSRPTv1;\u00a0rua=mailto:a@example.org"], FAIL, "no report address"),
        (["v=TLSRPTv1; rua=mailto:a@example.org,"], FAIL, "'' is no valid report address"),
        (["v=TLSRPTv1; rua=mailto:a@example.org!10m"], FAIL, "no valid report address"),
        (["v=TLSRPTv1; rua=http://example.org"], FAIL, "no valid report address"),
        (["v=TLSRPTv1; rua=mailto:a@example.org; x"], FAIL, "'x' is no field"),
        (["v=TLSRPTv1; rua=mailto:a@example.org; x=a=b"], FAIL, "'x=a=b' is no field"),
        (["v=TLSRPTv1; rua=https://example.org:65535/x"], PASS, ":65535"),
        (["v=TLSRPTv1; rua=https://example.org:65536/x"], FAIL, "no valid report address"),
        (["v=TLSRPTv1; rua=https://example.org:0/x"], FAIL, "no valid report address"),
        ([], "not_applicable", "no TLS-RPT record"),
    ],
)
def test_record_is_evaluated_as_senders_do(records: list[str], status: str, words: str) -> None:
    zone = {("_smtp._tls.example.org", "TXT"): records}
    found = dns_verdicts.status_of("tls_reports", zone)
    assert (found[0], words in found[1]) == (status, True), found


PARTS = [";", "rua=", "mailto:", "https://", "@", ",", "²", "\u00a0", "9" * 4400, "a.example"]


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text())))
def test_any_record_is_read(parts: list[str]) -> None:
    found = tls_rpt.parse("v=TLSRPTv1;" + "".join(parts))
    assert found.problems or found.destinations
