# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is carried over into TLS is told from what is not, in every protocol; and nothing seen is
called forgotten.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import starttls
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

TAG = "0123abcd"
TLS = {"version": "TLSv1.3", "certificate": ""}
TARGET = _model.target({"name": "mx1.example.org", "addresses": ["192.0.2.25"]})
SIEVE = ['"SIEVE" "fileinto"', 'OK "TLS"']


def reply(code: int, lines: int = 1) -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": "words", "lines": lines}


BEYOND: dict[str, tuple[str, dict[str, t.Any], t.Any]] = {
    "smtp, as it should be": ("smtp", {"answers": [reply(503), reply(554), reply(221)]}, ""),
    "smtp, one too many": (
        "smtp",
        {"answers": [reply(250), reply(503), reply(554), reply(221)]},
        "250 words",
    ),
    "smtp, EHLO answered and gone": ("smtp", {"answers": [reply(250, 5)]}, "250 words"),
    "smtp, gone after a refusal": ("smtp", {"answers": [reply(503)]}, ""),
    "smtp, gone after another one": ("smtp", {"answers": [reply(554)]}, None),
    "smtp, nothing": ("smtp", {"answers": []}, None),
    "imap": ("imap", {"said": ["a2 BAD active", "* BYE", "a3 OK"]}, ""),
    "imap, tag": ("imap", {"said": [TAG + " OK done", "a2 BAD active", "a3 OK"]}, TAG + " OK done"),
    "pop3": ("pop3", {"said": ["-ERR active", "+OK bye"]}, ""),
    "pop3, capabilities": ("pop3", {"said": ["+OK", "TOP", ".", "-ERR active", "+OK bye"]}, "+OK"),
    "sieve": ("sieve", {"said": [*SIEVE, "NO active", "OK bye"]}, ""),
    "sieve, silent after TLS": ("sieve", {"said": ["NO active", "OK bye"]}, ""),
    "sieve, tag": (
        "sieve",
        {"said": [*SIEVE, f'OK (TAG "{TAG}") "done"', "NO active", "OK"]},
        f'OK (TAG "{TAG}") "done"',
    ),
    "sieve, no tag": (
        "sieve",
        {"said": [*SIEVE, 'NO "what?"', "NO active", "OK bye"]},
        'NO "what?"',
    ),
    "nothing": ("sieve", {}, None),
    "silence": ("pop3", {"said": []}, None),
}


@pytest.mark.parametrize(("protocol", "facts", "wanted"), BEYOND.values(), ids=BEYOND)
def test_what_was_answered_unasked(
    protocol: str, facts: dict[str, t.Any], wanted: str | None
) -> None:
    assert starttls.beyond(facts, {"protocol": protocol, "tag": TAG}) == wanted


def seen(probe: str, service: str, facts: dict[str, t.Any], **params: t.Any) -> dict[str, t.Any]:
    known = {"protocol": _model.SERVICES[service].protocol, "tag": TAG, **params}
    job = _model.Job(probe, TARGET.name, service, "192.0.2.25", 25, known)
    return _model.observation(job, facts, None, [], {"source": "203.0.113.66"})


def verdict(check: str, *observations: dict[str, t.Any], rules: str = "baseline") -> str:
    view = base.AuditContext(
        TARGET,
        observations,
        policy.policy(rules),
        evaluate.moment("2026-11-26T06:00:00+00:00"),
        TARGET.addresses,
        True,
    )
    return str(evaluate.evaluate(view, evaluate.choose([check]))[0]["status"])


