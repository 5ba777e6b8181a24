# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SASL mechanisms a service offers, and whether AUTH accepts another identity.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
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
    offers_tls,
    per_endpoint,
    reply_text,
    rfc,
)
from .mailstore_replies import capability_lines

CLEAR, INSIDE = "before TLS", "inside TLS"
#: Mechanisms that need no declaration: a password inside TLS, a challenge with a modern hash, or a
#: token.
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
_WEAKNESSES = {
    "NTLM": "broken, and discloses host and domain names",
    "GSS-SPNEGO": "can fall back to NTLM",
    "DIGEST-MD5": "withdrawn, and needs passwords in recoverable form",
    "CRAM-MD5": "withdrawn, and needs passwords in recoverable form",
}
#: The facts that list capabilities, before and after STARTTLS, by protocol.
_CAPABILITY_FACTS = {
    "smtp": ("extensions", "extensions_tls"),
    "imap": ("capabilities", "capabilities_tls"),
    "pop3": ("capa", "capa_tls"),
    "sieve": ("capabilities", "capabilities_tls"),
}


class MechanismList(t.NamedTuple):
    """The SASL mechanisms that a session lists in one state; names is None where it lists none.

    decisive: the lines of the transcript that list them.
    """

    names: list[str] | None
    decisive: tuple[t.Mapping[str, t.Any] | int | None, ...]


def mechanism_lists(session: Observation) -> dict[str, MechanismList]:
    """The mechanisms of each state that a session could be in."""
    facts = session["facts"]
    service = _model.SERVICES[session["service"]]
    outside, inside = _CAPABILITY_FACTS[service.protocol]
    first = MechanismList(
        _mechanisms(service.protocol, facts.get(outside)), _lines(session, after_starttls=False)
    )
    if service.implicit_tls:
        return {INSIDE: first}
    if not offers_tls(session):
        return {CLEAR: first}
    second = MechanismList(
        _mechanisms(service.protocol, facts.get(inside)), _lines(session, after_starttls=True)
    )
    return {CLEAR: first, INSIDE: second}


def _lines(
    session: Observation, after_starttls: bool
) -> tuple[t.Mapping[str, t.Any] | int | None, ...]:
    """The lines that list the mechanisms: of the EHLO reply, or of the capabilities."""
    if _model.SERVICES[session["service"]].protocol == "smtp":
        return (session["facts"].get("ehlo_tls" if after_starttls else "ehlo"),)
    return capability_lines(session, after_starttls)


def _mechanisms(protocol: str, capabilities: t.Any) -> list[str] | None:
    """The mechanisms in the capabilities of a protocol, upper case and without repetitions."""
    if capabilities is None:
        return None
    if protocol == "smtp":
        names = capabilities.get("AUTH", "").split()
    elif protocol == "sieve":
        names = (capabilities.get("SASL") or "").split()
    elif protocol == "imap":
        names = [word[5:] for word in capabilities if word.startswith("AUTH=")]
    else:
        names = [
            name
            for line in capabilities
            if line.upper().startswith("SASL ")
            for name in line.split()[1:]
        ]
    return sorted({name.upper() for name in names})


def _not_listed(session: Observation, lists: dict[str, MechanismList]) -> Finding | None:
    """The finding for a state in which the session lists no mechanisms."""
    for state, offered in lists.items():
        if offered.names is None:
            return _no_list(session, state)
    return None


def _no_list(session: Observation, state: str) -> Finding:
    return finding(
        UNKNOWN,
        f"The mechanisms {state} were not listed: {error_text(session)}.",
        session,
        decisive=(-1,),
    )


def _decisive(lists: dict[str, MechanismList]) -> list[t.Mapping[str, t.Any] | int | None]:
    """The lines of all lists."""
    return [line for offered in lists.values() for line in offered.decisive]


