# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: one SMTP session as a client sees it, before and after TLS (RFC 5321, 3207, 4954, 6409).

Sends no message and no credential. The probe writes down replies and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import sasl, smtp
from .._scan.conversation import Steps, Talk, TlsFacts, WireError

#: What is asked between EHLO and STARTTLS.
AUTH, MAIL, VRFY = PARTS = ("auth", "mail", "vrfy")


class SmtpSessionFacts(t.TypedDict, total=False):
    """What one SMTP session shows before and after TLS.

    greeting: the reply to the connection.
    ehlo: the reply to the first EHLO or HELO.
    extensions: keyword to parameters of the extensions in the reply to EHLO; absent where EHLO was
      refused under every name, and not because it is not known.
    client_as_seen: the first line of that reply, in which servers name the client.
    auth_in_clear: the reply to AUTH PLAIN before TLS.
    mechanisms_in_clear: the replies to AUTH with the other mechanisms that take a password.
    mail_in_clear: the reply to MAIL before TLS.
    rcpt_in_clear: the reply to RCPT before TLS, where MAIL was accepted.
    vrfy_known: the reply to VRFY for a recipient that exists.
    vrfy_unknown: the reply to VRFY for one that cannot exist.
    starttls: the reply to STARTTLS.
    tls: the handshake.
    tls_error: why the handshake after STARTTLS failed.
    ehlo_tls: the reply to EHLO inside TLS.
    extensions_tls: the extensions in that reply.
    mail_tls: the reply to MAIL inside TLS, where that or RCPT was refused before.
    rcpt_tls: the reply to RCPT inside TLS, where that was refused before.
    """

    greeting: smtp.StoredReply
    ehlo: smtp.StoredReply
    extensions: dict[str, str]
    client_as_seen: str
    auth_in_clear: smtp.StoredReply
    mechanisms_in_clear: dict[str, smtp.StoredReply]
    mail_in_clear: smtp.StoredReply
    rcpt_in_clear: smtp.StoredReply
    vrfy_known: smtp.StoredReply
    vrfy_unknown: smtp.StoredReply
    starttls: smtp.StoredReply
    tls: TlsFacts
    tls_error: str
    ehlo_tls: smtp.StoredReply
    extensions_tls: dict[str, str]
    mail_tls: smtp.StoredReply
    rcpt_tls: smtp.StoredReply


def session(talk: Talk, facts: SmtpSessionFacts, params: dict[str, t.Any]) -> Steps:
    """Greet the server, say EHLO, find out what it allows before TLS; then STARTTLS and EHLO again.

    params: helo, server_name, implicit_tls (bool), sender, recipient, unknown (a recipient that
    cannot exist); implicit (False where a service for TLS is looked at in clear); earlier (the
    facts of an earlier session) and parts (which of PARTS are still to be asked; with none,
    STARTTLS follows EHLO directly).
    """
    facts.update(params.get("earlier", {}))
    parts = params.get("parts", PARTS)
    clear = not params["implicit_tls"] or params.get("implicit") is False
    if not clear:
        facts["tls"] = yield from talk.upgrade(params["server_name"])
    facts["greeting"] = (yield from smtp.greeting(talk)).to_dict()
    reply, extensions = yield from smtp.hello(talk, params["helo"])
    facts["ehlo"] = reply.to_dict()
    if extensions is not None:
        facts["extensions"] = extensions
    facts["client_as_seen"] = reply.lines[0] if reply.lines else ""
    if clear and AUTH in parts:
        yield from _auth(talk, facts)
    if clear and MAIL in parts:
        yield from _mail(talk, facts, params)
    if VRFY in parts:
        yield from _vrfy(talk, facts, params)
    if clear and "STARTTLS" in (extensions or {}):
        yield from _after_tls(talk, facts, params)
    yield from smtp.quit_(talk)


def _mail(talk: Talk, facts: SmtpSessionFacts, params: dict[str, t.Any]) -> Steps:
    """MAIL with one RCPT, before TLS."""
    reply = yield from smtp.command(talk, "MAIL FROM:" + params["sender"])
    facts["mail_in_clear"] = reply.to_dict()
    if reply.ok:
        facts["rcpt_in_clear"] = (
            yield from smtp.command(talk, "RCPT TO:" + params["recipient"])
        ).to_dict()
        yield from smtp.command(talk, "RSET")


