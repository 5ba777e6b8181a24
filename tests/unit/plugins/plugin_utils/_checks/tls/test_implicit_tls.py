# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A plaintext command to a port with implicit TLS: what counts as an answer, and what shows it."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    decisive,
    observe,
    played,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, TIMEOUT, Item

LOST = {"kind": "tls", "text": "the TLS handshake failed: WRONG_VERSION_NUMBER"}
FAILED = observe("smtp_session", "submissions", {}, error=LOST)
REACHED = observe("smtp_session", "submissions", {"greeting": {"code": 220, "text": "mx1"}})


@pytest.mark.parametrize("session", [FAILED, REACHED], ids=["TLS failed", "TLS worked"])
def test_plaintext_reply_on_an_implicit_tls_port_fails(session: dict[str, object]) -> None:
    script: list[Item] = [b"220 mx1\r\n250-mx1\r\n250 SIZE\r\n", EOF]
    attempt = played("plain_on_tls", "submissions", script)
    expected = ["S 220 mx1", "S 250-mx1", "S 250 SIZE"]
    assert decisive("implicit_tls_only", session, attempt) == (FAIL, expected)


def test_silence_on_an_implicit_tls_port_passes_only_where_tls_works() -> None:
    attempt = played("plain_on_tls", "submissions", [TIMEOUT])
    assert decisive("implicit_tls_only", REACHED, attempt)[0] == PASS
    assert decisive("implicit_tls_only", FAILED, attempt)[0] == UNKNOWN
    old = {"answer": "hello", "version": "SSLv3"}
    hello = observe("client_hello", "submissions", old, purpose="control")
    assert decisive("implicit_tls_only", FAILED, attempt, hello)[0] == PASS


def test_alert_on_an_implicit_tls_port_passes() -> None:
    attempt = played("plain_on_tls", "submissions", [b"\x15\x03\x01\x00\x02\x02\x46", EOF])
    assert decisive("implicit_tls_only", REACHED, attempt)[0] == PASS


def test_reply_of_another_protocol_is_unknown() -> None:
    attempt = played("plain_on_tls", "submissions", [b"SSH-2.0\r\n", EOF])
    assert decisive("implicit_tls_only", REACHED, attempt) == (UNKNOWN, ["S SSH-2.0"])
