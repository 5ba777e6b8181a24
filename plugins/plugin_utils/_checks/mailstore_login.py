# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether IMAP, POP3 and ManageSieve accept a login before TLS, or need none at all.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl

from .base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_clear_endpoint,
    per_endpoint,
    rfc,
)
from .mailstore_replies import greeting_lines

#: Response codes that say that TLS is missing (RFC 5530 section 3, RFC 5804 section 1.3).
_TLS_IS_MISSING = ("PRIVACYREQUIRED", "ENCRYPT-NEEDED", "AUTH-TOO-WEAK")
#: Response codes which show that the server looked at the password (RFC 5530 section 3).
_PASSWORD_CHECKED = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED")
_CODE = re.compile(r"\s*[\[(]\"?([A-Za-z0-9/-]+)")
_TAKEN = ("+", "+OK", "OK")
#: What differs between two answers to the same command, and says nothing.
_VARIABLE = re.compile(r"\S*[@<>]\S*|\S*\d\S*")
Answer = t.Mapping[str, t.Any]


class LoginCommand(t.NamedTuple):
    """A login command that the probe sends before TLS, and inside TLS as a control.

    fact: where the session keeps the reply; that inside TLS has the same name with _tls.
    """

    name: str
    fact: str


_IMAP_AUTHENTICATE = LoginCommand("AUTHENTICATE PLAIN", "authenticate")
_POP3_USER = LoginCommand("USER", "user")
_POP3_AUTH = LoginCommand("AUTH PLAIN", "auth")
_SIEVE_AUTHENTICATE = LoginCommand('AUTHENTICATE "PLAIN"', "authenticate")


def _code(answer: Answer) -> str:
    """The response code of an answer, upper case; empty where there is none."""
    found = _CODE.match(answer["rest"])
    return found.group(1).upper() if found else ""


def _text(answer: Answer) -> str:
    return f"{answer['status']} {answer['rest']}".strip().rstrip(".")


def _says_tls_is_missing(answer: Answer) -> bool:
    """Whether the answer refuses in words that a standard defines: a response code, or BAD."""
    if answer["status"] == "BAD":
        return True
    return answer["status"] in ("NO", "BYE") and _code(answer) in _TLS_IS_MISSING


def _not_answered(session: Observation, name: str) -> Finding:
    return finding(
        UNKNOWN,
        f"{name} was not answered before TLS: {error_text(session)}.",
        session,
        decisive=(-1,),
    )


def _without_credentials(session: Observation, command: LoginCommand) -> Finding:
    """Whether the server refuses a command before TLS that carries no password.

    The refusal counts where a response code of a standard gives the reason, or where the same
    command is taken inside TLS.
    """
    answer, control = (session["facts"].get(command.fact + end) for end in ("", "_tls"))
    if answer is None:
        return _not_answered(session, command.name)
    sentence = f"{command.name} before TLS was answered {_text(answer)}"
    if answer["status"] in _TAKEN:
        return finding(FAIL, f"{sentence}.", session, decisive=(answer,))
    if _says_tls_is_missing(answer):
        return finding(PASS, f"{sentence}.", session, decisive=(answer,))
    if control and control["status"] in _TAKEN and answer["status"] in ("NO", "-ERR"):
        sentence = f"{sentence}; inside TLS the same was answered {_text(control)}."
        return finding(PASS, sentence, session, decisive=(answer, control))
    seen = f"answered {_text(control)}" if control else "not answered"
    return finding(
        UNKNOWN,
        f"{sentence}; whether for lack of TLS is not known, since inside TLS it was {seen}.",
        session,
        decisive=(answer, control),
    )


def _every_mechanism(session: Observation, command: LoginCommand) -> t.Iterator[Finding]:
    """PLAIN, and the other mechanisms that take a password."""
    yield _without_credentials(session, command)
    first, others = session["facts"].get(command.fact), session["facts"].get("mechanisms")
    for name, answer in (others or {}).items():
        if answer["status"] in _TAKEN:
            words = command.name.replace(sasl.PLAIN, name)
            sentence = f"{words} before TLS was answered {_text(answer)}."
            yield finding(FAIL, sentence, session, decisive=(answer,))
    if first and first["status"] not in _TAKEN and sasl.LOGIN not in (others or {}):
        yield _not_answered(session, command.name.replace(sasl.PLAIN, sasl.LOGIN))


