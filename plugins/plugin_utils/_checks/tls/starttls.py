# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of STARTTLS itself: offered, working and not overwritten on the path (RFC 3207, RFC 8314).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    LEGACY,
    MODERN,
    REPEATED,
    WEAK,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    offers_tls,
    per_endpoint,
    rfc,
)
from .endpoints import lacks_starttls, on_some_connections, per_tls_endpoint
from .lookup import (
    LAST_LINE,
    STARTTLS_SERVICES,
    VERSIONS,
    accepted_client_hellos,
    answer_lines,
    capability_lines,
    completed_handshakes,
    handshakes,
    last_error_text,
    no_tls,
)

#: What devices write over STARTTLS: letters X in its place, or one letter changed.
_OVERWRITTEN = re.compile(r"X{4,}[A-Z]?$|STARTTL[A-RT-Z]$", re.IGNORECASE)
#: Exchange's keyword for TLS without a certificate, which a device leaves where it removes
#: STARTTLS.
_ANONYMOUS_TLS = "X-ANONYMOUSTLS"
#: What the versions are called that no client of today speaks.
_NAMES = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "SSLv3": "SSL 3.0", "SSLv2": "SSL 2.0"}


def starttls_offered(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    offered = offers_tls(session)
    shown = capability_lines(session)
    other = on_some_connections(context, session)
    if other:
        yield finding(
            FAIL,
            _some_connections(session),
            other,
            decisive=(LAST_LINE,),
        )
    elif offered is None:
        yield finding(UNKNOWN, f"The capabilities were not seen: {error_text(session)}.", session)
    elif offered:
        yield finding(PASS, "STARTTLS is offered.", session, decisive=shown)
    else:
        yield finding(
            FAIL,
            "STARTTLS is not offered; everything on this port is sent in plaintext.",
            session,
            decisive=shown,
        )


def _some_connections(session: Observation) -> str:
    """That STARTTLS comes and goes. A mail store is asked for STARTTLS whether it offers it or not,
    so that it may also take what it does not offer.
    """
    if "starttls_offered" in session["facts"] and not offers_tls(session):
        return (
            "STARTTLS is not offered, though another connection began TLS; clients that are not "
            "offered it send everything in plaintext."
        )
    return (
        "STARTTLS is offered on some connections and not on others; those without it are sent in "
        "plaintext."
    )


def _old_versions_alone(context: AuditContext, session: Observation) -> list[Observation]:
    """The ClientHellos that were accepted, where none was for TLS 1.2 or newer."""
    accepted = accepted_client_hellos(context, session, CONTROL, LEGACY, WEAK, REPEATED, MODERN)
    newer = any(hello["facts"]["version"] in ("TLSv1.2", "TLSv1.3") for hello in accepted)
    return [] if newer else accepted


def starttls_works(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    offered = offers_tls(session)
    if not offered:
        if offered is False:
            yield no_tls(session, "STARTTLS is not offered.")
        else:
            text = error_text(session)
            yield finding(UNKNOWN, f"The capabilities were not seen: {text}.", session)
        return
    attempts = [seen for seen in handshakes(context, session) if not lacks_starttls(seen)]
    failed = [seen for seen in attempts if seen["error"] and seen["error"]["kind"] == "tls"]
    completed = completed_handshakes(context, session)
    old = _old_versions_alone(context, session)
    if completed:
        facts = completed[0]["facts"]
        yield finding(
            PASS,
            f"The handshake negotiated {facts['version']} with {facts['cipher']}.",
            completed[0],
            decisive=answer_lines(completed[0]),
        )
    elif old:
        newest = max(old, key=lambda hello: VERSIONS.index(hello["facts"]["version"]))
        version = _NAMES[newest["facts"]["version"]]
        yield finding(
            FAIL,
            f"STARTTLS works in {version} only; no client of today can use it.",
            newest,
            decisive=answer_lines(newest),
        )
    elif failed:
        yield finding(
            FAIL,
            f"STARTTLS is offered, but fails: {error_text(failed[-1])}.",
            failed[-1],
            decisive=(LAST_LINE,),
        )
    else:
        yield finding(
            UNKNOWN,
            f"No handshake was completed: {last_error_text(attempts, session)}.",
            (attempts or [session])[-1],
            decisive=(LAST_LINE,),
        )


def starttls_stripping(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    facts = session["facts"]
    keywords = facts.get("extensions", facts.get("capabilities", facts.get("capa")))
    if keywords is None:
        yield finding(UNKNOWN, f"The capabilities were not seen: {error_text(session)}.", session)
        return
    overwritten = [keyword for keyword in keywords if _OVERWRITTEN.match(keyword.strip())]
    if _ANONYMOUS_TLS in keywords and "STARTTLS" not in keywords:
        overwritten.append(_ANONYMOUS_TLS)
    shown = capability_lines(session)
    if overwritten:
        yield finding(
            FAIL,
            f"A device on the path overwrites STARTTLS: {overwritten[0]} is offered.",
            session,
            decisive=shown,
        )
    elif offers_tls(session):
        yield finding(PASS, "STARTTLS arrives unchanged.", session, decisive=shown)
    else:
        yield finding(
            NOT_APPLICABLE,
            "STARTTLS is not offered, and no keyword stands in its place.",
            session,
            decisive=shown,
            reason=NO_SUBJECT,
        )


CHECKS = (
    Check(
        id="starttls_offered",
        title="STARTTLS is offered on ports 25, 587, 143, 110 and 4190",
        title_failed="STARTTLS not offered",
        group="tls",
        severity="high",
        evaluate=per_endpoint(STARTTLS_SERVICES, starttls_offered),
        control=(
            "None needed: the capabilities that the server lists are the evidence, and no other "
            "connection lacks STARTTLS."
        ),
        false_pass="Connections that the audit did not make get no STARTTLS.",
        impact="Without STARTTLS, mail and logins on this port cross the network in plaintext.",
        fix={
            "roles": (
                "Run airtight.mail.site again: the roles offer STARTTLS on 25, 587 and 4190 and "
                "close 143 and 110."
            ),
            "postfix": (
                "Set smtpd_tls_security_level = may and smtpd_tls_chain_files to the private key "
                "and the certificate chain."
            ),
            "exim": (
                "Set tls_advertise_hosts = *, tls_certificate and tls_privatekey (Debian: "
                "MAIN_TLS_ENABLE = yes)."
            ),
            "dovecot": (
                "Set ssl = required with ssl_server_cert_file and ssl_server_key_file (2.3: "
                "ssl_cert and ssl_key), or close ports 143 and 110."
            ),
            "opensmtpd": "Set tls (port 587: tls-require) and pki on the listen directive.",
            "sendmail": (
                "Set confSERVER_CERT, confSERVER_KEY and confCACERT, and remove the modifier S "
                "from DAEMON_OPTIONS."
            ),
            "courier": (
                "Set TLS_CERTFILE in esmtpd, IMAPDSTARTTLS=YES in imapd-ssl and POP3_STARTTLS=YES "
                "in pop3d-ssl."
            ),
            "cyrus": "Set tls_server_cert and tls_server_key in imapd.conf.",
            "any": (
                "Enable STARTTLS with a certificate on every plaintext port, or close the port."
            ),
        },
        references=(rfc(3207, "4"), rfc(8314)),
        peers=("Internet.nl", "testssl.sh", "sslyze"),
    ),
    Check(
        id="starttls_works",
        title="STARTTLS is followed by a successful TLS handshake",
        title_failed="STARTTLS offered, but the TLS handshake fails",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(STARTTLS_SERVICES, starttls_works),
        control="None needed: the completed handshake is the evidence.",
        false_pass="Only some connections complete it, and none of the audit's failed.",
        impact=(
            "Senders that require TLS cannot deliver; opportunistic ones fall back to plaintext."
        ),
        fix={
            "roles": (
                "Set mail_certificate_file and mail_certificate_key_file to a matching pair and "
                "run airtight.mail.site again."
            ),
            "postfix": (
                "Set smtpd_tls_chain_files to a private key followed by its own certificate "
                "chain; the mail log names the TLS error."
            ),
            "exim": (
                "Set tls_certificate and tls_privatekey to a matching pair that the Exim user "
                "(Debian-exim) can read; mainlog names the TLS error."
            ),
            "dovecot": (
                "Set ssl_server_cert_file and ssl_server_key_file (2.3: ssl_cert and ssl_key) to "
                "a matching pair; doveadm log errors names the TLS error."
            ),
            "opensmtpd": (
                "Set pki cert and pki key to a matching pair, with mode 0600 for the key."
            ),
            "sendmail": (
                "Set confSERVER_CERT and confSERVER_KEY to a matching pair, with a key that only "
                "root can read."
            ),
            "courier": (
                "Set TLS_CERTFILE to a PEM file with the private key and its certificate chain "
                "that the courier user can read."
            ),
            "cyrus": (
                "Set tls_server_cert and tls_server_key to a matching pair that the cyrus user "
                "can read."
            ),
            "any": (
                "Read the TLS error in the server's log: usually the key is unreadable or does "
                "not belong to the certificate."
            ),
        },
        references=(rfc(3207, "4.2"),),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="starttls_stripping",
        title="STARTTLS keyword is not overwritten on the path (STRIPTLS, XXXXXXXA)",
        title_failed="STARTTLS overwritten on the path (STRIPTLS)",
        group="tls",
        severity="high",
        evaluate=per_endpoint(STARTTLS_SERVICES, starttls_stripping),
        control="None needed: the keyword that arrives is the evidence.",
        false_pass="The device on the path overwrites STARTTLS for other clients alone.",
        impact=(
            "A firewall or an attacker overwrites STARTTLS so that the session stays in "
            "plaintext, and can read every message."
        ),
        fix={
            "roles": (
                "Find the device between the audit and the host that rewrites EHLO replies; the "
                "roles offer STARTTLS."
            ),
            "network": (
                "Disable ESMTP inspection, or permit TLS in it (Cisco ASA and PIX: inspect esmtp, "
                "allow-tls). Audit from several networks to locate the device."
            ),
            "any": "Audit from several networks to locate the device that rewrites the reply.",
        },
        references=(rfc(7672, "1.3.1"), "https://doi.org/10.1145/2815675.2815695"),
    ),
)
