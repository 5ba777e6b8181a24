# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What relaying is in truth: sends a message for a stranger through each animal, and sees which
ones arrive here.

Knows nothing of the audit. Reads attempts as JSON: [{id, address, port, implicit, tls, helo,
sender, recipient}], each perhaps with header (a line before all else), certificate (show one),
claim (a command before EHLO is said again), parameters (of MAIL) and beside (a first recipient);
writes {id: what became of it} with "arrived" for those whose message was delivered to this host's
own port 25.
"""

from __future__ import annotations

import concurrent.futures
import json
import re
import smtplib
import socket
import socketserver
import ssl
import sys
import threading
import time

ARRIVED: set[str] = set()
PATIENCE = 40.0
#: How long after the last message one that should not have come is waited for.
SURPRISE = 3.0


class Sink(socketserver.StreamRequestHandler):
    """Takes every message and remembers its token."""

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
        for line in self.rfile:
            if line == b".\r\n":
                return
            found = re.match(rb"X-Token: (\S+)", line)
            if found:
                ARRIVED.add(found.group(1).decode())


class Server(socketserver.ThreadingTCPServer):
    """Both families."""

    address_family = socket.AF_INET6  # which takes IPv4 too
    allow_reuse_address = True
    daemon_threads = True


def context(certificate: bool) -> ssl.SSLContext:
    """Takes any certificate: the question here is another one. May show one that was made for the
    purpose, and signed by nobody.
    """
    lax = ssl.create_default_context()
    lax.check_hostname, lax.verify_mode = False, ssl.CERT_NONE
    if certificate:
        lax.load_cert_chain("/var/lib/zoo/self.pem")
    return lax


class Client(smtplib.SMTP):
    """A client that may say a line before all else, and begins with TLS where the server does."""

    def __init__(self, attempt: dict[str, object]) -> None:
        self.attempt = attempt
        super().__init__(str(attempt["address"]), int(str(attempt["port"])), timeout=30)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        if "header" in self.attempt:
            sock.sendall(("%s\r\n" % self.attempt["header"]).encode())
        return (
            context("certificate" in self.attempt).wrap_socket(sock)
            if self.attempt["implicit"]
            else sock
        )


def send(attempt: dict[str, object]) -> str:
    """Try to have one message relayed; return the last reply."""
    try:
        with Client(attempt) as client:
            if attempt["tls"] and not attempt["implicit"]:
                client.starttls(context=context("certificate" in attempt))
            client.ehlo(str(attempt["helo"]))
            if "claim" in attempt:
                client.docmd(str(attempt["claim"]))
                client.ehlo(str(attempt["helo"]))
            parameters = [str(attempt["parameters"])] if "parameters" in attempt else []
            recipients = [str(attempt[name]) for name in ("beside", "recipient") if name in attempt]
            for said in (
                client.mail(str(attempt["sender"]), parameters),
                *(client.rcpt(recipient) for recipient in recipients),
            ):
                if said[0] >= 400:
                    return str(said)
            text = (
                "From: truth@example.org\r\nTo: stranger@example.org\r\nX-Token: %s\r\n\r\nIs "
                "this relayed?\r\n"
            ) % attempt["id"]
            return str(client.data(text))
    except (OSError, smtplib.SMTPException) as exc:
        return str(exc)


def main() -> None:
    """Send everything, wait for what was accepted, tell."""
    attempts = json.load(sys.stdin)
    with Server(("::", 25), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            said = dict(
                zip([entry["id"] for entry in attempts], pool.map(send, attempts), strict=True)
            )
        started, wanted = time.monotonic(), {entry["id"] for entry in attempts if entry["expected"]}
        while wanted - ARRIVED and time.monotonic() - started < PATIENCE:
            time.sleep(0.2)
        time.sleep(SURPRISE)
    json.dump(
        {token: "arrived" if token in ARRIVED else reply for token, reply in said.items()},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
