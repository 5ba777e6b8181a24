# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What answers beside relaying and lists of mechanisms mean, in the shapes that no recorded scene
has.
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
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    auth,
    base,
    evaluate,
    policy,
)

NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
TARGET = _model.target({"name": "mx1.example.org", "domains": ["example.org"]})
TIMEOUT = {"kind": "timeout", "text": "no whole answer within 20 s"}
RECIPIENTS = {
    "bare": "<postmaster>",
    "postmaster": "<postmaster@example.org>",
    "unknown": "<nobody@example.org>",
}


def reply(code: int, text: str = "x", enhanced: str = "") -> dict[str, t.Any]:
    return {"code": code, "enhanced": enhanced, "text": text}


def observed(
    probe: str, facts: dict[str, t.Any], error: t.Any = None, service: str = "smtp", **params: t.Any
) -> dict[str, t.Any]:
    job = _model.Job(
        probe,
        TARGET.name,
        service,
        "192.0.2.25",
        _model.SERVICES[service].port,
        {"recipients": RECIPIENTS, **params},
    )
    return _model.observation(job, facts, error, [], {"source": "192.0.2.1"})


def judged(
    checked: str, *seen: dict[str, t.Any], changes: dict[str, t.Any] | None = None
) -> tuple[str, str]:
    view = base.AuditContext(TARGET, seen, policy.policy("baseline", changes), NOW, ("192.0.2.25",))
    found = sorted(
        evaluate.choose([checked])[0].evaluate(view),
        key=lambda item: _model.STATUSES.index(item.status),
    )
    return found[0].status, found[0].sentence


def beside(checked: str, probe: str, facts: dict[str, t.Any], error: t.Any = None) -> str:
    session = observed("smtp_session", {"greeting": reply(220)})
    return judged(checked, session, observed(probe, facts, error))[0]


OK = {"mail": reply(250)}
GOOD = {
    "bare": reply(250),
    "postmaster": reply(250),
    "unknown": reply(550, "5.1.1 User unknown", "5.1.1"),
}


@pytest.mark.parametrize(
    ("checked", "probe", "facts", "wanted"),
    [
        (
            "postmaster_accepted",
            "smtp_conformance",
            {**OK, "rcpt": {**GOOD, "bare": reply(501, "5.1.3 Bad recipient address syntax")}},
            FAIL,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {**OK, "rcpt": {**GOOD, "bare": reply(554, "5.7.1 Client host blocked")}},
            UNKNOWN,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {"mail": reply(550, "5.7.1 null sender refused")},
            FAIL,
        ),
        (
            "postmaster_accepted",
            "smtp_conformance",
            {"mail": reply(530, "5.7.0 Must issue a STARTTLS command first")},
            UNKNOWN,
        ),
        ("postmaster_accepted", "smtp_conformance", OK, UNKNOWN),
        ("abuse_accepted", "smtp_conformance", {**OK, "rcpt": GOOD}, NOT_APPLICABLE),
        (
            "unknown_users_refused",
            "smtp_conformance",
            {**OK, "rcpt": {"unknown": reply(421)}},
            UNKNOWN,
        ),
        ("lists_not_disclosed", "smtp_commands", {"expn": reply(252)}, PASS),
        (
            "lists_not_disclosed",
            "smtp_commands",
            {"expn": reply(50, "postmaster... aliased to root")},
            UNKNOWN,
        ),
        ("lists_not_disclosed", "smtp_commands", {"expn": reply(451)}, UNKNOWN),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(500), "long_path": reply(554)},
            FAIL,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(501, "no parameters"), "long_path": reply(554)},
            UNKNOWN,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(250), "long_path": reply(501, "<long> Syntax error")},
            PASS,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(250), "long_path": reply(421)},
            UNKNOWN,
        ),
        ("size_limit", "smtp_conformance", {"extensions": {}}, NOT_APPLICABLE),
        ("size_limit", "smtp_conformance", {"extensions": {"SIZE": "0"}}, FAIL),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "oversize": reply(250)},
            FAIL,
        ),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "oversize": reply(452)},
            UNKNOWN,
        ),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "mail": reply(450)},
            UNKNOWN,
        ),
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "BDAT 0 LAST", "reply": reply(502)}]},
            FAIL,
        ),
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "BDAT 0 LAST", "reply": reply(503)}]},
            PASS,
        ),
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "MAIL", "reply": reply(451)}]},
            UNKNOWN,
        ),
        (
            "old_commands_refused",
            "smtp_commands",
            {"verbs": {"DEBUG": reply(500), "TURN": reply(421), "VERB": reply(500)}},
            UNKNOWN,
        ),
        (
            "old_commands_refused",
            "smtp_commands",
            {"verbs": {"DEBUG": reply(500), "TURN": reply(502)}},
            UNKNOWN,
        ),
        ("http_rejected", "smtp_http", {"replies": [reply(421)], "closed": True}, UNKNOWN),
        ("http_rejected", "smtp_http", {"replies": [reply(220), reply(421)], "closed": True}, PASS),
        (
            "http_rejected",
            "smtp_http",
            {"replies": [reply(220), reply(250), reply(530), reply(221)], "closed": True},
            PASS,
        ),
        ("http_rejected", "smtp_http", {"replies": [reply(220)]}, UNKNOWN),
    ],
)
def test_one_answer(checked: str, probe: str, facts: dict[str, t.Any], wanted: str) -> None:
    assert beside(checked, probe, facts) == wanted


