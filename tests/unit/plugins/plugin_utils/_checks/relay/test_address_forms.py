# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the checks of recipient, sender and HELO forms."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    recording,
    verdict,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_address_forms", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_address_forms",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_sender_forms", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_sender_forms",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_helo_names", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_helo_names",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_role_addresses", FAIL, ["RCPT TO:<postmaster@example.com> -> 250 2.1.5 Ok"]),
        ("relay_role_addresses", PASS, ["554 5.7.1 <postmaster@example.com>: Relay access denied"]),
        (
            "relay_role_addresses",
            UNKNOWN,
            [
                (
                    "the server greeted with 421 4.7.0 mx1.example.org Error: too many "
                    "connections from 198.18.0.1"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


def test_helo_name_stands_in_the_sentence() -> None:
    found = verdict("relay_helo_names", recording("relay_helo_names", FAIL))
    assert found["sentence"].startswith("HELO localhost, MAIL FROM:<")
