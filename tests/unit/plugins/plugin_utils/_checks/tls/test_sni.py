# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS without SNI and with an unknown name: a refusal fails only where TLS works otherwise."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import MODERN
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
    with_certificates,
)

CHECK = "certificate_without_name"
MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
HANDSHAKE = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])


def unknown_name(answer: bytes) -> dict[str, t.Any]:
    return played("client_hello", "smtp", [*UP_TO_TLS["smtp"], answer], purpose=MODERN)


def without_name(outcome: dict[str, t.Any] | WireError) -> dict[str, t.Any]:
    start, ehlo, permission = UP_TO_TLS["smtp"]
    replies = [b"503 no\r\n", b"554 no\r\n", b"221 Bye\r\n"]
    script = [start, ehlo, b"250 Ok\r\n", permission, outcome, *replies]
    return played("starttls", "smtp", script, inject=False)


ACCEPTED = unknown_name(server_hello())
REFUSED = unknown_name(b"\x15\x03\x03\x00\x02\x02\x70")


def test_refusal_without_sni_shows_the_error() -> None:
    attempt = without_name(WireError("tls", "the TLS handshake failed: UNRECOGNIZED_NAME"))
    expected = ["* the TLS handshake failed: UNRECOGNIZED_NAME"]
    assert decisive(CHECK, MX, HANDSHAKE, attempt, ACCEPTED) == (FAIL, expected)
    assert decisive(CHECK, MX, attempt, ACCEPTED)[0] == UNKNOWN


def test_refusal_of_an_unknown_name_shows_the_alert() -> None:
    attempt = without_name(TLS13)
    expected = ["* Alert: unrecognized_name"]
    assert decisive(CHECK, MX, HANDSHAKE, attempt, REFUSED) == (FAIL, expected)


@pytest.mark.parametrize(
    ("differences", "expected"),
    [({}, PASS), ({"default": {"names": []}}, FAIL), ({"leaf": {"names": []}}, PASS)],
)
def test_default_certificate_fails_where_clients_reject_it(
    differences: dict[str, t.Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, **differences)
    attempt = without_name({**TLS13, "certificate": b"default".hex()})
    shown = ["* TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]
    assert decisive(CHECK, MX, HANDSHAKE, attempt, ACCEPTED) == (expected, shown)
