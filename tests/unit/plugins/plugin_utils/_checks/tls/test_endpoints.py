# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Endpoints that speak in clear, and STARTTLS that comes and goes: one finding with its cause."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_OFFERED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import endpoints
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ADDRESS,
    TLS13,
    context,
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


@pytest.mark.parametrize("text", ["TLS not available", "STARTTLS is not offered at the moment"])
def test_deferral_of_starttls_is_no_absence_whatever_its_text(text: str) -> None:
    busy = {"kind": "tls", "text": f"STARTTLS was answered 454 {text}"}
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


OTHER_ADDRESS = "192.0.2.26"
REFUSED = {"kind": "connect_refused", "text": "connection refused"}
HELLO = {"answer": "hello", "version": "TLSv1.2"}


def looked_at(*observations: dict[str, t.Any], status: str = PASS) -> list[Finding]:
    """The findings about ports 25 and 587, where what is looked at gets a status."""

    def look(_context: base.AuditContext, session: base.Observation) -> t.Iterator[base.Finding]:
        yield base.finding(status, "Looked at.", session)

    evaluator = endpoints.per_tls_endpoint(("submission", "smtp"), look)
    return evaluator(context(*observations))


def places(findings: t.Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(item.service, item.address, item.sentence) for item in findings]


def test_each_session_that_was_answered_is_looked_at_in_the_order_of_the_services() -> None:
    observed = [
        observe("smtp_session", "smtp", OFFERED),
        observe("smtp_session", "smtp", OFFERED, address=OTHER_ADDRESS),
        observe("smtp_session", "submission", OFFERED),
        observe("smtp_session", "submissions", OFFERED),
    ]
    assert places(looked_at(*observed)) == [
        ("submission", ADDRESS, "Looked at."),
        ("smtp", ADDRESS, "Looked at."),
        ("smtp", OTHER_ADDRESS, "Looked at."),
    ]


def test_session_without_a_word_is_looked_at_where_a_client_hello_was_answered() -> None:
    silent = observe("smtp_session", "smtp", {}, error=WRONG)
    hello = observe("client_hello", "smtp", HELLO, purpose="control")
    assert places(looked_at(silent, hello)) == [("smtp", ADDRESS, "Looked at.")]
    not_seen = [("smtp", ADDRESS, f"Not seen: {WRONG['text']}.")]
    assert places(looked_at(silent)) == not_seen
    for other in (
        observe("client_hello", "smtp", {"answer": "alert"}, purpose="control"),
        observe("client_hello", "smtp", {}, purpose="control"),
        observe("client_hello", "smtp", HELLO, address=OTHER_ADDRESS, purpose="control"),
        observe("client_hello", "submission", HELLO, purpose="control"),
    ):
        assert places(looked_at(silent, other)) == not_seen


def test_sessions_without_a_word_leave_those_after_them_to_be_looked_at() -> None:
    silent = observe("smtp_session", "smtp", {}, error=WRONG)
    closed = observe("smtp_session", "smtp", {}, error=REFUSED)
    answered = observe("smtp_session", "smtp", OFFERED, address=OTHER_ADDRESS)
    last = "smtp", OTHER_ADDRESS, "Looked at."
    assert places(looked_at(silent, answered)) == [
        ("smtp", ADDRESS, f"Not seen: {WRONG['text']}."),
        last,
    ]
    assert places(looked_at(closed, answered)) == [last]


def test_ports_that_are_closed_are_not_offered() -> None:
    closed = [observe("smtp_session", name, {}, error=REFUSED) for name in ("smtp", "submission")]
    other = observe("mailstore_session", "imaps", {"greeting": "OK"})
    (found,) = looked_at(*closed, other)
    assert (found.status, found.reason) == (NOT_APPLICABLE, NOT_OFFERED)
    for place in (f"submission {ADDRESS}:587", f"smtp {ADDRESS}:25"):
        assert f"{place} (connection refused)" in found.sentence
    (silent,) = looked_at(*closed)
    assert (silent.status, silent.reason) == (UNKNOWN, "")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(FAIL, FAIL), (UNKNOWN, UNKNOWN), (PASS, UNKNOWN), (NOT_APPLICABLE, UNKNOWN)],
)
def test_what_holds_for_some_connections_is_unknown_unless_it_fails(
    status: str, expected: str
) -> None:
    session, absent, present = mixed(OFFERED)
    (found,) = looked_at(session, absent, present, status=status)
    assert (found.status, found.service, found.address) == (expected, "smtp", ADDRESS)
    is_own = status == expected
    assert (found.sentence == "Looked at.") is is_own
    assert found.caused_by == ("" if is_own else "starttls_offered")
    assert found.probe == ("smtp_session" if is_own else "tls_trust")
    assert looked_at(session, present, status=status)[0].status == status


