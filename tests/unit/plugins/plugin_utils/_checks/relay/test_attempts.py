# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a group of relay attempts proves, beside what else the same endpoint accepted."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import attempts, replies
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    arrival,
    attempt,
    delivery,
    experiment,
    message,
    relay,
)

ACCEPTED, DENIED = "250 2.1.5 Ok", "554 5.7.1 Relay access denied"
LATER = "450 4.2.0 Greylisted"


def group_finding(
    seen: t.Sequence[dict[str, t.Any]], *forms: str, sufficient: t.Sequence[str] = ()
) -> _model.Finding:
    """The finding for the attempts with these recipients, beside all others."""
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    target = _target.target({"name": "mx1.example.org"})
    context = AuditContext(target, tuple(seen), policy.policy(), now, (ADDRESS,))
    views = replies.views(context, "smtp", ADDRESS)
    group = [view for view in views if view.attempt["form"] in forms]
    return attempts.group_finding(context, seen[0], group, views, sufficient)


@pytest.mark.parametrize(
    ("form", "others", "status", "sentence"),
    [
        ("plain", [], FAIL, "accepts mail from an external client to an external recipient."),
        ("plain", [("unknown_at_host", DENIED)], FAIL, "to an external recipient."),
        ("plain", [("unknown_at_host", ACCEPTED)], UNKNOWN, "even those that cannot exist"),
        ("plain", [("unknown_at_host", LATER)], UNKNOWN, "the control was not answered"),
        ("localhost", [], UNKNOWN, "the host may deliver it locally"),
        ("percent_host", [("unknown_at_host", ACCEPTED)], UNKNOWN, "catch-all"),
        ("percent_host", [("unknown_at_host", DENIED)], FAIL, "to an external recipient."),
    ],
)
def test_acceptance_is_weighed_against_the_controls(
    form: str, others: list[tuple[str, str]], status: str, sentence: str
) -> None:
    controls = [attempt("rcpt", reply, name) for name, reply in others]
    found = group_finding([relay([attempt("rcpt", ACCEPTED, form), *controls], [])], form)
    assert (found.status, sentence in found.sentence) == (status, True)


@pytest.mark.parametrize(
    ("arrivals", "status", "sentence"),
    [
        (
            [arrival("airtight-0a@canary.example", "airtight-0a-back@canary.example")],
            FAIL,
            "a test message reached the canary",
        ),
        ([arrival("airtight-0a-back@canary.example")], PASS, "only after DATA, or by a bounce"),
        ([], FAIL, "no test message reached the canary within 1 s"),
    ],
)
def test_test_message_decides_an_acceptance(
    arrivals: list[dict[str, t.Any]], status: str, sentence: str
) -> None:
    seen = [relay([attempt("rcpt", ACCEPTED)], []), delivery([message()], arrivals)]
    found = group_finding(seen, "plain")
    assert (found.status, sentence in found.sentence) == (status, True)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (None, "1 of 2 attempts were not answered: no reply."),
        (LATER, "1 of 2 attempts were deferred (450 4.2.0 Greylisted)"),
        ("550 5.1.8 Sender address rejected: Domain not found", "rejected for another reason"),
    ],
)
def test_group_with_an_undecided_attempt_is_unknown(reply: str | None, sentence: str) -> None:
    seen = relay([*experiment(DENIED), attempt("rcpt", reply, "plus_tag")], [])
    found = group_finding([seen], "plain", "plus_tag")
    assert (found.status, sentence in found.sentence) == (UNKNOWN, True)


def test_rejected_sender_is_enough_where_the_sender_is_what_is_tried() -> None:
    rejected = attempt("mail", "550 5.1.8 Sender address rejected", sender="localhost")
    alone, beside = relay([rejected], []), relay([rejected, *experiment()], [])
    sufficient = (replies.SENDER_REFUSED,)
    assert group_finding([alone], "plain").status == UNKNOWN
    assert group_finding([alone], "plain", sufficient=sufficient).status == UNKNOWN
    assert group_finding([beside], "plain", sufficient=sufficient).status == PASS


def test_attempt_before_tls_is_replaced_by_the_same_one_inside_tls() -> None:
    first = relay([attempt("mail", "530 5.7.0 Must issue a STARTTLS command first")], [])
    inside = relay([attempt("rcpt", DENIED)], [], state="starttls")
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    target = _target.target({"name": "mx1.example.org"})
    context = AuditContext(target, (first, inside), policy.policy(), now, (ADDRESS,))
    views = replies.views(context, "smtp", ADDRESS)
    found = attempts.with_replies_inside_tls(views[:1], views)
    assert [(view.connection_state, view.state) for view in found] == [
        ("starttls", replies.REFUSED)
    ]