IMAP = seen("mailstore_session", "imap", {"starttls_offered": True, "capabilities": ["STARTTLS"]})
MX = seen("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
GO = {"status": "OK", "rest": ""}
ENDED = seen("starttls", "imap", {"starttls": GO, "tls_error": "EOF"}, inject=True)


def test_an_end_is_a_pass_only_beside_a_control() -> None:
    works = seen(
        "starttls", "imap", {"starttls": GO, "tls": TLS, "said": ["a2 BAD", "a3 OK"]}, inject=False
    )
    assert verdict("starttls_command_injection", IMAP, ENDED) == UNKNOWN
    assert verdict("starttls_command_injection", IMAP, ENDED, works) == PASS
    assert verdict("starttls_once", IMAP, ENDED, works) == PASS
    agreed = seen(
        "starttls", "imap", {"starttls": GO, "tls": TLS, "said": ["a2 OK begin"]}, inject=False
    )
    assert verdict("starttls_once", IMAP, ENDED, agreed) == FAIL


def test_silence_is_a_pass_only_where_the_server_hung_up_and_is_quick() -> None:
    works = seen(
        "starttls", "imap", {"starttls": GO, "tls": TLS, "said": ["a2 BAD", "a3 OK"]}, inject=False
    )
    for ended, seconds, wanted in ((True, 0.1, PASS), (False, 0.1, UNKNOWN), (True, 9.0, UNKNOWN)):
        silent = seen(
            "starttls",
            "imap",
            {"starttls": GO, "tls_error": "no whole answer", "ended": ended},
            inject=True,
        )
        assert (
            verdict("starttls_command_injection", IMAP, silent, {**works, "seconds": seconds})
            == wanted
        ), (ended, seconds)
    heard = {**silent, "params": {**silent["params"], "patience": 36.0}}
    assert (
        verdict("starttls_command_injection", IMAP, silent, heard, {**works, "seconds": 9.0})
        == PASS
    )


def test_an_answer_in_clear_to_what_was_injected() -> None:
    early = seen(
        "starttls", "imap", {"starttls": GO, "early": TAG + " OK", "tls_error": "no"}, inject=True
    )
    talks = seen("client_hello", "imap", {"early": "* OK x", "answer": "hello"}, purpose="control")
    assert verdict("starttls_command_injection", IMAP, early) == FAIL
    assert verdict("starttls_command_injection", IMAP, early, talks) == UNKNOWN
    assert verdict("starttls_response_injection", IMAP, talks) == FAIL


@pytest.mark.parametrize(
    ("mail", "rcpt", "wanted"),
    [(250, 503, PASS), (250, 250, FAIL), (250, 554, UNKNOWN), (530, 503, NOT_APPLICABLE)],
)
def test_the_state_before_tls(mail: int, rcpt: int, wanted: str) -> None:
    facts = {
        "starttls": {"code": 220},
        "mail": reply(mail),
        "tls": TLS,
        "answers": [reply(rcpt), reply(554), reply(221)],
    }
    assert (
        verdict("starttls_forgets_state", MX, seen("starttls", "smtp", facts, inject=True))
        == wanted
    )


def test_starttls_that_is_refused_inside_a_transaction() -> None:
    refused = {"starttls": reply(503), "mail": reply(250)}
    bare = {"starttls": {"code": 220}, "tls": TLS, "answers": [reply(503), reply(554), reply(221)]}
    injected = seen("starttls", "smtp", refused, inject=True)
    again, works = (
        seen("starttls", "smtp", refused, inject=False),
        seen("starttls", "smtp", bare, inject=False),
    )
    for check in ("starttls_forgets_state", "starttls_command_injection", "starttls_once"):
        assert verdict(check, MX, injected, again, works) == PASS, check
        assert verdict(check, MX, injected, again) == UNKNOWN, check


@pytest.mark.parametrize(
    ("service", "said", "wanted"),
    [
        ("smtp", "250 mx1", FAIL), ("smtp", "554 no", PASS), ("imap", "a9 OK done", FAIL), ("imap", "* CAPABILITY IMAP4rev1", FAIL),
        ("imap", "a9 BAD no", PASS), ("pop3", "+OK", FAIL), ("pop3", "-ERR", PASS), ("sieve", '"SIEVE" "x"', FAIL), ("sieve", "BYE", PASS),
    ],
)  # fmt: skip
def test_words_in_clear_where_tls_should_be(service: str, said: str, wanted: str) -> None:
    session = (
        seen("mailstore_session", service, {"starttls_offered": True}) if service != "smtp" else MX
    )
    go = {"code": 220} if service == "smtp" else {"status": "+OK" if service == "pop3" else "OK"}
    probe = seen("starttls_garbage", service, {"starttls": go, "kind": "mail", "said": said})
    assert verdict("starttls_failure_ends", session, probe) == wanted


def test_a_session_that_refuses_one_command_in_clear_and_takes_the_next() -> None:
    facts = {
        "starttls": {"status": "+OK"},
        "kind": "mail",
        "said": "-ERR STARTTLS failed\r\n-ERR Invalid command.\r\n",
    }
    session = seen("mailstore_session", "pop3", {"starttls_offered": True})
    for again, wanted in (("+OK\r\nSTLS\r\n.\r\n", FAIL), ("-ERR\r\n", PASS), ("", PASS)):
        assert (
            verdict(
                "starttls_failure_ends",
                session,
                seen("starttls_garbage", "pop3", {**facts, "again": again}),
            )
            == wanted
        )


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["STARTTLS"], PASS), (["XXXXXXXA"], FAIL), (["XXXXXXXX"], FAIL), (["STARTTLX"], FAIL), (["X-ANONYMOUSTLS"], FAIL),
        (["X-ANONYMOUSTLS", "STARTTLS"], PASS), (["XCLIENT", "XFORWARD", "X-EXPS"], NOT_APPLICABLE), ([], NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_what_stands_where_starttls_stood(words: list[str], wanted: str) -> None:
    assert (
        verdict(
            "starttls_stripping",
            seen("smtp_session", "smtp", {"extensions": dict.fromkeys(words, "")}),
        )
        == wanted
    )


FALLBACK_TAKEN = {
    "answer": "hello",
    "version": "TLSv1.1",
    "suite": 47,
    "suite_classes": [],
    "suite_name": "x",
}
GOOD = {
    "answer": "hello", "version": "TLSv1.2", "suite": 0xC02B, "suite_name": "y", "suite_classes": ["ecdhe", "fs", "good"],
    "compression": 0, "extensions": [0xFF01, 23], "group": "x25519",
}  # fmt: skip


def hello(**facts: t.Any) -> dict[str, t.Any]:
    offered = {
        "compression": True,
        "heartbeat": True,
        "alpn": ["http/1.1"],
        "suites": ["cbc_sha1", "good"],
    }
    return seen("client_hello", "smtp", {**GOOD, **facts}, purpose="control", **offered)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [({}, PASS), ({"compression": 1}, FAIL), ({"extensions": [23]}, FAIL), ({"extensions": [0xFF01]}, FAIL),
     ({"extensions": [0xFF01, 23, 15]}, FAIL)],
)  # fmt: skip
def test_features(facts: dict[str, t.Any], wanted: str) -> None:
    assert verdict("tls_handshake_features", MX, hello(**facts)) == wanted


