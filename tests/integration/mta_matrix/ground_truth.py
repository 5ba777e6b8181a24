# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The ground truth of each target, found by independent clients and by nothing of the audit's.

Messages are sent through it and arrive here or do not; alice logs in where no login should be
possible; OpenSSL negotiates old versions and verifies certificates. Reads targets as JSON (see
docs/development/mta_matrix.md) from standard input; takes this host's port 25. Writes
{host: {fact: how it was seen}}. Runs beside the files of tests/integration/lab_clients.
"""

from __future__ import annotations

import base64
import binascii
import concurrent.futures
import contextlib
import imaplib
import json
import poplib
import re
import smtplib
import socket
import ssl
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator

import relay_ground_truth
import smtp_sink
import starttls_truth
from target_endpoint import (
    IMPLICIT,
    SMTP,
    Endpoint,
    NoStartTlsError,
    again,
    unverified_context,
)

Facts = dict[str, str]

STRANGER = "outsider.test"
#: A deferred message is sent again, as any real sender does.
RETRY_AFTER = 6.0
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
WEAK = "eNULL:3DES:RC4:DES:EXPORT:MD5:SEED:IDEA:RC2:!aNULL:@SECLEVEL=0"
#: Cipher suites without a certificate: on port 25 no worse than clear text, a flaw elsewhere.
ANONYMOUS = "aNULL:!eNULL:@SECLEVEL=0"
TWO_WEEKS = 14 * 86400
#: Extensions that bring a parameter of MAIL or RCPT.
WITH_PARAMETERS = (
    "size",
    "8bitmime",
    "dsn",
    "smtputf8",
    "auth",
    "binarymime",
    "deliverby",
    "mt-priority",
    "requiretls",
    "rrvs",
)

#: Ways of relaying: HELO name, sender, recipient. $host and $stranger are replaced.
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
    "by a name that begins with its own": (
        "outsider.lab.test",
        "stranger@$stranger",
        "victim@$host.$stranger",
    ),
    "to a host master": ("outsider.lab.test", "stranger@$stranger", "hostmaster@$stranger"),
    "to a role": ("outsider.lab.test", "stranger@$stranger", "postmaster@$stranger"),
}
HOME = ("outsider.lab.test", "stranger@$stranger", "alice@$host")


def send(endpoint: Endpoint, way: str, tls: bool, token: str, again: bool = True) -> str:
    """Try to have one message relayed; the last reply."""
    helo, sender, recipient = (
        text.replace("$host", endpoint.target["host"]).replace("$stranger", STRANGER)
        for text in {**WAYS, **endpoint.target.get("ways", {}), "to alice": HOME}[way]
    )
    try:
        with endpoint.smtp(helo, tls) as client:
            code, text = relay_ground_truth.transaction(client, sender, [recipient], token)
    except (OSError, smtplib.SMTPException) as exc:
        code, text = 0, str(exc).encode()
    if again and 400 <= code < 500:
        time.sleep(RETRY_AFTER)
        return send(endpoint, way, tls, token, again=False)
    return f"{code} {text.decode('utf-8', 'replace')}"


def smtp_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Relaying by every way, before and inside TLS; STARTTLS, AUTH and VRFY."""
    implicit = endpoint.implicit
    offered = implicit
    with endpoint.smtp() as client:
        offered = offered or client.has_extn("starttls")
        if not offered:
            yield "no_starttls", "EHLO was answered without STARTTLS"
        if not implicit:
            yield from _clear(endpoint, client)
        if not offered and not any(map(client.has_extn, WITH_PARAMETERS)):
            yield "no_parameters", "no extension with a parameter was offered, nor STARTTLS"
    with contextlib.suppress(OSError, smtplib.SMTPException), endpoint.smtp(tls=offered) as client:
        if endpoint.service == "smtp" and offered and client.has_extn("auth"):
            yield "auth_on_25", "AUTH was offered inside TLS"
        known, unknown = (
            client.docmd(f"VRFY {name}@{endpoint.target['host']}")
            for name in ("alice", "nobody-of-that-name")
        )
        if known[0] < 300 and unknown[0] >= 550:
            yield "tells_users", f"VRFY alice: {known[0]}, VRFY nobody: {unknown[0]}"
    for way in [*WAYS, *endpoint.target.get("ways", {})]:
        for tls in dict.fromkeys((implicit, offered)):
            token = f"{endpoint.where}|{way}|{'inside TLS' if tls else 'in clear'}"
            reply = send(endpoint, way, tls, token)
            if reply.startswith("250"):
                yield "sent", token
            elif (
                way == "plainly"
                and re.match(r"4\d\d", reply)
                and not send(endpoint, "to alice", tls, "", again=False).startswith("4")
            ):
                yield "soft_refusal", reply  # and no delay for everybody


