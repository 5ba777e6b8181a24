# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: one IMAP, POP3 or ManageSieve session as a client sees it (RFC 9051, 1939, 2449, 5034,
5804).

In clear it asks to log in, as far as needed to tell a server that refuses from one that does not:
it sends no SASL credential and no POP3 password, and for IMAP LOGIN those of a user who cannot
exist.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import imap_pop3_sieve
from .._scan.conversation import Parser, Steps, Talk, WireError

NOBODY = "airtight-nobody"


class MailstoreSessionFacts(t.TypedDict, total=False):
    """What one IMAP, POP3 or ManageSieve session shows before and after TLS.

    greeting: the greeting.
    preauth: whether an IMAP server greeted with PREAUTH.
    capabilities: of IMAP a list, of ManageSieve names with their values; before TLS, if the
      session began so.
    capabilities_tls: the same inside TLS after STARTTLS.
    capa: the lines of the reply to CAPA of POP3; None where it was refused.
    capa_tls: the same inside TLS after STLS.
    sasl: the SASL mechanisms of ManageSieve; None where the capability is absent.
    starttls_offered: whether STARTTLS or STLS is among the capabilities.
    authenticate: the reply to AUTHENTICATE PLAIN before TLS.
    login: the reply to LOGIN of IMAP before TLS.
    user: the reply to USER of POP3 before TLS.
    auth: the reply to AUTH PLAIN of POP3 before TLS.
    id: the reply to ID of IMAP.
    tls_error: why the handshake after STARTTLS failed.
    """

    greeting: str
    preauth: bool
    capabilities: list[str] | dict[str, str]
    capabilities_tls: list[str] | dict[str, str]
    capa: list[str] | None
    capa_tls: list[str] | None
    sasl: str | None
    starttls_offered: bool
    authenticate: imap_pop3_sieve.StoredAnswer
    login: imap_pop3_sieve.StoredAnswer
    user: imap_pop3_sieve.StoredAnswer
    auth: imap_pop3_sieve.StoredAnswer
    id: str
    tls_error: str


def session(talk: Talk, facts: MailstoreSessionFacts, params: dict[str, t.Any]) -> Steps:
    """Read the greeting and the capabilities; try the login commands in clear; read the
    capabilities inside TLS.

    params: protocol, implicit_tls (bool), server_name.
    """
    name, clear = params["server_name"], not params["implicit_tls"]
    if not clear:
        yield from talk.upgrade(name)
    yield from _SESSIONS[params["protocol"]](talk, facts, clear, name)


def _ask(talk: Talk, words: str, parser: Parser) -> Steps:
    """Send one line and return the answer to it."""
    yield from talk.send(words.encode("ascii") + b"\r\n")
    return (yield from talk.read(parser))


def _leave(talk: Talk, words: str, parser: Parser) -> Steps:
    """Leave politely; a server that has gone already does not matter."""
    try:
        yield from _ask(talk, words, parser)
    except WireError:
        talk.note("*", f"the server closed without answering {words.rpartition(' ')[2]}")


def _greeted(answer: imap_pop3_sieve.Answer, *wanted: str) -> None:
    """A server that greets with a refusal has nothing more to say."""
    if answer.status not in wanted:
        raise WireError("closed", f"the server greeted with {answer.status} {answer.rest}")


def _start_tls(
    talk: Talk, facts: MailstoreSessionFacts, words: str, parser: Parser, wanted: str, name: str
) -> Steps:
    """TLS in the same session where it is offered; whether the session is inside it now. A failed
    handshake is in facts['tls_error'].
    """
    if not facts["starttls_offered"] or (yield from _ask(talk, words, parser)).status != wanted:
        return False
    try:
        yield from talk.upgrade(name)
    except WireError as exc:
        facts["tls_error"] = exc.text
        raise
    return True


