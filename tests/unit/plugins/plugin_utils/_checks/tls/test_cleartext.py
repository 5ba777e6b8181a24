# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""AUTH before TLS, and on port 25: replies that demand TLS are told from other rejections."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
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
    observe,
    played,
    status,
    verdict,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item


@pytest.mark.parametrize(
    ("check", "service", "script", "expected"),
    [
        (
            "auth_hidden_before_tls",
            "submission",
            smtp_script(NO_AUTH, NO_MAIL, word=b"AUTH PLAIN"),
            ["S 250-mx1", "S 250-AUTH PLAIN", "S 250 STARTTLS"],
        ),
        ("auth_refused_before_tls", "submission", smtp_script(b"334 \r\n", NO_MAIL), ["S 334 "]),
        (
            "auth_refused_before_tls",
            "submission",
            smtp_script(b"535 no\r\n", NO_MAIL, word=b"AUTH PLAIN"),
            ["S 250-mx1", "S 250-AUTH PLAIN", "S 250 STARTTLS", "S 535 no"],
        ),
        (
            "no_auth_on_port_25",
            "smtp",
            smtp_script(NO_AUTH, OK, b"250 rcpt\r\n"),
            ["S 250-mx1", "S 250 AUTH LOGIN"],
        ),
    ],
)
def test_failure_shows_the_reply_that_decides(
    check: str, service: str, script: list[Item], expected: list[str]
) -> None:
    assert decisive(check, played("smtp_session", service, script)) == (FAIL, expected)


