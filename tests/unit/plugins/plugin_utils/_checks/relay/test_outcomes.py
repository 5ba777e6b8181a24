# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What became of a test message, from its last reply and what reached the canary."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import outcomes
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    arrival,
    delivery,
    message,
)

CANARY, BACK = "airtight-0a@canary.example", "airtight-0a-back@canary.example"


def outcome(sent: dict[str, t.Any], *arrivals: dict[str, t.Any]) -> outcomes.Outcome:
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    target = _target.target({"name": "mx1.example.org"})
    seen = (delivery([sent], list(arrivals)),)
    context = AuditContext(target, seen, policy.policy(), now)
    found = list(outcomes.outcomes(context).values())
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("sent", "arrivals", "state"),
    [
        (message(), [arrival(CANARY, BACK)], outcomes.RELAYED),
        (message(), [arrival(BACK)], outcomes.BOUNCED),
        (message(), [arrival(CANARY)], outcomes.BOUNCED),
        (message(sender="<>"), [arrival(CANARY)], outcomes.RELAYED),
        (message(), [arrival("someone@canary.example")], outcomes.QUEUED),
        (message(form="unknown_at_domain"), [arrival(BACK)], outcomes.BOUNCED),
        (message(form="loopback_literal"), [arrival(BACK)], outcomes.QUEUED),
        (message("554 5.7.1 Rejected"), [], outcomes.LATE_REFUSED),
        (message("451 4.7.1 Later"), [], outcomes.LATE_DEFERRED),
        (message("421 4.7.0 Closing"), [], outcomes.UNTRIED),
        (message("554 5.7.1 Denied", phase="rcpt"), [], outcomes.UNTRIED),
        (message(reply=""), [], outcomes.UNTRIED),
    ],
)
def test_outcome_follows_from_the_arrival_and_the_last_reply(
    sent: dict[str, t.Any], arrivals: list[dict[str, t.Any]], state: str
) -> None:
    assert outcome(sent, *arrivals).state == state


def test_commands_name_the_helo_and_the_queue_id() -> None:
    found = outcome(message(helo="HELO localhost", queue_id="4ABC"))
    assert found.commands == (
        "HELO localhost, MAIL FROM:<airtight-0a-back@canary.example> "
        "RCPT TO:<airtight-0a@canary.example> with a message (queued as 4ABC)"
    )
    assert (found.reply_text, found.seconds) == ("250 queued", 1.0)
