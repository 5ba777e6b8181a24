# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the mailbox and disclosure checks: sessions in, findings out (RFC 2595, 3501, 5804, 8314, 9051).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._protocols.smtp import NOT_UNDERSTOOD

from .base import Observation, Scene, each, error_text, finding, said

CLEAR_MECHANISMS = ("PLAIN", "LOGIN")


def _login_disabled(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    words = seen["facts"].get("capabilities")
    if words is None:
        yield finding(UNKNOWN, "The capabilities were not seen: %s." % error_text(seen), seen)
        return
    offered = [word for word in words if word in ("AUTH=PLAIN", "AUTH=LOGIN")]
    if offered:
        yield finding(FAIL, "%s is offered before TLS." % " and ".join(offered), seen)
    elif "LOGINDISABLED" not in words:
        yield finding(FAIL, "LOGINDISABLED is not announced before TLS, so clients will send passwords in clear.", seen)
    else:
        yield finding(PASS, "LOGINDISABLED is announced before TLS.", seen)


def _refused(seen: Observation, key: str, command: str, bad: t.Sequence[str], good: t.Sequence[str], evaluated: str = "") -> Finding:
    """One command in clear that must be turned away without looking at a password."""
    answer = seen["facts"].get(key)
    if answer is None:
        return finding(UNKNOWN, "%s was not answered in clear: %s." % (command, error_text(seen)), seen)
    words = ("%s %s" % (answer["status"], answer["rest"])).strip()
    if answer["status"] in bad or (evaluated and evaluated in answer["rest"].upper()):
        return finding(FAIL, "%s in clear was answered %s." % (command, words), seen)
    if answer["status"] in good:
        return finding(PASS, "%s in clear was answered %s." % (command, words), seen)
    return finding(UNKNOWN, "%s in clear was answered %s, which decides nothing." % (command, words), seen)


def _imap_login(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if "login" not in seen["facts"] and (seen["facts"].get("authenticate") or {}).get("status") == "+":
        yield finding(FAIL, "LOGIN was not tried, because AUTHENTICATE in clear was already accepted.", seen)
        return
    yield _refused(seen, "login", "LOGIN", ("OK",), ("NO", "BAD"), "AUTHENTICATIONFAILED")


def _imap_authenticate(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "authenticate", "AUTHENTICATE PLAIN", ("+", "OK"), ("NO", "BAD"))


def _pop3_capabilities(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if "capa" not in seen["facts"]:
        yield finding(UNKNOWN, "CAPA was not answered: %s." % error_text(seen), seen)
        return
    lines = [entry.upper().split() for entry in seen["facts"]["capa"] or ()]
    words = {entry[0]: entry[1:] for entry in lines if entry}
    open_ = [name for name in CLEAR_MECHANISMS if name in words.get("SASL", ())]
    if "USER" in words or open_:
        yield finding(
            FAIL,
            "Before TLS, CAPA offers %s." % " and ".join((["USER"] if "USER" in words else []) + ["SASL " + name for name in open_]),
            seen,
        )
    elif "STLS" not in words:
        yield finding(FAIL, "CAPA does not offer STLS, so the mailbox can only be read in clear.", seen)
    else:
        yield finding(PASS, "Before TLS, CAPA offers STLS and no login.", seen)


def _pop3_user(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "user", "USER", ("+OK",), ("-ERR",))
    if "auth" in seen["facts"]:
        yield _refused(seen, "auth", "AUTH PLAIN", ("+", "+OK"), ("-ERR",))


def _sieve_sasl(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    if "capabilities" not in facts:
        yield finding(UNKNOWN, "The greeting was not seen: %s." % error_text(seen), seen)
        return
    open_ = [name for name in CLEAR_MECHANISMS if name in (facts.get("sasl") or "").upper().split()]
    if open_:
        yield finding(FAIL, "SASL %s is offered before TLS." % " ".join(open_), seen)
    elif not facts.get("starttls_offered"):
        yield finding(FAIL, "STARTTLS is not offered, so scripts can only be managed in clear.", seen)
    else:
        yield finding(PASS, "STARTTLS is offered and no clear-text mechanism before it.", seen)


def _sieve_authenticate(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "authenticate", 'AUTHENTICATE "PLAIN"', ("+", "OK"), ("NO", "BYE"))


def _disclosed(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    known, unknown = seen["facts"].get("vrfy_known"), seen["facts"].get("vrfy_unknown")
    if known is None or unknown is None:
        yield finding(UNKNOWN, "VRFY was not answered: %s." % error_text(seen), seen)
    elif 400 <= known["code"] < 500 or 400 <= unknown["code"] < 500:
        yield finding(UNKNOWN, "VRFY was put off: %s; %s." % (said(known), said(unknown)), seen)
    elif known["code"] != unknown["code"] and {known["code"], unknown["code"]}.intersection(NOT_UNDERSTOOD):
        yield finding(UNKNOWN, "VRFY was not understood, so nobody was looked up: %s; %s." % (said(known), said(unknown)), seen)
    elif known["code"] == 550 and "unknown" in known["text"].lower():
        yield finding(UNKNOWN, "VRFY knows no postmaster either, so it is not known what it says of users: %s." % said(known), seen)
    elif known["code"] != unknown["code"]:
        yield finding(
            FAIL, "VRFY tells users apart: %s for one that exists, %s for one that does not." % (said(known), said(unknown)), seen
        )
    else:
        yield finding(PASS, "VRFY answers %s whoever is asked for." % said(known), seen)


def _preauth(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if "preauth" not in seen["facts"]:
        yield finding(UNKNOWN, "The greeting was not seen: %s." % error_text(seen), seen)
    elif seen["facts"]["preauth"]:
        yield finding(FAIL, "The server greets with PREAUTH: whoever connects is logged in, and TLS cannot begin any more.", seen)
    else:
        yield finding(PASS, "The server does not greet with PREAUTH.", seen)


def _refreshed(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    inside = facts.get("capabilities_tls", facts.get("capa_tls"))
    if facts.get("starttls_offered") is False:
        yield finding(NOT_APPLICABLE, "STARTTLS is not offered.", seen)
    elif not inside:
        yield finding(UNKNOWN, "The capabilities inside TLS were not seen: %s." % error_text(seen), seen)
    else:
        stale = [word for word in ("STARTTLS", "STLS", "LOGINDISABLED") if word in inside]
        words = "Inside TLS %s is still offered, as if there were none." % " and ".join(stale)
        yield finding(FAIL if stale else PASS, words if stale else "Inside TLS other capabilities are offered than before.", seen)


judge_login_disabled = each(("imap",), _login_disabled)
judge_imap_login = each(("imap",), _imap_login)
judge_imap_authenticate = each(("imap",), _imap_authenticate)
judge_pop3_capabilities = each(("pop3",), _pop3_capabilities)
judge_pop3_user = each(("pop3",), _pop3_user)
judge_sieve_sasl = each(("sieve",), _sieve_sasl)
judge_sieve_authenticate = each(("sieve",), _sieve_authenticate)
judge_disclosed = each(("smtp", "submission", "submissions"), _disclosed)
judge_preauth = each(("imap", "imaps"), _preauth)
judge_refreshed = each(("imap", "pop3", "sieve"), _refreshed)
