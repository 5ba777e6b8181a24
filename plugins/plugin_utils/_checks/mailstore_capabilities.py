# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IMAP, POP3 and ManageSieve announce before TLS, and whether they announce it anew inside.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
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
    per_clear_endpoint,
    per_endpoint,
    rfc,
)
from .mailstore_login import FIX_IMAP_COURIER, FIX_IMAP_ROLES
from .mailstore_replies import capability_lines

PASSWORD_MECHANISMS = ("PLAIN", "LOGIN")


def imap_login_disabled(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    capabilities = session["facts"].get("capabilities")
    decisive = capability_lines(session)
    if capabilities is None:
        yield finding(
            UNKNOWN,
            f"CAPABILITY was not answered: {error_text(session)}.",
            session,
            decisive=(-1,),
        )
        return
    offered = [name for name in capabilities if name in ("AUTH=PLAIN", "AUTH=LOGIN")]
    if offered:
        yield finding(
            FAIL, f"{' and '.join(offered)} offered before TLS.", session, decisive=decisive
        )
    elif "LOGINDISABLED" not in capabilities:
        yield finding(
            FAIL,
            "LOGINDISABLED is not announced before TLS, so clients will send passwords in clear.",
            session,
            decisive=decisive,
        )
    else:
        yield finding(PASS, "LOGINDISABLED is announced before TLS.", session, decisive=decisive)


def pop3_capabilities(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    if "capa" not in session["facts"]:
        yield finding(
            UNKNOWN, f"CAPA was not answered: {error_text(session)}.", session, decisive=(-1,)
        )
        return
    lines = [line.upper().split() for line in session["facts"]["capa"] or ()]
    capabilities = {words[0]: words[1:] for words in lines if words}
    offered = ["USER"] if "USER" in capabilities else []
    offered += [
        f"SASL {name}" for name in PASSWORD_MECHANISMS if name in capabilities.get("SASL", ())
    ]
    decisive = capability_lines(session)
    if offered:
        yield finding(
            FAIL,
            f"Before TLS, CAPA offers {' and '.join(offered)}.",
            session,
            decisive=decisive,
        )
    elif "STLS" not in capabilities:
        yield finding(
            FAIL,
            "CAPA does not offer STLS, so clients can read the mailbox in clear only.",
            session,
            decisive=decisive,
        )
    else:
        yield finding(
            PASS, "Before TLS, CAPA offers STLS and no login.", session, decisive=decisive
        )


def sieve_sasl_hidden(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    facts = session["facts"]
    decisive = capability_lines(session)
    if "capabilities" not in facts:
        yield finding(
            UNKNOWN,
            f"The server sent no greeting: {error_text(session)}.",
            session,
            decisive=decisive,
        )
        return
    mechanisms = (facts.get("sasl") or "").upper().split()
    offered = [name for name in PASSWORD_MECHANISMS if name in mechanisms]
    if offered:
        yield finding(
            FAIL, f"SASL {' '.join(offered)} is offered before TLS.", session, decisive=decisive
        )
    elif not facts.get("starttls_offered"):
        yield finding(
            FAIL,
            "STARTTLS is not offered, so clients can manage scripts in clear only.",
            session,
            decisive=decisive,
        )
    else:
        yield finding(
            PASS,
            "STARTTLS is offered before TLS, and neither SASL PLAIN nor LOGIN.",
            session,
            decisive=decisive,
        )


def mailbox_capabilities_renewed(
    _context: AuditContext, session: Observation
) -> t.Iterable[Finding]:
    facts = session["facts"]
    capabilities = facts.get("capabilities_tls", facts.get("capa_tls"))
    if facts.get("starttls_offered") is False:
        yield finding(
            NOT_APPLICABLE,
            "STARTTLS is not offered.",
            session,
            decisive=capability_lines(session),
            reason=NO_SUBJECT,
        )
        return
    if not capabilities:
        yield finding(
            UNKNOWN,
            f"The server listed no capabilities inside TLS: {error_text(session)}.",
            session,
            decisive=(-1,),
        )
        return
    stale = [name for name in ("STARTTLS", "STLS", "LOGINDISABLED") if name in capabilities]
    decisive = capability_lines(session, after_starttls=True)
    if stale:
        yield finding(
            FAIL,
            f"Inside TLS, {' and '.join(stale)} is still announced.",
            session,
            decisive=decisive,
        )
    else:
        yield finding(
            PASS, "The server lists new capabilities inside TLS.", session, decisive=decisive
        )


CHECKS = (
    Check(
        id="imap_login_disabled",
        title="IMAP announces LOGINDISABLED and no AUTH=PLAIN/LOGIN before TLS",
        title_failed="IMAP lacks LOGINDISABLED or offers AUTH=PLAIN/LOGIN before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_clear_endpoint(("imap",), imap_login_disabled),
        control=("None needed: the capabilities before TLS are the evidence."),
        false_pass=("It would have to list other capabilities on other connections."),
        impact=(
            "Clients log in at once, without TLS. Everybody on the network path can read the "
            "password, and with it all mail."
        ),
        fix={
            "roles": FIX_IMAP_ROLES,
            "dovecot": (
                "Set ssl = required, and auth_allow_cleartext = no (2.4) or "
                "disable_plaintext_auth = yes (2.3). Or set port = 0 in the inet_listener of "
                "imap."
            ),
            "courier": FIX_IMAP_COURIER,
            "cyrus": "Set allowplaintext: no and tls_required: yes in imapd.conf.",
            "any": "Require STARTTLS before any login, or close port 143.",
        },
        references=(rfc(3501, "6.2.3"), rfc(2595, "3.2")),
        peers=("nmap imap-capabilities (lists only)",),
    ),
    Check(
        id="pop3_capabilities",
        title="POP3 CAPA before TLS lists STLS but neither USER nor SASL PLAIN/LOGIN",
        title_failed="POP3 CAPA offers a plaintext login or no STLS before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_clear_endpoint(("pop3",), pop3_capabilities),
        control=("None needed: the capabilities before TLS are the evidence."),
        false_pass=("It would have to list other capabilities on other connections."),
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
        id="sieve_sasl_hidden",
        title="ManageSieve offers STARTTLS and no SASL PLAIN/LOGIN before TLS",
        title_failed="ManageSieve offers SASL PLAIN/LOGIN or no STARTTLS before TLS",
        group="mailstore",
        severity="high",
        evaluate=per_endpoint(("sieve",), sieve_sasl_hidden),
        control=("None needed: the capabilities before TLS are the evidence."),
        false_pass=("It would have to list other capabilities on other connections."),
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
        id="mailbox_capabilities_renewed",
        title="After STARTTLS, IMAP/POP3/Sieve list neither STARTTLS nor LOGINDISABLED",
        title_failed="STARTTLS, STLS or LOGINDISABLED still listed after STARTTLS",
        group="mailstore",
        severity="medium",
        evaluate=per_endpoint(("imap", "pop3", "sieve"), mailbox_capabilities_renewed),
        control=("None needed: the capabilities inside TLS are the evidence, and have to be seen."),
        false_pass=(
            "It would have to send capabilities of before TLS that happen to lack all three words."
        ),
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