def test_a_fallback_that_nobody_notices() -> None:
    assert (
        verdict(
            "tls_handshake_features",
            MX,
            hello(),
            seen("client_hello", "smtp", FALLBACK_TAKEN, purpose="fallback_signal"),
        )
        == FAIL
    )


def test_a_server_that_hangs_up_on_browsers() -> None:
    hung_up = seen(
        "client_hello", "smtp", {"answer": "closed"}, purpose="control", alpn=["http/1.1"]
    )
    without = seen("client_hello", "smtp", GOOD, purpose="control")
    assert verdict("tls_alpn_http_rejected", MX, hung_up, without) == PASS
    assert verdict("tls_alpn_http_rejected", MX, hung_up) == UNKNOWN
    assert verdict("tls_alpn_http_rejected", MX, hello(alpn="http/1.1")) == FAIL
    assert verdict("tls_alpn_http_rejected", MX, hello()) == PASS


def test_tls_1_3_alone_leaves_no_choice() -> None:
    refused = seen(
        "client_hello", "smtp", {"answer": "alert", "alert": "protocol_version"}, purpose="control"
    )
    modern = seen("tls_trust", "smtp", {"version": "TLSv1.3", "trusted": True})
    for check in (
        "tls_groups",
        "tls_preference",
        "tls_handshake_features",
        "tls_alpn_http_rejected",
    ):
        wanted = UNKNOWN if check == "tls_alpn_http_rejected" else PASS
        assert verdict(check, MX, refused, modern) == wanted, check
        assert verdict(check, MX, refused) == UNKNOWN, check


def test_groups_by_policy() -> None:
    assert verdict("tls_groups", MX, hello(group="secp224r1")) == FAIL
    assert verdict("tls_groups", MX, hello(group="secp224r1"), rules="ncsc-2025-05") == PASS
