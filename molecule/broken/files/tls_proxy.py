# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A TLS proxy in front of a correct server, with one flaw that no daemon of Debian has.

Reads /etc/zoo/tls_proxy.json: [{port, backend, second, address, protocol, mode, host}]. The
mode is one of
  injects       carries commands that were sent in clear text behind STARTTLS over into TLS
  talks         sends a reply in clear text between the go-ahead and TLS
  remembers     keeps the transaction from before TLS
  again         accepts STARTTLS inside TLS too
  goes_on       continues in clear text if the client does not begin TLS
  hides         replaces STARTTLS in replies with XXXXXXXA
  requires_sni  refuses TLS to clients that name another host or none
  http          negotiates ALPN http/1.1
  preauth       greets with PREAUTH
  stale         repeats the capabilities from before TLS inside it
  ssl2          answers a CLIENT-HELLO of SSL 2.0 too, and then closes: no library of today has it
  alternates    a plain load balancer: the other of two servers for every connection
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import select
import socket
import ssl
import struct
import sys
import threading

CERTIFICATE = "/etc/zoo/good.pem"
GO_AHEAD = {
    "smtp": "220 2.0.0 Ready\r\n",
    "imap": "%s OK Begin\r\n",
    "pop3": "+OK Begin\r\n",
    "sieve": 'OK "Begin"\r\n',
}
REFUSED = {
    "smtp": "554 5.5.1 TLS is active\r\n",
    "imap": "%s BAD TLS is active\r\n",
    "pop3": "-ERR TLS is active\r\n",
}
STARTTLS = {
    "smtp": r"STARTTLS$",
    "imap": r"(\S+) STARTTLS$",
    "pop3": r"STLS$",
    "sieve": r"STARTTLS$",
}
#: Differences of a correct server's capabilities inside TLS.
INSIDE = (
    (b"250-STARTTLS\r\n", b""),
    (b"STARTTLS LOGINDISABLED", b"AUTH=PLAIN"),
    (b"STLS\r\n", b""),
    (b'"STARTTLS"\r\n', b""),
)


#: A broken suite of SSL 2.0, SSL_CK_RC4_128_WITH_MD5.
SSL2_SUITE = b"\x01\x00\x80"


def ssl2_server_hello() -> bytes:
    """A SERVER-HELLO of SSL 2.0 with the certificate: no session, X.509, version 2, one suite."""
    with open(CERTIFICATE, encoding="ascii") as file:
        pem = re.search("-----BEGIN CERTIFICATE-.*?-END CERTIFICATE-----", file.read(), re.DOTALL)
    certificate = ssl.PEM_cert_to_DER_cert(pem[0]) if pem else b""
    lengths = (len(certificate), len(SSL2_SUITE), 16)
    body = struct.pack("!BBBHHHH", 4, 0, 1, 2, *lengths) + certificate + SSL2_SUITE + bytes(16)
    return struct.pack("!H", 0x8000 | len(body)) + body