def _auth(talk: Talk, facts: SmtpSessionFacts) -> Steps:
    """AUTH without credentials, with each mechanism that takes a password and has no answer yet,
    until one is taken; an exchange is broken off where the server agrees to it.
    """
    known = answers(facts)
    for name in sasl.to_try(facts.get("extensions", {}).get("AUTH", "").split()):
        if f"AUTH {name}" in known:
            continue
        reply = yield from smtp.command(talk, "AUTH " + name)
        replies = facts.get("mechanisms_in_clear", {})
        if name == sasl.PLAIN:
            facts["auth_in_clear"], facts["mechanisms_in_clear"] = reply.to_dict(), replies
        else:
            facts["mechanisms_in_clear"] = {**replies, name: reply.to_dict()}
        if reply.code == 334:
            yield from smtp.command(talk, "*")
        if reply.code < 400 or reply.code == 421:
            return


def answers(facts: t.Mapping[str, t.Any]) -> set[str]:
    """What was answered between EHLO and STARTTLS: AUTH with each mechanism, MAIL and VRFY; 421,
    with which a server ends the session, is no answer (RFC 5321 section 3.8).
    """
    asked = {
        f"AUTH {sasl.PLAIN}": facts.get("auth_in_clear"),
        **{f"AUTH {name}": reply for name, reply in facts.get("mechanisms_in_clear", {}).items()},
        MAIL: facts.get("rcpt_in_clear", facts.get("mail_in_clear")),
        VRFY: facts.get("vrfy_unknown"),
    }
    return {name for name, reply in asked.items() if reply and reply["code"] != 421}


def missing(facts: t.Mapping[str, t.Any]) -> list[str]:
    """Which of PARTS have no answer."""
    known = answers(facts)
    offered = facts.get("extensions", {}).get("AUTH", "").split()
    every = all(f"AUTH {name}" in known for name in sasl.to_try(offered))
    return [part for part in PARTS if part not in known and not (part == AUTH and every)]


def _vrfy(talk: Talk, facts: SmtpSessionFacts, params: dict[str, t.Any]) -> Steps:
    """VRFY for a name that every host has and for one that none has (RFC 5321 section 3.5).

    Whole addresses first; where a server says the same of both, and has looked, their local parts:
    a listener that takes mail for nobody without a login refuses the addresses and may still look
    up the names.
    """
    pair = (params["recipient"].strip("<>"), params["unknown"])
    known = yield from smtp.command(talk, "VRFY " + pair[0])
    unknown = yield from smtp.command(talk, "VRFY " + pair[1])
    facts["vrfy_known"], facts["vrfy_unknown"] = known.to_dict(), unknown.to_dict()
    if known.code == unknown.code and known.code not in smtp.NOT_UNDERSTOOD and "@" in pair[0]:
        known = yield from smtp.command(talk, "VRFY " + pair[0].partition("@")[0])
        unknown = yield from smtp.command(talk, "VRFY " + pair[1].partition("@")[0])
        if not smtp.NOT_UNDERSTOOD.intersection((known.code, unknown.code)):
            facts["vrfy_known"], facts["vrfy_unknown"] = known.to_dict(), unknown.to_dict()


def _after_tls(talk: Talk, facts: SmtpSessionFacts, params: dict[str, t.Any]) -> Steps:
    """STARTTLS, handshake, second EHLO; how far it came is in the facts."""
    reply = yield from smtp.command(talk, "STARTTLS")
    facts["starttls"] = reply.to_dict()
    if reply.code != 220:
        return
    try:
        facts["tls"] = yield from talk.upgrade(params["server_name"])
    except WireError as exc:
        facts["tls_error"] = exc.text
        raise
    reply, extensions = yield from smtp.hello(talk, params["helo"])
    facts["ehlo_tls"] = reply.to_dict()
    if extensions is not None:
        facts["extensions_tls"] = extensions
    refused = facts.get("rcpt_in_clear", {}).get("code", 250) >= 400
    if refused or facts.get("mail_in_clear", {}).get("code", 250) >= 400:
        reply = yield from smtp.command(talk, "MAIL FROM:" + params["sender"])
        facts["mail_tls"] = reply.to_dict()
        if refused and reply.ok:
            reply = yield from smtp.command(talk, "RCPT TO:" + params["recipient"])
            facts["rcpt_tls"] = reply.to_dict()