def auth_anonymous(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    lists = mechanism_lists(session)
    anonymous = {
        state: offered for state, offered in lists.items() if ANONYMOUS in (offered.names or ())
    }
    if anonymous:
        yield finding(
            FAIL,
            f"SASL ANONYMOUS is offered {' and '.join(anonymous)}: any client can log in.",
            session,
            decisive=_decisive(anonymous),
        )
    else:
        yield _not_listed(session, lists) or finding(
            PASS, "SASL ANONYMOUS is not offered.", session, decisive=_decisive(lists)
        )


def auth_mechanisms(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    lists = mechanism_lists(session)
    permitted = {*EXPECTED, *context.policy["more_auth_mechanisms"], ANONYMOUS}
    for state, offered in lists.items():
        others = [
            name for name in offered.names or () if name.removesuffix("-PLUS") not in permitted
        ]
        if others:
            reasons = [f"{name} ({_WEAKNESSES.get(name, 'not declared')})" for name in others]
            yield finding(
                FAIL,
                f"Offered {state}: {', '.join(reasons)}.",
                session,
                decisive=offered.decisive,
            )
            return
    text = "; ".join(
        f"{' '.join(offered.names or ()) or 'none'} {state}" for state, offered in lists.items()
    )
    yield _not_listed(session, lists) or finding(
        PASS, f"Mechanisms offered: {text}.", session, decisive=_decisive(lists)
    )


def auth_channel_binding(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    offered = mechanism_lists(session).get(INSIDE) or MechanismList(None, ())
    names, decisive = offered.names, offered.decisive
    binding = [name for name in names or () if name.endswith("-PLUS")]
    if binding:
        yield finding(
            PASS, f"Channel binding is offered: {' '.join(binding)}.", session, decisive=decisive
        )
    elif not context.policy["channel_binding"]:
        yield finding(
            NOT_APPLICABLE,
            "The policy does not demand channel binding, and it is not offered.",
            session,
            decisive=decisive,
            reason=NOT_REQUIRED,
        )
    elif names is None:
        yield _no_list(session, INSIDE)
    elif not names:
        sentence = "AUTH is not offered here."
        yield finding(NOT_APPLICABLE, sentence, session, decisive=decisive, reason=NO_SUBJECT)
    else:
        yield finding(
            FAIL,
            f"No mechanism with channel binding is offered, only {' '.join(names)}.",
            session,
            decisive=decisive,
        )


def auth_other_identity(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    offered = mechanism_lists(session).get(INSIDE)
    attempts = [
        observation
        for observation in context.of("relay", session["service"], session["address"])
        if observation["params"].get("login")
    ]
    if offered and offered.names is not None and not offered.names:
        yield finding(
            NOT_APPLICABLE,
            "AUTH is not offered here.",
            session,
            decisive=offered.decisive,
            reason=NO_SUBJECT,
        )
    elif attempts:
        yield _login_as_other(attempts[0])
    else:
        yield finding(UNKNOWN, f"AUTH was not tested: {error_text(session)}.", session)


def _login_as_other(attempt: Observation) -> Finding:
    """Whether AUTH as an unknown user with another authorization identity was rejected."""
    reply = attempt["facts"].get("login")
    identity = attempt["params"].get("login_as") or "no other identity"
    sentence = f"AUTH PLAIN as an unknown user, with the authorization identity {identity}, was"
    if reply and reply["code"] == 535:
        status, sentence = PASS, f"{sentence} rejected: {reply_text(reply)}."
    elif reply and 200 <= reply["code"] < 300:
        status, sentence = FAIL, f"{sentence} accepted: {reply_text(reply)}."
    else:
        text = reply_text(reply) if reply else error_text(attempt)
        status, sentence = UNKNOWN, f"{sentence} neither accepted nor rejected: {text}."
    return finding(status, sentence, attempt, decisive=(reply or -1,))


_ALL = tuple(_model.SERVICES)


CHECKS = (
    Check(
        id="auth_anonymous",
        title="SASL ANONYMOUS is not offered (SMTP, IMAP, POP3, ManageSieve)",
        title_failed="SASL ANONYMOUS offered",
        group="auth",
        severity="critical",
        evaluate=per_endpoint(_ALL, auth_anonymous),
        control=(
            "None needed: the lists of mechanisms before and inside TLS are the evidence, and "
            "each has to be seen."
        ),
        false_pass=("It would have to accept ANONYMOUS without listing it."),
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
        title="SASL offers only PLAIN, LOGIN, OAuth, SCRAM or declared (no NTLM, CRAM-MD5)",
        title_failed="Weak or undeclared SASL mechanism offered",
        group="auth",
        severity="medium",
        evaluate=per_endpoint(_ALL, auth_mechanisms),
        control=(
            "None needed: the lists of mechanisms before and inside TLS are the evidence, and "
            "each has to be seen."
        ),
        false_pass=("It would have to list other mechanisms on other connections."),
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
        title="Each AUTH service offers TLS channel binding (SCRAM-*-PLUS) if required",
        title_failed="No SASL mechanism with channel binding offered",
        group="auth",
        severity="info",
        evaluate=per_endpoint(_ALL, auth_channel_binding),
        control=("None needed: the list of mechanisms inside TLS is the evidence."),
        false_pass=(
            "It would have to list a mechanism with channel binding and not check the binding."
        ),
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
        title="SMTP AUTH PLAIN as an unknown user with authzid postmaster is rejected",
        title_failed="AUTH PLAIN as an unknown user with authzid postmaster accepted",
        group="auth",
        severity="critical",
        opt_in="login",
        evaluate=per_endpoint(("smtp", "submission", "submissions"), auth_other_identity),
        control=(
            "535, the code for wrong credentials, decides; any other refusal may be about the "
            "question and is unknown."
        ),
        false_pass=(
            "It would have to refuse the user of the probe and accept another identity for users "
            "who exist."
        ),
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
