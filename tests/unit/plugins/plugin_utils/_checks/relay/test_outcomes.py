# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What became of a test message, from its last reply and what reached the canary."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._probes.open_relay import (
    AFTER_OTHERS,
    LOWER_CASE,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import outcomes
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    arrival,
    attempt,
    delivery,
    message,
    relay,
)

CANARY, BACK = "airtight-0a@canary.example", "airtight-0a-back@canary.example"


def context(*seen: dict[str, t.Any]) -> AuditContext:
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    return AuditContext(_target.target({"name": "mx1.example.org"}), seen, policy.policy(), now)


def outcome(sent: dict[str, t.Any], *arrivals: dict[str, t.Any]) -> outcomes.Outcome:
    found = list(outcomes.outcomes(context(delivery([sent], list(arrivals)))).values())
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("sent", "arrivals", "state"),
    [
        (message(), [arrival(CANARY, BACK)], outcomes.RELAYED),
        (message(), [arrival(BACK)], outcomes.BOUNCED),
        (message(), [arrival(BACK, "postmaster@example.org")], outcomes.BOUNCED),
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
    found = outcome(sent, *arrivals)
    arrived = arrivals[0] if state in (outcomes.RELAYED, outcomes.BOUNCED) else None
    assert (found.state, found.arrival) == (state, arrived)


def test_commands_name_the_helo_and_the_queue_id() -> None:
    found = outcome(message(helo="HELO localhost", queue_id="4ABC"))
    assert found.commands == (
        "HELO localhost, MAIL FROM:<airtight-0a-back@canary.example> "
        "RCPT TO:<airtight-0a@canary.example> with a message (queued as 4ABC)"
    )
    assert (found.reply_text, found.seconds) == ("250 queued", 1.0)


def test_commands_and_reply_are_written_without_what_is_missing() -> None:
    found = outcome(message("250 to MX."))
    assert (found.reply_text, outcome(message(reply="")).reply_text) == ("250 to MX", "no reply")
    assert found.commands == (
        "MAIL FROM:<airtight-0a-back@canary.example> RCPT TO:<airtight-0a@canary.example> with a "
        "message"
    )
    assert found._replace(observation=relay([], [])).seconds == 0


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        (["554 No", ""], outcomes.LATE_REFUSED),
        (["", "554 No"], outcomes.LATE_REFUSED),
        (["", ""], outcomes.UNTRIED),
        (["451 Later", "554 No"], outcomes.LATE_REFUSED),
    ],
)
def test_last_message_that_was_tried_counts(replies: list[str], state: str) -> None:
    seen = context(*(delivery([message(text)], []) for text in replies))
    assert [found.state for found in outcomes.outcomes(seen).values()] == [state]


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ("354 Go on", outcomes.TAKEN),
        ("399 x", outcomes.TAKEN),
        ("400 x", outcomes.LATE_DEFERRED),
        ("499 x", outcomes.LATE_DEFERRED),
        ("500 x", outcomes.LATE_REFUSED),
        ("421 Closing", outcomes.UNTRIED),
        (None, outcomes.UNTRIED),
    ],
)
def test_reply_to_data_without_a_message_is_kept(data: str | None, state: str) -> None:
    tried = attempt("rcpt", "250 Ok", sender="null", helo="HELO localhost")
    tried["data"] = attempt("data", data)["reply"]
    rejected = attempt("rcpt", "554 No", "plus_tag")
    seen, lost = relay([rejected, tried], []), {**relay([], []), "facts": {}}
    (item,) = tuple(outcomes.outcomes(context(lost, seen)).items())
    key, found = item
    assert (key, found.state) == (("clear", "HELO localhost", "null", "plain"), state)
    assert found.commands == "HELO localhost, MAIL FROM:<f> RCPT TO:<p> DATA"
    assert (found.reply_text, found.observation) == (data or "no reply", seen)


def test_message_of_a_delivery_that_ended_early_counts() -> None:
    lost = {**delivery([], []), "facts": {}}
    seen = {**lost, "facts": {"messages": [message("554 No")]}}
    (found,) = tuple(outcomes.outcomes(context(lost, seen)).values())
    assert (found.state, found.observation) == (outcomes.LATE_REFUSED, seen)


def test_message_counts_instead_of_the_reply_to_data() -> None:
    tried = {**attempt("rcpt", "250 Ok"), "data": attempt("data", "354 Go on")["reply"]}
    for reply, state in (("554 No", outcomes.LATE_REFUSED), ("", outcomes.TAKEN)):
        seen = context(relay([tried], []), delivery([message(reply)], []))
        assert [found.state for found in outcomes.outcomes(seen).values()] == [state]


@pytest.mark.parametrize("other", [{"service": "submission"}, {"address": "192.0.2.26"}])
def test_outcomes_are_those_of_the_endpoint(other: dict[str, str]) -> None:
    tried = {**attempt("rcpt", "250 Ok"), "data": attempt("data", "354 Go on")["reply"]}
    sent = {**message(), "form": "plus_tag"}
    here = [relay([tried], []), delivery([sent], [])]
    for seen, count in ((here, 2), ([{**item, **other} for item in here], 0)):
        assert len(outcomes.outcomes(context(*seen), "smtp", ADDRESS)) == count


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, ""),
        ({"wording": []}, ""),
        ({"wording": ["another"]}, ""),
        ({"wording": [LOWER_CASE]}, " in lower case"),
        ({"wording": [AFTER_OTHERS]}, " after NOOP, HELP, VRFY and EXPN"),
        (
            {"wording": [LOWER_CASE, AFTER_OTHERS]},
            " in lower case after NOOP, HELP, VRFY and EXPN",
        ),
    ],
)
def test_other_wording_of_a_connection_is_named(params: dict[str, t.Any], named: str) -> None:
    seen = relay([], [], **params)
    assert outcomes.wording(seen) == named
    found = outcome(message())._replace(observation=seen)
    assert found.commands.endswith(f" with a message{named}")