PROBES = ("tls_trust", "tls_certificate", "client_hello", "starttls")


def absent_and_present(
    probe: str, service: str = "smtp", address: str = ADDRESS
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """A connection that is not offered STARTTLS, and one that is."""
    return (
        observe(probe, service, {}, [["*", "absent"]], error=ABSENT, address=address),
        observe(probe, service, TLS13, [["*", "present"]], address=address),
    )


@pytest.mark.parametrize("probe", PROBES)
def test_every_kind_of_connection_shows_that_starttls_comes_and_goes(probe: str) -> None:
    offered = observe("smtp_session", "smtp", OFFERED)
    bare = observe("smtp_session", "smtp", BARE)
    lost = observe("smtp_session", "smtp", {"greeting": {"code": 220, "text": "mx1"}})
    absent, present = absent_and_present(probe)
    for session, others, expected in (
        (offered, [absent], absent),
        (offered, [present], None),
        (offered, [present, absent, absent_and_present("starttls")[0]], absent),
        (offered, [], None),
        (bare, [absent], None),
        (bare, [present], present),
        (bare, [absent, present, absent_and_present("starttls")[1]], present),
        (bare, [], None),
        (lost, [absent], None),
        (lost, [present], None),
        (lost, [present, absent], absent),
    ):
        seen = context(session, *others)
        assert endpoints.on_some_connections(seen, session) is expected


def test_connections_to_another_endpoint_or_of_another_kind_show_nothing() -> None:
    offered = observe("smtp_session", "smtp", OFFERED)
    others = [
        *absent_and_present("tls_trust", service="submission"),
        *absent_and_present("tls_trust", address=OTHER_ADDRESS),
        *absent_and_present("tls_alpn"),
    ]
    assert endpoints.on_some_connections(context(offered, *others), offered) is None


def test_port_for_tls_needs_no_starttls() -> None:
    session = observe("smtp_session", "submissions", {"extensions": {}})
    both = absent_and_present("tls_trust", service="submissions")
    assert endpoints.on_some_connections(context(session, *both), session) is None


@pytest.mark.parametrize(
    ("facts", "begins"),
    [
        ({"version": "TLSv1.3"}, True),
        ({"answer": "alert"}, True),
        ({"verify_error": "self-signed certificate"}, True),
        ({"tls": TLS13}, True),
        ({"starttls": {"code": 454}}, False),
        ({}, False),
    ],
)
def test_connection_that_began_tls_was_offered_starttls(
    facts: dict[str, t.Any], begins: bool
) -> None:
    bare = observe("smtp_session", "smtp", BARE)
    other = observe("tls_trust", "smtp", facts)
    found = endpoints.on_some_connections(context(bare, other), bare)
    assert found is (other if begins else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STARTTLS is not offered", True),
        ("STLS was answered -ERR unknown command", True),
        ("STARTTLS was answered NO", True),
        ("STARTTLS was answered BAD what?", True),
        ("STARTTLS was answered 502 not implemented", False),
        ("STARTTLS was answered NOTHING", False),
        ("the TLS handshake failed: STARTTLS is not offered", False),
        ("no whole answer within 20 s", False),
    ],
)
def test_error_says_whether_starttls_is_absent(text: str, expected: bool) -> None:
    seen = observe("tls_trust", "smtp", {}, error={"kind": "tls", "text": text})
    assert endpoints.lacks_starttls(seen) is expected


def test_connection_without_an_error_does_not_lack_starttls() -> None:
    assert endpoints.lacks_starttls(observe("tls_trust", "smtp", {})) is False
