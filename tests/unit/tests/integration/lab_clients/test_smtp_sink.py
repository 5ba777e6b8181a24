# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The sink accepts every message; only a token in its header counts."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
import smtp_sink

MESSAGE = "X-Token: a token\r\n\r\nHello.\r\n"
BOUNCE = "Subject: failure\r\n\r\nX-Token: bounced\r\n"


@pytest.fixture
def sink() -> Iterator[smtp_sink.Sink]:
    with smtp_sink.listening(0) as server:
        yield server


def send(sink: smtp_sink.Sink, text: str) -> None:
    with smtplib.SMTP("127.0.0.1", sink.server_address[1], timeout=5) as client:
        client.sendmail("", ["stranger@example.net"], text)


def test_sink_message_with_token_in_the_header_arrives(sink: smtp_sink.Sink) -> None:
    send(sink, MESSAGE)
    sink.wait(["a token"], extra=0)
    assert sink.arrived == {"a token"}


def test_sink_token_in_the_body_of_a_bounce_does_not_count(sink: smtp_sink.Sink) -> None:
    send(sink, BOUNCE)
    sink.wait([], extra=0)
    assert sink.arrived == set()


def test_sink_wait_ends_at_its_limit_without_the_message(sink: smtp_sink.Sink) -> None:
    sink.wait(["missing"], limit=0.1, extra=0)
    assert sink.arrived == set()
