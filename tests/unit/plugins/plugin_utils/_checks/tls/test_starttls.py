# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""STARTTLS offered, working and overwritten: the status, and the lines that show it."""

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
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item

IMAP: list[Item] = [
    b"* OK hi\r\n",
    b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n",
    b"a2 NO\r\n",
    b"a3 NO\r\n",
]
POP3: list[Item] = [b"+OK hi\r\n", b"+OK\r\nUSER\r\n.\r\n", b"+OK\r\n", b"-ERR\r\n"]
SIEVE: list[Item] = [b'"SIEVE" "x"\r\nOK "hi"\r\n', b"NO\r\n"]
SMTP: list[Item] = [b"220 mx1\r\n", b"250-mx1\r\n250 SIZE\r\n", EOF]


@pytest.mark.parametrize(
    ("service", "script", "expected"),
    [
        ("smtp", SMTP, ["S 250-mx1", "S 250 SIZE"]),
        ("imap", IMAP, ["S * CAPABILITY IMAP4rev1", "S a1 OK"]),
        ("pop3", POP3, ["S +OK", "S USER", "S ."]),
        ("sieve", SIEVE, ['S "SIEVE" "x"', 'S OK "hi"']),
    ],
)
def test_starttls_not_offered_shows_the_capabilities(
    service: str, script: list[Item], expected: list[str]
) -> None:
    probe = "smtp_session" if service == "smtp" else "mailstore_session"
    session = played(probe, service, script)
    assert decisive("starttls_offered", session) == (FAIL, expected)


def test_starttls_offered_passes_with_the_ehlo_reply() -> None:
    session = played("smtp_session", "smtp", [*UP_TO_TLS["smtp"][:2], EOF])
    expected = ["S 250-mx1", "S 250 STARTTLS"]
    assert decisive("starttls_offered", session) == (PASS, expected)


def test_failed_handshake_shows_its_error() -> None:
    session = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
    script = [*UP_TO_TLS["smtp"], WireError("tls", "the TLS handshake failed: no shared cipher")]
    attempt = played("tls_trust", "smtp", script)
    expected = ["* the TLS handshake failed: no shared cipher"]
    assert decisive("starttls_works", session, attempt) == (FAIL, expected)


