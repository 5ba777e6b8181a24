# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""MAIL and RCPT before TLS: replies that demand TLS are told from other rejections."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.cleartext import (
    NO_AUTH,
    NO_MAIL,
    OK,
    answer,
    session,
    smtp_script,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    status_of_pass_without,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    decisive,
    played,
    status,
    verdict,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

LOGIN = "530 5.7.0 Authentication required"
TLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"
DEMAND = "530 5.7.0 demand"


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"mail": "250 Ok", "rcpt": "250 Ok"}, PASS),
        ({"mail": "250 Ok", "rcpt": "550 5.1.1 <postmaster@example.org>: no such user"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "550 5.1.1 a", "rcpt_tls": "550 5.1.1 b"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "550 5.1.1 a", "rcpt_tls": "550 5.7.1 a"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "554 5.7.1 go away", "rcpt_tls": "250 Ok"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "450 4.2.0 Greylisted", "rcpt_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "450 4.2.0 later", "rcpt_tls": "450 4.2.0 later"}, UNKNOWN),
        ({"mail": "554 5.7.1 go away", "mail_tls": "250 Ok"}, FAIL),
        ({"mail": "554 5.7.1 go away", "mail_tls": "554 5.7.1 go away"}, UNKNOWN),
        ({"mail": "530 5.7.0 login", "mail_tls": "530 5.7.0 login"}, UNKNOWN),
        ({"mail": "554 5.7.10 Encryption needed"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "530 5.7.0 Must issue a STARTTLS command first"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "450 4.7.1 Session encryption is required"}, UNKNOWN),
        ({"mail": "530 5.7.0 Must issue a STARTTLS command first"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "450 4.2.0 Greylisted"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "554 5.7.1 Client host blocked using zen.example"}, UNKNOWN),
        ({"mail": "250 Ok"}, UNKNOWN),
    ],
)
def test_mx_fails_where_mail_or_rcpt_demands_tls(replies: dict[str, str], expected: str) -> None:
    assert status("mx_takes_cleartext", session("smtp", **replies)) == expected


def test_mx_that_refuses_alike_inside_tls_passes_beside_weighed_recipients() -> None:
    observed = session("smtp", mail="250 Ok", rcpt="550 5.1.1 a", rcpt_tls="550 5.1.1 b")
    address = observed["address"]
    weighed = {**relay_attempts.relay(relay_attempts.experiment(), ["plain"]), "address": address}
    alike = relay_attempts.experiment(unknown="554 5.7.1 Relay access denied")
    turned_away = {**relay_attempts.relay(alike, ["plain"]), "address": address}
    assert status("mx_takes_cleartext", observed, weighed) == PASS
    assert status("mx_takes_cleartext", observed, turned_away) == UNKNOWN


