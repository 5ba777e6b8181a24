# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Must-staple: only a certificate that requires a staple fails without one."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    UP_TO_TLS,
    certificates,
    decisive,
    observe,
    played,
    server_hello,
    with_certificates,
)

MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
ANSWER = server_hello(0xC02B, 0x0303, certificates(b"leaf"))
CHAIN = played("client_hello", "smtp", [*UP_TO_TLS["smtp"], ANSWER], purpose=CONTROL, flight=True)


@pytest.mark.parametrize(("must_staple", "expected"), [(True, FAIL), (False, PASS)])
def test_missing_staple_fails_where_the_certificate_requires_it(
    must_staple: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_certificates(monkeypatch, leaf={"must_staple": must_staple})
    shown = ["* then 1 certificate (ecdsa)"]
    assert decisive("certificate_staple", MX, CHAIN) == (expected, shown)
