# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is true of each animal, found by an independent client and by nothing of the audit's.

Messages are sent through it and arrive here or do not; alice logs in where no login should be
possible; OpenSSL shakes hands in old versions and verifies certificates. Reads animals as JSON (see
docs/development/mta_matrix.md) from standard input, which it tries on this host's own addresses;
takes this host's port 25. Writes {host: {fact: how it was seen}}.
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import imaplib
import json
import poplib
import re
import smtplib
import socket
import socketserver
import ssl
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Animal = dict[str, Any]
Facts = dict[str, str]

STRANGER = "outsider.test"
PORTS = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "sieve": 4190,
}
SMTP, IMPLICIT = ("smtp", "submission", "submissions"), ("submissions", "imaps", "pop3s")
#: A sender that is put off tries again, as any real one does.
PATIENCE, AGAIN = 30.0, 6.0
#: How long after the last message one that nobody took is waited for.
SURPRISE = 6.0
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
WEAK = "eNULL:3DES:RC4:DES:EXPORT:MD5:SEED:IDEA:RC2:!aNULL:@SECLEVEL=0"
#: Without a certificate, which is no worse than clear text where that is taken too, as on port 25;
#: a fault anywhere else.
ANONYMOUS = "aNULL:!eNULL:@SECLEVEL=0"
MONTH = 14 * 86400
ARRIVED: set[str] = set()

#: How a stranger may try to get mail through: HELO name, sender, recipient. $host and $stranger are
#: filled in.
WAYS = {
    "plainly": ("outsider.lab.test", "stranger@$stranger", "victim@$stranger"),
    "without a sender": ("outsider.lab.test", "", "victim@$stranger"),
    "from its own domain": ("outsider.lab.test", "alice@$host", "victim@$stranger"),
    "as localhost": ("localhost", "stranger@$stranger", "victim@$stranger"),
    "by a percent sign": ("outsider.lab.test", "stranger@$stranger", "victim%$stranger@$host"),
    "by a percent sign outside": (
        "outsider.lab.test",
        "stranger@$stranger",
        "victim@$stranger%$host",
    ),
    "by a bang path": ("outsider.lab.test", "stranger@$stranger", "$stranger!victim@$host"),
    "by quoting": ("outsider.lab.test", "stranger@$stranger", '"victim@$stranger"@$host'),
    "by a source route": ("outsider.lab.test", "stranger@$stranger", "@$host:victim@$stranger"),
    "by SRS": ("outsider.lab.test", "stranger@$stranger", "SRS0=AAAA=BB=$stranger=victim@$host"),
    "to a role": ("outsider.lab.test", "stranger@$stranger", "postmaster@$stranger"),
}
HOME = ("outsider.lab.test", "stranger@$stranger", "alice@$host")


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
        heading = True  # a report of failure carries the token too, but further down
        for line in self.rfile:
            if line == b".\r\n":
                return
            heading = heading and line.strip() != b""
            found = re.match(rb"X-Token: (.*?)\r?\n", line)
            if found and heading:
                ARRIVED.add(found.group(1).decode())


class Server(socketserver.ThreadingTCPServer):
    """Both families."""

    address_family = socket.AF_INET6  # which takes IPv4 too
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200


class NoStartTlsError(OSError):
    """The server answered STARTTLS with something else than a yes."""


class Endpoint:
    """One service of an animal at one address."""

    def __init__(self, animal: Animal, service: str, address: str) -> None:
        self.animal, self.service, self.address = animal, service, address
        self.port = animal["target"].get("ports", {}).get(service, PORTS[service])
        self.where = f"{service} {address}:{self.port}"

    def smtp(self, helo: str = "outsider.lab.test", tls: bool = False) -> smtplib.SMTP:
        """A session that has said EHLO, inside TLS where asked for."""
        if self.service in IMPLICIT:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self.address, self.port, local_hostname=helo, timeout=60, context=lax()
            )
        else:
            client = smtplib.SMTP(self.address, self.port, local_hostname=helo, timeout=60)
        client.ehlo()
        if tls and self.service not in IMPLICIT:
            client.starttls(context=lax())
            client.ehlo()
        return client

    def plain(self) -> socket.socket:
        """A connection just before the TLS handshake."""
        link = socket.create_connection((self.address, self.port), timeout=60)
        if self.service in IMPLICIT:
            return link
        with link.makefile("rwb", buffering=0) as words:
            kind = "smtp" if self.service in SMTP else self.service
            for question, answer in STARTTLS[kind]:
                if question:
                    words.write(question)
                line = words.readline()
                while line and not re.match(answer, line):
                    if re.match(LAST[kind], line):
                        break
                    line = words.readline()
                if not re.match(answer, line):
                    link.close()
                    raise (
                        NoStartTlsError(repr(line))
                        if line
                        else ConnectionError("the server hung up")
                    )
        return link


