# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A rejection of a message counts beside what a message for a recipient of the host's own met."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import (
    after_data,
    proof,
    replies,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    arrival,
    attempt,
    delivery,
    message,
    relay,
)

REJECTED = "554 5.7.1 <airtight-0a@canary.example>: Not here"
OWN = "unknown_at_domain"


def seen(
    *messages: dict[str, t.Any],
    arrivals: t.Sequence[dict[str, t.Any]] = (),
    data: str = "",
    form: str = "plain",
) -> proof.Controls:
    """An accepted external recipient, and messages; data: the reply to DATA for a user."""
    accepted = [attempt("rcpt", "250 Ok", form), attempt("rcpt", "250 Ok", OWN)]
    found = [relay(accepted, []), delivery(list(messages), list(arrivals))]
    if data:
        own = {**attempt("rcpt", "250 Ok", "own_user"), "data": attempt("data", data)["reply"]}
        found.append(relay([own], [], data=True))
    return proof.of_endpoint(context(found), "smtp", ADDRESS)


def view_of(controls: proof.Controls, form: str = "plain") -> replies.View:
    return next(view for view in controls.views if view.attempt["form"] == form)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("554 5.7.1 <airtight-0a@example.org>: Not here", False),
        ("550 5.1.1 No such user", True),
        ("554 5.7.1 No such user", True),
        ("250 queued", True),
        ("451 4.7.1 Later", False),
        ("", False),
    ],
)
def test_message_for_an_unknown_user_is_the_control(own: str, expected: bool) -> None:
    controls = seen(message(REJECTED), *([message(own, OWN)] if own else []))
    view = view_of(controls)
    assert view.state == replies.LATE_REFUSED
    assert controls.counts(view) is expected
    assert controls.why_not(view) == after_data.why_not(view) or expected


def test_bounce_of_a_message_for_an_unknown_user_is_a_control() -> None:
    back = arrival("airtight-0a-back@canary.example")
    controls = seen(message(REJECTED), message("250 queued", OWN, token="0b"), arrivals=[back])
    assert controls.counts(view_of(controls))


@pytest.mark.parametrize(
    ("phase", "data", "expected"),
    [("data", "354 Go on", True), ("end", "354 Go on", False), ("data", "554 No", False)],
)
def test_354_for_a_user_is_a_control_of_a_rejected_data(
    phase: str, data: str, expected: bool
) -> None:
    controls = seen(message(REJECTED, phase=phase), data=data)
    assert controls.counts(view_of(controls)) is expected


@pytest.mark.parametrize(
    ("plain", "expected"),
    [(REJECTED, True), ("550 5.1.1 No such user", False), ("250 queued", False)],
)
def test_form_of_the_hosts_own_is_rejected_as_an_unknown_user(plain: str, expected: bool) -> None:
    unknown = "550 5.1.1 No such user"
    sent = [message(plain), message(unknown, "percent_host"), message(unknown, OWN)]
    controls = seen(*sent, form="percent_host")
    assert controls.counts(view_of(controls, "percent_host")) is expected
