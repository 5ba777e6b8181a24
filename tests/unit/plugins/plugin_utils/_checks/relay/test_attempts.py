# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a group of relay attempts proves, beside what else the same endpoint accepted."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_senders,
)
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
    session,
)

ACCEPTED, DENIED = "250 2.1.5 Ok", "554 5.7.1 Relay access denied"
LATER = "450 4.2.0 Greylisted"


def context_of(seen: t.Sequence[dict[str, t.Any]], **target: t.Any) -> AuditContext:
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    described = _target.target({"name": "mx1.example.org", **target})
    return AuditContext(described, tuple(seen), policy.policy(), now, (ADDRESS,))


def views_of(*seen: dict[str, t.Any]) -> list[replies.View]:
    return replies.views(context_of(seen), "smtp", ADDRESS)


def group_finding(
    seen: t.Sequence[dict[str, t.Any]], *forms: str, sufficient: t.Sequence[str] = ()
) -> _model.Finding:
    """The finding for the attempts with these recipients, beside all others."""
    context = context_of(seen)
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
        (
            "plain",
            [("unknown_at_host", LATER), ("unknown_at_domain", None)],
            UNKNOWN,
            "the control was not answered), so it may reject the message later.",
        ),
        ("localhost", [], UNKNOWN, "the host may deliver it locally"),
        ("percent_host", [("unknown_at_host", ACCEPTED)], UNKNOWN, "catch-all"),
        ("percent_host", [("unknown_at_host", DENIED)], FAIL, "to an external recipient."),
    ],
)
def test_acceptance_is_weighed_against_the_controls(
    form: str, others: list[tuple[str, str | None]], status: str, sentence: str
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
    assert found.probe == "delivery"


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


TLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"


@pytest.mark.parametrize(
    ("clear", "inside", "expected"),
    [
        (TLS_FIRST, attempt("rcpt", DENIED), ("starttls", replies.REFUSED)),
        (TLS_FIRST, attempt("rcpt", DENIED, "plus_tag"), ("clear", replies.TLS_FIRST)),
        (DENIED, attempt("rcpt", ACCEPTED), ("clear", replies.REFUSED)),
    ],
)
def test_attempt_before_tls_is_replaced_by_the_same_one_inside_tls(
    clear: str, inside: dict[str, t.Any], expected: tuple[str, str]
) -> None:
    views = views_of(relay([attempt("rcpt", clear)], []), relay([inside], [], state="starttls"))
    found = attempts.with_replies_inside_tls(views[:1], views)
    assert [(view.connection_state, view.state) for view in found] == [expected]


@pytest.mark.parametrize(
    ("form", "sender", "expected"),
    [
        ("plain", "stranger", True),
        ("percent", "own_domain", True),
        ("own_user", "stranger", False),
        (relay_addresses.NOTICES.id, "stranger", False),
        ("plain", relay_senders.WITH_PARAMETERS[0], False),
    ],
)
def test_recipient_is_external_by_its_form_and_sender(
    form: str, sender: str, expected: bool
) -> None:
    assert attempts.is_external(
        views_of(relay([attempt("rcpt", DENIED, form, sender)], []))[0]
    ) is (expected)


@pytest.mark.parametrize(
    ("tried", "statuses"),
    [
        (experiment(), [PASS]),
        (experiment(DENIED, DENIED), [UNKNOWN]),
        (
            [*experiment(), attempt("mail", "550 5.1.8 Sender address rejected", sender="x")],
            [PASS] * 2,
        ),
        ([*experiment(), attempt("helo", "550 bad name", helo="HELO x")], [PASS] * 2),
        ([*experiment(), attempt("rcpt", ACCEPTED, sender="x")], [PASS, FAIL]),
        ([attempt("rcpt", DENIED, sender="x")], [UNKNOWN]),
    ],
)
def test_usual_names_and_others_have_a_finding_each(
    tried: list[dict[str, t.Any]], statuses: list[str]
) -> None:
    context = context_of([relay(tried, [])])
    views = replies.views(context, "smtp", ADDRESS)
    group = [view for view in views if view.attempt["form"] == "plain"]
    found = list(attempts.by_name(context, session(), group, views))
    assert [item.status for item in found] == statuses
    assert {item.address for item in found} == {ADDRESS}


@pytest.mark.parametrize(
    ("states", "facts", "status", "reason"),
    [
        (("clear",), None, UNKNOWN, ""),
        (("starttls",), None, UNKNOWN, ""),
        (("starttls",), {"extensions": {}}, NOT_APPLICABLE, "no_subject"),
        (("clear", "starttls"), {"extensions": {}}, UNKNOWN, ""),
    ],
)
def test_state_without_an_attempt_is_unknown_or_not_offered(
    states: tuple[str, ...], facts: dict[str, t.Any] | None, status: str, reason: str
) -> None:
    seen = session(facts)
    (found,) = attempts.evaluate_selected(context_of([seen]), seen, lambda _view: True, states)
    assert (found.status, found.reason, found.address) == (status, reason, ADDRESS)


def test_selected_attempts_are_evaluated_with_what_is_sufficient() -> None:
    named = attempt("mail", "550 5.1.8 Sender address rejected", sender="x")
    seen = [session(), relay([*experiment(), named], [])]
    for sufficient, status in (((), UNKNOWN), ((replies.SENDER_REFUSED,), PASS)):
        (found,) = attempts.evaluate_selected(
            context_of(seen),
            seen[0],
            lambda view: view.attempt["sender"] == "x",
            ("clear",),
            sufficient,
        )
        assert found.status == status


@pytest.mark.parametrize(
    ("state", "resumed", "expected"),
    [("resumed", False, True), ("resumed", True, False), ("starttls", False, False)],
)
def test_server_that_resumes_no_session_is_named(state: str, resumed: bool, expected: bool) -> None:
    seen = relay(experiment(), [], state=state)
    seen["facts"]["tls"] = {"resumed": resumed}
    context = context_of([seen])
    (found,) = attempts.evaluate_selected(context, session(), lambda _view: True, (state,))
    assert found.sentence.endswith("(The server did not resume a session.)") is expected
    views = replies.views(context, "smtp", ADDRESS)
    (named,) = attempts.by_name(context, session(), views, views)
    assert named.sentence.endswith("(The server did not resume a session.)") is expected


@pytest.mark.parametrize(
    ("forms", "end"),
    [(["plain"], "external recipient."), (["plain", "plus_tag"], "(and 1 more like it)")],
)
def test_acceptances_of_one_kind_are_counted(forms: list[str], end: str) -> None:
    tried = [attempt("rcpt", ACCEPTED, form) for form in [*forms, "localhost"]]
    found = group_finding([relay(tried, [])], *forms, "localhost")
    assert (found.status, found.sentence.endswith(end)) == (FAIL, True)


@pytest.mark.parametrize(
    ("on_link", "networks", "expected"),
    [
        (False, [], (FAIL, "")),
        (True, [], (UNKNOWN, "suspected")),
        (True, ["198.51.100.0/24"], (NOT_APPLICABLE, "not_required")),
    ],
)
def test_acceptance_is_weighed_by_where_the_client_stands(
    on_link: bool, networks: list[str], expected: tuple[str, str]
) -> None:
    tried = attempt("rcpt", ACCEPTED)
    tried["reply"]["place"] = [1, 1]
    transcript = [["C", "RCPT"], ["S", ACCEPTED]]
    seen = {**relay([tried], []), "vantage": {"on_link": on_link}, "transcript": transcript}
    context = context_of([seen], relays_for={"smtp": networks})
    views = replies.views(context, "smtp", ADDRESS)
    found = attempts.acceptance_finding(context, views[0], views)
    assert (found.status, found.reason, found.address) == (*expected, ADDRESS)
    assert found.decisive == (1,)
    assert found.sentence.startswith("MAIL FROM:<f> RCPT TO:<p> was answered 250 2.1.5 Ok")


def test_catch_all_is_suspected_and_names_what_could_tell() -> None:
    tried = [attempt("rcpt", ACCEPTED, form) for form in ("percent_host", "unknown_at_host")]
    found = group_finding([relay(tried, [])], "percent_host")
    assert (found.status, found.reason) == (UNKNOWN, "suspected")
    assert found.sentence.endswith("(catch-all); only a test message can tell whether it relays.")


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([], "raise target_timeout, or audit again later."),
        ([("budget", "target_timeout was used up")], "; raise target_timeout, or"),
        ([("budget", "target_connections: 200")], "; target_connections: 200; raise target_conn"),
        ([("timeout", "target_connections: 200")], "; raise target_timeout, or"),
    ],
)
def test_deferral_names_the_option_that_ran_out(
    errors: list[tuple[str, str]], expected: str
) -> None:
    seen = [relay([attempt("rcpt", LATER)], [])]
    for kind, text in errors:
        error = {"kind": kind, "text": text}
        seen.append({**relay([], []), "error": error})
        seen += [
            {**seen[-1], "error": {"kind": "budget", "text": "target_connections: 9"}, **other}
            for other in ({"service": "submission"}, {"address": "192.0.2.26"})
        ]
    assert expected in group_finding(seen, "plain").sentence