def test_a_promise_is_only_kept_when_all_was_asked() -> None:
    promised = {**OK, "promised": [{"words": "MAIL", "reply": reply(250)}]}
    assert beside("extensions_work", "smtp_conformance", promised) == PASS
    assert beside("extensions_work", "smtp_conformance", promised, TIMEOUT) == UNKNOWN


@pytest.mark.parametrize(
    ("greeting", "found"),
    [
        ("mx1.example.org ESMTP Exim 4.96 Mon, 23 Nov 2026 00:22:29 +0000", "4.96"),
        (
            (
                "mx1.example.org ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; logging access from: "
                "[192.0.2.1]"
            ),
            "8.17.1.9",
        ),
        ("mx1.example.org ESMTP Postfix-3.7.11", "3.7.11"),
        ("mx1.example.org ESMTP Postfix (Debian/GNU)", ""),
        ("mx-1.2.example.org ESMTP ready for [10.0.0.1] at 12:30:00", ""),
        ("192.0.2.25 greets 192.0.2.1", ""),
    ],
)
def test_what_is_a_version(greeting: str, found: str) -> None:
    status, sentence = judged(
        "no_version_told", observed("smtp_session", {"greeting": reply(220, greeting)})
    )
    assert (status, f" version {found}: " in sentence) == ((FAIL, True) if found else (PASS, False))


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        (
            "imaps",
            {"greeting": "OK Dovecot ready.", "id": '* ID ("name" "Dovecot" "version" "2.4.1")'},
        ),
        (
            "pop3s",
            {"greeting": "+OK hi", "capa": ["SASL PLAIN", "IMPLEMENTATION Cyrus POP3 v3.6.1"]},
        ),
        (
            "sieve",
            {
                "greeting": "OK hi",
                "capabilities": {"IMPLEMENTATION": "Pigeonhole 0.5.19", "VERSION": "1.0"},
            },
        ),
    ],
)
def test_mailboxes_tell_versions_too(service: str, facts: dict[str, t.Any]) -> None:
    assert (
        judged("no_version_told", observed("mailstore_session", facts, service=service))[0] == FAIL
    )
    assert (
        judged(
            "no_version_told",
            observed("mailstore_session", {"greeting": facts["greeting"]}, service=service),
        )[0]
        == PASS
    )


def test_a_code_is_no_version() -> None:
    session = observed("smtp_session", {"greeting": reply(220, "mx1.example.org ESMTP")})
    for text, wanted in (
        ("2.0.0 Commands: HELO", PASS),
        ("2.0.0 This is sendmail version 8.17.1.9", FAIL),
    ):
        help_ = observed("smtp_commands", {"help": reply(214, text, "2.0.0")})
        assert judged("no_version_told", session, help_)[0] == wanted