def _clear(endpoint: Endpoint, client: smtplib.SMTP) -> Iterator[tuple[str, str]]:
    """What the server accepts in a session without TLS."""
    secret = base64.b64encode(("\0alice\0" + endpoint.target["password"]).encode()).decode()
    mail = reply = client.docmd(f"MAIL FROM:<stranger@{STRANGER}>")
    if mail[0] < 400:
        reply = client.docmd(f"RCPT TO:<alice@{endpoint.target['host']}>")
        client.rset()
    # Without the address, whose host may have TLS in its name.
    asks_for_tls = reply[0] >= 400 and re.search(
        rb"tls|encrypt", re.sub(rb"<[^>]*>", b"", reply[1]), re.I
    )
    if endpoint.service != "smtp" and mail[0] < 400 and not asks_for_tls:
        yield (
            "mail_in_clear",
            f"MAIL was accepted in clear text, and no reply asked for TLS: {reply[0]}",
        )
    if endpoint.service == "smtp" and asks_for_tls:
        yield "demands_tls", str(reply)
    if client.has_extn("auth"):
        yield "login_offered", "AUTH was offered in clear"
        if endpoint.service == "smtp":
            yield "auth_on_25", "AUTH was offered in clear"
    reply = client.docmd("AUTH PLAIN", secret)
    if reply[0] != 235:
        reply = _auth_login(client, endpoint.target["password"])
    if reply[0] == 235:
        yield "clear_login", f"alice logged in in clear: {reply[0]}"
        if (
            endpoint.service != "smtp"
            and client.docmd(f"MAIL FROM:<alice@{endpoint.target['host']}>")[0] < 400
        ):
            yield "mail_in_clear", "mail from alice was accepted in clear text"


def _auth_login(client: smtplib.SMTP, password: str) -> tuple[int, bytes]:
    """AUTH LOGIN as alice; the last reply."""
    reply = client.docmd("AUTH LOGIN")
    for word in ("alice", password):
        if reply[0] == 334:
            reply = client.docmd(binascii.b2a_base64(word.encode(), newline=False).decode())
    return reply


def imap_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STARTTLS, and a login in clear text."""
    client = again(lambda: imaplib.IMAP4(endpoint.address, endpoint.port, timeout=60))
    if "STARTTLS" not in client.capabilities:
        yield "no_starttls", "no STARTTLS among the capabilities"
    if "LOGINDISABLED" not in client.capabilities:
        yield "login_offered", "no LOGINDISABLED among the capabilities"
    with contextlib.suppress(imaplib.IMAP4.error):
        client.login("alice", endpoint.target["password"])
        yield "clear_login", "alice logged in in clear"
    with contextlib.suppress(OSError, imaplib.IMAP4.error):
        client.logout()


def pop3_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STLS, and a login in clear text."""
    client = again(lambda: poplib.POP3(endpoint.address, endpoint.port, timeout=60))
    offered = client.capa()
    if "STLS" not in offered:
        yield "no_starttls", "no STLS among the capabilities"
    if "USER" in offered or offered.get("SASL"):
        yield "login_offered", "CAPA offered USER or SASL in clear"
    with contextlib.suppress(poplib.error_proto):
        client.user("alice")
        client.pass_(endpoint.target["password"])
        yield "clear_login", "alice logged in in clear"
    with contextlib.suppress(OSError, poplib.error_proto):
        client.quit()


def sieve_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STARTTLS, and a login in clear text."""
    secret = base64.b64encode(("\0alice\0" + endpoint.target["password"]).encode())
    with (
        socket.create_connection((endpoint.address, endpoint.port), timeout=60) as link,
        link.makefile("rwb", buffering=0) as stream,
    ):
        capabilities = b""
        for line in stream:
            capabilities += line
            if line.startswith((b"OK", b"BYE")):
                break
        if b'"STARTTLS"' not in capabilities:
            yield "no_starttls", "no STARTTLS among the capabilities"
        if re.search(rb'"SASL" "\S*PLAIN', capabilities):
            yield "login_offered", "SASL offered PLAIN in clear"
        stream.write(b'AUTHENTICATE "PLAIN" "%s"\r\n' % secret)
        reply = stream.readline()
        if reply.startswith(b"OK"):
            yield "clear_login", "alice logged in in clear"


def tls_facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Versions, suites and the certificate, each by a handshake of OpenSSL; the first is that of a
    client of today, which has no version older than TLS 1.2 (RFC 8996).
    """
    today = unverified_context()
    today.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        link = endpoint.plain()
    except NoStartTlsError as exc:
        if endpoint.service in SMTP and _offers(endpoint):
            yield "no_handshake", f"STARTTLS was offered, and answered {exc}"
        return
    try:
        endpoint.tls(today, link).close()
        failed = ""
    except OSError as exc:
        failed = str(exc)
    old = [("old_tls", how) for how in _negotiated(endpoint, ["ALL:@SECLEVEL=0"], OLD)]
    # A TLS port without a handshake of today is a flaw of its versions, which are seen.
    if failed and not (old and endpoint.service in IMPLICIT):
        yield "no_handshake", failed
    if failed and not old:
        return
    yield from old
    weak = [WEAK] if endpoint.service == "smtp" else [WEAK, ANONYMOUS]
    for how in _negotiated(endpoint, weak, (*OLD, ssl.TLSVersion.TLSv1_2)):
        yield "weak_suite", how
    if not failed:
        yield from _certificate(endpoint)