@pytest.mark.parametrize(
    ("mechanisms", "expected"),
    [
        ({"LOGIN": answer(504)}, PASS),
        ({"LOGIN": answer(334)}, FAIL),
        ({"LOGIN": answer(504), "XOAUTH2": answer(334)}, FAIL),
        ({"LOGIN": answer(504), "CRAM-MD5": answer(334)}, FAIL),
        ({"LOGIN": answer(504), "NTLM": answer(334)}, FAIL),
        ({"LOGIN": answer(550)}, UNKNOWN),
        ({"LOGIN": answer(235)}, FAIL),
        ({"LOGIN": answer(250)}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_every_mechanism_that_takes_a_password_decides(
    mechanisms: dict[str, t.Any], expected: str
) -> None:
    more = {"mechanisms_in_clear": mechanisms}
    observed = session("submission", more=more, auth="504 5.5.4 no such mechanism")
    assert status("auth_refused_before_tls", observed) == expected


@pytest.mark.parametrize(
    ("mechanism", "sent"),
    [
        ("LOGIN", "its password in plaintext"),
        ("XOAUTH2", "its password in plaintext"),
        ("NTLM", "a response that can be searched for its password"),
        ("DIGEST-MD5", "a response that can be searched for its password"),
    ],
)
def test_sentence_says_what_a_client_would_have_sent(mechanism: str, sent: str) -> None:
    more = {"mechanisms_in_clear": {mechanism: answer(334, "")}}
    observed = session("submission", more=more, auth="504 5.5.4 no such mechanism")
    assert verdict("auth_refused_before_tls", observed)["sentence"] == (
        f"AUTH {mechanism} before TLS was answered 334: a client would have sent {sent}."
    )


def test_auth_after_a_refused_ehlo_is_unknown() -> None:
    observed = session("submission", auth="503 5.5.1 send EHLO first")
    del observed["facts"]["extensions"]
    assert status("auth_refused_before_tls", observed) == UNKNOWN
    assert status("auth_hidden_before_tls", observed) == UNKNOWN


@settings(max_examples=50, deadline=None)
@given(st.sampled_from((550, 551, 553, 554, 571)), st.text(max_size=80))
def test_text_of_another_refusal_never_passes(code: int, text: str) -> None:
    refusal = answer(code, text)
    more = {"auth_in_clear": refusal, "mechanisms_in_clear": {"LOGIN": refusal}}
    observed = session("submission", more=more)
    assert status("auth_refused_before_tls", observed) == UNKNOWN


def test_recorded_pass_without_its_control_is_unknown() -> None:
    assert status_of_pass_without("auth_refused_before_tls", "mechanisms_in_clear") == UNKNOWN


def test_auth_in_clear_on_a_port_for_tls_fails() -> None:
    facts = {"extensions": {"AUTH": "PLAIN"}, "auth_in_clear": answer(334)}
    clear = observe("smtp_session", "submissions", facts, implicit_tls=True, implicit=False)
    broken = observe("smtp_session", "submissions", {})
    sound = session("smtp", auth="503 no")
    for observations in ([sound, broken, clear], [sound, clear, broken]):
        found = verdict("auth_refused_before_tls", *observations)
        assert (found["status"], found["evidence"][0]["service"]) == (FAIL, "submissions")


def test_server_that_refuses_every_name_in_ehlo_fails_nothing_for_what_it_did_not_say() -> None:
    bad, no = b"501 5.5.2 bad name\r\n", b"502 no\r\n"
    script = [b"220 mx1\r\n", bad, bad, bad, b"250 mx1\r\n", NO_AUTH, NO_AUTH, NO_MAIL, no, no]
    refused = played("smtp_session", "submission", [*script, b"221 bye\r\n"])
    for check in (
        *("starttls_offered", "starttls_works", "auth_hidden_before_tls", "auth_mechanisms"),
        *("auth_refused_before_tls", "mail_refused_before_tls", "certificate_name"),
    ):
        assert status(check, refused) == UNKNOWN, check


def test_other_name_in_ehlo_shows_what_is_offered() -> None:
    script = smtp_script(NO_AUTH, NO_MAIL)
    script.insert(1, b"501 5.5.2 bad name\r\n")
    accepted = played("smtp_session", "submission", script)
    assert status("starttls_offered", accepted) == PASS
    assert status("auth_hidden_before_tls", accepted) == PASS


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [({"AUTH": "PLAIN"}, FAIL), ({"STARTTLS": ""}, PASS), ({}, PASS), (None, UNKNOWN)],
)
def test_auth_is_hidden_where_the_reply_to_ehlo_lacks_it(
    extensions: dict[str, str] | None, expected: str
) -> None:
    observed = session("submission", more={"extensions": extensions})
    found = verdict("auth_hidden_before_tls", observed)
    assert (found["status"], found["evidence"][0]["service"]) == (expected, "submission")
    assert ("AUTH PLAIN is offered" in found["sentence"]) is (expected == FAIL)


@pytest.mark.parametrize(
    ("before", "inside", "expected"),
    [
        ({"AUTH": ""}, None, FAIL),
        ({"STARTTLS": ""}, {"AUTH": ""}, FAIL),
        ({}, {"AUTH": ""}, FAIL),
        (None, {"AUTH": ""}, FAIL),
        ({"STARTTLS": ""}, {"SIZE": ""}, PASS),
        ({"STARTTLS": ""}, {}, PASS),
        ({"STARTTLS": ""}, None, UNKNOWN),
        ({"SIZE": ""}, None, PASS),
        (None, None, UNKNOWN),
        (None, {"SIZE": ""}, UNKNOWN),
    ],
)
def test_port_25_offers_auth_neither_before_nor_inside_tls(
    before: dict[str, str] | None, inside: dict[str, str] | None, expected: str
) -> None:
    observed = session("smtp", more={"extensions": before, "extensions_tls": inside})
    found = verdict("no_auth_on_port_25", observed)
    assert (found["status"], found["evidence"][0]["service"]) == (expected, "smtp")


@pytest.mark.parametrize(
    ("extensions", "ehlo", "plain", "login", "expected"),
    [
        ({"AUTH": ""}, True, 535, 535, FAIL),
        ({"STARTTLS": ""}, True, 535, 535, PASS),
        ({}, True, 535, 535, UNKNOWN),
        ({}, True, 503, 503, PASS),
        (None, True, 503, 503, UNKNOWN),
        (None, False, 503, 503, PASS),
        (None, False, 535, 535, UNKNOWN),
        ({"STARTTLS": ""}, True, 503, None, UNKNOWN),
        ({"STARTTLS": ""}, True, 503, 334, FAIL),
        ({"STARTTLS": ""}, True, 503, 451, UNKNOWN),
        ({"STARTTLS": ""}, True, None, 334, UNKNOWN),
    ],
)
def test_auth_before_tls_is_decided_by_codes(
    extensions: dict[str, str] | None,
    ehlo: bool,
    plain: int | None,
    login: int | None,
    expected: str,
) -> None:
    facts = {
        "greeting": answer(220),
        "extensions": extensions,
        **({"ehlo": answer(250)} if ehlo else {}),
        **({"auth_in_clear": answer(plain)} if plain else {}),
        "mechanisms_in_clear": {"LOGIN": answer(login)} if login else {},
    }
    found = verdict("auth_refused_before_tls", observe("smtp_session", "submission", facts))
    assert (found["status"], found["evidence"][0]["service"]) == (expected, "submission")
    ending = ": a client would have sent its password in plaintext."
    assert found["sentence"].endswith(ending) is (expected == FAIL)
    assert found["sentence"].endswith("were rejected: 503 no.") is (
        expected == PASS and plain == 503
    )