@pytest.mark.parametrize(
    ("greeting", "ehlo", "wanted"),
    [
        ("mx1.example.org ESMTP", "MX1.example.org Hello", PASS),
        ("mx1.example.org ESMTP", "mx2.example.org", FAIL),
        ("mx1 ESMTP", "mx1", FAIL),
        ("localhost.localdomain ESMTP", "localhost.localdomain", FAIL),
        ("[192.0.2.25] ESMTP", "[192.0.2.25]", FAIL),
    ],
)
def test_names(greeting: str, ehlo: str, wanted: str) -> None:
    facts = {"greeting": reply(220, greeting), "ehlo": reply(250, ehlo)}
    assert judged("greeting_name", observed("smtp_session", facts))[0] == wanted


def mechanisms(service: str, facts: dict[str, t.Any]) -> dict[str, list[str] | None]:
    return auth.offered(observed("x", facts, service=service))


def test_where_mechanisms_stand() -> None:
    assert mechanisms("smtp", {"extensions": {"STARTTLS": ""}, "extensions_tls": {"AUTH": "plain LOGIN PLAIN"}}) == {
        "before TLS": [], "inside TLS": ["LOGIN", "PLAIN"],
    }  # fmt: skip
    assert mechanisms("submission", {"extensions": {"STARTTLS": ""}}) == {
        "before TLS": [],
        "inside TLS": None,
    }
    assert mechanisms("submissions", {}) == {"inside TLS": None}
    assert mechanisms("imaps", {"capabilities": ["IMAP4REV1", "AUTH=NTLM"]}) == {
        "inside TLS": ["NTLM"]
    }
    assert mechanisms("pop3", {"capa": ["SASL CRAM-MD5"], "starttls_offered": False}) == {
        "before TLS": ["CRAM-MD5"]
    }
    assert mechanisms("sieve", {"capabilities": {}, "starttls_offered": True, "capabilities_tls": {"SASL": "PLAIN"}}) == {
        "before TLS": [], "inside TLS": ["PLAIN"],
    }  # fmt: skip


def imaps(*found: str) -> dict[str, t.Any]:
    return observed(
        "mailstore_session",
        {"greeting": "OK", "capabilities": ["AUTH=" + name for name in found]},
        service="imaps",
    )


def test_what_is_declared_may_be_offered() -> None:
    assert judged("auth_mechanisms", imaps("PLAIN", "GSSAPI"))[0] == FAIL
    assert (
        judged(
            "auth_mechanisms",
            imaps("PLAIN", "GSSAPI"),
            changes={"more_auth_mechanisms": ["GSSAPI"]},
        )[0]
        == PASS
    )
    assert judged("auth_mechanisms", imaps("SCRAM-SHA-256-PLUS", "XOAUTH2"))[0] == PASS


def test_channel_binding_where_the_policy_asks_for_it() -> None:
    asked = {"channel_binding": True}
    assert judged("auth_channel_binding", imaps("PLAIN"), changes=asked)[0] == FAIL
    assert (
        judged("auth_channel_binding", imaps("PLAIN", "SCRAM-SHA-256-PLUS"), changes=asked)[0]
        == PASS
    )
    assert judged("auth_channel_binding", imaps(), changes=asked)[0] == NOT_APPLICABLE
    blind = observed("mailstore_session", {"greeting": "OK"}, TIMEOUT, service="imaps")
    assert judged("auth_channel_binding", blind, changes=asked)[0] == UNKNOWN
    assert judged("auth_channel_binding", imaps("PLAIN"))[0] == NOT_APPLICABLE


@pytest.mark.parametrize(
    ("code", "wanted"), [(535, PASS), (235, FAIL), (334, UNKNOWN), (454, UNKNOWN), (None, UNKNOWN)]
)
def test_a_login_in_the_name_of_another(code: int | None, wanted: str) -> None:
    session = observed(
        "smtp_session",
        {"greeting": reply(220), "extensions": {"AUTH": "PLAIN"}},
        service="submissions",
    )
    facts = {"login": reply(code)} if code else {}
    tried = observed(
        "relay",
        facts,
        TIMEOUT,
        service="submissions",
        login=True,
        login_as="postmaster@example.org",
    )
    assert judged("auth_other_identity", session, tried)[0] == wanted
    assert judged("auth_other_identity", session)[0] == UNKNOWN