def _offers(endpoint: Endpoint) -> bool:
    with endpoint.smtp() as client:
        return client.has_extn("starttls")


def _negotiated(
    endpoint: Endpoint, suites: Iterable[str], versions: Iterable[ssl.TLSVersion]
) -> Iterator[str]:
    """What is negotiated where only these suites are offered, in each version by itself."""
    for offered in suites:
        for version in versions:
            context = unverified_context(offered)
            context.minimum_version = context.maximum_version = version
            with contextlib.suppress(OSError):
                yield _negotiate(endpoint, context)


def _negotiate(endpoint: Endpoint, context: ssl.SSLContext) -> str:
    with endpoint.tls(context) as tls:
        return f"{tls.version()} {(tls.cipher() or ('?',))[0]}"


def _certificate(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Whether it is trusted and for this name; how long it will be valid."""
    context = ssl.create_default_context(cadata=endpoint.target["ca"])
    for fact, named in (("untrusted", False), ("wrong_name", True)):
        context.check_hostname = named
        try:
            with endpoint.tls(context) as tls:
                begin, end = (
                    ssl.cert_time_to_seconds(str((tls.getpeercert() or {})[limit]))
                    for limit in ("notBefore", "notAfter")
                )
                left = end - time.time()
                if left < min(TWO_WEEKS, (end - begin) / 3):
                    yield "expires", f"{left / 86400:.1f} days are left"
        except ssl.SSLCertVerificationError as exc:
            yield fact, exc.verify_message
            if "expired" in exc.verify_message:
                yield "expires", exc.verify_message
            if not named:
                return
        except ssl.SSLError as exc:
            yield "certificate_not_seen", str(exc)
            return


def plain_on_tls(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """A TLS port that greets in clear text."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((endpoint.address, endpoint.port), timeout=10) as link,
    ):
        reply = link.recv(200)
        if reply[:1] in b"2*+" and reply:
            yield "clear_on_tls_port", repr(reply)


def in_clear_on_tls_port(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Relaying, mail and logins on a TLS port that speaks in clear text."""
    counted = ("sent", "mail_in_clear", "login_offered", "clear_login")
    return (found for found in smtp_facts(endpoint) if found[0] in counted)


Examination = Callable[[Endpoint], Iterator[tuple[str, str]]]
EXAMINATIONS: dict[str, Examination] = {
    **dict.fromkeys(SMTP, smtp_facts),
    "imap": imap_facts,
    "pop3": pop3_facts,
    "sieve": sieve_facts,
}


def examine(endpoint: Endpoint) -> list[tuple[str, str, str]]:
    """All facts of one endpoint: host, fact, how it was seen."""
    found = list(plain_on_tls(endpoint)) if endpoint.service in IMPLICIT else []
    if found and endpoint.service in SMTP:
        endpoint.implicit = False
        kinds: tuple[Examination | None, ...] = (in_clear_on_tls_port,)
    else:
        kinds = (EXAMINATIONS.get(endpoint.service), tls_facts, starttls_truth.facts)
    # Behind a load balancer one connection does not show everything.
    kinds *= endpoint.target.get("times", 1)
    for kind in kinds if endpoint.service in SMTP or not found else ():
        try:
            found += list(kind(endpoint)) if kind else []
        except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto) as exc:
            # A failed handshake on a TLS port is a fact of tls_facts.
            if not (isinstance(exc, ssl.SSLError) and endpoint.service in IMPLICIT):
                found.append(("not_reached", f"{kind.__name__ if kind else ''}: {exc!r}"))
    # Where STARTTLS is not offered, that it does not work is no second flaw.
    if any(fact == "no_starttls" for fact, _how in found):
        found = [(fact, how) for fact, how in found if fact != "no_handshake"]
    return [
        (endpoint.target["host"], fact, f"{endpoint.where}: {how}" if fact != "sent" else how)
        for fact, how in found
    ]


def main() -> None:
    """Examine everything, wait for the messages that were accepted, write the facts."""
    warnings.simplefilter("ignore", DeprecationWarning)
    targets = json.load(sys.stdin)
    endpoints = [
        Endpoint(target, service, address)
        for target in targets
        for service in target["audit"]["services"]
        for address in target["audit"]["addresses"]
    ]
    facts: dict[str, dict[str, list[str]]] = {target["host"]: {} for target in targets}
    with smtp_sink.listening() as sink:
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            for host, fact, how in (row for rows in pool.map(examine, endpoints) for row in rows):
                facts[host].setdefault(fact, []).append(how)
        sink.wait({token for found in facts.values() for token in found.get("sent", ())})
        for found in facts.values():
            arrived = [token for token in found.pop("sent", []) if token in sink.arrived]
            if arrived:
                found["relays"] = arrived
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
