# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a server permits before TLS: replies that demand TLS are told from other rejections."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    decisive,
    observe,
    played,
    status,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item

LOGIN = "530 5.7.0 Authentication required"


def session(
    service: str,
    extensions: t.Sequence[str] = (),
    more: dict[str, t.Any] | None = None,
    **replies: str,
) -> dict[str, t.Any]:
    """A session whose replies before TLS are given; AUTH LOGIN is answered like AUTH PLAIN."""
    facts: dict[str, t.Any] = {
        "extensions": dict.fromkeys(["STARTTLS", *extensions], ""),
        "ehlo": {"code": 250, "text": ""},
    }
    for name, line in replies.items():
        parsed = smtp.reply(line.encode() + b"\r\n")
        assert parsed
        facts[name if name.endswith("_tls") else f"{name}_in_clear"] = parsed[0].to_dict()
    if "auth_in_clear" in facts:
        facts["mechanisms_in_clear"] = {"LOGIN": facts["auth_in_clear"]}
    facts.update(more or {})
    return observe("smtp_session", service, facts)


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


def smtp_script(
    auth: bytes,
    mail: bytes,
    rcpt: bytes = b"",
    word: bytes = b"SIZE",
    again: bytes = b"250 mail\r\n",
) -> list[Item]:
    """What a server sends in a whole session, with AUTH offered inside TLS."""
    ehlo = b"250-mx1\r\n250-" + word + b"\r\n250 STARTTLS\r\n"
    inside = b"250-mx1\r\n250 AUTH LOGIN\r\n"
    script: list[Item] = [b"220 mx1\r\n", ehlo, auth]
    script += [b"501 cancelled\r\n"] if auth[:3] == b"334" else [auth]
    script += [mail, *([rcpt, b"250 reset\r\n"] if rcpt else [])]
    script += [b"252 a\r\n", b"502 b\r\n", b"220 go\r\n", TLS13, inside]
    return [*script, *([] if rcpt else [again]), b"221\r\n", EOF]


NO_AUTH, NO_MAIL, OK = b"503 no\r\n", b"530 Must issue STARTTLS first\r\n", b"250 sender\r\n"


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


TLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"


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


def answer(code: int, text: str = "no") -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": text}


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
    more = {"auth_in_clear": refusal, "mail_in_clear": refusal, "mail_tls": refusal}
    observed = session("submission", more={**more, "mechanisms_in_clear": {"LOGIN": refusal}})
    assert status("auth_refused_before_tls", observed) == UNKNOWN
    assert status("mail_refused_before_tls", observed) == UNKNOWN


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(("mail_in_clear", "rcpt_in_clear")),
    st.sampled_from((450, 550, 554)),
    st.sampled_from(("STARTTLS is required", "no such user", "relay denied", "later", "")),
)
def test_text_of_a_refusal_in_clear_changes_no_verdict(name: str, code: int, text: str) -> None:
    more = {"mail_in_clear": answer(250), "rcpt_in_clear": answer(250), name: answer(code, text)}
    assert status("mx_takes_cleartext", session("smtp", more=more)) == UNKNOWN


@pytest.mark.parametrize("check", ["auth_refused_before_tls", "mail_refused_before_tls"])
def test_recorded_pass_without_its_control_is_unknown(check: str) -> None:
    entry = recorded(check)[PASS]
    (seen,) = entry["observations"]
    without = ("mechanisms_in_clear", "mail_tls")
    facts = {name: fact for name, fact in seen["facts"].items() if name not in without}
    found = evaluate.evaluate(
        context_of(entry, [{**seen, "facts": facts}]), evaluate.choose([check])
    )
    assert found[0]["status"] == UNKNOWN


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


DEMAND = "530 5.7.0 demand"


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
