# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of every address."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_every_address", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_every_address",
            PASS,
            [
                (
                    "554 5.7.1 <host.containers.internal[198.18.0.1]>: Client host rejected: "
                    "Access denied"
                ),
            ],
        ),
        (
            "relay_every_address",
            UNKNOWN,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
