# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of how a login may be made: mechanism lists and one login that must fail (RFC 4422, 4616,
4954, 5802, 9266).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
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
    reply_text,
    rfc,
)

CLEAR, INSIDE = "before TLS", "inside TLS"
#: Mechanisms that nobody need declare: a password inside TLS, its challenge with a modern hash, or
#: a token.
EXPECTED = (
    "PLAIN",
    "LOGIN",
    "OAUTHBEARER",
    "XOAUTH2",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
)
ANONYMOUS = "ANONYMOUS"
_WHY = {
    "NTLM": "it is broken, and tells the names of the host and its domain to everybody",
    "GSS-SPNEGO": "it can fall back to NTLM",
    "DIGEST-MD5": "it was withdrawn, and its passwords must be kept readable",
    "CRAM-MD5": "it was withdrawn, and its passwords must be kept readable",
}


def offered(seen: Observation) -> dict[str, list[str] | None]:
    """The mechanisms of each state that a session could be in; None for a state that was not seen."""
    facts = seen["facts"]
    protocol, implicit = (
        _model.SERVICES[seen["service"]].protocol,
        _model.SERVICES[seen["service"]].implicit_tls,
    )
    first, second = _KEYS[protocol]
    here = _mechanisms(protocol, facts.get(first))
    if implicit:
        return {INSIDE: here}
    starttls = (
        "STARTTLS" in facts.get("extensions", {})
        if protocol == "smtp"
        else facts.get("starttls_offered")
    )
    return (
        {CLEAR: here, INSIDE: _mechanisms(protocol, facts.get(second))}
        if starttls
        else {CLEAR: here}
    )


_KEYS = {
    "smtp": ("extensions", "extensions_tls"),
    "imap": ("capabilities", "capabilities_tls"),
    "pop3": ("capa", "capa_tls"),
    "sieve": ("capabilities", "capabilities_tls"),
}


def _mechanisms(protocol: str, words: t.Any) -> list[str] | None:
    """The mechanisms in a stored capability answer of a protocol, upper case and without
    repetitions.
    """
    if words is None:
        return None
    if protocol == "smtp":
        found = words.get("AUTH", "").split()
    elif protocol == "sieve":
        found = (words.get("SASL") or "").split()
    elif protocol == "imap":
        found = [word[5:] for word in words if word.startswith("AUTH=")]
    else:
        found = [
            mechanism
            for line in words
            if line.upper().startswith("SASL ")
            for mechanism in line.split()[1:]
        ]
    return sorted({mechanism.upper() for mechanism in found})


def _missing(seen: Observation, lists: dict[str, list[str] | None]) -> Finding | None:
    """The finding for a list that was not seen."""
    for state, found in lists.items():
        if found is None:
            return finding(
                UNKNOWN, f"The mechanisms {state} were not seen: {error_text(seen)}.", seen
            )
    return None


def _shown(lists: dict[str, list[str] | None]) -> str:
    return "; ".join(
        f"{' '.join(found or ()) or 'nothing'} {state}" for state, found in lists.items()
    )


