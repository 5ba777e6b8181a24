# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Cipher suites: the worst that is accepted decides, and its ServerHello is shown."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    ANONYMOUS,
    CONTROL,
    LEGACY,
    MAX_WEAK,
    REPEATED,
    WEAK,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
    status,
    verdict,
    weak_suites,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
USERS = observe("smtp_session", "submission", {"extensions": {"STARTTLS": ""}})


def client_hello(
    answer: bytes, purpose: str, service: str = "smtp", suites: tuple[str, ...] = ("good",)
) -> dict[str, object]:
    script = [*UP_TO_TLS["smtp"], answer]
    return played("client_hello", service, script, purpose=purpose, suites=list(suites))


def test_broken_suite_that_is_accepted_shows_its_server_hello() -> None:
    broken = client_hello(server_hello(0x0005), WEAK)
    refused = client_hello(ALERT, WEAK)
    expected = ["* ServerHello: TLSv1.2 TLS_RSA_WITH_RC4_128_SHA"]
    assert decisive("tls_cipher_suites", MX, broken, refused) == (FAIL, expected)


@pytest.mark.parametrize(("service", "expected"), [("smtp", PASS), ("submission", FAIL)])
def test_anonymous_suite_fails_except_on_an_mx(service: str, expected: str) -> None:
    session = MX if service == "smtp" else USERS
    control = client_hello(server_hello(), CONTROL, service)
    asked = weak_suites(service, server_hello(0x0034), ALERT)
    result, lines = decisive("tls_cipher_suites", session, control, *asked)
    shown = "Alert: protocol_version"
    if expected == FAIL:
        shown = "ServerHello: TLSv1.2 TLS_DH_anon_WITH_AES_128_CBC_SHA"
    assert (result, lines) == (expected, [f"* {shown}"])


def test_cbc_suite_fails_where_the_policy_forbids_it() -> None:
    control = client_hello(server_hello(0xC009), CONTROL)
    expected = ["* ServerHello: TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"]
    observed = (MX, control, *weak_suites("smtp", ALERT, ALERT))
    assert decisive("tls_cipher_suites", *observed)[0] == PASS
    assert decisive("tls_cipher_suites", *observed, rules="ncsc-2025-05") == (FAIL, expected)


def test_preference_of_the_client_fails_where_the_policy_forbids_it() -> None:
    control = client_hello(server_hello(0xC009), CONTROL, suites=("cbc_sha1", "good"))
    expected = ["* ServerHello: TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"]
    assert decisive("tls_preference", MX, control, rules="ncsc-2025-05") == (FAIL, expected)
    assert decisive("tls_preference", MX, control) == (PASS, expected)


def test_preference_is_unknown_where_only_strong_suites_were_offered() -> None:
    assert decisive("tls_preference", MX, client_hello(server_hello(), CONTROL))[0] == UNKNOWN


RC4 = "TLS_RSA_WITH_RC4_128_SHA"


def accepted(
    suite: str,
    version: str = "TLSv1.2",
    purpose: str = WEAK,
    suite_class: str = "rc4",
    service: str = "smtp",
) -> dict[str, object]:
    """A ClientHello that was answered with a suite."""
    facts = {
        "answer": "hello",
        "version": version,
        "suite_name": suite,
        "suite_classes": [suite_class],
    }
    return observe("client_hello", service, facts, [["*", "hello"], ["*", suite]], purpose=purpose)


@pytest.mark.parametrize(
    ("observed", "named"),
    [
        ([accepted(RC4)], RC4),
        ([accepted(RC4, "TLSv1")], f"{RC4} in TLSv1"),
        ([accepted("SSL2_RC4_128_WITH_MD5", "SSLv2", LEGACY)], "SSL2_RC4_128_WITH_MD5"),
        (
            [accepted(RC4), accepted(RC4, "TLSv1.1", LEGACY), accepted(RC4), accepted("DES")],
            f"{RC4}, DES, {RC4} in TLSv1.1",
        ),
        (
            [accepted(f"S{number}") for number in range(MAX_WEAK)],
            ", ".join(f"S{number}" for number in range(MAX_WEAK)),
        ),
        (
            [accepted(f"S{number}") for number in range(MAX_WEAK + 1)],
            ", ".join(f"S{number}" for number in range(MAX_WEAK + 1)) + " and perhaps more",
        ),
    ],
)
def test_broken_suites_are_named_with_old_versions(
    observed: list[dict[str, object]], named: str
) -> None:
    result = verdict("tls_cipher_suites", MX, *observed)
    expected = f"Broken cipher suites are accepted: {named}."
    assert (result["status"], result["sentence"]) == (FAIL, expected)


@pytest.mark.parametrize("purpose", [WEAK, ANONYMOUS, LEGACY, REPEATED])
def test_anonymous_suite_counts_in_the_answer_to_any_question(purpose: str) -> None:
    anonymous = accepted("ADH", purpose=purpose, suite_class="anon", service="submission")
    result = verdict("tls_cipher_suites", USERS, anonymous)
    assert result["status"] == FAIL
    assert "without a certificate is accepted (ADH)" in result["sentence"]


def test_broken_suite_in_the_question_for_anonymous_ones_is_no_other_finding() -> None:
    both = accepted("ADH-RC4", purpose=ANONYMOUS)
    assert status("tls_cipher_suites", MX, both) == UNKNOWN


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (ALERT, ""),
        (server_hello(0x0034), " (anonymous suites are, which the policy allows on an MX)"),
    ],
)
def test_pass_says_whether_anonymous_suites_are_accepted(answer: bytes, note: str) -> None:
    control = client_hello(server_hello(), CONTROL)
    result = verdict("tls_cipher_suites", MX, control, *weak_suites("smtp", answer, ALERT))
    where = "on the 2 connections that offered some"
    expected = f"No broken cipher suite is accepted{note}, {where}."
    assert (result["status"], result["sentence"]) == (PASS, expected)


def test_pass_shows_the_last_refusal() -> None:
    control = client_hello(server_hello(), CONTROL)
    before, refused, *others = weak_suites("smtp", ALERT, ALERT)
    again = {**refused, "transcript": [["*", "hello"], ["*", "Alert: asked again"]]}
    observed = (MX, control, before, refused, again, *others)
    assert decisive("tls_cipher_suites", *observed) == (PASS, ["* Alert: protocol_version"])