def imap_login_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A login as a user who cannot exist decides; without one, the announced literal may."""
    facts = session["facts"]
    if "login" in facts:
        yield _made_up_login(session, facts["login"], facts.get("login_tls"))
    elif "login_literal" in facts:
        yield _literal(session, facts["login_literal"])
    else:
        yield _not_answered(session, "LOGIN")


def _made_up_login(session: Observation, answer: Answer, control: Answer | None) -> Finding:
    """LOGIN before TLS, compared with the same LOGIN inside TLS."""
    sentence = f"LOGIN before TLS was answered {_text(answer)}"
    if answer["status"] == "OK" or _code(answer) in _PASSWORD_CHECKED:
        return finding(FAIL, f"{sentence}.", session, decisive=(answer,))
    if _says_tls_is_missing(answer):
        return finding(PASS, f"{sentence}.", session, decisive=(answer,))
    if control is None:
        sentence = f"{sentence}; the same inside TLS, to compare with, was not answered."
        return finding(UNKNOWN, sentence, session, decisive=(answer, -1))
    decisive = (answer, control)
    if answer["status"] == "NO" and _alike(answer, control):
        sentence = f"{sentence}, as inside TLS: the server looked at the password."
        return finding(FAIL, sentence, session, decisive=decisive)
    sentence = (
        f"{sentence}, and inside TLS {_text(control)}; whether the server looked at the password "
        "is not known, since it sends neither BAD nor PRIVACYREQUIRED."
    )
    return finding(UNKNOWN, sentence, session, decisive=decisive)


def _alike(first: Answer, second: Answer) -> bool:
    """Whether two answers say the same, but for addresses, numbers and times."""
    texts = [_VARIABLE.sub("", answer["rest"]).casefold().split() for answer in (first, second)]
    return first["status"] == second["status"] and texts[0] == texts[1]


def _literal(session: Observation, answer: Answer) -> Finding:
    """LOGIN with an announced literal: a refusal before the literal looked at no password."""
    facts = session["facts"]
    end, control = facts.get("login_literal_end"), facts.get("login_literal_tls")
    sentence = f"LOGIN with a literal before TLS was answered {_text(answer)}"
    for reply in (answer, end):
        if reply and reply["status"] == "OK":
            sentence = f"LOGIN without a name before TLS was answered {_text(reply)}."
            return finding(FAIL, sentence, session, decisive=(reply,))
        if reply and _code(reply) in _TLS_IS_MISSING:
            sentence = f"LOGIN before TLS was answered {_text(reply)}."
            return finding(PASS, sentence, session, decisive=(reply,))
    if answer["status"] in ("NO", "BAD") and control and control["status"] == "+":
        sentence = f"{sentence}; inside TLS the literal was asked for."
        return finding(PASS, sentence, session, decisive=(answer, control))
    sentence = (
        f"{sentence}, which does not tell whether the server looks at a password before TLS. Only "
        "a login does: opt_in: [login]."
    )
    return finding(UNKNOWN, sentence, session, decisive=(answer, end))


def imap_authenticate_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield from _every_mechanism(session, _IMAP_AUTHENTICATE)


def pop3_user_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield _without_credentials(session, _POP3_USER)
    yield from _every_mechanism(session, _POP3_AUTH)


def sieve_authenticate_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield from _every_mechanism(session, _SIEVE_AUTHENTICATE)


def imap_no_preauth(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    greeting = greeting_lines(session)
    if "preauth" not in session["facts"]:
        yield finding(
            UNKNOWN,
            f"The server sent no greeting: {error_text(session)}.",
            session,
            decisive=greeting,
        )
    elif session["facts"]["preauth"]:
        yield finding(
            FAIL,
            "The server greets with PREAUTH: every client is logged in, and STARTTLS is no longer "
            "possible.",
            session,
            decisive=greeting,
        )
    else:
        yield finding(PASS, "The server does not greet with PREAUTH.", session, decisive=greeting)


#: Fixes that several checks share.
FIX_IMAP_ROLES = (
    "The dovecot role closes port 143 and sets ssl = required. Remove the override from "
    "dovecot_settings and run the role again."
)
FIX_IMAP_COURIER = (
    "Set IMAP_TLS_REQUIRED=1 in imapd-ssl, or IMAPDSTART=NO in imapd to close port 143."
)

CHECKS = (
    Check(
        id="imap_login_refused",
        title="IMAP LOGIN before TLS gets BAD or PRIVACYREQUIRED, not the answer inside TLS",
        title_failed="IMAP LOGIN processed before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_clear_endpoint(("imap",), imap_login_refused),
        control=(
            "The response codes of a standard decide (BAD, PRIVACYREQUIRED); any other refusal is "
            "compared with the same LOGIN inside TLS, which needs opt_in: [login], or an announced "
            "literal is refused in clear and asked for inside TLS."
        ),
        false_pass=("It would have to look at the password and then send BAD or PRIVACYREQUIRED."),
        impact=(
            "Clients send the password without TLS and never notice. Everybody on the network "
            "path can read the password, and with it all mail."
        ),
        fix={
            "roles": FIX_IMAP_ROLES,
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap. Remove client networks from login_trusted_networks."
            ),
            "courier": FIX_IMAP_COURIER,
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 143.",
        },
        references=(rfc(9051, "6.2.3"), rfc(8314, "4.1")),
    ),
    Check(
        id="imap_authenticate_refused",
        title="IMAP AUTHENTICATE with a password mechanism is rejected before TLS",
        title_failed="IMAP AUTHENTICATE with a password mechanism accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_clear_endpoint(("imap",), imap_authenticate_refused),
        control=(
            "The response codes of a standard decide (BAD, PRIVACYREQUIRED); any other refusal "
            "counts where the same AUTHENTICATE is taken inside TLS in the same session."
        ),
        false_pass=(
            "It would have to accept a mechanism that the check does not ask for: neither PLAIN "
            "nor LOGIN, nor a token, CRAM-MD5, DIGEST-MD5 or NTLM that it offers."
        ),
        impact=(
            "Clients that use AUTHENTICATE instead of LOGIN send the password without TLS. "
            "Everybody on the network path can read the password, and with it all mail."
        ),
        fix={
            "roles": FIX_IMAP_ROLES,
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap. Remove client networks from login_trusted_networks."
            ),
            "courier": FIX_IMAP_COURIER,
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 143.",
        },
        references=(rfc(9051, "6.2.2"), rfc(8314, "4.1")),
    ),
    Check(
        id="pop3_user_refused",
        title="POP3 USER and AUTH are rejected before TLS",
        title_failed="POP3 USER or AUTH accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_clear_endpoint(("pop3",), pop3_user_refused),
        control=(
            "POP3 has no response code for missing TLS, so USER and AUTH PLAIN are sent again "
            "after STLS, and have to be taken there."
        ),
        false_pass=(
            "It would have to take PASS or a mechanism that it neither offers nor that is PLAIN or "
            "LOGIN, while it refuses USER."
        ),
        impact=(
            "Old clients go on sending passwords without TLS for years after POP3S was enabled. "
            "Everybody on the network path can read the password, and with it all mail."
        ),
        fix={
            "roles": (
                "The dovecot role closes port 110 and sets ssl = required. Remove the override "
                "from dovecot_settings and run the role again."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "pop3. Remove client networks from login_trusted_networks."
            ),
            "courier": (
                "Set POP3_TLS_REQUIRED=1 in pop3d-ssl, or POP3DSTART=NO in pop3d to close port 110."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STLS before any login, or close port 110.",
        },
        references=(rfc(2595, "4"), rfc(8314, "4.1")),
    ),
    Check(
        id="sieve_authenticate_refused",
        title="ManageSieve AUTHENTICATE with a password mechanism is rejected before TLS",
        title_failed="ManageSieve AUTHENTICATE with a password mechanism accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("sieve",), sieve_authenticate_refused),
        control=(
            "The response codes of a standard decide (ENCRYPT-NEEDED, AUTH-TOO-WEAK); any other "
            "refusal counts where the same AUTHENTICATE is taken inside TLS in the same session."
        ),
        false_pass=(
            "It would have to accept a mechanism that the check does not ask for: neither PLAIN "
            "nor LOGIN, nor a token, CRAM-MD5, DIGEST-MD5 or NTLM that it offers."
        ),
        impact=(
            "Everybody on the network path can read the mailbox password. With it an attacker can "
            "install a Sieve script that forwards all mail."
        ),
        fix={
            "roles": (
                "The dovecot role sets ssl = required for port 4190. Remove the override from "
                "dovecot_settings and run the role again, or set dovecot_managesieve: false."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "sieve. Remove client networks from login_trusted_networks."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 4190.",
        },
        references=(rfc(5804, "1.3"), rfc(8314, "4.1")),
    ),
    Check(
        id="imap_no_preauth",
        title="IMAP (ports 143 and 993) greets with OK, not PREAUTH (logged in already)",
        title_failed="IMAP greets with PREAUTH: the session is logged in without a password",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("imap", "imaps"), imap_no_preauth),
        control=("None needed: the greeting itself is the evidence."),
        false_pass=("It would have to greet with PREAUTH on some connections only."),
        impact=(
            "Any client reads a mailbox without a password. STARTTLS is not permitted after "
            "PREAUTH, so the session also stays unencrypted."
        ),
        fix={
            "roles": (
                "The dovecot role starts imap only behind imap-login. Remove services that were "
                "added to dovecot_settings, and run the role again."
            ),
            "dovecot": (
                "Set the IMAP ports in service imap-login only. Remove inetd entries and "
                "inet_listeners that start the imap program itself."
            ),
            "any": (
                "Use PREAUTH over pipes and ssh only. Remove the inetd entry or wrapper that "
                "starts the IMAP program after login."
            ),
        },
        references=(rfc(9051, "7.1.4"), "https://nostarttls.secvuln.info/"),
    ),
)