@pytest.mark.parametrize(
    ("reply", "mail_from", "words"),
    [
        ("450 4.1.8 Domain not found", "<a@x.invalid> SIZE=1", "Set stranger_domain"),
        ("450 4.1.8 Domain not found", "<a@x.invalid> AUTH=<>", "Set stranger_domain"),
        ("450 4.1.8 Domain not found", "<a@x.example>", "were deferred"),
        ("550 5.1.8 Domain not found", "<a@x.invalid>", "Set stranger_domain"),
        ("550 5.1.8 Domain not found", "<a@x.example>", "rejected for another reason"),
        ("550 5.1.8 Domain not found", "<a@x.invalid.example>", "rejected for another reason"),
    ],
)
def test_made_up_sender_that_is_rejected_is_named(reply: str, mail_from: str, words: str) -> None:
    tried = {**attempt("mail", reply), "mail_from": mail_from}
    found = group_finding([relay([tried], [])], "plain")
    assert (found.status, words in found.sentence) == (UNKNOWN, True)


def test_deferral_of_a_made_up_sender_hides_no_other_loss() -> None:
    """The lost reply comes first, and a deferral after it is not looked at."""
    made_up = {**attempt("mail", "450 4.1.8 Domain not found"), "mail_from": "<a@x.invalid>"}
    found = group_finding(
        [relay([made_up, attempt("rcpt", None, "plus_tag")], [])], "plain", "plus_tag"
    )
    assert "1 of 2 attempts were not answered" in found.sentence


