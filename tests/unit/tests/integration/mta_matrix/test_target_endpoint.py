# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""How the ground truth of the MTA matrix connects to one service of a target."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import pytest
import target_endpoint
from target_endpoint import Endpoint, NoStartTlsError, PutOffError, unverified_context

HOST = "127.0.0.1"

PROXY = "PROXY TCP4 127.0.0.1 127.0.0.1 1025 587"


def test_endpoint_header_is_sent_to_the_service_alone_that_waits_for_it() -> None:
    target = {"audit": {}, "header": {"submission": PROXY}}
    headers = {service: Endpoint(target, service, "").header for service in ("submission", "smtp")}
    assert headers == {"submission": PROXY, "smtp": ""}


@contextlib.contextmanager
def server(greetings: list[bytes], seen: list[int]) -> Iterator[int]:
    """The port of a server that greets each connection so, offers STARTTLS and accepts it; with an
    empty greeting it waits for the client's first bytes and resets the connection. seen gets a
    number for each connection.
    """

    def serve() -> None:
        for number, greeting in enumerate(greetings):
            link, _peer = listener.accept()
            seen.append(number)
            with link, contextlib.suppress(OSError):
                if not greeting:
                    # Reset before that, the connection may fail as it is opened and count twice.
                    link.recv(4096)
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    continue
                link.sendall(greeting)
                for reply in (b"250 STARTTLS\r\n", b"220 Go ahead\r\n"):
                    if link.recv(4096):
                        link.sendall(reply)

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


BUSY, READY, REFUSES = b"421 Too many connections\r\n", b"220 ready\r\n", b"554 Go away\r\n"


@pytest.mark.parametrize(
    ("greetings", "error"),
    [
        ([BUSY, BUSY, READY], None),
        ([BUSY] * 3, PutOffError),
        ([REFUSES], NoStartTlsError),
    ],
)
def test_plain_server_that_greets_with_421_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, greetings: list[bytes], error: type[OSError] | None
) -> None:
    monkeypatch.setattr(target_endpoint, "PAUSE", 0.0)
    monkeypatch.setattr(target_endpoint, "TIMES", 3)
    seen: list[int] = []
    with server(greetings, seen) as port:
        endpoint = Endpoint({"host": "", "audit": {"ports": {"smtp": port}}}, "smtp", HOST)
        with contextlib.nullcontext() if error is None else pytest.raises(error):
            endpoint.plain().close()
    assert len(seen) == len(greetings)


@pytest.mark.parametrize(("service", "times"), [("imaps", 4), ("smtp", 1)])
def test_tls_port_that_closes_during_the_handshake_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, service: str, times: int
) -> None:
    monkeypatch.setattr(target_endpoint, "PAUSE", 0.0)
    monkeypatch.setattr(target_endpoint, "TIMES", 3)
    seen: list[int] = []
    greetings = [READY] if service == "smtp" else [b""] * times
    with server(greetings, seen) as port:
        endpoint = Endpoint({"host": "mx.test", "audit": {"ports": {service: port}}}, service, HOST)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            endpoint.tls(unverified_context())
    assert len(seen) == times
