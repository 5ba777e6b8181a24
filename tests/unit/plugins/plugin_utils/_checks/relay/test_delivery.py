# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The checks with a test message: verdicts on small servers, and the lines that decide."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.tests.unit.helpers.delivery_server import survey_server
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import decisive_lines


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_delivery",
            FAIL,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as B6E6228A43F"],
        ),
        (
            "relay_delivery",
            PASS,
            ["554 5.7.1 <airtight-X@mx1.example.org>: Relay access denied"],
        ),
        (
            "relay_delivery",
            UNKNOWN,
            ["message to <airtight-X@example.com> -> 250 2.0.0 Ok: queued as C3E1428A472"],
        ),
        (
            "relay_backscatter",
            FAIL,
            ["message to <airtight-X@example.org> -> 250 2.0.0 Ok: queued as B736A28A452"],
        ),
        (
            "relay_backscatter",
            PASS,
            [
                (
                    "550 5.1.1 <airtight-X@example.org>: Recipient address rejected: User "
                    "unknown in local recipient table"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


def audit(
    monkeypatch: pytest.MonkeyPatch, kind: str, here: bool = True, wait: float = 0.5
) -> tuple[dict[str, str], dict[str, str], int]:
    """Status and sentence of each relay check, and how many messages were left with the server."""
    surveyed = survey_server(monkeypatch, kind, here, wait)
    context = base.AuditContext(
        _target.target(surveyed.target),
        tuple(surveyed.observations),
        policy.policy(),
        evaluate.moment(),
        ("127.0.0.1",),
        True,
        ("deliver",),
    )
    found = evaluate.evaluate(context, evaluate.choose(groups=["relay"]))
    return (
        {one["check"]: one["status"] for one in found},
        {one["check"]: one["sentence"] for one in found},
        surveyed.taken,
    )


def test_what_arrives_is_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays")
    assert (status["relay_delivery"], status["relay_third_party"]) == ("fail", "fail")
    assert "(queued as ABC2) reached the canary, from 127.0.0.1 (mx1)" in sentence["relay_delivery"]
    assert taken == 2  # one of them for nobody


def test_what_is_refused_after_the_message_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "late")
    checks = (
        "relay_delivery",
        "relay_backscatter",
        "relay_third_party",
        "relay_sender_forms",
        "relay_every_address",
    )
    assert {status[name] for name in checks} == {"pass"}
    assert "of them only after DATA" in sentence["relay_third_party"]
    assert taken == 0


def test_a_honeypot_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "keeps", wait=0.1)
    assert (status["relay_delivery"], status["relay_third_party"], status["relay_backscatter"]) == (
        "unknown",
    ) * 3
    assert "nothing reached the canary within 0.1 s" in sentence["relay_delivery"]
    assert taken <= 6


def test_a_bounce_is_not_relaying_but_backscatter(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "bounces")
    assert (status["relay_backscatter"], status["relay_null_sender"], taken) == (
        "fail",
        "unknown",
        2,
    )
    assert "fail" not in (status["relay_delivery"], status["relay_third_party"])


def test_a_sound_server_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "sound", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == ("pass", "pass", 0)


def test_without_a_way_back_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == (
        "unknown",
        "unknown",
        0,
    )
    assert sentence["relay_delivery"].endswith("no message was sent: it leads elsewhere.")
