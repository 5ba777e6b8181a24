# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Key exchanges: what the policy forbids fails, with the line that shows it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    TLS13,
    UP_TO_TLS,
    certificates,
    decisive,
    dhe,
    ecdhe,
    no_tls12,
    observe,
    played,
    server_hello,
    weak_suites,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
LEAF = certificates(b"leaf")[:-4]


def client_hello(answer: bytes, purpose: str, **params: t.Any) -> dict[str, t.Any]:
    script = [*UP_TO_TLS["smtp"], answer]
    return played("client_hello", "smtp", script, purpose=purpose, **params)


def test_static_rsa_fails_where_the_policy_forbids_it() -> None:
    control = client_hello(server_hello(), CONTROL)
    observed = (MX, control, *weak_suites("smtp", ALERT, server_hello(0x2F)))
    expected = ["* ServerHello: TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA"]
    assert decisive("tls_forward_secrecy", *observed, rules="strict") == (FAIL, expected)
    assert decisive("tls_forward_secrecy", *observed)[0] == PASS


def test_short_prime_shows_its_bits() -> None:
    answer = server_hello(0x9E, 0x0303, LEAF, dhe(1024))
    control = client_hello(answer, CONTROL, flight=True)
    result, lines = decisive("tls_forward_secrecy", MX, control)
    assert (result, lines) == (FAIL, ["* then 1 certificate (rsa), a prime of 1024 bits"])


def test_forward_secrecy_shows_the_refusal_of_weak_suites() -> None:
    control = client_hello(server_hello(), CONTROL)
    refused = weak_suites("smtp", ALERT, ALERT)
    expected = ["* Alert: protocol_version"]
    assert decisive("tls_forward_secrecy", MX, control, *refused) == (PASS, expected)
    without = weak_suites("smtp", ALERT, ALERT, controls=False)
    assert decisive("tls_forward_secrecy", MX, control, *without)[0] == UNKNOWN


def test_weak_group_shows_the_group() -> None:
    answer = server_hello(0xC02B, 0x0303, LEAF, ecdhe(0x15))
    control = client_hello(answer, CONTROL, flight=True)
    result, lines = decisive("tls_groups", MX, control)
    assert (result, lines[-1]) == (FAIL, "* then 1 certificate (ecdsa), group secp224r1")
    assert decisive("tls_groups", MX, control, rules="ncsc-2025-05")[0] == PASS


@pytest.mark.parametrize(("group", "expected"), [("x25519", FAIL), ("X25519MLKEM768", PASS)])
def test_hybrid_group_is_required_where_the_policy_says_so(
    group: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policy.PROFILES, "hybrid", {**policy.BASELINE, "post_quantum": True})
    facts = {"answer": "hello", "group": group}
    control = client_hello(server_hello(), CONTROL)
    modern = observe("client_hello", "smtp", facts, purpose=MODERN)
    assert decisive("tls_groups", MX, control, modern, rules="hybrid")[0] == expected


def test_groups_pass_where_tls_13_alone_is_accepted() -> None:
    refused = client_hello(ALERT, CONTROL)
    handshake = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])
    expected = ["* Alert: protocol_version"]
    observed = MX, refused, handshake, *no_tls12("smtp", ALERT)
    assert decisive("tls_groups", *observed) == (PASS, expected)
    assert decisive("tls_groups", *observed[:-1])[0] == UNKNOWN
    assert decisive("tls_groups", MX, refused)[0] == UNKNOWN
