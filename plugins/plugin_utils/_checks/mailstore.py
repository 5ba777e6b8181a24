# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the mailbox and disclosure checks: sessions in, findings out (RFC 2595, 3501, 5804,
8314, 9051).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols.smtp import NOT_UNDERSTOOD

from .base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)

CLEAR_MECHANISMS = ("PLAIN", "LOGIN")


def imap_login_disabled(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    words = seen["facts"].get("capabilities")
    if words is None:
        yield finding(UNKNOWN, f"The capabilities were not seen: {error_text(seen)}.", seen)
        return
    offered = [word for word in words if word in ("AUTH=PLAIN", "AUTH=LOGIN")]
    if offered:
        yield finding(FAIL, f"{' and '.join(offered)} is offered before TLS.", seen)
    elif "LOGINDISABLED" not in words:
        yield finding(
            FAIL,
            "LOGINDISABLED is not announced before TLS, so clients will send passwords in clear.",
            seen,
        )
    else:
        yield finding(PASS, "LOGINDISABLED is announced before TLS.", seen)


def _refused(
    seen: Observation,
    key: str,
    command: str,
    bad: t.Sequence[str],
    good: t.Sequence[str],
    evaluated: str = "",
) -> Finding:
    """One command in clear that must be turned away without looking at a password."""
    answer = seen["facts"].get(key)
    if answer is None:
        return finding(UNKNOWN, f"{command} was not answered in clear: {error_text(seen)}.", seen)
    words = f"{answer['status']} {answer['rest']}".strip()
    if answer["status"] in bad or (evaluated and evaluated in answer["rest"].upper()):
        return finding(FAIL, f"{command} in clear was answered {words}.", seen)
    if answer["status"] in good:
        return finding(PASS, f"{command} in clear was answered {words}.", seen)
    return finding(
        UNKNOWN, f"{command} in clear was answered {words}, which decides nothing.", seen
    )


def imap_login_refused(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if (
        "login" not in seen["facts"]
        and (seen["facts"].get("authenticate") or {}).get("status") == "+"
    ):
        yield finding(
            FAIL, "LOGIN was not tried, because AUTHENTICATE in clear was already accepted.", seen
        )
        return
    yield _refused(seen, "login", "LOGIN", ("OK",), ("NO", "BAD"), "AUTHENTICATIONFAILED")


def imap_authenticate_refused(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "authenticate", "AUTHENTICATE PLAIN", ("+", "OK"), ("NO", "BAD"))


def pop3_capabilities(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if "capa" not in seen["facts"]:
        yield finding(UNKNOWN, f"CAPA was not answered: {error_text(seen)}.", seen)
        return
    lines = [entry.upper().split() for entry in seen["facts"]["capa"] or ()]
    words = {entry[0]: entry[1:] for entry in lines if entry}
    open_ = [name for name in CLEAR_MECHANISMS if name in words.get("SASL", ())]
    if "USER" in words or open_:
        yield finding(
            FAIL,
            (
                "Before TLS, CAPA offers "
                f"{' and '.join((['USER'] if 'USER' in words else []) + ['SASL ' + name for name in open_])}."
            ),
            seen,
        )
    elif "STLS" not in words:
        yield finding(
            FAIL, "CAPA does not offer STLS, so the mailbox can only be read in clear.", seen
        )
    else:
        yield finding(PASS, "Before TLS, CAPA offers STLS and no login.", seen)


def pop3_user_refused(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "user", "USER", ("+OK",), ("-ERR",))
    if "auth" in seen["facts"]:
        yield _refused(seen, "auth", "AUTH PLAIN", ("+", "+OK"), ("-ERR",))


def sieve_sasl_hidden(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    if "capabilities" not in facts:
        yield finding(UNKNOWN, f"The greeting was not seen: {error_text(seen)}.", seen)
        return
    open_ = [name for name in CLEAR_MECHANISMS if name in (facts.get("sasl") or "").upper().split()]
    if open_:
        yield finding(FAIL, f"SASL {' '.join(open_)} is offered before TLS.", seen)
    elif not facts.get("starttls_offered"):
        yield finding(
            FAIL, "STARTTLS is not offered, so scripts can only be managed in clear.", seen
        )
    else:
        yield finding(PASS, "STARTTLS is offered and no clear-text mechanism before it.", seen)


def sieve_authenticate_refused(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    yield _refused(seen, "authenticate", 'AUTHENTICATE "PLAIN"', ("+", "OK"), ("NO", "BYE"))


def users_not_disclosed(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    known, unknown = seen["facts"].get("vrfy_known"), seen["facts"].get("vrfy_unknown")
    if known is None or unknown is None:
        yield finding(UNKNOWN, f"VRFY was not answered: {error_text(seen)}.", seen)
    elif 400 <= known["code"] < 500 or 400 <= unknown["code"] < 500:
        yield finding(
            UNKNOWN, f"VRFY was put off: {reply_text(known)}; {reply_text(unknown)}.", seen
        )
    elif known["code"] != unknown["code"] and {known["code"], unknown["code"]}.intersection(
        NOT_UNDERSTOOD
    ):
        yield finding(
            UNKNOWN,
            f"VRFY was not understood, so nobody was looked up: {reply_text(known)}; {reply_text(unknown)}.",
            seen,
        )
    elif known["code"] == 550 and "unknown" in known["text"].lower():
        yield finding(
            UNKNOWN,
            (
                "VRFY knows no postmaster either, so it is not known what it says of users: "
                f"{reply_text(known)}."
            ),
            seen,
        )
    elif known["code"] != unknown["code"]:
        yield finding(
            FAIL,
            (
                f"VRFY tells users apart: {reply_text(known)} for one that exists, {reply_text(unknown)} for "
                "one "
                "that does not."
            ),
            seen,
        )
    else:
        yield finding(PASS, f"VRFY answers {reply_text(known)} whoever is asked for.", seen)


def imap_no_preauth(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if "preauth" not in seen["facts"]:
        yield finding(UNKNOWN, f"The greeting was not seen: {error_text(seen)}.", seen)
    elif seen["facts"]["preauth"]:
        yield finding(
            FAIL,
            (
                "The server greets with PREAUTH: whoever connects is logged in, and TLS cannot "
                "begin "
                "any more."
            ),
            seen,
        )
    else:
        yield finding(PASS, "The server does not greet with PREAUTH.", seen)


def mailbox_capabilities_renewed(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    inside = facts.get("capabilities_tls", facts.get("capa_tls"))
    if facts.get("starttls_offered") is False:
        yield finding(NOT_APPLICABLE, "STARTTLS is not offered.", seen)
    elif not inside:
        yield finding(
            UNKNOWN, f"The capabilities inside TLS were not seen: {error_text(seen)}.", seen
        )
    else:
        stale = [word for word in ("STARTTLS", "STLS", "LOGINDISABLED") if word in inside]
        words = f"Inside TLS {' and '.join(stale)} is still offered, as if there were none."
        yield finding(
            FAIL if stale else PASS,
            words if stale else "Inside TLS other capabilities are offered than before.",
            seen,
        )


CHECKS = (
    Check(
        id="users_not_disclosed",
        title="VRFY gives the same reply code for existing and for unknown users",
        title_failed="VRFY distinguishes existing from unknown users",
        group="conformance",
        severity="low",
        evaluate=per_endpoint(("smtp", "submission", "submissions"), users_not_disclosed),
        impact="An attacker can collect valid addresses for spam and password guessing.",
        fix={
            "roles": (
                "The postfix role sets disable_vrfy_command = yes. Remove the override from "
                "postfix_settings and run the role again."
            ),
            "postfix": "Set disable_vrfy_command = yes.",
            "exim": "Remove acl_smtp_vrfy; unset, VRFY is denied.",
            "sendmail": "Set define(`confPRIVACY_FLAGS', `goaway').",
            "any": "Disable VRFY, or answer 252 to every VRFY.",
        },
        references=(rfc(5321, "3.5.3"), rfc(5321, "7.3")),
        peers=("nmap smtp-enum-users",),
    ),
    Check(
        id="imap_login_disabled",
        title="IMAP announces LOGINDISABLED and no AUTH=PLAIN/LOGIN before TLS",
        title_failed="IMAP lacks LOGINDISABLED or offers AUTH=PLAIN/LOGIN before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_endpoint(("imap",), imap_login_disabled),
        impact=(
            "Clients log in at once, without TLS. Everybody on the network path can read the "
            "password, and with it all mail."
        ),
        fix={
            "roles": (
                "The dovecot role closes port 143 and sets ssl = required. Remove the override "
                "from dovecot_settings and run the role again."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap."
            ),
            "courier": (
                "Set IMAP_TLS_REQUIRED=1 in imapd-ssl, or IMAPDSTART=NO in imapd to close port 143."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 143.",
        },
        references=(rfc(3501, "6.2.3"), rfc(2595, "3.2")),
        peers=("nmap imap-capabilities (lists only)",),
    ),
    Check(
        id="imap_login_refused",
        title="IMAP LOGIN before TLS is rejected without checking the password",
        title_failed="IMAP LOGIN processed before TLS",
        group="mailstore",
        severity="critical",
        evaluate=per_endpoint(("imap",), imap_login_refused),
        impact=(
            "Clients send the password without TLS and never notice. Everybody on the network "
            "path can read the password, and with it all mail."
        ),
        fix={
            "roles": (
                "The dovecot role closes port 143 and sets ssl = required. Remove the override "
                "from dovecot_settings and run the role again."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap. Remove client networks from login_trusted_networks."
            ),
            "courier": (
                "Set IMAP_TLS_REQUIRED=1 in imapd-ssl, or IMAPDSTART=NO in imapd to close port 143."
            ),
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
            "roles": (
                "The dovecot role closes port 143 and sets ssl = required. Remove the override "
                "from dovecot_settings and run the role again."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap. Remove client networks from login_trusted_networks."
            ),
            "courier": (
                "Set IMAP_TLS_REQUIRED=1 in imapd-ssl, or IMAPDSTART=NO in imapd to close port 143."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 143.",
        },
        references=(rfc(9051, "6.2.2"), rfc(8314, "4.1")),
    ),
    Check(
        id="pop3_capabilities",
        title="POP3 CAPA before TLS lists STLS but neither USER nor SASL PLAIN/LOGIN",
        title_failed="POP3 CAPA offers a plaintext login or no STLS before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_endpoint(("pop3",), pop3_capabilities),
        impact=(
            "Clients send the password without TLS. Everybody on the network path can read the "
            "password, and with it all mail."
        ),
        fix={
            "roles": (
                "The dovecot role closes port 110 and sets ssl = required. Remove the override "
                "from dovecot_settings and run the role again."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "pop3."
            ),
            "courier": (
                "Set POP3_TLS_REQUIRED=1 in pop3d-ssl, or POP3DSTART=NO in pop3d to close port 110."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STLS before any login, or close port 110.",
        },
        references=(rfc(2449), rfc(2595, "4")),
        peers=("nmap pop3-capabilities (lists only)",),
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
        id="sieve_sasl_hidden",
        title="ManageSieve offers STARTTLS and no SASL PLAIN/LOGIN before TLS",
        title_failed="ManageSieve offers SASL PLAIN/LOGIN or no STARTTLS before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_endpoint(("sieve",), sieve_sasl_hidden),
        impact=(
            "ManageSieve uses the mailbox password, and has no implicit TLS port. Everybody on "
            "the network path can read the password, and with it all mail."
        ),
        fix={
            "roles": (
                "The dovecot role sets ssl = required for port 4190. Remove the override from "
                "dovecot_settings and run the role again, or set dovecot_managesieve: false."
            ),
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "sieve."
            ),
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 4190.",
        },
        references=(rfc(5804, "1.7"), rfc(5804, "2.2")),
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
    Check(
        id="mailbox_capabilities_renewed",
        title="After STARTTLS, IMAP/POP3/Sieve list neither STARTTLS nor LOGINDISABLED",
        title_failed="STARTTLS, STLS or LOGINDISABLED still listed after STARTTLS",
        group="mailstore",
        severity="medium",
        evaluate=per_endpoint(("imap", "pop3", "sieve"), mailbox_capabilities_renewed),
        impact=(
            "The server does not know that the session is encrypted, usually behind a proxy. "
            "Clients then use capabilities that an attacker could have changed before TLS."
        ),
        fix={
            "roles": (
                "The dovecot role has Dovecot do TLS itself. Remove the proxy in front of it."
            ),
            "dovecot": (
                "Let Dovecot do STARTTLS itself. Behind a proxy, set haproxy = yes in the "
                "inet_listener and haproxy_trusted_networks, and have the proxy send PROXY v2 "
                "with its TLS data."
            ),
            "any": (
                "Let the mail server do STARTTLS itself, or have the proxy send capabilities of "
                "its own after TLS."
            ),
        },
        references=(rfc(9051, "6.2.1"), rfc(2595, "4"), rfc(5804, "2.2")),
    ),
)
