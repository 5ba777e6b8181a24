# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The fixes of a check with their labels."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.plugin_utils._report.fixes import labelled_fixes
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import mixed


def test_labelled_fixes_of_a_failure() -> None:
    verdict = mixed()[0]
    assert labelled_fixes(verdict) == [("Fix (roles)", verdict["remedy"]), ("Fix (manual)", verdict["by_hand"])]