@pytest.mark.parametrize(
    ("extensions", "replies", "expected"),
    [
        ([], {"mail": LOGIN, "auth": "503 5.3.3 AUTH not available"}, PASS),
        ([], {"mail": LOGIN, "auth": "504 5.3.3 AUTH mechanism PLAIN not available"}, PASS),
        (["AUTH"], {"mail": LOGIN, "auth": "504 5.3.3 no", "mail_tls": LOGIN}, FAIL),
        (["AUTH"], {"mail": LOGIN, "auth": "504 5.3.3 no", "mail_tls": "250 Ok"}, UNKNOWN),
        ([], {"mail": LOGIN, "auth": "334 ", "mail_tls": LOGIN}, FAIL),
        ([], {"mail": LOGIN, "auth": "334 "}, UNKNOWN),
        ([], {"mail": "250 Ok", "rcpt": LOGIN, "auth": "334 ", "rcpt_tls": LOGIN}, FAIL),
        ([], {"mail": LOGIN, "auth": "454 4.3.0 later"}, UNKNOWN),
        ([], {"mail": LOGIN}, UNKNOWN),
        ([], {"mail": "550 5.7.1 no", "auth": "503 5.3.3 AUTH not available"}, UNKNOWN),
    ],
)
def test_submission_that_demands_a_login_fails_where_auth_is_possible(
    extensions: list[str], replies: dict[str, str], expected: str
) -> None:
    observed = session("submission", extensions, **replies)
    assert status("mail_refused_before_tls", observed) == expected


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"mail": TLS_FIRST, "auth": "530 5.7.0 no"}, PASS),
        ({"mail": "530 5.7.0 any text", "auth": "538 any text"}, PASS),
        ({"mail": TLS_FIRST}, UNKNOWN),
        ({"mail": TLS_FIRST, "auth": "554 5.7.1 go away"}, UNKNOWN),
        ({"mail": TLS_FIRST, "auth": "334 "}, UNKNOWN),
        ({"mail": "550 STARTTLS is required", "auth": "503 no"}, UNKNOWN),
        ({"mail": "550 anything", "auth": "503 no", "mail_tls": "250 Ok"}, PASS),
        ({"mail": "550 anything", "auth": "503 no", "mail_tls": "550 anything"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": TLS_FIRST, "auth": "503 no"}, PASS),
        ({"mail": "250 Ok", "rcpt": "550 encryption is required", "auth": "503 no"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "550 anything", "rcpt_tls": "550 anything"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "550 anything", "rcpt_tls": "554 other"}, PASS),
        ({"mail": "250 Ok", "rcpt": "550 anything", "rcpt_tls": "250 Ok"}, PASS),
        ({"mail": "250 Ok", "rcpt": "450 anything", "rcpt_tls": "554 other"}, UNKNOWN),
    ],
)
def test_mail_before_tls_is_decided_by_codes_and_by_the_same_inside_tls(
    replies: dict[str, str], expected: str
) -> None:
    assert status("mail_refused_before_tls", session("submission", **replies)) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(("mail_in_clear", "rcpt_in_clear")),
    st.sampled_from((450, 550, 554)),
    st.sampled_from(("STARTTLS is required", "no such user", "relay denied", "later", "")),
)
def test_text_of_a_refusal_in_clear_changes_no_verdict(name: str, code: int, text: str) -> None:
    more = {"mail_in_clear": answer(250), "rcpt_in_clear": answer(250), name: answer(code, text)}
    assert status("mx_takes_cleartext", session("smtp", more=more)) == UNKNOWN


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({}, UNKNOWN),
        ({"mail": "399 x"}, FAIL),
        ({"mail": "399 x", "rcpt": DEMAND}, PASS),
        ({"mail": "400 x", "mail_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "400 x", "rcpt": DEMAND}, UNKNOWN),
        ({"mail": "400 x", "rcpt": "550 a", "rcpt_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "499 x", "mail_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "500 x", "mail_tls": "250 Ok"}, PASS),
        ({"mail": "500 x", "mail_tls": "399 x"}, PASS),
        ({"mail": "500 x", "mail_tls": "400 x"}, UNKNOWN),
        ({"mail": "500 x", "mail_tls": DEMAND}, PASS),
        ({"mail": "500 x"}, UNKNOWN),
        ({"mail": "450 5.7.11 x", "auth": "334 "}, PASS),
        ({"mail": "400 5.7.10 x", "auth": "334 "}, PASS),
        ({"mail": "250 5.7.10 x"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "250 5.7.10 x"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "538 x"}, PASS),
        ({"mail": "250 Ok", "rcpt": "400 a", "rcpt_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "499 a", "rcpt_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "500 a", "rcpt_tls": "250 Ok"}, PASS),
        ({"mail": "250 Ok", "rcpt": "399 a", "rcpt_tls": "250 Ok"}, FAIL),
        ({"mail": "250 Ok", "rcpt_tls": "250 Ok"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "550 5.1.1 a", "rcpt_tls": "550 5.7.1 a"}, PASS),
    ],
)
def test_mail_before_tls_is_decided_at_the_bounds_of_codes(
    replies: dict[str, str], expected: str
) -> None:
    auth = {"auth": "503 no", **replies}
    found = verdict("mail_refused_before_tls", session("submission", **auth))
    assert (found["status"], found["evidence"][0]["service"]) == (expected, "submission")


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ("499 x", "MAIL was deferred: 499 x."),
        ("500 x", "MAIL was rejected for another reason than missing TLS: 500 x."),
    ],
)
def test_sentence_tells_a_deferral_from_a_rejection(mail: str, words: str) -> None:
    found = verdict("mail_refused_before_tls", session("submission", auth="503 no", mail=mail))
    assert found["sentence"].startswith(words)