def context(rule: dict[str, str]) -> ssl.SSLContext:
    """A usual TLS context, with the flaw of the rule."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    if rule["mode"] == "http":
        tls.set_alpn_protocols(["http/1.1"])

    def require_name(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        return None if name == rule["host"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    if rule["mode"] == "requires_sni":
        tls.sni_callback = require_name  # type: ignore[assignment]
    return tls


class Session:
    """One client, and its connection to the backend."""

    def __init__(
        self, client: socket.socket, rule: dict[str, str], tls: ssl.SSLContext, odd: bool
    ) -> None:
        self.client, self.rule, self.tls, self.mode = client, rule, tls, rule["mode"]
        self.inside, self.buffer = False, b""
        self.backend = int(rule["second" if self.mode == "alternates" and odd else "backend"])
        self.back = self.connect()

    def connect(self) -> socket.socket:
        """A new connection to the backend, from an address that the backend does not trust."""
        source = ("" if self.rule["protocol"] == "smtp" else "127.0.0.2", 0)
        return socket.create_connection((self.rule["address"], self.backend), 30, source)

    def run(self) -> None:
        """Carry data in both directions until one side ends."""
        while True:
            waiting = self.inside and self.client.pending()  # type: ignore[attr-defined]
            ready = (
                [self.client] if waiting else select.select([self.client, self.back], [], [], 60)[0]
            )
            if self.back in ready:
                data = self.back.recv(65536)
                self.client.sendall(self.to_client(data))
            elif ready:
                data = self.client.recv(65536)
                self.buffer += data
                self.forward()
            if not ready or not data:
                return

    def leave(self) -> None:
        """Close so that the last replies arrive, even if the client is still sending."""
        self.client.settimeout(2)
        self.client.shutdown(socket.SHUT_WR)
        while self.client.recv(65536):
            pass

    def to_client(self, data: bytes) -> bytes:
        """The backend's data as the client gets it."""
        if self.mode == "hides":
            return data.replace(b"STARTTLS", b"XXXXXXXA")
        if self.mode == "preauth":
            data = data.replace(b"* OK [", b"* PREAUTH [").replace(b"STARTTLS LOGINDISABLED", b"")
        for old, new in INSIDE if self.inside and self.mode != "stale" else ():
            data = data.replace(old, new)
        return data

    def forward(self) -> None:
        """Pass on the complete lines of the client, except STARTTLS."""
        if self.mode == "alternates":
            self.back.sendall(self.buffer)
            self.buffer = b""
        while b"\n" in self.buffer:
            line, _end, self.buffer = self.buffer.partition(b"\n")
            command = re.match(
                STARTTLS[self.rule["protocol"]], line.decode("ascii", "replace").strip(), re.I
            )
            if command is None or self.mode in ("hides", "preauth"):
                self.back.sendall(line + b"\n")
            elif self.inside and self.mode != "again":
                self.client.sendall(
                    self.answer(
                        REFUSED.get(self.rule["protocol"], 'NO "TLS is active"\r\n'), command
                    )
                )
            else:
                self.upgrade(self.answer(GO_AHEAD[self.rule["protocol"]], command))

    @staticmethod
    def answer(line: str, command: re.Match[str]) -> bytes:
        """A reply, with the tag where there is one."""
        return (line % command.groups() if command.groups() else line).encode()

    def upgrade(self, go_ahead: bytes) -> None:
        """Begin TLS and a new connection to the backend, with the flaw of the mode."""
        self.client.sendall(go_ahead + (b"250 2.0.0 Welcome\r\n" if self.mode == "talks" else b""))
        if self.mode != "injects":
            self.buffer = b""
        if self.mode == "goes_on" and self.client.recv(1, socket.MSG_PEEK) != b"\x16":
            return
        if self.mode == "ssl2" and self.client.recv(1, socket.MSG_PEEK) >= b"\x80":
            self.client.sendall(ssl2_server_hello())
            raise ConnectionError("SSL 2.0 goes no further")
        self.client = self.tls.wrap_socket(self.client, server_side=True)
        self.inside = True
        if self.mode == "remembers":
            return
        self.back.close()
        self.back = self.connect()
        greeting = self.back.recv(65536)
        if self.rule["protocol"] == "sieve":
            self.client.sendall(self.to_client(greeting))
        if self.buffer:
            self.back.sendall(self.buffer)
            self.buffer = b""
            self.client.sendall(self.to_client(self.back.recv(65536)))


def serve(client: socket.socket, rule: dict[str, str], tls: ssl.SSLContext, odd: bool) -> None:
    """Serve one connection; errors end it."""
    with contextlib.suppress(OSError), client:
        session = Session(client, rule, tls, odd)
        with session.back:
            with contextlib.suppress(OSError):
                session.run()
            with contextlib.suppress(OSError):
                session.leave()
            session.client.close()


def listen(rule: dict[str, str]) -> None:
    """Listen on one port."""
    tls = context(rule)
    with socket.create_server((rule["address"], int(rule["port"])), backlog=64) as server:
        for number in itertools.count():
            client, _peer = server.accept()
            client.settimeout(60)
            arguments = (client, rule, tls, bool(number % 2))
            threading.Thread(target=serve, args=arguments, daemon=True).start()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        rules = json.load(file)
    threads = [threading.Thread(target=listen, args=(rule,), daemon=True) for rule in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
