# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Cipher suites: the worst that is accepted decides, and its ServerHello is shown."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    WEAK,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
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
