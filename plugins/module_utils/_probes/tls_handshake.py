# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: TLS as a service offers it: the certificate, whether it is trusted, versions and cipher
suites.

Every probe ends with the handshake; nothing is sent inside TLS. The probes write down what they
observe and evaluate nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._protocols import (
    imap_pop3_sieve,
    smtp,
    tls_client_hello,
    tls_server_flight,
    tls_server_hello,
)
from .._scan.conversation import Steps, Talk, TlsFacts, WireError, busy_error, text
from . import client_hello_facts, client_hello_params

_STARTTLS = {
    "imap": imap_pop3_sieve.starttls_imap,
    "pop3": imap_pop3_sieve.starttls_pop3,
    "sieve": imap_pop3_sieve.starttls_sieve,
}
_CLEAR_COMMAND = {"smtp": "EHLO %s", "imap": "a1 CAPABILITY", "pop3": "CAPA", "sieve": "CAPABILITY"}
_MAIL = re.compile(rb'\d{3}[ -]|\* |a[19] (OK|NO|BAD)|\+OK|-ERR|"[A-Z]+"|OK|NO|BYE')
#: A server that speaks in clear may take its time to greet; one that speaks TLS ends the connection
#: at once.
_LINGER = 15.0
#: A server of TLS takes a ClientHello of SSL 2.0 for the beginning of a record, and may wait for
#: the rest of it.
_SSLV2_SECONDS = 8.0


def begin(talk: Talk, params: dict[str, t.Any]) -> Steps:
    """Reach the point where the handshake may begin."""
    if params["implicit_tls"]:
        return
    if params["protocol"] == "smtp":
        yield from smtp.starttls(talk, params["helo"])
    else:
        yield from _STARTTLS[params["protocol"]](talk)


class TlsCertificateFacts(TlsFacts, total=False):
    """A handshake in which any certificate is accepted."""


class TlsTrustFacts(TlsFacts, total=False):
    """A handshake in which the chain has to lead to a trust anchor.

    trusted: whether it does.
    verify_error: why it does not.
    """

    trusted: bool
    verify_error: str


class TlsAlpnFacts(TlsFacts, total=False):
    """A handshake that offers protocols by ALPN.

    refused: why the handshake failed.
    """

    refused: str


class PlainOnTlsFacts(t.TypedDict, total=False):
    """What a port for implicit TLS answers to a command in clear.

    kind: nothing, mail (a reply in clear), alert or other.
    said: what came back.
    """

    kind: str
    said: str


def certificate(talk: Talk, facts: TlsCertificateFacts, params: dict[str, t.Any]) -> Steps:
    """Make a handshake in which any certificate is accepted.

    params: protocol, implicit_tls (bool), helo, server_name.
    """
    yield from begin(talk, params)
    facts.update((yield from talk.upgrade(params["server_name"])))


def trust(talk: Talk, facts: TlsTrustFacts, params: dict[str, t.Any]) -> Steps:
    """Make a handshake with a chain to a trust anchor; the name is not compared.

    params: protocol, implicit_tls (bool), helo, server_name, keys (rsa or ecdsa: only a certificate
    with such a key, in TLS 1.2; absent: any).
    """
    yield from begin(talk, params)
    try:
        facts.update(
            (
                yield from talk.upgrade(
                    params["server_name"], verify=True, keys=params.get("keys", "")
                )
            )
        )
    except WireError as exc:
        if exc.kind != "certificate":
            raise
        facts["trusted"], facts["verify_error"] = False, exc.text
        talk.note("*", "TLS: the certificate is not trusted: " + exc.text)
    else:
        facts["trusted"] = True


def alpn(talk: Talk, facts: TlsAlpnFacts, params: dict[str, t.Any]) -> Steps:
    """Make a handshake that offers protocols by ALPN, for TLS 1.3, where no crafted ClientHello can
    read the choice.

    params: protocol, implicit_tls (bool), helo, server_name, alpn (protocols).
    """
    yield from begin(talk, params)
    try:
        facts.update((yield from talk.upgrade(params["server_name"], alpn=tuple(params["alpn"]))))
    except WireError as exc:
        if exc.kind != "tls":
            raise
        facts["refused"] = exc.text
        talk.note("*", exc.text)