def test_completed_handshake_shows_version_and_suite() -> None:
    session = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
    attempt = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])
    expected = ["* TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]
    assert decisive("starttls_works", session, attempt) == (PASS, expected)


Seen = dict[str, t.Any]
NOTHING_SAID = "the conversation ended before this was asked."


def outcome(check: str, *observations: Seen) -> tuple[str, str, str]:
    """The status, the probe whose conversation shows it, and the sentence."""
    result = verdict(check, *observations)
    (evidence,) = result["evidence"]
    assert result["reason"] == (NO_SUBJECT if result["status"] == NOT_APPLICABLE else "")
    return result["status"], evidence["probe"], result["sentence"]


OVERWRITTEN = "A device on the path overwrites STARTTLS:"


@pytest.mark.parametrize(
    ("keywords", "status", "sentence"),
    [
        (["STARTTLS"], PASS, "STARTTLS arrives unchanged."),
        (["SIZE", "XXXXXXXA"], FAIL, f"{OVERWRITTEN} XXXXXXXA is offered."),
        (["XXXXXXXX"], FAIL, f"{OVERWRITTEN} XXXXXXXX is offered."),
        (["STARTTLX"], FAIL, f"{OVERWRITTEN} STARTTLX is offered."),
        (["X-ANONYMOUSTLS"], FAIL, f"{OVERWRITTEN} X-ANONYMOUSTLS is offered."),
        (["X-ANONYMOUSTLS", "STARTTLS"], PASS, "STARTTLS arrives unchanged."),
        (
            ["XCLIENT", "XFORWARD", "X-EXPS"],
            NOT_APPLICABLE,
            "STARTTLS is not offered, and no keyword stands in its place.",
        ),
        ([], NOT_APPLICABLE, "STARTTLS is not offered, and no keyword stands in its place."),
    ],
)
def test_stripping_fails_where_a_keyword_stands_in_place_of_starttls(
    keywords: list[str], status: str, sentence: str
) -> None:
    session = observe("smtp_session", "smtp", {"extensions": dict.fromkeys(keywords, "")})
    assert outcome("starttls_stripping", session) == (status, "smtp_session", sentence)


@pytest.mark.parametrize(
    ("service", "facts", "expected"),
    [
        ("imap", {"capabilities": ["IMAP4REV1", "STARTTLS"], "starttls_offered": True}, PASS),
        ("imap", {"capabilities": ["XXXXXXXX"], "starttls_offered": False}, FAIL),
        ("sieve", {"capabilities": {"STARTTLS": ""}, "starttls_offered": True}, PASS),
        ("sieve", {"capabilities": {"XXXXXXXX": ""}, "starttls_offered": False}, FAIL),
        ("pop3", {"capa": ["TOP", "STLS"], "starttls_offered": True}, PASS),
        ("pop3", {"capa": ["stls "], "starttls_offered": True}, PASS),
        ("pop3", {"capa": ["TOP", "XXXX "], "starttls_offered": False}, FAIL),
        ("pop3", {"capa": ["TOP"], "starttls_offered": False}, NOT_APPLICABLE),
        ("pop3", {"capa": None, "starttls_offered": False}, UNKNOWN),
        ("imap", {"greeting": "OK"}, UNKNOWN),
    ],
)
def test_stripping_reads_the_capabilities_of_mail_stores(
    service: str, facts: dict[str, t.Any], expected: str
) -> None:
    session = observe("mailstore_session", service, facts)
    assert outcome("starttls_stripping", session)[0] == expected


def test_stripping_shows_the_ehlo_reply() -> None:
    session = played("smtp_session", "smtp", [b"220 mx1\r\n", b"250-mx1\r\n250 XXXXXXXA\r\n", EOF])
    expected = ["S 250-mx1", "S 250 XXXXXXXA"]
    assert decisive("starttls_stripping", session) == (FAIL, expected)


OFFERED = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
BARE = observe("smtp_session", "smtp", {"extensions": {}})
GREETED = observe("smtp_session", "smtp", {"greeting": {"code": 220, "text": "mx1"}})
ABSENT = {"kind": "tls", "text": "STARTTLS is not offered"}
NO_CIPHER = {"kind": "tls", "text": "the TLS handshake failed: no shared cipher"}
LOST = {"kind": "timeout", "text": "no whole answer within 20 s"}


@pytest.mark.parametrize("check", ["starttls_offered", "starttls_works", "starttls_stripping"])
def test_capabilities_that_were_not_seen_leave_starttls_unknown(check: str) -> None:
    unseen = UNKNOWN, "smtp_session", f"The capabilities were not seen: {NOTHING_SAID}"
    assert outcome(check, GREETED) == unseen


def test_starttls_offered_on_some_connections_shows_one_of_the_others() -> None:
    absent = observe("tls_trust", "smtp", {}, [["*", ABSENT["text"]]], error=ABSENT)
    some = (
        "STARTTLS is offered on some connections and not on others; those without it are sent in "
        "plaintext."
    )
    assert outcome("starttls_offered", OFFERED, absent) == (FAIL, "tls_trust", some)
    assert outcome("starttls_offered", OFFERED) == (PASS, "smtp_session", "STARTTLS is offered.")
    assert outcome("starttls_offered", BARE)[:2] == (FAIL, "smtp_session")


def failed(error: dict[str, str], probe: str = "tls_trust") -> Seen:
    """A handshake that was not completed."""
    return observe(probe, "smtp", {}, [["*", error["text"]]], error=error)


def accepted(version: str, purpose: str = "legacy_versions") -> Seen:
    """A ClientHello that was accepted."""
    facts = {"answer": "hello", "version": version}
    lines = [["*", "ClientHello"], ["*", f"ServerHello: {version}"]]
    return observe("client_hello", "smtp", facts, lines, purpose=purpose)


HANDSHAKES: dict[str, tuple[list[Seen], tuple[str, str, str]]] = {
    "completed": (
        [failed(NO_CIPHER), observe("tls_certificate", "smtp", TLS13), accepted("TLSv1")],
        (
            PASS,
            "tls_certificate",
            "The handshake negotiated TLSv1.3 with TLS_AES_256_GCM_SHA384.",
        ),
    ),
    "failed": (
        [failed(NO_CIPHER)],
        (
            FAIL,
            "tls_trust",
            "STARTTLS is offered, but fails: the TLS handshake failed: no shared cipher.",
        ),
    ),
    "failed, then lost": (
        [failed(NO_CIPHER), failed(LOST, "tls_certificate")],
        (
            FAIL,
            "tls_trust",
            "STARTTLS is offered, but fails: the TLS handshake failed: no shared cipher.",
        ),
    ),
    "failed twice": (
        [failed({"kind": "tls", "text": "EOF"}), failed(NO_CIPHER, "tls_certificate")],
        (
            FAIL,
            "tls_certificate",
            "STARTTLS is offered, but fails: the TLS handshake failed: no shared cipher.",
        ),
    ),
    "lost": (
        [
            failed({"kind": "closed", "text": "closed"}),
            failed({"kind": "closed", "text": "closed"}),
            failed(LOST, "tls_certificate"),
        ],
        (
            UNKNOWN,
            "tls_certificate",
            "No handshake was completed: no whole answer within 20 s.",
        ),
    ),
    "without an error": (
        [observe("tls_trust", "smtp", {"verify_error": "self-signed certificate"})],
        (UNKNOWN, "tls_trust", f"No handshake was completed: {NOTHING_SAID}"),
    ),
    "not tried": (
        [],
        (UNKNOWN, "smtp_session", f"No handshake was completed: {NOTHING_SAID}"),
    ),
}


@pytest.mark.parametrize(("observed", "expected"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_starttls_works_where_a_handshake_was_completed(
    observed: list[Seen], expected: tuple[str, str, str]
) -> None:
    assert outcome("starttls_works", OFFERED, *observed) == expected


def test_starttls_works_needs_starttls() -> None:
    expected = NOT_APPLICABLE, "smtp_session", "STARTTLS is not offered."
    assert outcome("starttls_works", BARE) == expected


@pytest.mark.parametrize(
    ("version", "older", "name"),
    [
        ("TLSv1.1", ["TLSv1", "SSLv3", "SSLv2"], "TLS 1.1"),
        ("TLSv1", ["SSLv2", "SSLv3"], "TLS 1.0"),
        ("SSLv3", ["SSLv2"], "SSL 3.0"),
        ("SSLv2", [], "SSL 2.0"),
    ],
)
def test_newest_of_the_old_versions_is_named_where_no_other_works(
    version: str, older: list[str], name: str
) -> None:
    sentence = f"STARTTLS works in {name} only; no client of today can use it."
    for versions in ([version, *older], [*older, version]):
        hellos = [accepted(found) for found in versions]
        observed = [OFFERED, failed(NO_CIPHER), *hellos]
        assert outcome("starttls_works", *observed) == (FAIL, "client_hello", sentence)
        shown = decisive("starttls_works", *observed)
        assert shown == (FAIL, [f"* ServerHello: {version}"])


@pytest.mark.parametrize(
    "purpose",
    ["control", "legacy_versions", "weak_suites", "repeated_control", "modern_groups"],
)
def test_client_hello_of_every_purpose_shows_what_works(purpose: str) -> None:
    old, lost = accepted("TLSv1", purpose), failed(LOST)
    assert "TLS 1.0 only" in outcome("starttls_works", OFFERED, lost, old)[2]
    for newer in ("TLSv1.2", "TLSv1.3"):
        for hellos in ([old, accepted(newer)], [accepted(newer, purpose), accepted("TLSv1")]):
            found = outcome("starttls_works", OFFERED, lost, *hellos)
            assert found[:2] == (UNKNOWN, "tls_trust")
