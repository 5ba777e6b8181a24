# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""server.py DIRECTORY: serves MTA-STS policies, correct and wrong ones, as policies.json there says
for each host.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DIRECTORY = Path(sys.argv[1])
POLICIES = json.loads((DIRECTORY / "policies.json").read_text())
FILES = {"sts": "sts.pem", "untrusted": "untrusted.pem", "mail": "ec.pem"}


def context(name: str) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(DIRECTORY / FILES[name])
    return found


CONTEXTS = {name: context(name) for name in FILES}


def choose(sock: ssl.SSLSocket, name: str, _context: ssl.SSLContext) -> None:
    sock.context = CONTEXTS[POLICIES.get(name, {}).get("certificate", "sts")]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        policy = POLICIES.get(self.headers.get("Host", ""), {"status": 404})
        if policy.get("silent"):
            time.sleep(30)
            return
        lines = [
            "version: STSv1",
            f"mode: {policy.get('mode')}",
            f"mx: {policy.get('mx')}",
            f"max_age: {policy.get('max_age')}",
            "",
        ]
        body = policy.get("body", "\r\n".join(lines)).encode() + b"#" * policy.get("padding", 0)
        self.send_response(policy["status"])
        self.send_header("Content-Type", policy.get("type", "text/plain"))
        if policy["status"] == 301:
            self.send_header("Location", "https://www.names.test/mta-sts.txt")
        if policy.get("chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            body = (
                b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:20], body[20:]))
                + b"0\r\n\r\n"
            )
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 200

    def finish_request(self, request: socket.socket, client_address: object) -> None:
        context = CONTEXTS["sts"]
        with context.wrap_socket(request, server_side=True) as wrapped:
            self.RequestHandlerClass(wrapped, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that disconnects is no error."""


CONTEXTS["sts"].sni_callback = choose
Server(("::", 443), Handler).serve_forever()
