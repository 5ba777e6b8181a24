# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SASL mechanisms and logins in shapes that no recording has, and the decisive lines."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import auth, evaluate
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    TIMEOUT,
    evaluated,
    findings,
    mailstore_decisive_lines,
    observed,
    reply,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context_of,
    recorded,
    recorded_decisive_lines,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item


def mechanisms(service: str, facts: dict[str, t.Any]) -> dict[str, list[str] | None]:
    lists = auth.mechanism_lists(observed("x", facts, service=service))
    return {state: offered.names for state, offered in lists.items()}


@pytest.mark.parametrize(
    ("service", "facts", "expected"),
    [
        (
            "smtp",
            {"extensions": {"STARTTLS": ""}, "extensions_tls": {"AUTH": "plain LOGIN PLAIN"}},
            {"before TLS": [], "inside TLS": ["LOGIN", "PLAIN"]},
        ),
        (
            "submission",
            {"extensions": {"STARTTLS": ""}},
            {"before TLS": [], "inside TLS": None},
        ),
        ("submissions", {}, {"inside TLS": None}),
        ("imaps", {"capabilities": ["IMAP4REV1", "AUTH=NTLM"]}, {"inside TLS": ["NTLM"]}),
        (
            "pop3",
            {"capa": ["SASL CRAM-MD5"], "starttls_offered": False},
            {"before TLS": ["CRAM-MD5"]},
        ),
        (
            "sieve",
            {
                "capabilities": {},
                "starttls_offered": True,
                "capabilities_tls": {"SASL": "PLAIN"},
            },
            {"before TLS": [], "inside TLS": ["PLAIN"]},
        ),
    ],
)
def test_mechanisms_are_listed_by_state_of_the_session(
    service: str, facts: dict[str, t.Any], expected: dict[str, list[str] | None]
) -> None:
    assert mechanisms(service, facts) == expected


def imaps(*found: str) -> dict[str, t.Any]:
    return observed(
        "mailstore_session",
        {"greeting": "OK", "capabilities": ["AUTH=" + name for name in found]},
        service="imaps",
    )


def test_mechanism_that_the_policy_declares_passes() -> None:
    assert evaluated("auth_mechanisms", imaps("PLAIN", "GSSAPI"))[0] == FAIL
    assert (
        evaluated(
            "auth_mechanisms",
            imaps("PLAIN", "GSSAPI"),
            changes={"more_auth_mechanisms": ["GSSAPI"]},
        )[0]
        == PASS
    )
    assert evaluated("auth_mechanisms", imaps("SCRAM-SHA-256-PLUS", "XOAUTH2"))[0] == PASS


def test_channel_binding_is_evaluated_where_the_policy_demands_it() -> None:
    demanded = {"channel_binding": True}
    assert evaluated("auth_channel_binding", imaps("PLAIN"), changes=demanded)[0] == FAIL
    assert (
        evaluated("auth_channel_binding", imaps("PLAIN", "SCRAM-SHA-256-PLUS"), changes=demanded)[0]
        == PASS
    )
    assert evaluated("auth_channel_binding", imaps(), changes=demanded)[0] == NOT_APPLICABLE
    no_capabilities = observed("mailstore_session", {"greeting": "OK"}, TIMEOUT, service="imaps")
    assert evaluated("auth_channel_binding", no_capabilities, changes=demanded)[0] == UNKNOWN
    assert evaluated("auth_channel_binding", imaps("PLAIN"))[0] == NOT_APPLICABLE


def submissions(**extensions: str) -> dict[str, t.Any]:
    facts = {"greeting": reply(220), "extensions": extensions}
    return observed("smtp_session", facts, service="submissions")


def tried(facts: dict[str, t.Any], **params: t.Any) -> dict[str, t.Any]:
    """A login as an unknown user with another identity."""
    return observed("relay", facts, TIMEOUT, service="submissions", login=True, **params)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (535, PASS, "postmaster@example.org, was rejected: 535 x."),
        (235, FAIL, "postmaster@example.org, was accepted: 235 x."),
        (200, FAIL, "was accepted: 200 x."),
        (299, FAIL, "was accepted: 299 x."),
        (300, UNKNOWN, "was neither accepted nor rejected: 300 x."),
        (334, UNKNOWN, "was neither accepted nor rejected: 334 x."),
        (454, UNKNOWN, "was neither accepted nor rejected: 454 x."),
        (None, UNKNOWN, "was neither accepted nor rejected: no whole answer within 20 s."),
    ],
)
def test_login_reply_for_another_identity_gives_the_status(
    code: int | None, status: str, words: str
) -> None:
    attempt = tried({"login": reply(code)} if code else {}, login_as="postmaster@example.org")
    found = evaluated("auth_other_identity", submissions(AUTH="PLAIN"), attempt)
    assert (found[0], words in found[1]) == (status, True)