def hello(
    talk: Talk, facts: client_hello_facts.ClientHelloFacts, params: dict[str, t.Any]
) -> Steps:
    """Send one crafted ClientHello and read the first answer to it, or the server flight where it
    is in clear.

    params: protocol, implicit_tls (bool), helo, server_name, those of
    client_hello_params.client_hello, flight (bool: read on to the certificates).
    """
    data, count = client_hello_params.client_hello(params)
    yield from begin(talk, params)
    early = b"" if params["implicit_tls"] else (yield from talk.linger(0))
    if early:
        facts["early"] = text(early)[:200]
    try:
        yield from talk.send(
            data, shown=f"ClientHello: up to {params['max_version']}, {count} cipher suites"
        )
        answer = yield from talk.read(
            tls_server_flight.answer if params.get("flight") else tls_server_hello.server_answer,
            seconds=_SSLV2_SECONDS if params["max_version"] == "SSLv2" else None,
            shown=False,
        )
    except WireError as exc:
        _unanswered(talk, facts, params, exc)
        return
    if answer.kind == "plain":
        _stop_where_busy(answer.text)
    facts.update(client_hello_facts.facts(answer))
    talk.note("*", client_hello_facts.transcript_line(facts))
    if params.get("flight") and answer.kind == "hello" and answer.version <= tls_client_hello.TLS12:
        yield from _flight(talk, facts)


def _stop_where_busy(said: str) -> None:
    """End the conversation where a server turns the client away in clear."""
    busy = busy_error(said, "TLS")
    if busy:
        raise busy


def _unanswered(
    talk: Talk,
    facts: client_hello_facts.ClientHelloFacts,
    params: dict[str, t.Any],
    exc: WireError,
) -> None:
    """Write down the end of the connection as an answer, and silence where SSL 2.0 was offered."""
    if exc.kind == "timeout" and params["max_version"] == "SSLv2":
        facts["answer"] = "silence"
        talk.note("*", exc.text)
    elif exc.kind == "closed":
        facts["answer"] = "closed"
        talk.note("*", "answered by the end of the connection: " + exc.text)
    else:
        raise exc


def _flight(talk: Talk, facts: client_hello_facts.ClientHelloFacts) -> Steps:
    """What follows the ServerHello; that it does not, or makes no sense, takes nothing from what
    was seen.
    """
    try:
        seen = yield from talk.read(tls_server_flight.flight, shown=False)
    except WireError as exc:
        talk.note("*", "the rest was not seen: " + exc.text)
        return
    if seen.whole:
        facts.update(client_hello_facts.flight_facts(seen))
        talk.note("*", client_hello_facts.flight_line(facts))


def plain_on_tls(talk: Talk, facts: PlainOnTlsFacts, params: dict[str, t.Any]) -> Steps:
    """Send a command in clear to a port that speaks TLS from the first octet on.

    params: protocol, helo.
    """
    words = _CLEAR_COMMAND[params["protocol"]]
    yield from talk.send((words.replace("%s", params["helo"]) + "\r\n").encode("utf-8"))
    try:
        data = yield from talk.linger(_LINGER)
    except WireError as exc:
        if exc.kind != "closed":
            raise
        talk.note("*", exc.text)
        data = yield from talk.linger(0)
    _stop_where_busy(text(data))
    facts["kind"], facts["said"] = kind(data), text(data)[:200]


def kind(data: bytes) -> str:
    """What answered: nothing, mail (a word of a mail protocol in clear), alert, or other."""
    if not data:
        return "nothing"
    if _MAIL.match(data):
        return "mail"
    return "alert" if data[:2] == b"\x15\x03" else "other"
