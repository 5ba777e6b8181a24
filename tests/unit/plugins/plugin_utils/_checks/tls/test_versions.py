# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS versions: the accepted ones fail, and a refusal counts beside a control alone."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL, LEGACY
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    ALERT,
    UP_TO_TLS,
    decisive,
    observe,
    old_versions,
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


def test_refusal_of_old_versions_passes_between_accepted_controls() -> None:
    control = client_hello(server_hello(), CONTROL)
    expected = ["* Alert: protocol_version"]
    assert decisive("tls_versions", MX, control, *old_versions("smtp", ALERT)) == (PASS, expected)


@pytest.mark.parametrize("missing", [0, -1])
def test_alerts_to_old_versions_are_unknown_without_a_control_on_both_sides(missing: int) -> None:
    control = client_hello(server_hello(), CONTROL)
    asked = old_versions("smtp", ALERT)
    del asked[missing]
    asked = [asked[0], *(seen for seen in asked[1:-1] if _is_question(seen)), asked[-1]]
    result, lines = decisive("tls_versions", MX, control, *asked)
    assert (result, lines) == (UNKNOWN, ["* Alert: protocol_version"])


def test_alerts_to_old_versions_need_no_control_between_them() -> None:
    asked = old_versions("smtp", ALERT)
    asked = [asked[0], *filter(_is_question, asked), asked[-1]]
    assert decisive("tls_versions", MX, *asked)[0] == PASS


@pytest.mark.parametrize("missing", range(0, 9, 2))
def test_closed_connections_are_unknown_without_a_control_beside_each(missing: int) -> None:
    asked = [
        {**seen, "facts": {"answer": "closed"}} if _is_question(seen) else seen
        for seen in old_versions("smtp", ALERT)
    ]
    assert decisive("tls_versions", MX, *asked)[0] == PASS
    del asked[missing]
    assert decisive("tls_versions", MX, *asked)[0] == UNKNOWN


def _is_question(seen: dict[str, t.Any]) -> bool:
    return bool(seen["params"]["purpose"] == LEGACY)


def test_refusal_of_old_versions_is_unknown_without_any_control() -> None:
    control = client_hello(ALERT, CONTROL)
    asked = old_versions("smtp", ALERT, controls=False)
    assert decisive("tls_versions", MX, *asked)[0] == UNKNOWN
    assert decisive("tls_versions", MX, control, *asked)[0] == UNKNOWN
    assert decisive("tls_versions", MX)[0] == UNKNOWN
