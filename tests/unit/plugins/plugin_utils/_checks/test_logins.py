# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Logins that must fail: which replies say that the credentials are wrong."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, logins
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context,
    context_of,
    recorded,
)

CHECKS = pytest.mark.parametrize("check", ["made_up_login_refused", "well_known_logins_refused"])


def verdict(check: str, change: t.Callable[[dict[str, t.Any]], t.Any]) -> dict[str, t.Any]:
    """The verdict on the recorded pass with other attempts in its last login."""
    entry = recorded(check)[PASS]
    *others, last = entry["observations"]
    attempt = dict(last["facts"]["attempts"][0])
    attempts = change(attempt)
    changed = {**last, "facts": {**last["facts"], "attempts": attempts}}
    chosen = evaluate.choose([check])
    return evaluate.evaluate(context_of(entry, [*others, changed]), chosen)[0]


@CHECKS
@pytest.mark.parametrize(
    ("code", "status"),
    [(535, PASS), (235, FAIL), (454, UNKNOWN), (534, UNKNOWN), (538, UNKNOWN), (554, UNKNOWN)],
)
def test_smtp_reply_decides_by_its_code(check: str, code: int, status: str) -> None:
    reply = {"code": code, "enhanced": "", "text": "any"}
    assert verdict(check, lambda attempt: [{**attempt, "reply": reply}])["status"] == status


@CHECKS
@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=60), code=st.integers(400, 599).filter(lambda code: code != 535))
def test_text_of_another_refusal_never_passes(check: str, text: str, code: int) -> None:
    reply = {"code": code, "enhanced": "", "text": text}
    found = verdict(check, lambda attempt: [{**attempt, "reply": reply}])
    assert found["status"] == UNKNOWN


@CHECKS
@pytest.mark.parametrize(
    ("status", "rest", "wanted"),
    [
        ("NO", "[AUTHENTICATIONFAILED] Authentication failed.", PASS),
        ("NO", "Login failed.", PASS),
        ("NO", "[UNAVAILABLE] Temporary authentication failure.", UNKNOWN),
        ("NO", '(TRYLATER) "later"', UNKNOWN),
        ("NO", "[PRIVACYREQUIRED] no", UNKNOWN),
        ("-ERR", "[AUTH] Authentication failed.", PASS),
        ("-ERR", "[SYS/TEMP] later", UNKNOWN),
        ("BAD", "what?", UNKNOWN),
        ("OK", "Logged in", FAIL),
        ("+OK", "Logged in", FAIL),
    ],
)
def test_answer_of_a_mail_store_decides_by_status_and_code(
    check: str, status: str, rest: str, wanted: str
) -> None:
    answer = {"status": status, "rest": rest}
    found = verdict(
        check,
        lambda attempt: [{"answer": answer, **{k: attempt[k] for k in attempt if k != "reply"}}],
    )
    assert found["status"] == wanted


@CHECKS
def test_login_without_an_answer_is_unknown(check: str) -> None:
    assert verdict(check, lambda _attempt: [])["status"] == UNKNOWN
    assert verdict(check, lambda attempt: [{"user": attempt["user"]}])["status"] == UNKNOWN


def test_guesses_say_what_was_tried() -> None:
    check = "well_known_logins_refused"
    entry = recorded(check)[PASS]
    sentence = evaluate.evaluate(context_of(entry), evaluate.choose([check]))[0]["sentence"]
    assert sentence.startswith("5 logins were tried and rejected: admin/admin, test/test, ")


@CHECKS
def test_host_that_offers_no_login_has_no_subject(check: str) -> None:
    entry = recorded(check)[PASS]
    session = entry["observations"][0]
    facts = {**session["facts"], "extensions": {"SIZE": ""}}
    found = evaluate.evaluate(
        context_of(entry, [{**session, "facts": facts}]), evaluate.choose([check])
    )[0]
    assert (found["status"], found["reason"]) == (NOT_APPLICABLE, "no_subject")


CLOSED = {"kind": "closed", "text": "the server closed the connection"}


@CHECKS
@pytest.mark.parametrize(
    ("service", "facts", "status"),
    [
        ("submissions", {"extensions": {"AUTH": "PLAIN"}}, UNKNOWN),
        ("submissions", {"greeting": {"code": 220}}, UNKNOWN),
        ("submissions", {"extensions": {"AUTH": ""}}, NOT_APPLICABLE),
        ("smtp", {"extensions": {"SIZE": ""}}, UNKNOWN),
        ("imaps", {"capabilities": ["IMAP4REV1"]}, UNKNOWN),
    ],
)
def test_host_on_which_no_login_was_tried_is_unknown(
    check: str, service: str, facts: dict[str, t.Any], status: str
) -> None:
    session = recorded(check)[PASS]["observations"][0]
    seen = {**session, "service": service, "facts": facts, "error": CLOSED}
    if service == "imaps":
        seen = {**seen, "probe": "mailstore_session"}
    row = evaluate.choose([check])[0]
    (found,) = row.evaluate(context([seen]))
    assert (found.status, found.service) == (status, service)


@CHECKS
def test_login_that_ended_before_the_first_command_is_unknown(check: str) -> None:
    *others, last = recorded(check)[PASS]["observations"]
    seen = context([*others, {**last, "facts": {}, "error": CLOSED}])
    found = evaluate.choose([check])[0].evaluate(seen)
    assert [item.status for item in found] == [UNKNOWN]


@pytest.mark.parametrize("other", [{"address": "198.18.0.26"}, {"service": "smtp"}])
def test_made_up_login_is_that_of_the_endpoint(other: dict[str, str]) -> None:
    session, login = recorded("made_up_login_refused")[PASS]["observations"]
    for seen, status in ((login, PASS), ({**login, **other}, UNKNOWN)):
        (found,) = logins.made_up_login_refused(context([session, seen]), session)
        assert found.status == status


@pytest.mark.parametrize(
    ("count", "words"), [(1, "One login was tried"), (2, "2 logins were tried"), (3, "3 logins")]
)
def test_guesses_are_counted_and_the_last_one_is_shown(count: int, words: str) -> None:
    seen = recorded("well_known_logins_refused")[PASS]["observations"][1 : count + 1]
    seen[-1] = {**seen[-1], "port": 2465}
    (found,) = logins.well_known_logins_refused(context(seen))
    assert (found.status, found.port) == (PASS, 2465)
    assert found.sentence.startswith(words)