@pytest.mark.parametrize(
    ("service", "tried", "cause"),
    [
        ("smtp", experiment(DENIED, DENIED), "relay_third_party"),
        ("submission", experiment(DENIED, DENIED), ""),
        ("smtp", [attempt("rcpt", DENIED)], ""),
    ],
)
def test_client_that_is_turned_away_is_the_cause(
    service: str, tried: list[dict[str, t.Any]], cause: str
) -> None:
    seen = {**relay(tried, []), "service": service}
    context = context_of([seen])
    views = replies.views(context, service, ADDRESS)
    plain = [view for view in views if view.attempt["form"] == "plain"]
    found = attempts.group_finding(context, seen, plain, views)
    assert (found.status, found.caused_by, found.address) == (UNKNOWN, cause, ADDRESS)
    assert "Relay access denied" in found.sentence


@pytest.mark.parametrize(
    ("plain", "forms", "status"),
    [
        ("554 5.7.1 Not today", ("plain", "plus_tag"), UNKNOWN),
        ("554 5.7.1 Not today", ("plus_tag",), PASS),
        (DENIED, ("plain", "plus_tag"), PASS),
    ],
)
def test_plain_recipient_decides_about_an_unusual_sender(
    plain: str, forms: tuple[str, ...], status: str
) -> None:
    odd = [*experiment(plain, sender="x"), attempt("rcpt", DENIED, "plus_tag", "x")]
    seen = [relay([*experiment(), *odd], [])]
    context = context_of(seen)
    views = replies.views(context, "smtp", ADDRESS)
    group = [
        view for view in views if view.attempt["sender"] == "x" and view.attempt["form"] in forms
    ]
    found = attempts.group_finding(context, seen[0], group, views, (replies.SENDER_REFUSED,))
    assert found.status == status


def test_last_line_of_a_conversation_that_ended_with_an_error_is_shown() -> None:
    assert attempts.last_line(session(error={"kind": "closed", "text": "x"})) == (-1,)
    assert attempts.last_line(session()) == ()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("plain", "even those that cannot exist; no test message reached the canary within 1 s."),
        ("percent_host", "(catch-all); no test message reached the canary within 1 s."),
    ],
)
def test_acceptance_names_how_long_an_arrival_was_waited_for(form: str, words: str) -> None:
    tried = [attempt("rcpt", ACCEPTED, name) for name in (form, "unknown_at_host")]
    found = group_finding([relay(tried, []), delivery([message(form=form)], [])], form)
    assert (found.status, found.sentence.endswith(words)) == (UNKNOWN, True)
