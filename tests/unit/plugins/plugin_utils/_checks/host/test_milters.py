# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A milter that does not answer stops the mail, by its own action or by the default."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
    postfix,
)

OPEN = "{ unix:x, default_action=accept }"


@pytest.mark.parametrize(
    ("milters", "action", "status", "line"),
    [
        ("unix:x", "accept", FAIL, "postfix smtp/inet: milter_default_action = accept"),
        (OPEN, "tempfail", FAIL, f"postfix smtp/inet: milters = {OPEN}"),
        ("unix:x", "tempfail", PASS, "postfix smtp/inet: milters = unix:x"),
    ],
)
def test_milters_fail_closed_shows_the_action_that_decided(
    milters: str, action: str, status: str, line: str
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_milters": milters, "milter_default_action": action}})
    [item] = findings("milters_fail_closed", facts)
    assert (item.status, decisive_text(item)[0]) == (status, line)


def test_milters_fail_closed_covers_non_smtpd_milters() -> None:
    facts = postfix(non_smtpd_milters="unix:x", milter_default_action="accept")
    [item] = findings("milters_fail_closed", facts)
    assert (item.status, item.subject) == (FAIL, "postfix non_smtpd")