def auth_anonymous(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    lists = offered(seen)
    states = [state for state, found in lists.items() if found and ANONYMOUS in found]
    if states:
        yield finding(
            FAIL, f"ANONYMOUS is offered {' and '.join(states)}: whoever asks is logged in.", seen
        )
    else:
        yield _missing(seen, lists) or finding(PASS, "ANONYMOUS is not offered.", seen)


def auth_mechanisms(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    lists = offered(seen)
    fine = {*EXPECTED, *context.policy["more_auth_mechanisms"], ANONYMOUS}
    for state, found in lists.items():
        odd = [
            name
            for name in found or ()
            if (name[:-5] if name.endswith("-PLUS") else name) not in fine
        ]
        if odd:
            why = [
                f"{name} ({_WHY[name]})" if name in _WHY else f"{name} (nobody declared it)"
                for name in odd
            ]
            yield finding(FAIL, f"Offered {state}: {', '.join(why)}.", seen)
            return
    yield _missing(seen, lists) or finding(PASS, f"Offered: {_shown(lists)}.", seen)


def auth_channel_binding(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    inside = offered(seen).get(INSIDE)
    bound = [name for name in inside or () if name.endswith("-PLUS")]
    if bound:
        yield finding(PASS, f"A login can be bound to its TLS session: {' '.join(bound)}.", seen)
    elif not context.policy["channel_binding"]:
        yield finding(
            NOT_APPLICABLE,
            "The policy does not ask for channel binding, and it is not offered.",
            seen,
        )
    elif inside is None:
        yield finding(
            UNKNOWN, f"The mechanisms inside TLS were not seen: {error_text(seen)}.", seen
        )
    elif not inside:
        yield finding(NOT_APPLICABLE, "No login is offered here.", seen)
    else:
        yield finding(
            FAIL, f"No mechanism with channel binding is offered, only {' '.join(inside)}.", seen
        )


def auth_other_identity(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    inside = offered(seen).get(INSIDE)
    tries = [
        entry
        for entry in context.of("relay", seen["service"], seen["address"])
        if entry["params"].get("login")
    ]
    if inside is not None and not inside:
        yield finding(NOT_APPLICABLE, "No login is offered here.", seen)
        return
    for entry in tries[:1]:
        reply = entry["facts"].get("login")
        words = "A login of nobody, in the name of %s," % (
            entry["params"].get("login_as") or "nobody else"
        )
        if reply is None or reply["code"] < 200 or 300 <= reply["code"] < 500:
            yield finding(
                UNKNOWN,
                f"{words} was not answered: {reply_text(reply) if reply else error_text(entry)}.",
                seen,
                entry,
            )
        elif reply["code"] < 300:
            yield finding(FAIL, f"{words} was taken: {reply_text(reply)}.", seen, entry)
        else:
            yield finding(PASS, f"{words} was refused: {reply_text(reply)}.", seen, entry)
    if not tries:
        yield finding(UNKNOWN, f"No login was tried: {error_text(seen)}.", seen)


_ALL = tuple(_model.SERVICES)


CHECKS = (
    Check(
        id="auth_anonymous",
        title="SASL ANONYMOUS is not offered (SMTP, IMAP, POP3, ManageSieve)",
        title_failed="SASL ANONYMOUS offered",
        group="auth",
        severity="critical",
        evaluate=per_endpoint(_ALL, auth_anonymous),
        impact=(
            "Any client logs in without a password. On a submission port it can then relay mail."
        ),
        fix={
            "roles": (
                "The dovecot role offers PLAIN and LOGIN only. Remove auth_mechanisms from "
                "dovecot_settings and run the role again."
            ),
            "postfix": (
                "Set smtpd_sasl_security_options = noanonymous and "
                "smtpd_sasl_tls_security_options = noanonymous."
            ),
            "exim": "Remove the authenticator that offers ANONYMOUS.",
            "dovecot": "Set auth_mechanisms = plain login.",
            "cyrus": "Set allowanonymouslogin: no and sasl_mech_list: PLAIN in imapd.conf.",
            "any": "Disable SASL ANONYMOUS.",
        },
        references=(rfc(4505), rfc(4954, "9")),
        peers=("nmap (lists only)", "DomainDetective (lists only)"),
    ),
    Check(
        id="auth_mechanisms",
        title="No weak or undeclared SASL mechanism offered (NTLM, CRAM-MD5, DIGEST-MD5)",
        title_failed="Weak or undeclared SASL mechanism offered",
        group="auth",
        severity="medium",
        evaluate=per_endpoint(_ALL, auth_mechanisms),
        impact=(
            "NTLM is broken and discloses host and domain names. CRAM-MD5 and DIGEST-MD5 need "
            "passwords in recoverable form, so a stolen file exposes all of them."
        ),
        fix={
            "roles": (
                "The dovecot role offers PLAIN and LOGIN only. Remove auth_mechanisms from "
                "dovecot_settings, or declare more: policy_changes: {more_auth_mechanisms: "
                "[GSSAPI]}."
            ),
            "postfix": (
                "With Cyrus SASL, set mech_list: PLAIN LOGIN in sasl/smtpd.conf; with Dovecot, "
                "set auth_mechanisms there."
            ),
            "exim": "Remove the authenticators with public_name NTLM, CRAM-MD5 or DIGEST-MD5.",
            "dovecot": "Set auth_mechanisms = plain login.",
            "sendmail": (
                "Set define(`confAUTH_MECHANISMS', `PLAIN LOGIN') and TRUST_AUTH_MECH(`PLAIN "
                "LOGIN')."
            ),
            "courier": (
                "Remove AUTH=CRAM-* from IMAP_CAPABILITY in imapd, and CRAM-* from POP3AUTH in "
                "pop3d and ESMTPAUTH in esmtpd."
            ),
            "cyrus": "Set sasl_mech_list: PLAIN in imapd.conf.",
            "any": "Offer PLAIN and LOGIN inside TLS, SCRAM or OAuth only.",
        },
        references=(rfc(6331), rfc(4422, "6"), rfc(4954, "9")),
        peers=(
            "nmap (lists only)",
            "DomainDetective (lists only)",
            "nmap smtp-ntlm-info (NTLM only)",
        ),
    ),
    Check(
        id="auth_channel_binding",
        title="A SASL mechanism with TLS channel binding (SCRAM-*-PLUS) is offered",
        title_failed="No SASL mechanism with channel binding offered",
        group="auth",
        severity="info",
        evaluate=per_endpoint(_ALL, auth_channel_binding),
        impact=(
            "A man in the middle with a certificate that the client trusts can intercept the "
            "login. Demanded only with policy_changes: {channel_binding: true}."
        ),
        fix={
            "roles": (
                "The roles do not offer it: SCRAM cannot use Argon2 hashes. Leave channel_binding "
                "out of policy_changes."
            ),
            "dovecot": (
                "Set auth_mechanisms = plain scram-sha-256 scram-sha-256-plus (2.4), and store "
                "passwords as SCRAM-SHA-256."
            ),
            "any": "Offer SCRAM-SHA-256-PLUS inside TLS.",
        },
        references=(rfc(9266), rfc(5802, "6")),
    ),
    Check(
        id="auth_other_identity",
        title="AUTH PLAIN as an unknown user with authzid postmaster is rejected",
        title_failed="AUTH PLAIN as an unknown user with authzid postmaster accepted",
        group="auth",
        severity="critical",
        opt_in="login",
        evaluate=per_endpoint(("smtp", "submission", "submissions"), auth_other_identity),
        impact=(
            "The server trusts the authorization identity without checking the password. An "
            "attacker can log in and send as any user."
        ),
        fix={
            "roles": (
                "The dovecot role has one passdb and no master users. Remove passdbs from "
                "dovecot_settings and run the role again."
            ),
            "exim": (
                "Set server_condition of the PLAIN authenticator to check $auth2 with $auth3, and "
                "server_set_id = $auth2."
            ),
            "dovecot": (
                "Remove passdbs that accept any password (static), and those with master = yes "
                "that clients can use."
            ),
            "any": (
                "Check the password of the authentication identity, and reject another "
                "authorization identity."
            ),
        },
        references=(rfc(4616, "2"),),
    ),
)
