# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the tests of all evaluators share."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate


@pytest.fixture(autouse=True)
def _exceptions_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in an evaluator gives unknown, which a test may expect for another reason."""
    monkeypatch.setattr(evaluate, "_judged_or_exception", evaluate._judged)
