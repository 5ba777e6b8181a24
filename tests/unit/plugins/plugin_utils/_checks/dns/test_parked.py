# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Parked domains, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_each_missing_record_is_decisive() -> None:
    context = dns_verdicts.recorded("parked_domains", FAIL)
    assert dns_verdicts.decisive_lines("parked_domains", context) == [
        ["no such record", "TXT nothing", "no such name (NXDOMAIN)"]
    ]
