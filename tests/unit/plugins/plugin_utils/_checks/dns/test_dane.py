# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DANE, on recorded answers and certificates."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

pytest.importorskip("cryptography")


@pytest.mark.parametrize(("check", "status"), [("dane_match", FAIL), ("dane_rollover", UNKNOWN)])
def test_unsigned_records_are_ignored(check: str, status: str) -> None:
    bare = dns_verdicts.with_facts(dns_verdicts.recorded(check, PASS), "TLSA", ad=False)
    assert dns_verdicts.verdict(check, bare)["status"] == status
    notes = [lines[-1] for lines in dns_verdicts.decisive_lines(check, bare)]
    assert notes == ["_25._tcp.sound-mx.names.test TLSA: the resolver did not set the AD flag"]


@pytest.mark.parametrize("check", ["dane_match", "dane_other_ports"])
def test_mismatch_is_shown_by_the_records_and_the_digests_of_the_certificate(check: str) -> None:
    for lines in dns_verdicts.decisive_lines(check, dns_verdicts.recorded(check, FAIL)):
        records, digests = lines[:-2], lines[-2:]
        assert {line[:11] for line in records} == {"TLSA 3 1 1 "}
        assert ["SHA-256 of the certificate" in digests[0], "public key" in digests[1]] == [
            True
        ] * 2


def test_records_of_the_certificate_in_use_are_decisive() -> None:
    context = dns_verdicts.recorded("dane_rollover", FAIL)
    (lines,) = dns_verdicts.decisive_lines("dane_rollover", context)
    assert {line[:11] for line in lines} == {"TLSA 3 1 1 "}
