# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of the declared networks."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_as_declared",
            FAIL,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 554 5.7.1 "
                    "<airtight-X@example.com>: Relay access denied"
                )
            ],
        ),
        ("relay_as_declared", PASS, ["250 2.1.5 Ok"]),
        (
            "relay_as_declared",
            UNKNOWN,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 451 4.3.0 "
                    "<airtight-X@example.com>: Temporary lookup failure"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