@pytest.mark.parametrize(
    ("extensions", "auth", "inside", "expected", "words"),
    [
        (["AUTH"], "503 no", DEMAND, FAIL, "AUTH is offered before TLS: as if a login is enough"),
        (["AUTH"], "503 no", None, UNKNOWN, "AUTH is offered before TLS: whether a login"),
        (["AUTH"], "503 no", "550 x", UNKNOWN, "was not tried"),
        ([], "334 ", DEMAND, FAIL, "AUTH is accepted before TLS: as if a login is enough, since"),
        ([], "503 no", DEMAND, PASS, "530 5.7.0 demand; AUTH PLAIN"),
        ([], "554 no", DEMAND, UNKNOWN, "530 5.7.0 demand, for TLS or for a login; AUTH PLAIN"),
    ],
)
def test_demand_for_a_login_is_told_from_one_for_tls(
    extensions: list[str], auth: str, inside: str | None, expected: str, words: str
) -> None:
    for mail, rcpt in ((DEMAND, None), ("250 Ok", DEMAND)):
        tls = "rcpt_tls" if rcpt else "mail_tls"
        replies = {"mail": mail, "auth": auth, "rcpt": rcpt, tls: inside}
        given_replies = {name: text for name, text in replies.items() if text}
        found = verdict(
            "mail_refused_before_tls", session("submission", extensions, **given_replies)
        )
        assert (found["status"], words in found["sentence"]) == (expected, True)
        assert found["sentence"].startswith(f"{'RCPT' if rcpt else 'MAIL'} before TLS was")
        assert found["evidence"][0]["service"] == "submission"


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"mail": "199 x", "rcpt": "250 Ok"}, UNKNOWN),
        ({"mail": "200 x", "rcpt": "200 x"}, PASS),
        ({"mail": "299 x", "rcpt": "299 x"}, PASS),
        ({"mail": "300 x", "rcpt": "250 Ok"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "300 x"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "199 x"}, UNKNOWN),
        ({"rcpt": "250 Ok"}, UNKNOWN),
        ({"mail": "499 x", "mail_tls": "250 Ok"}, UNKNOWN),
        ({"mail": "500 x", "mail_tls": "250 Ok"}, FAIL),
        ({"mail": "500 x", "mail_tls": "299 x"}, FAIL),
        ({"mail": "500 x", "mail_tls": "300 x"}, UNKNOWN),
        ({"mail": "500 x"}, UNKNOWN),
        ({"mail": DEMAND}, FAIL),
        ({"mail": DEMAND, "mail_tls": "550 x"}, FAIL),
        ({"mail": "450 5.7.11 x"}, FAIL),
        ({"mail": "250 Ok", "rcpt": DEMAND, "rcpt_tls": DEMAND}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": DEMAND, "rcpt_tls": "250 Ok"}, FAIL),
    ],
)
def test_mx_is_decided_at_the_bounds_of_codes(replies: dict[str, str], expected: str) -> None:
    found = verdict("mx_takes_cleartext", session("smtp", **replies))
    assert (found["status"], found["evidence"][0]["service"]) == (expected, "smtp")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"mail": "550 x", "mail_tls": "550 x"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "550 x", "rcpt_tls": "550 x"}, PASS),
        ({"mail": "250 Ok", "rcpt": "500 x", "rcpt_tls": "500 x"}, PASS),
        ({"mail": "250 Ok", "rcpt": "499 x", "rcpt_tls": "499 x"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "550 x", "rcpt_tls": "554 x"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "550 x"}, UNKNOWN),
    ],
)
def test_same_refusal_of_a_recipient_counts_beside_weighed_ones(
    replies: dict[str, str], expected: str
) -> None:
    observed = session("smtp", **replies)
    weighed = relay_attempts.relay(relay_attempts.experiment(), ["plain"])
    here = {**weighed, "address": observed["address"]}
    assert status("mx_takes_cleartext", observed, here) == expected
    elsewhere = {**weighed, "address": "198.51.100.25"}
    assert status("mx_takes_cleartext", observed, elsewhere) != PASS


@pytest.mark.parametrize(
    ("check", "service", "script", "expected"),
    [
        (
            "mail_refused_before_tls",
            "submission",
            smtp_script(NO_AUTH, OK, b"250 rcpt\r\n"),
            ["S 250 sender"],
        ),
        (
            "mail_refused_before_tls",
            "submission",
            smtp_script(b"334 \r\n", b"530 login\r\n", again=b"530 login please\r\n"),
            ["S 334 ", "S 530 login", "S 530 login please"],
        ),
        (
            "mail_refused_before_tls",
            "submission",
            smtp_script(NO_AUTH, b"530 a\r\n", word=b"AUTH PLAIN", again=b"530 b\r\n"),
            ["S 250-mx1", "S 250-AUTH PLAIN", "S 250 STARTTLS", "S 530 a", "S 530 b"],
        ),
        (
            "mx_takes_cleartext",
            "smtp",
            smtp_script(NO_AUTH, NO_MAIL),
            ["S 530 Must issue STARTTLS first"],
        ),
    ],
)
def test_failure_shows_the_reply_that_decides(
    check: str, service: str, script: list[Item], expected: list[str]
) -> None:
    assert decisive(check, played("smtp_session", service, script)) == (FAIL, expected)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from((550, 551, 553, 554, 571)), st.text(max_size=80))
def test_text_of_another_refusal_never_passes(code: int, text: str) -> None:
    refusal = answer(code, text)
    more = {"auth_in_clear": refusal, "mail_in_clear": refusal, "mail_tls": refusal}
    observed = session("submission", more={**more, "mechanisms_in_clear": {"LOGIN": refusal}})
    assert status("mail_refused_before_tls", observed) == UNKNOWN


def test_recorded_pass_without_its_control_is_unknown() -> None:
    assert status_of_pass_without("mail_refused_before_tls", "mechanisms_in_clear") == UNKNOWN