#: What is said, and how the last line of the answer begins.
STARTTLS = {
    "smtp": [
        (b"", rb"220 "),
        (b"EHLO outsider.lab.test\r\n", rb"250 "),
        (b"STARTTLS\r\n", rb"220"),
    ],
    "imap": [(b"", rb"\* "), (b"a STARTTLS\r\n", rb"a OK")],
    "pop3": [(b"", rb"\+OK"), (b"STLS\r\n", rb"\+OK")],
    "sieve": [(b"", rb"OK"), (b"STARTTLS\r\n", rb"OK")],
}
#: How the last line of any answer begins.
LAST = {"smtp": rb"\d\d\d( |\r?\n)", "imap": rb"a |\* BYE", "pop3": rb"-ERR", "sieve": rb"NO|BYE"}


def lax(ciphers: str = "ALL:@SECLEVEL=0") -> ssl.SSLContext:
    """Takes any certificate: that is another question."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    found.set_ciphers(ciphers)
    return found


def send(endpoint: Endpoint, way: str, tls: bool, token: str, again: bool = True) -> str:
    """Try to have one message relayed; the last reply."""
    helo, sender, recipient = (
        text.replace("$host", endpoint.animal["host"]).replace("$stranger", STRANGER)
        for text in {**WAYS, **endpoint.animal.get("ways", {}), "to alice": HOME}[way]
    )
    try:
        with endpoint.smtp(helo, tls) as client:
            said = client.docmd(f"MAIL FROM:<{sender}>")
            if said[0] < 400:
                said = client.docmd(f"RCPT TO:<{recipient}>")
            if said[0] < 400:
                text = (
                    "From: truth@example.org\r\nTo: victim@example.org\r\nX-Token: "
                    f"{token}\r\n\r\nIs this relayed?\r\n"
                )
                said = client.data(text.encode())
    except (OSError, smtplib.SMTPException) as exc:
        said = (0, str(exc).encode())
    if again and 400 <= said[0] < 500:
        time.sleep(AGAIN)
        return send(endpoint, way, tls, token, again=False)
    return f"{said[0]} {said[1].decode('utf-8', 'replace')}"


def smtp_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Relaying by every way, before and inside TLS; who is asked for TLS, for a login, and for
    users.
    """
    implicit = endpoint.service in IMPLICIT
    offered = implicit
    with endpoint.smtp() as client:
        offered = offered or client.has_extn("starttls")
        if not offered:
            yield "no_starttls", "EHLO was answered without STARTTLS"
        if not implicit:
            yield from _clear(endpoint, client)
    with contextlib.suppress(OSError, smtplib.SMTPException), endpoint.smtp(tls=offered) as client:
        if endpoint.service == "smtp" and offered and client.has_extn("auth"):
            yield "auth_on_25", "AUTH was offered inside TLS"
        known, unknown = (
            client.docmd(f"VRFY {name}@{endpoint.animal['host']}")
            for name in ("alice", "nobody-of-that-name")
        )
        if known[0] < 300 and unknown[0] >= 550:
            yield "tells_users", f"VRFY alice: {known[0]}, VRFY nobody: {unknown[0]}"
    for way in [*WAYS, *endpoint.animal.get("ways", {})]:
        for tls in dict.fromkeys((implicit, offered)):
            token = f"{endpoint.where}|{way}|{'inside TLS' if tls else 'in clear'}"
            said = send(endpoint, way, tls, token)
            if said.startswith("250"):
                yield "sent", token
            elif (
                way == "plainly"
                and re.match(r"4\d\d", said)
                and not send(endpoint, "to alice", tls, "", again=False).startswith("4")
            ):
                yield "soft_refusal", said  # and no delay for everybody


