# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A plaintext command to a port with implicit TLS: what counts as an answer, and what shows it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_OFFERED,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    decisive,
    observe,
    played,
    verdict,
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


Seen = dict[str, t.Any]
TIMED_OUT = {"kind": "timeout", "text": "no whole answer within 20 s"}
OTHER_ADDRESS = "192.0.2.26"
IN_CLEAR = {"kind": "mail", "said": "220 mx1\r\n250 SIZE\r\n"}
NOT_ANSWERED = PASS, "plain_on_tls", "A plaintext command was not answered in plaintext."
ANSWERED = FAIL, "plain_on_tls", "A plaintext command was answered in plaintext: 220 mx1."


def plain(
    kind: str = "", said: str = "", service: str = "submissions", address: str = "192.0.2.25"
) -> Seen:
    """What came back to a plaintext command; without a kind, nothing was sent."""
    facts = {"kind": kind, "said": said} if kind else {}
    error = None if kind else TIMED_OUT
    return observe("plain_on_tls", service, facts, error=error, address=address)


CASES: dict[str, tuple[Seen, list[Seen], tuple[str, str, str]]] = {
    "not sent": (
        REACHED,
        [],
        (
            UNKNOWN,
            "smtp_session",
            "No plaintext was sent: the conversation ended before this was asked.",
        ),
    ),
    "lost": (
        REACHED,
        [plain()],
        (UNKNOWN, "plain_on_tls", "No plaintext was sent: no whole answer within 20 s."),
    ),
    "lost, then silence": (REACHED, [plain(), plain("nothing")], NOT_ANSWERED),
    "silence, then lost": (REACHED, [plain("nothing"), plain()], NOT_ANSWERED),
    "silence once": (REACHED, [plain("nothing"), plain("mail", IN_CLEAR["said"])], ANSWERED),
    "alert": (FAILED, [plain("alert")], NOT_ANSWERED),
    "silence where TLS failed": (
        FAILED,
        [plain("nothing")],
        (
            UNKNOWN,
            "plain_on_tls",
            f"Neither TLS nor a plaintext command was answered: {LOST['text']}.",
        ),
    ),
    "another protocol": (
        REACHED,
        [plain("other", "SSH-2.0\r\nx")],
        (
            UNKNOWN,
            "plain_on_tls",
            "The reply to a plaintext command belongs to no mail protocol: SSH-2.0.",
        ),
    ),
    "reply at another address": (
        REACHED,
        [plain("mail", "220 mx2", address=OTHER_ADDRESS), plain("nothing")],
        NOT_ANSWERED,
    ),
    "reply of another service": (
        REACHED,
        [plain("mail", "* OK", service="imaps"), plain("nothing")],
        NOT_ANSWERED,
    ),
}


@pytest.mark.parametrize(("session", "attempts", "expected"), CASES.values(), ids=CASES)
def test_reply_to_a_plaintext_command_on_a_port_for_tls(
    session: Seen, attempts: list[Seen], expected: tuple[str, str, str]
) -> None:
    result = verdict("implicit_tls_only", session, *attempts)
    (evidence,) = result["evidence"]
    assert (result["status"], evidence["probe"], result["sentence"]) == expected
    assert (evidence["service"], evidence["address"]) == ("submissions", "192.0.2.25")


def test_each_endpoint_has_one_finding_and_a_closed_one_none() -> None:
    refused = {"kind": "connect_refused", "text": "connection refused"}
    closed = observe("mailstore_session", "imaps", {}, error=refused)
    other = observe("smtp_session", "submissions", {}, error=LOST, address=OTHER_ADDRESS)
    attempts = [plain("nothing"), plain("mail", "220 mx2", address=OTHER_ADDRESS)]
    result = verdict("implicit_tls_only", closed, REACHED, other, *attempts)
    places = {(item["address"], item["status"]) for item in result["evidence"]}
    assert places == {("192.0.2.25", PASS), (OTHER_ADDRESS, FAIL)}
    assert len(result["evidence"]) == 2
    plaintext = observe("smtp_session", "smtp", {"extensions": {}})
    result = verdict("implicit_tls_only", closed, plaintext)
    assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NOT_OFFERED)


def test_failed_port_without_a_plaintext_command_is_not_seen() -> None:
    for attempt in (
        plain("mail", "220 mx2", address=OTHER_ADDRESS),
        plain("mail", service="imaps"),
    ):
        result = verdict("implicit_tls_only", FAILED, attempt)
        assert (result["status"], result["sentence"]) == (UNKNOWN, f"Not seen: {LOST['text']}.")
