# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The lab clients, against servers on the loopback: what arrives counts, and nothing else."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator

import mail_client
import pytest
import relay_ground_truth
import smtp_sink

BOUNCE = "Subject: failure\r\n\r\nX-Token: bounced\r\n"


@pytest.fixture
def sink() -> Iterator[smtp_sink.Sink]:
    with smtp_sink.listening(0) as server:
        yield server


def attempt(port: int, **changes: object) -> dict[str, object]:
    return {
        "id": "token",
        "expected": True,
        "address": "127.0.0.1",
        "port": port,
        "implicit": False,
        "tls": False,
        "helo": "client.example.net",
        "sender": "stranger@example.net",
        "recipient": "victim@example.org",
        **changes,
    }


def test_sink_message_with_token_in_the_header_arrives(sink: smtp_sink.Sink) -> None:
    reply = relay_ground_truth.relay(attempt(sink.server_address[1], beside="postmaster@host.test"))
    sink.wait(["token"], extra=0)
    assert reply.startswith("(250,")
    assert sink.arrived == {"token"}


def test_sink_token_in_the_body_of_a_bounce_does_not_count(sink: smtp_sink.Sink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.server_address[1], timeout=5) as client:
        client.sendmail("", ["stranger@example.net"], BOUNCE)
    sink.wait([], extra=0)
    assert sink.arrived == set()


def test_sink_wait_ends_at_its_limit_without_the_message(sink: smtp_sink.Sink) -> None:
    sink.wait(["missing"], limit=0.1, extra=0)
    assert sink.arrived == set()


class Scripted:
    """A server that answers each line with the next reply, and keeps the lines."""

    def __init__(self, *replies: str) -> None:
        self.replies, self.lines = iter(replies), list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with self.listener:
            connection, _peer = self.listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream:
            for reply in self.replies:
                stream.write(reply.encode() + b"\r\n")
                line = stream.readline()
                if not line:
                    return
                self.lines.append(line.decode().rstrip())


def test_relay_rejected_recipient_returns_the_reply_and_sends_no_message() -> None:
    server = Scripted("220 hi", "250 hi", "250 ok", "554 5.7.1 Relay access denied", "221 bye")
    reply = relay_ground_truth.relay(attempt(server.port, sender="", recipient='"v@a"@b.test'))
    assert reply == "(554, b'5.7.1 Relay access denied')"
    assert server.lines[:3] == [
        "ehlo client.example.net",
        "MAIL FROM:<>",
        'RCPT TO:<"v@a"@b.test>',
    ]


def test_relay_with_header_and_parameters_sends_them_as_they_are() -> None:
    server = Scripted("220 hi", "250 hi", "550 no", "221 bye")
    relay_ground_truth.relay(
        attempt(server.port, header="PROXY TCP4 127.0.0.1", parameters="BODY=8BITMIME")
    )
    assert server.lines[0] == "PROXY TCP4 127.0.0.1"


def test_relay_refused_connection_returns_the_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "refused" in relay_ground_truth.relay(attempt(port))


def test_report_one_failed_step_returns_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert mail_client.report([("25: first", True), ("25: second", False)]) == 1
    assert capsys.readouterr().out == "ok     25: first\nFAILED 25: second\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPSenderRefused(553, b"no", "a@b"), 553),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no")}), 550),
        (smtplib.SMTPDataError(554, b"no"), 554),
    ],
)
def test_refusal_code_of_each_refusal_is_its_reply(error: Exception, code: int) -> None:
    def send() -> None:
        raise error

    assert mail_client.refusal_code(send) == code


def test_refusal_code_of_an_accepted_message_is_250() -> None:
    assert mail_client.refusal_code(lambda: None) == 250
