# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of the submission services."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_submission",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_submission",
            PASS,
            [
                (
                    "554 5.7.1 <host.containers.internal[198.18.0.1]>: Client host rejected: "
                    "Access denied"
                ),
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
