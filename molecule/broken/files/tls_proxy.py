# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Stands before a sound server and does TLS for it, wrongly: what no daemon of Debian does any
more, and bad proxies do.

Reads /etc/zoo/tls_proxy.json: [{port, backend, address, protocol, middle, host}]. middle is one of
  injects    carries what was sent behind STARTTLS over into TLS       talks      says something
  between the go-ahead and TLS remembers  keeps the transaction from before TLS
  goes_on    goes on in clear when TLS does not begin again      takes STARTTLS inside TLS too
  hides      writes XXXXXXXA over STARTTLS named      has no TLS for clients that name another host
  or none     http       agrees to speak http/1.1 preauth    greets with PREAUTH
  stale      tells the capabilities from before TLS inside it
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import ssl
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
#: How a server that knows of TLS speaks of it once it is there.
INSIDE = (
    (b"250-STARTTLS\r\n", b""),
    (b"STARTTLS LOGINDISABLED", b"AUTH=PLAIN"),
    (b"STLS\r\n", b""),
    (b'"STARTTLS"\r\n', b""),
)


def context(rule: dict[str, str]) -> ssl.SSLContext:
    """TLS as any server has it, but for what the rule spoils."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    if rule["middle"] == "http":
        made.set_alpn_protocols(["http/1.1"])

    def named(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        return None if name == rule["host"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    if rule["middle"] == "named":
        made.sni_callback = named  # type: ignore[assignment]
    return made


class Session:
    """One client, and its connection to the server behind."""

    def __init__(self, client: socket.socket, rule: dict[str, str], tls: ssl.SSLContext) -> None:
        self.client, self.rule, self.tls, self.mode = client, rule, tls, rule["middle"]
        self.inside, self.buffer = False, b""
        self.back = self.connect()

    def connect(self) -> socket.socket:
        """A new connection to the server behind."""
        # Postfix must not take us for a friend, nor Dovecot for somebody on the same host.
        source = ("" if self.rule["protocol"] == "smtp" else "127.0.0.2", 0)
        return socket.create_connection(
            (self.rule["address"], int(self.rule["backend"])), 30, source
        )

    def run(self) -> None:
        """Carry words to and fro until one side has enough."""
        while True:
            waiting = self.inside and self.client.pending()  # type: ignore[attr-defined]
            ready = (
                [self.client] if waiting else select.select([self.client, self.back], [], [], 60)[0]
            )
            if self.back in ready:
                data = self.back.recv(65536)
                self.client.sendall(self.told(data))
            elif ready:
                data = self.client.recv(65536)
                self.buffer += data
                self.heard()
            if not ready or not data:
                return

    def leave(self) -> None:
        """Close so that the last words arrive, even if the client has not said all that it wanted."""
        self.client.settimeout(2)
        self.client.shutdown(socket.SHUT_WR)
        while self.client.recv(65536):
            pass

    def told(self, data: bytes) -> bytes:
        """What the client gets of the server's words."""
        if self.mode == "hides":
            return data.replace(b"STARTTLS", b"XXXXXXXA")
        if self.mode == "preauth":
            data = data.replace(b"* OK [", b"* PREAUTH [").replace(b"STARTTLS LOGINDISABLED", b"")
        for old, new in INSIDE if self.inside and self.mode != "stale" else ():
            data = data.replace(old, new)
        return data

    def heard(self) -> None:
        """The client's lines, of which those that are whole are passed on, but for STARTTLS."""
        while b"\n" in self.buffer:
            words, _end, self.buffer = self.buffer.partition(b"\n")
            asked = re.match(
                STARTTLS[self.rule["protocol"]], words.decode("ascii", "replace").strip(), re.I
            )
            if asked is None or self.mode in ("hides", "preauth"):
                self.back.sendall(words + b"\n")
            elif self.inside and self.mode != "again":
                self.client.sendall(
                    self.answer(REFUSED.get(self.rule["protocol"], 'NO "TLS is active"\r\n'), asked)
                )
            else:
                self.upgrade(self.answer(GO_AHEAD[self.rule["protocol"]], asked))

    @staticmethod
    def answer(words: str, asked: re.Match[str]) -> bytes:
        """A reply, with the tag where there is one."""
        return (words % asked.groups() if asked.groups() else words).encode()

    def upgrade(self, go_ahead: bytes) -> None:
        """TLS, and the server behind starts anew; each mode has its own idea of that."""
        self.client.sendall(go_ahead + (b"250 2.0.0 Welcome\r\n" if self.mode == "talks" else b""))
        if self.mode != "injects":
            self.buffer = b""
        if self.mode == "goes_on" and self.client.recv(1, socket.MSG_PEEK) != b"\x16":
            return
        self.client = self.tls.wrap_socket(self.client, server_side=True)
        self.inside = True
        if self.mode == "remembers":
            return
        self.back.close()
        self.back = self.connect()
        greeting = self.back.recv(65536)
        if self.rule["protocol"] == "sieve":
            self.client.sendall(self.told(greeting))
        if self.buffer:
            self.back.sendall(self.buffer)
            self.buffer = b""
            self.client.sendall(self.told(self.back.recv(65536)))


def serve(client: socket.socket, rule: dict[str, str], tls: ssl.SSLContext) -> None:
    """One connection, whatever becomes of it."""
    with contextlib.suppress(OSError), client:
        session = Session(client, rule, tls)
        with session.back:
            with contextlib.suppress(OSError):
                session.run()
            with contextlib.suppress(OSError):
                session.leave()
            session.client.close()


def listen(rule: dict[str, str]) -> None:
    """One port."""
    tls = context(rule)
    with socket.create_server((rule["address"], int(rule["port"])), backlog=64) as server:
        while True:
            client, _peer = server.accept()
            client.settimeout(60)
            threading.Thread(target=serve, args=(client, rule, tls), daemon=True).start()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        rules = json.load(file)
    threads = [threading.Thread(target=listen, args=(one,), daemon=True) for one in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
