# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: one IMAP, POP3 or ManageSieve session as a client sees it (RFC 9051, 1939, 2449, 5034,
5804).

In clear it asks to log in, as far as needed to tell a server that refuses from one that does not,
and asks the same inside TLS as a control. It sends no credential; only where a login that must fail
was agreed to, it sends an IMAP LOGIN of a user who cannot exist, in clear and inside TLS.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import imap_pop3_sieve, sasl
from .._scan.conversation import Parser, Steps, Talk, WireError

if t.TYPE_CHECKING:
    from .mailstore_facts import MailstoreSessionFacts

NOBODY = "airtight-nobody"


class _How(t.NamedTuple):
    """How a session goes: clear before TLS, name for the handshake, login where agreed to."""

    clear: bool
    name: str
    login: bool


def session(talk: Talk, facts: MailstoreSessionFacts, params: dict[str, t.Any]) -> Steps:
    """Read the greeting and the capabilities; try the login commands in clear; read the
    capabilities inside TLS, and try the login commands again.

    params: protocol, implicit_tls (bool), server_name; implicit (False where a service for TLS is
    looked at in clear); login (bool: an IMAP LOGIN that must fail may be sent).
    """
    how = _How(
        clear=not params["implicit_tls"] or params.get("implicit") is False,
        name=params["server_name"],
        login=bool(params.get("login")),
    )
    if not how.clear:
        yield from talk.upgrade(how.name)
    yield from _SESSIONS[params["protocol"]](talk, facts, how)


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


class _Exchange(t.NamedTuple):
    """How a protocol asks for a mechanism: the words, the parser of the answer, and what ends an
    exchange (RFC 4422 section 3.1). fact: where the answer for PLAIN is kept.
    """

    fact: str
    words: str
    parser: Parser
    cancel: str


def _mechanisms(talk: Talk, facts: t.Any, how: _Exchange, offered: t.Iterable[str]) -> Steps:
    """Ask for each mechanism that takes a password, until one is taken."""
    for name in sasl.to_try(offered):
        answer = yield from _ask(talk, how.words % name, how.parser)
        if name == sasl.PLAIN:
            facts[how.fact], facts["mechanisms"] = answer.to_dict(), {}
        else:
            facts["mechanisms"][name] = answer.to_dict()
        if answer.status == "+":
            yield from _ask(talk, how.cancel, how.parser)
        if answer.status in ("+", "+OK", "OK", "BYE"):
            return


def _imap(talk: Talk, facts: MailstoreSessionFacts, how: _How) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.imap("*"))
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    facts["preauth"] = greeting.status == "PREAUTH"
    _greeted(greeting, "OK", "PREAUTH")
    answer = yield from _ask(talk, "a1 CAPABILITY", imap_pop3_sieve.imap("a1"))
    facts["capabilities"] = imap_pop3_sieve.imap_capabilities(answer)
    facts["starttls_offered"] = "STARTTLS" in facts["capabilities"]
    if how.clear and not facts["preauth"]:
        yield from _imap_before_tls(talk, facts, how.login)
        words = "a4 STARTTLS"
        if (yield from _start_tls(talk, facts, words, imap_pop3_sieve.imap("a4"), "OK", how.name)):
            yield from _imap_inside(talk, facts, how.login)
    if "ID" in facts.get("capabilities_tls", facts["capabilities"]):
        facts["id"] = " ".join(
            (yield from _ask(talk, "a6 ID NIL", imap_pop3_sieve.imap("a6"))).lines
        )[:500]
    yield from _leave(talk, "a9 LOGOUT", imap_pop3_sieve.imap("a9"))


def _imap_before_tls(talk: Talk, facts: MailstoreSessionFacts, login: bool) -> Steps:
    """AUTHENTICATE without a response, then LOGIN: as a user who cannot exist, or as nobody."""
    offered = [word[5:] for word in facts["capabilities"] if word.startswith("AUTH=")]
    how = _Exchange("authenticate", "a2 AUTHENTICATE %s", imap_pop3_sieve.imap("a2"), "*")
    yield from _mechanisms(talk, facts, how, offered)
    if login:
        facts["login"] = (yield from _imap_login(talk, "a3")).to_dict()
        return
    answer = yield from _ask(talk, "a3 LOGIN {0}", imap_pop3_sieve.imap("a3"))
    facts["login_literal"] = answer.to_dict()
    if answer.status == "+":
        answer = yield from _ask(talk, "", imap_pop3_sieve.imap("a3"))
        facts["login_literal_end"] = answer.to_dict()


def _imap_login(talk: Talk, tag: str) -> Steps:
    """A login that must fail."""
    return (yield from _ask(talk, f"{tag} LOGIN {NOBODY} {NOBODY}", imap_pop3_sieve.imap(tag)))


