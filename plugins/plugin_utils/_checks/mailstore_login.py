# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether IMAP, POP3 and ManageSieve accept a login before TLS, or need none at all.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from .base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_endpoint,
    rfc,
)
from .mailstore_replies import greeting_lines


class LoginCommand(t.NamedTuple):
    """A login command that the probe sends before TLS.

    fact: where the session keeps the reply. accepted, rejected: the statuses of the reply.
    evaluated: a response code which shows that the server checked the password.
    """

    name: str
    fact: str
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]
    evaluated: str = ""


_IMAP_LOGIN = LoginCommand(
    name="LOGIN",
    fact="login",
    accepted=("OK",),
    rejected=("NO", "BAD"),
    evaluated="AUTHENTICATIONFAILED",
)
_IMAP_AUTHENTICATE = LoginCommand(
    name="AUTHENTICATE PLAIN",
    fact="authenticate",
    accepted=("+", "OK"),
    rejected=("NO", "BAD"),
)
_POP3_USER = LoginCommand(name="USER", fact="user", accepted=("+OK",), rejected=("-ERR",))
_POP3_AUTH = LoginCommand(name="AUTH PLAIN", fact="auth", accepted=("+", "+OK"), rejected=("-ERR",))
_SIEVE_AUTHENTICATE = LoginCommand(
    name='AUTHENTICATE "PLAIN"',
    fact="authenticate",
    accepted=("+", "OK"),
    rejected=("NO", "BYE"),
)


def _rejected_before_tls(session: Observation, command: LoginCommand) -> Finding:
    """Whether the server rejects a login command before TLS without checking a password."""
    answer = session["facts"].get(command.fact)
    if answer is None:
        return finding(
            UNKNOWN,
            f"{command.name} was not answered before TLS: {error_text(session)}.",
            session,
            decisive=(-1,),
        )
    text = f"{answer['status']} {answer['rest']}".strip().rstrip(".")
    sentence = f"{command.name} before TLS was answered {text}"
    checked = command.evaluated and command.evaluated in answer["rest"].upper()
    if answer["status"] in command.accepted or checked:
        return finding(FAIL, f"{sentence}.", session, decisive=(answer,))
    if answer["status"] in command.rejected:
        return finding(PASS, f"{sentence}.", session, decisive=(answer,))
    return finding(
        UNKNOWN, f"{sentence}, which neither accepts nor rejects it.", session, decisive=(answer,)
    )


def imap_login_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    authenticate = session["facts"].get("authenticate") or {}
    if "login" not in session["facts"] and authenticate.get("status") == "+":
        yield finding(
            FAIL,
            "LOGIN was not sent, because AUTHENTICATE before TLS was accepted.",
            session,
            decisive=(authenticate,),
        )
        return
    yield _rejected_before_tls(session, _IMAP_LOGIN)


def imap_authenticate_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield _rejected_before_tls(session, _IMAP_AUTHENTICATE)


def pop3_user_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield _rejected_before_tls(session, _POP3_USER)
    if "auth" in session["facts"]:
        yield _rejected_before_tls(session, _POP3_AUTH)


def sieve_authenticate_refused(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    yield _rejected_before_tls(session, _SIEVE_AUTHENTICATE)


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
        title="IMAP LOGIN before TLS gets NO or BAD, but not AUTHENTICATIONFAILED",
        title_failed="IMAP LOGIN processed before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("imap",), imap_login_refused),
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
        title="IMAP AUTHENTICATE PLAIN is rejected before TLS",
        title_failed="IMAP AUTHENTICATE PLAIN accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("imap",), imap_authenticate_refused),
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
        title="POP3 USER and AUTH PLAIN are rejected before TLS",
        title_failed="POP3 USER or AUTH PLAIN accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("pop3",), pop3_user_refused),
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
        title="ManageSieve AUTHENTICATE PLAIN is rejected before TLS",
        title_failed="ManageSieve AUTHENTICATE PLAIN accepted before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("sieve",), sieve_authenticate_refused),
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