def _imap(talk: Talk, facts: MailstoreSessionFacts, clear: bool, name: str) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.imap("*"))
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    facts["preauth"] = greeting.status == "PREAUTH"
    _greeted(greeting, "OK", "PREAUTH")
    answer = yield from _ask(talk, "a1 CAPABILITY", imap_pop3_sieve.imap("a1"))
    facts["capabilities"] = imap_pop3_sieve.imap_capabilities(answer)
    facts["starttls_offered"] = "STARTTLS" in facts["capabilities"]
    if clear and not facts["preauth"]:
        yield from _imap_login(talk, facts)
        if (
            yield from _start_tls(
                talk, facts, "a4 STARTTLS", imap_pop3_sieve.imap("a4"), "OK", name
            )
        ):
            facts["capabilities_tls"] = imap_pop3_sieve.imap_capabilities(
                (yield from _ask(talk, "a5 CAPABILITY", imap_pop3_sieve.imap("a5")))
            )
    if "ID" in facts.get("capabilities_tls", facts["capabilities"]):
        facts["id"] = " ".join(
            (yield from _ask(talk, "a6 ID NIL", imap_pop3_sieve.imap("a6"))).lines
        )[:500]
    yield from _leave(talk, "a9 LOGOUT", imap_pop3_sieve.imap("a9"))


def _imap_login(talk: Talk, facts: MailstoreSessionFacts) -> Steps:
    """AUTHENTICATE without a response; LOGIN only where that was refused."""
    answer = yield from _ask(talk, "a2 AUTHENTICATE PLAIN", imap_pop3_sieve.imap("a2"))
    facts["authenticate"] = answer.to_dict()
    if answer.status == "+":
        yield from _ask(talk, "*", imap_pop3_sieve.imap("a2"))
        return
    answer = yield from _ask(talk, f"a3 LOGIN {NOBODY} {NOBODY}", imap_pop3_sieve.imap("a3"))
    facts["login"] = answer.to_dict()


def _pop3(talk: Talk, facts: MailstoreSessionFacts, clear: bool, name: str) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.pop3())
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    _greeted(greeting, "+OK")
    answer = yield from _ask(talk, "CAPA", imap_pop3_sieve.pop3(multiline=True))
    facts["capa"] = list(answer.lines) if answer.status == "+OK" else None
    facts["starttls_offered"] = "STLS" in [entry.strip().upper() for entry in answer.lines]
    if clear:
        answer = yield from _ask(talk, "USER " + NOBODY, imap_pop3_sieve.pop3())
        facts["user"] = answer.to_dict()
        answer = yield from _ask(talk, "AUTH PLAIN", imap_pop3_sieve.pop3())
        facts["auth"] = answer.to_dict()
        if answer.status == "+":
            yield from _ask(talk, "*", imap_pop3_sieve.pop3())
        if (yield from _start_tls(talk, facts, "STLS", imap_pop3_sieve.pop3(), "+OK", name)):
            answer = yield from _ask(talk, "CAPA", imap_pop3_sieve.pop3(multiline=True))
            facts["capa_tls"] = list(answer.lines) if answer.status == "+OK" else None
    yield from _leave(talk, "QUIT", imap_pop3_sieve.pop3())


def _sieve(talk: Talk, facts: MailstoreSessionFacts, clear: bool, name: str) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.sieve)
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    _greeted(greeting, "OK")
    capabilities = imap_pop3_sieve.sieve_capabilities(greeting)
    facts["capabilities"], facts["sasl"] = capabilities, capabilities.get("SASL")
    facts["starttls_offered"] = "STARTTLS" in capabilities
    if clear:
        answer = yield from _ask(talk, 'AUTHENTICATE "PLAIN"', imap_pop3_sieve.sieve_sasl)
        facts["authenticate"] = answer.to_dict()
        if answer.status == "+":
            yield from _ask(talk, '"*"', imap_pop3_sieve.sieve)
        if (yield from _start_tls(talk, facts, "STARTTLS", imap_pop3_sieve.sieve, "OK", name)):
            facts["capabilities_tls"] = imap_pop3_sieve.sieve_capabilities(
                (yield from talk.read(imap_pop3_sieve.sieve))
            )
    yield from _leave(talk, "LOGOUT", imap_pop3_sieve.sieve)


_SESSIONS: dict[str, t.Callable[[Talk, MailstoreSessionFacts, bool, str], Steps]] = {
    "imap": _imap,
    "pop3": _pop3,
    "sieve": _sieve,
}
