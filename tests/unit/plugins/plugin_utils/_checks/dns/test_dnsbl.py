# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DNSBLs, on recorded answers and on return codes."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dnsbl
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


@pytest.mark.parametrize("code", sorted(dnsbl.ERROR_CODES))
def test_error_code_of_a_dnsbl_lists_nothing(code: str) -> None:
    question = queries.Question("1.2.0.192.bl.example", "A")
    assert code in dnsbl.unusable_reason(queries.Answer(question, queries.RECORDS, (code,)))
    assert dnsbl.unusable_reason(queries.Answer(question, queries.RECORDS, ("127.0.0.4",))) == ""
    assert dnsbl.unusable_reason(queries.Answer(question, queries.NXDOMAIN)) == ""
    assert "something else answers" in dnsbl.unusable_reason(
        queries.Answer(question, queries.RECORDS, ("198.18.0.1",))
    )


def test_listing_is_the_decisive_answer() -> None:
    context = dns_verdicts.recorded("dnsbl_listed", FAIL)
    assert dns_verdicts.decisive_lines("dnsbl_listed", context) == [["A 127.0.0.4"]]
