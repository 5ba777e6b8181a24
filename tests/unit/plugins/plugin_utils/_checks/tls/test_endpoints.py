# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Endpoints that speak in clear, and STARTTLS that comes and goes: one finding with its cause."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    observe,
    verdict,
)

OFFERED = {"extensions": {"STARTTLS": ""}}
BARE: dict[str, t.Any] = {"extensions": {"PIPELINING": ""}}
ABSENT = {"kind": "tls", "text": "STARTTLS is not offered"}
WRONG = {"kind": "tls", "text": "the TLS handshake failed: WRONG_VERSION_NUMBER"}
TLS_CHECKS = [check.id for check in CATALOGUE if check.group == "tls"]


@pytest.mark.parametrize("service", ["submissions", "imaps", "pop3s"])
def test_port_in_clear_is_one_finding_and_the_cause_of_the_others(service: str) -> None:
    probe = "smtp_session" if service == "submissions" else "mailstore_session"
    said = {"kind": "mail", "said": "220 mx1 ESMTP\r\n"}
    observed = (
        observe(probe, service, {}, error=WRONG),
        observe("plain_on_tls", service, said, [["S", "220 mx1 ESMTP"]]),
        observe("tls_trust", service, {}, error=WRONG),
        observe("client_hello", service, {"answer": "plain", "said": "220"}, purpose="control"),
    )
    assert verdict("implicit_tls_only", *observed)["status"] == FAIL
    for check in ("tls_versions", "tls_cipher_suites", "certificate_trusted", "certificate_expiry"):
        result = verdict(check, *observed)
        (evidence,) = result["evidence"]
        assert (result["status"], evidence["caused_by"]) == (UNKNOWN, "implicit_tls_only")
        assert "speaks in clear" in result["sentence"]
        assert "WRONG_VERSION_NUMBER" not in result["sentence"]


def mixed(first: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """A session, a connection without STARTTLS and one with it."""
    return [
        observe("smtp_session", "smtp", first),
        observe("tls_trust", "smtp", {}, [["*", "STARTTLS is not offered"]], error=ABSENT),
        observe("tls_trust", "smtp", {**TLS13, "trusted": True}, [["*", "TLS: TLSv1.3"]]),
    ]


@pytest.mark.parametrize("first", [OFFERED, BARE])
def test_starttls_on_some_connections_fails_and_leaves_the_rest_unknown(
    first: dict[str, t.Any],
) -> None:
    result = verdict("starttls_offered", *mixed(first))
    assert result["status"] == FAIL
    assert "on some connections" in result["sentence"]
    for check in ("starttls_works", "tls_versions", "certificate_trusted"):
        found = verdict(check, *mixed(first))
        assert found["status"] == UNKNOWN, check
    works = verdict("starttls_works", *mixed(first))["evidence"][0]
    assert works["caused_by"] == "starttls_offered"


def test_connection_that_is_not_offered_starttls_is_no_failed_handshake() -> None:
    session, absent, _present = mixed(OFFERED)
    found = verdict("starttls_works", session, absent)
    assert found["status"] == UNKNOWN, found["sentence"]


def test_mail_store_that_begins_tls_unasked_is_not_taken_for_one_without_tls() -> None:
    session = observe("mailstore_session", "imap", {"greeting": "OK", "starttls_offered": False})
    present = observe("tls_trust", "imap", {**TLS13, "trusted": True}, [["*", "TLS: TLSv1.3"]])
    found = verdict("starttls_offered", session, present)
    assert (found["status"], found["sentence"][:46]) == (
        FAIL,
        "STARTTLS is not offered, though another connec",
    )
    assert verdict("tls_versions", session, present)["status"] == UNKNOWN
    assert verdict("tls_versions", session)["status"] == NOT_APPLICABLE


def test_starttls_on_all_connections_or_on_none() -> None:
    session, absent, present = mixed(OFFERED)
    assert verdict("starttls_offered", session, present)["status"] == PASS
    bare = observe("smtp_session", "smtp", BARE)
    assert verdict("starttls_offered", bare, absent)["status"] == FAIL
    assert "some connections" not in verdict("starttls_offered", bare, absent)["sentence"]
    assert verdict("starttls_works", bare, absent)["status"] == NOT_APPLICABLE


def test_deferral_of_starttls_is_no_absence() -> None:
    busy = {"kind": "tls", "text": "STARTTLS was answered 454 TLS not available"}
    observed = (
        observe("smtp_session", "smtp", OFFERED),
        observe("tls_trust", "smtp", {}, error=busy),
    )
    assert verdict("starttls_offered", *observed)["status"] == PASS


@pytest.mark.parametrize("answer", ["BAD unknown", "NO not here", "-ERR what"])
def test_mail_store_that_lacks_the_command_on_some_connections(answer: str) -> None:
    error = {"kind": "tls", "text": f"STARTTLS was answered {answer}"}
    session = observe("mailstore_session", "imap", {"starttls_offered": True})
    observed = session, observe("tls_trust", "imap", {}, [["*", "x"]], error=error)
    assert verdict("starttls_offered", *observed)["status"] == FAIL


@pytest.mark.parametrize("check", TLS_CHECKS)
def test_each_check_of_tls_names_its_reason_where_it_does_not_apply(check: str) -> None:
    bare = observe("smtp_session", "smtp", BARE)
    store = observe("mailstore_session", "imap", {"starttls_offered": False})
    result = verdict(check, bare, store)
    if result["status"] == NOT_APPLICABLE:
        assert result["reason"], result["sentence"]
