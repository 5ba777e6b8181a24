# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The ground truth of relaying, against servers on the loopback."""

from __future__ import annotations

import socket
import threading

import relay_ground_truth
import smtp_sink


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


def test_relay_accepted_message_arrives_at_the_sink() -> None:
    with smtp_sink.listening(0) as sink:
        reply = relay_ground_truth.relay(
            attempt(sink.server_address[1], beside="postmaster@host.test")
        )
        sink.wait(["token"], extra=0)
    assert reply.startswith("(250,")
    assert sink.arrived == {"token"}


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
