# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS versions: the accepted ones fail, and a refusal counts beside a control alone."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL, LEGACY
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
TLS11 = "* ServerHello: TLSv1.1 TLS_RSA_WITH_AES_128_CBC_SHA"


def client_hello(answer: bytes, purpose: str) -> dict[str, object]:
    return played("client_hello", "smtp", [*UP_TO_TLS["smtp"], answer], purpose=purpose)


@pytest.mark.parametrize("controls", [[], [client_hello(server_hello(), CONTROL)]])
def test_old_version_that_is_accepted_shows_its_server_hello(
    controls: list[dict[str, object]],
) -> None:
    obsolete = client_hello(server_hello(0x2F, 0x0302), LEGACY)
    assert decisive("tls_versions", MX, *controls, obsolete) == (FAIL, [TLS11])


def test_refusal_of_old_versions_passes_beside_an_accepted_control() -> None:
    control = client_hello(server_hello(), CONTROL)
    refused = client_hello(ALERT, LEGACY)
    expected = ["* Alert: protocol_version"]
    assert decisive("tls_versions", MX, control, refused) == (PASS, expected)


def test_refusal_of_old_versions_passes_beside_a_handshake_of_tls_13() -> None:
    handshake = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])
    assert decisive("tls_versions", MX, handshake, client_hello(ALERT, LEGACY))[0] == PASS


def test_refusal_of_old_versions_is_unknown_without_a_control() -> None:
    refused = client_hello(ALERT, LEGACY)
    control = client_hello(ALERT, CONTROL)
    assert decisive("tls_versions", MX, refused)[0] == UNKNOWN
    expected = ["* Alert: protocol_version"]
    assert decisive("tls_versions", MX, refused, control) == (UNKNOWN, expected)