def _imap_inside(talk: Talk, facts: MailstoreSessionFacts, login: bool) -> Steps:
    """The capabilities inside TLS, and the same commands there."""
    facts["capabilities_tls"] = imap_pop3_sieve.imap_capabilities(
        (yield from _ask(talk, "a5 CAPABILITY", imap_pop3_sieve.imap("a5")))
    )
    parser = imap_pop3_sieve.imap("a7")
    facts["authenticate_tls"] = yield from _exchange(talk, "a7 AUTHENTICATE PLAIN", parser, "*")
    if login:
        facts["login_tls"] = (yield from _imap_login(talk, "a8")).to_dict()
    elif facts.get("login_literal", {}).get("status") in ("NO", "BAD"):
        parser = imap_pop3_sieve.imap("a8")
        facts["login_literal_tls"] = yield from _exchange(talk, "a8 LOGIN {0}", parser, "")


def _exchange(talk: Talk, words: str, parser: Parser, cancel: str) -> Steps:
    """Begin an exchange, and end it where the server agrees to it; return its first answer."""
    answer = yield from _ask(talk, words, parser)
    if answer.status == "+":
        yield from _ask(talk, cancel, parser)
    return answer.to_dict()


def _pop3(talk: Talk, facts: MailstoreSessionFacts, how: _How) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.pop3())
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    _greeted(greeting, "+OK")
    answer = yield from _ask(talk, "CAPA", imap_pop3_sieve.pop3(multiline=True))
    facts["capa"] = list(answer.lines) if answer.status == "+OK" else None
    facts["starttls_offered"] = "STLS" in [entry.strip().upper() for entry in answer.lines]
    if how.clear:
        yield from _pop3_before_tls(talk, facts, answer.lines)
        if (yield from _start_tls(talk, facts, "STLS", imap_pop3_sieve.pop3(), "+OK", how.name)):
            yield from _pop3_inside(talk, facts)
    yield from _leave(talk, "QUIT", imap_pop3_sieve.pop3())


def _pop3_before_tls(talk: Talk, facts: MailstoreSessionFacts, capa: t.Iterable[str]) -> Steps:
    """USER without a password, and AUTH without a response."""
    answer = yield from _ask(talk, "USER " + NOBODY, imap_pop3_sieve.pop3())
    facts["user"] = answer.to_dict()
    lists = [entry.upper().split() for entry in capa]
    offered = [name for words in lists if words[:1] == ["SASL"] for name in words[1:]]
    how = _Exchange("auth", "AUTH %s", imap_pop3_sieve.pop3(), "*")
    yield from _mechanisms(talk, facts, how, offered)


def _pop3_inside(talk: Talk, facts: MailstoreSessionFacts) -> Steps:
    """The capabilities inside TLS, and the same commands there."""
    answer = yield from _ask(talk, "CAPA", imap_pop3_sieve.pop3(multiline=True))
    facts["capa_tls"] = list(answer.lines) if answer.status == "+OK" else None
    facts["auth_tls"] = yield from _exchange(talk, "AUTH PLAIN", imap_pop3_sieve.pop3(), "*")
    answer = yield from _ask(talk, "USER " + NOBODY, imap_pop3_sieve.pop3())
    facts["user_tls"] = answer.to_dict()


def _sieve(talk: Talk, facts: MailstoreSessionFacts, how: _How) -> Steps:
    greeting = yield from talk.read(imap_pop3_sieve.sieve)
    facts["greeting"] = f"{greeting.status} {greeting.rest}"[:500]
    _greeted(greeting, "OK")
    capabilities = imap_pop3_sieve.sieve_capabilities(greeting)
    facts["capabilities"], facts["sasl"] = capabilities, capabilities.get("SASL")
    facts["starttls_offered"] = "STARTTLS" in capabilities
    if how.clear:
        parser = imap_pop3_sieve.sieve_sasl
        asked = _Exchange("authenticate", 'AUTHENTICATE "%s"', parser, '"*"')
        yield from _mechanisms(talk, facts, asked, capabilities.get("SASL", "").split())
        if (yield from _start_tls(talk, facts, "STARTTLS", imap_pop3_sieve.sieve, "OK", how.name)):
            facts["capabilities_tls"] = imap_pop3_sieve.sieve_capabilities(
                (yield from talk.read(imap_pop3_sieve.sieve))
            )
            words = 'AUTHENTICATE "PLAIN"'
            facts["authenticate_tls"] = yield from _exchange(talk, words, parser, '"*"')
    yield from _leave(talk, "LOGOUT", imap_pop3_sieve.sieve)


_SESSIONS: dict[str, t.Callable[[Talk, MailstoreSessionFacts, _How], Steps]] = {
    "imap": _imap,
    "pop3": _pop3,
    "sieve": _sieve,
}
