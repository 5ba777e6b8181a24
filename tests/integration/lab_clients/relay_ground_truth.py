# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The ground truth of relaying: sends one message for each attempt, and sees which of them arrive
at this host's own port 25.

Runs on the external client; standard library only, and nothing of the audit. Reads attempts as
JSON: [{id, expected, address, port, implicit, tls, helo, sender, recipient}]. An attempt may have
header (a line before the greeting), certificate (presents a client certificate), claim (a command
between two EHLO), parameters (of MAIL) and beside (a first recipient). Writes {id: result}; the
result is "arrived", or the last reply.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import smtplib
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smtp_sink import listening

#: A self-signed certificate with its key, made by molecule/broken/certificates.yml.
CLIENT_CERTIFICATE = "/var/lib/zoo/self.pem"
TEXT = (
    "From: ground-truth@example.org\r\nTo: victim@example.org\r\nX-Token: {token}\r\n\r\n"
    "Is this relayed?\r\n"
)
Reply = tuple[int, bytes]


@dataclass(frozen=True)
class Server:
    """One port of a mail server."""

    address: str
    port: int
    implicit: bool = False
    #: A line to send before the greeting.
    header: str = ""
    certificate: str = ""
    timeout: float = 60

    def tls(self) -> ssl.SSLContext:
        """Accepts any certificate and any cipher suite: they are not the question here."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context


class Client(smtplib.SMTP):
    """An SMTP session that sends the header line first, and begins with TLS on a TLS port. Its end
    is no result, whatever the server replies to QUIT.
    """

    def __init__(self, server: Server, helo: str) -> None:
        self.server = server
        super().__init__(server.address, server.port, local_hostname=helo, timeout=server.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        if self.server.header:
            connection.sendall(f"{self.server.header}\r\n".encode())
        return self.server.tls().wrap_socket(connection) if self.server.implicit else connection

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self.docmd("QUIT")
        self.close()


def connect(server: Server, helo: str, tls: bool) -> Client:
    """A session that has sent EHLO; inside TLS where asked for."""
    client = Client(server, helo)
    client.ehlo()
    if tls and not server.implicit:
        client.starttls(context=server.tls())
        client.ehlo()
    return client


def transaction(
    client: Client, sender: str, recipients: Sequence[str], token: str, parameters: str = ""
) -> Reply:
    """Send one message with a token; return the last reply. Addresses are sent as they are."""
    reply = client.docmd(f"MAIL FROM:<{sender}> {parameters}".rstrip())
    for recipient in recipients:
        if reply[0] < 400:
            reply = client.docmd(f"RCPT TO:<{recipient}>")
    return client.data(TEXT.format(token=token)) if reply[0] < 400 else reply


def relay(attempt: dict[str, Any]) -> str:
    """Make one attempt; return the last reply."""
    server = Server(
        str(attempt["address"]),
        int(attempt["port"]),
        bool(attempt["implicit"]),
        str(attempt.get("header", "")),
        CLIENT_CERTIFICATE if "certificate" in attempt else "",
        timeout=30,
    )
    recipients = [str(attempt[name]) for name in ("beside", "recipient") if name in attempt]
    try:
        with connect(server, str(attempt["helo"]), bool(attempt["tls"])) as client:
            if "claim" in attempt:
                client.docmd(str(attempt["claim"]))
                client.ehlo()
            parameters = str(attempt.get("parameters", ""))
            return str(
                transaction(client, str(attempt["sender"]), recipients, attempt["id"], parameters)
            )
    except (OSError, smtplib.SMTPException) as exc:
        return str(exc)


def main() -> None:
    """Make all attempts, wait for the messages that were accepted, write the results."""
    attempts = json.load(sys.stdin)
    with listening() as sink:
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            replies = list(pool.map(relay, attempts))
        sink.wait({attempt["id"] for attempt in attempts if attempt["expected"]})
        arrived = set(sink.arrived)
    results = {
        attempt["id"]: "arrived" if attempt["id"] in arrived else reply
        for attempt, reply in zip(attempts, replies, strict=True)
    }
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
