# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Wildcard records, on recorded answers."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_record_of_an_unpublished_name_is_decisive() -> None:
    context = dns_verdicts.recorded("wildcard_names", FAIL)
    assert dns_verdicts.decisive_lines("wildcard_names", context) == [["TXT v=DKIM1; p="]]