def test_login_without_another_identity_says_so() -> None:
    found = evaluated(
        "auth_other_identity", submissions(AUTH="PLAIN"), tried({"login": reply(535)})
    )
    assert (found[0], "identity no other identity, was rejected: 535 x." in found[1]) == (
        PASS,
        True,
    )


def test_login_at_another_address_says_nothing_of_this_one() -> None:
    attempt = {**tried({"login": reply(235)}), "address": "192.0.2.26"}
    for observations in ([], [attempt]):
        found = evaluated("auth_other_identity", submissions(AUTH="PLAIN"), *observations)
        assert (found[0], "AUTH was not tested" in found[1]) == (UNKNOWN, True)


def test_service_that_offers_no_auth_inside_tls_has_no_identity_to_test() -> None:
    attempt = tried({"login": reply(503)})
    (found,) = findings("auth_other_identity", submissions(), attempt)
    assert (found.status, found.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert (found.service, found.port) == ("submissions", 465)
    in_clear = {"greeting": reply(220), "extensions": {}}
    session = observed("smtp_session", in_clear, service="submission")
    assert evaluated("auth_other_identity", session)[0] == UNKNOWN


def test_state_whose_mechanisms_were_not_seen_is_named() -> None:
    facts = {"greeting": reply(220), "extensions": {"STARTTLS": ""}}
    session = observed("smtp_session", facts, TIMEOUT, service="submission")
    assert evaluated("auth_anonymous", session) == (
        UNKNOWN,
        "The mechanisms inside TLS were not listed: no whole answer within 20 s.",
    )


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("auth_other_identity", FAIL, ["235 2.7.0 Authentication successful"]),
        (
            "auth_other_identity",
            PASS,
            ["535 5.7.8 Error: authentication failed: (reason unavailable)"],
        ),
        (
            "auth_anonymous",
            PASS,
            [
                "250 mx1.example.org PIPELINING SIZE 26214400 ETRN STARTTLS E",
                "250 mx1.example.org PIPELINING SIZE 26214400 ETRN ENHANCEDST",
            ],
        ),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


CAPABILITY = b"* CAPABILITY %s\r\na1 OK\r\n"
HANDSHAKE = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}


@pytest.mark.parametrize(
    ("check", "status", "mechanism"),
    [
        ("auth_mechanisms", FAIL, "AUTH=NTLM"),
        ("auth_mechanisms", PASS, "AUTH=PLAIN"),
        ("auth_anonymous", FAIL, "AUTH=ANONYMOUS"),
        ("auth_channel_binding", PASS, "AUTH=SCRAM-SHA-256-PLUS"),
    ],
)
def test_decisive_lines_of_a_mail_store_are_its_capabilities(
    check: str, status: str, mechanism: str
) -> None:
    script: list[Item] = [
        HANDSHAKE,
        b"* OK hi\r\n",
        CAPABILITY % mechanism.encode(),
        b"a9 OK\r\n",
    ]
    lines = mailstore_decisive_lines(check, status, "imaps", script)
    assert lines == [f"* CAPABILITY {mechanism}", "a1 OK"]


@pytest.mark.parametrize(
    ("code", "status"), [(535, PASS), (235, FAIL), (454, UNKNOWN), (550, UNKNOWN), (534, UNKNOWN)]
)
def test_other_identity_is_rejected_only_by_the_code_for_wrong_credentials(
    code: int, status: str
) -> None:
    entry = recorded("auth_other_identity")[PASS]
    reply = {"code": code, "enhanced": "", "text": "any text"}
    observations = [
        {**seen, "facts": {**seen["facts"], "login": reply}} if seen["probe"] == "relay" else seen
        for seen in entry["observations"]
    ]
    chosen = evaluate.choose(["auth_other_identity"])
    assert evaluate.evaluate(context_of(entry, observations), chosen)[0]["status"] == status


def test_decisive_lines_inside_tls_are_the_capabilities_after_starttls() -> None:
    script: list[Item] = [
        b"* OK hi\r\n",
        CAPABILITY % b"STARTTLS LOGINDISABLED",
        b"a2 NO\r\n",
        b"a2 NO\r\n",
        b"a3 NO\r\n",
        b"a4 OK\r\n",
        HANDSHAKE,
        b"* CAPABILITY AUTH=ANONYMOUS\r\na5 OK\r\n",
        b"a7 NO\r\n",
        b"a8 NO\r\n",
        b"a9 OK\r\n",
    ]
    lines = mailstore_decisive_lines("auth_anonymous", FAIL, "imap", script)
    assert lines == ["* CAPABILITY AUTH=ANONYMOUS", "a5 OK"]
