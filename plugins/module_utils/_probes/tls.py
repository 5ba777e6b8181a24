# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes: TLS as a service offers it: the certificate, whether it is trusted, versions and cipher suites.

Every probe ends with the handshake; nothing is said inside TLS. Writes down what it saw and judges nothing.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._wire import mailbox, smtp, suites, tls
from .._wire.talk import Steps, Talk, WireError, text

_STARTTLS = {"imap": mailbox.starttls_imap, "pop3": mailbox.starttls_pop3, "sieve": mailbox.starttls_sieve}
_CLEAR_COMMAND = {"smtp": "EHLO %s", "imap": "a1 CAPABILITY", "pop3": "CAPA", "sieve": "CAPABILITY"}
_MAIL = re.compile(rb'\d{3}[ -]|\* |a1 (OK|NO|BAD)|\+OK|-ERR|"IMPLEMENTATION"')
#: A server that speaks in clear may take its time to greet; one that speaks TLS ends the connection at once.
_LINGER = 8.0


def begin(talk: Talk, params: dict[str, t.Any]) -> Steps:
    """Come to where a TLS handshake may start. params: protocol, implicit_tls (bool), helo."""
    if params["implicit_tls"]:
        return
    if params["protocol"] == "smtp":
        yield from smtp.starttls(talk, params["helo"])
    else:
        yield from _STARTTLS[params["protocol"]](talk)


def certificate(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """A handshake that takes any certificate; the facts are those of the handshake. params: begin's, server_name."""
    yield from begin(talk, params)
    facts.update((yield from talk.upgrade(params["server_name"])))


def trust(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """A handshake that verifies the chain to the trust anchors, not the name. params: begin's, server_name."""
    yield from begin(talk, params)
    try:
        facts.update((yield from talk.upgrade(params["server_name"], verify=True)))
    except WireError as exc:
        if exc.kind != "certificate":
            raise
        facts.update(trusted=False, verify_error=exc.text)
        talk.note("*", "TLS: the certificate is not trusted: " + exc.text)
    else:
        facts["trusted"] = True


def hello(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """One hello of our own making, and the first thing that the server says to it.

    params: begin's, server_name, max_version (a name of VERSIONS), suites ("all", or class words and codes),
    exclude (codes).
    """
    version = tls.VERSIONS[params["max_version"]]
    if version == tls.SSLV2:
        offer, count = tls.sslv2_client_hello(), len(tls.SSLV2_SUITES)
    else:
        codes = _offered(version, params.get("suites", "all"), params.get("exclude", ()))
        offer, count = tls.client_hello(version, codes, params["server_name"]), len(codes)
    yield from begin(talk, params)
    try:
        yield from talk.send(offer, shown="ClientHello: up to %s, %d cipher suites" % (params["max_version"], count))
        answer = yield from talk.read(tls.server_answer, shown=False)
    except WireError as exc:
        if exc.kind != "closed":
            raise
        facts["answer"] = "closed"
        talk.note("*", "answered by the end of the connection: " + exc.text)
    else:
        facts.update(_facts(answer))
        talk.note("*", _shown(answer))


def _offered(version: int, spec: t.Any, exclude: t.Iterable[int]) -> list[int]:
    """The suites to offer; those of TLS 1.3 only in a hello for it."""
    codes = suites.select(spec, exclude)
    return [code for code in codes if version >= tls.TLS13 or "tls13" not in suites.classes(code)]


def _facts(answer: tls.Answer) -> dict[str, t.Any]:
    """An answer as plain data, with what applies to its kind."""
    if answer.kind == "alert":
        return {"answer": "alert", "alert": answer.alert_name, "alert_level": answer.alert_level}
    if answer.kind == "plain":
        return {"answer": "plain", "said": answer.text[:200]}
    if answer.kind == "sslv2":
        kind = "SSLv2 0x%06X" % answer.suite
        return {"answer": "hello", "version": "SSLv2", "suite": answer.suite, "suite_name": kind, "suite_classes": []}
    return {
        "answer": "hello",
        "version": tls.VERSION_NAMES[answer.version],
        "suite": answer.suite,
        "suite_name": suites.name(answer.suite),
        "suite_classes": sorted(suites.classes(answer.suite)),
        "compression": answer.compression,
        "extensions": list(answer.extensions),
    }


def _shown(answer: tls.Answer) -> str:
    """An answer as a line of the transcript."""
    facts = _facts(answer)
    if answer.kind == "alert":
        return "Alert: %s" % facts["alert"]
    if answer.kind == "plain":
        return "No TLS, but in clear: %s" % facts["said"]
    return "ServerHello: %s %s" % (facts["version"], facts["suite_name"])


def plain_on_tls(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """A command in clear to a port that speaks TLS from the first octet on. params: protocol, helo."""
    words = _CLEAR_COMMAND[params["protocol"]]
    yield from talk.send((words.replace("%s", params["helo"]) + "\r\n").encode("utf-8"))
    try:
        data = yield from talk.linger(_LINGER)
    except WireError as exc:
        if exc.kind != "closed":
            raise
        talk.note("*", exc.text)
        data = yield from talk.linger(0)
    facts.update(kind=_kind(data), said=text(data)[:200])


def _kind(data: bytes) -> str:
    if not data:
        return "nothing"
    if _MAIL.match(data):
        return "mail"
    return "alert" if data[:2] == b"\x15\x03" else "other"
