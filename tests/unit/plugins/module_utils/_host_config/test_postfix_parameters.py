# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each parameter is read once."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._host_config import postfix_parameters


def test_effective_parameters_are_named_once() -> None:
    names = postfix_parameters.EFFECTIVE
    assert len(names) == len(set(names))
