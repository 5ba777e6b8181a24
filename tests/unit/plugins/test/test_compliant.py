# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The test compliant."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.test.compliant import TestModule as Plugin
from ansible_collections.airtight.mail.plugins.test.compliant import compliant


@pytest.mark.parametrize(
    ("statuses", "strictly", "leniently"),
    [
        (["pass"], True, True),
        (["pass", "waived", "not_applicable"], True, True),
        (["pass", "unknown"], False, True),
        (["pass", "fail"], False, False),
        ([], False, False),
    ],
)
def test_compliant(statuses: list[str], strictly: bool, leniently: bool) -> None:
    verdicts = [{"status": status} for status in statuses]
    assert compliant(verdicts) is strictly
    assert compliant(iter(verdicts), allow_unknown=True) is leniently
    assert Plugin().tests() == {"compliant": compliant}