def _clear(endpoint: Endpoint, client: smtplib.SMTP) -> Iterator[tuple[str, str]]:
    """What is allowed in a session without TLS."""
    secret = base64.b64encode(("\0alice\0" + endpoint.animal["password"]).encode()).decode()
    mail = said = client.docmd(f"MAIL FROM:<stranger@{STRANGER}>")
    if mail[0] < 400:
        said = client.docmd(f"RCPT TO:<alice@{endpoint.animal['host']}>")
        client.rset()
    # Without the address, which may be called after what it does:
    # <alice@mail-before-tls-on-587...>.
    told = said[0] >= 400 and re.search(rb"tls|encrypt", re.sub(rb"<[^>]*>", b"", said[1]), re.I)
    if endpoint.service == "submission" and mail[0] < 400 and not told:
        yield (
            "mail_in_clear",
            f"MAIL was taken in clear, and nothing said that TLS is missing: {said[0]}",
        )
    if endpoint.service == "smtp" and told:
        yield "demands_tls", str(said)
    if client.has_extn("auth"):
        yield "login_offered", "AUTH was offered in clear"
    said = client.docmd("AUTH PLAIN", secret)
    if said[0] == 235:
        yield "clear_login", f"alice logged in in clear: {said[0]}"
        if (
            endpoint.service == "submission"
            and client.docmd(f"MAIL FROM:<alice@{endpoint.animal['host']}>")[0] < 400
        ):
            yield "mail_in_clear", "mail from alice was taken in clear"


def imap_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STARTTLS, and a login in clear."""
    client = imaplib.IMAP4(endpoint.address, endpoint.port, timeout=60)
    if "STARTTLS" not in client.capabilities:
        yield "no_starttls", "no STARTTLS among the capabilities"
    if "LOGINDISABLED" not in client.capabilities:
        yield "login_offered", "no LOGINDISABLED among the capabilities"
    with contextlib.suppress(imaplib.IMAP4.error):
        client.login("alice", endpoint.animal["password"])
        yield "clear_login", "alice logged in in clear"
    with contextlib.suppress(OSError, imaplib.IMAP4.error):
        client.logout()


def pop3_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STLS, and a login in clear."""
    client = poplib.POP3(endpoint.address, endpoint.port, timeout=60)
    offered = client.capa()
    if "STLS" not in offered:
        yield "no_starttls", "no STLS among the capabilities"
    if "USER" in offered or offered.get("SASL"):
        yield "login_offered", "CAPA offered USER or SASL in clear"
    with contextlib.suppress(poplib.error_proto):
        client.user("alice")
        client.pass_(endpoint.animal["password"])
        yield "clear_login", "alice logged in in clear"
    with contextlib.suppress(OSError, poplib.error_proto):
        client.quit()


def sieve_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STARTTLS, and a login in clear."""
    secret = base64.b64encode(("\0alice\0" + endpoint.animal["password"]).encode())
    with (
        socket.create_connection((endpoint.address, endpoint.port), timeout=60) as link,
        link.makefile("rwb", buffering=0) as words,
    ):
        told = b""
        for line in words:
            told += line
            if line.startswith((b"OK", b"BYE")):
                break
        if b'"STARTTLS"' not in told:
            yield "no_starttls", "no STARTTLS among the capabilities"
        if re.search(rb'"SASL" "\S*PLAIN', told):
            yield "login_offered", "SASL offered PLAIN in clear"
        words.write(b'AUTHENTICATE "PLAIN" "%s"\r\n' % secret)
        said = words.readline()
        if said.startswith(b"OK"):
            yield "clear_login", "alice logged in in clear"


def tls_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Versions, suites and the certificate, each by a handshake of OpenSSL."""
    try:
        link = endpoint.plain()
    except NoStartTlsError as exc:
        if endpoint.service in SMTP and _offers(endpoint):
            yield "no_handshake", f"STARTTLS was offered, and answered {exc}"
        return
    try:
        with link, lax().wrap_socket(link, server_hostname=endpoint.animal["host"]):
            pass
    except OSError as exc:
        yield "no_handshake", str(exc)
        return
    for version in OLD:
        context = lax()
        context.minimum_version = context.maximum_version = version
        with contextlib.suppress(OSError):
            yield "old_tls", _shake(endpoint, context)
    for suites in (WEAK,) if endpoint.service == "smtp" else (WEAK, ANONYMOUS):
        context = lax(suites)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with contextlib.suppress(OSError):
            yield "weak_suite", _shake(endpoint, context)
    yield from _certificate(endpoint)


