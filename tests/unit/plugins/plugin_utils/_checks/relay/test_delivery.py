# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the checks with a test message."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_delivery",
            FAIL,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as B6E6228A43F"],
        ),
        (
            "relay_delivery",
            PASS,
            ["554 5.7.1 <airtight-X@mx1.example.org>: Relay access denied"],
        ),
        (
            "relay_delivery",
            UNKNOWN,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as C3E1428A472"],
        ),
        (
            "relay_backscatter",
            FAIL,
            ["message to <airtight-X@example.org> -> 250 2.0.0 Ok: queued as B736A28A452"],
        ),
        (
            "relay_backscatter",
            PASS,
            [
                (
                    "550 5.1.1 <airtight-X@example.org>: Recipient address rejected: User "
                    "unknown in local recipient table"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
