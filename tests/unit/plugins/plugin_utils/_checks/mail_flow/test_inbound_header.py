# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The decisive lines of header fields that an external client forges, repeats or leaves out."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded_decisive_lines,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "multiple_from_rejected",
            FAIL,
            [
                "250 2.0.0 Ok: queued as 4jZkqM699zzDDvp",
                "delivered to INBOX: From: <airtight-edff8debcedf@example.net",
                "delivered to INBOX: From: <airtight-edff8debcedf@example.org",
            ],
        ),
        (
            "multiple_from_rejected",
            PASS,
            ["550 5.0.0 message does not have exactly one From field"],
        ),
        (
            "missing_from_rejected",
            FAIL,
            ["250 2.0.0 Ok: queued as 4jZkqN3VvqzDDvq", "delivered to INBOX: no From field"],
        ),
        ("missing_from_rejected", PASS, ["550 5.7.1 Refused as spam"]),
        (
            "forged_results_removed",
            PASS,
            [
                "250 2.0.0 Ok: queued as 4jZkgN3kvxzDDtv",
                "delivered to INBOX: no Authentication-Results field",
            ],
        ),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


@pytest.mark.parametrize(
    ("check", "field"),
    [
        ("forged_results_removed", "Authentication-Results: MX1.EXAMPLE.ORG"),
        ("forged_trace_harmless", "X-Spam-Flag: NO"),
    ],
)
def test_first_forged_field_is_the_first_decisive_line_after_the_reply(
    check: str, field: str
) -> None:
    reply, forged = recorded_decisive_lines(check, FAIL)[:2]
    assert reply.startswith("250 ")
    assert forged.startswith(f"delivered to INBOX: {field}")