def _offers(endpoint: Endpoint) -> bool:
    with endpoint.smtp() as client:
        return client.has_extn("starttls")


def _shake(endpoint: Endpoint, context: ssl.SSLContext) -> str:
    with (
        endpoint.plain() as link,
        context.wrap_socket(link, server_hostname=endpoint.animal["host"]) as tls,
    ):
        return f"{tls.version()} {(tls.cipher() or ('?',))[0]}"


def _certificate(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Whether it is trusted and for this name; how long it will be valid."""
    context = ssl.create_default_context(cadata=endpoint.animal["ca"])
    for fact, named in (("untrusted", False), ("wrong_name", True)):
        context.check_hostname = named
        try:
            with (
                endpoint.plain() as link,
                context.wrap_socket(link, server_hostname=endpoint.animal["host"]) as tls,
            ):
                left = (
                    ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"]))
                    - time.time()
                )
                if left < MONTH:
                    yield "expires", f"{left / 86400:.1f} days are left"
        except ssl.SSLCertVerificationError as exc:
            yield fact, exc.verify_message
            if "expired" in exc.verify_message:
                yield "expires", exc.verify_message
            if not named:
                return


def plain_on_tls(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """A port for TLS that greets in clear."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((endpoint.address, endpoint.port), timeout=10) as link,
    ):
        said = link.recv(200)
        if said[:1] in b"2*+" and said:
            yield "clear_on_tls_port", repr(said)


LOOKS: dict[str, Callable[[Endpoint], Iterator[tuple[str, str]]]] = {
    **dict.fromkeys(SMTP, smtp_facts),
    "imap": imap_facts,
    "pop3": pop3_facts,
    "sieve": sieve_facts,
}


def look(endpoint: Endpoint) -> list[tuple[str, str, str]]:
    """Everything about one endpoint: host, fact, how it was seen."""
    found = list(plain_on_tls(endpoint)) if endpoint.service in IMPLICIT else []
    for kind in (LOOKS.get(endpoint.service), tls_facts) if not found else ():
        try:
            found += list(kind(endpoint)) if kind else []
        except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto) as exc:
            if not (
                isinstance(exc, ssl.SSLError) and endpoint.service in IMPLICIT
            ):  # which tls_facts tells
                found.append(("not_reached", f"{kind.__name__ if kind else ''}: {exc!r}"))
    if any(
        fact == "no_starttls" for fact, _how in found
    ):  # where TLS is not offered, that it does not work is no second flaw
        found = [(fact, how) for fact, how in found if fact != "no_handshake"]
    return [
        (endpoint.animal["host"], fact, f"{endpoint.where}: {how}" if fact != "sent" else how)
        for fact, how in found
    ]


def main() -> None:
    """Look at everything, wait for what was accepted, tell."""
    warnings.simplefilter("ignore", DeprecationWarning)
    animals = json.load(sys.stdin)
    endpoints = [
        Endpoint(animal, service, address)
        for animal in animals
        for service in animal["target"]["services"]
        for address in animal["target"]["addresses"]
    ]
    facts: dict[str, dict[str, list[str]]] = {animal["host"]: {} for animal in animals}
    with Server(("::", 25), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            for host, fact, how in (row for rows in pool.map(look, endpoints) for row in rows):
                facts[host].setdefault(fact, []).append(how)
        time.sleep(SURPRISE)
        started, sent = (
            time.monotonic(),
            {token for found in facts.values() for token in found.get("sent", ())},
        )
        while sent - ARRIVED and time.monotonic() - started < PATIENCE:
            time.sleep(0.5)
    for found in facts.values():
        arrived = [token for token in found.pop("sent", []) if token in ARRIVED]
        if arrived:
            found["relays"] = arrived
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
