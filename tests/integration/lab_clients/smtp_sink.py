# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""An SMTP server that accepts every message and remembers the token in its header.

Runs on the external client; standard library only, and nothing of the audit.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
import time
from collections.abc import Collection, Iterator

TOKEN = re.compile(rb"X-Token: (.*?)\r?\n")


class Sink(socketserver.ThreadingTCPServer):
    """Listens on IPv6 and IPv4; `arrived` holds the tokens of the messages so far."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200

    def __init__(self, port: int = 25) -> None:
        self.arrived: set[str] = set()
        super().__init__(("::", port), Session)

    def wait(self, tokens: Collection[str], limit: float = 40.0, extra: float = 3.0) -> None:
        """Return when all tokens have arrived or the limit is over; then wait for the messages
        that nobody expects.
        """
        deadline = time.monotonic() + limit
        while not self.arrived.issuperset(tokens) and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(extra)


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: Sink

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self._message()
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return

    def _message(self) -> None:
        """Read one message. A bounce has the token in its body, which does not count."""
        in_header = True
        for line in self.rfile:
            if line == b".\r\n":
                return
            in_header = in_header and line.strip() != b""
            token = TOKEN.match(line)
            if token and in_header:
                self.server.arrived.add(token.group(1).decode())


@contextlib.contextmanager
def listening(port: int = 25) -> Iterator[Sink]:
    """A sink that runs for as long as the context lasts."""
    with Sink(port) as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        try:
            yield sink
        finally:
            sink.shutdown()
