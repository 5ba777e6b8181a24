# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of the ports with implicit TLS: a plaintext command is not answered (RFC 8314 section 3.3).

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

from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    error_text,
    finding,
    per_endpoint,
    rfc,
)
from .endpoints import said_hello
from .lookup import IMPLICIT_TLS_SERVICES, LAST_LINE, first_line, last_error_text, server_lines


def _plaintext_findings(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """The finding for a plaintext command to one endpoint."""
    attempts = context.of("plain_on_tls", session["service"], session["address"])
    asked = [attempt for attempt in attempts if "kind" in attempt["facts"]]
    in_clear = [attempt for attempt in asked if attempt["facts"]["kind"] == "mail"]
    if asked:
        spoken = answered(session) or said_hello(context, session)
        yield _reply_finding(session, (in_clear or asked)[0], spoken)
    else:
        yield finding(
            UNKNOWN,
            f"No plaintext was sent: {last_error_text(attempts, session)}.",
            (attempts or [session])[-1],
            decisive=(LAST_LINE,),
        )


def _reply_finding(session: Observation, attempt: Observation, spoken: bool) -> Finding:
    """The finding for what came back. spoken: whether the port was seen to speak TLS."""
    kind, reply = attempt["facts"]["kind"], first_line(attempt["facts"]["said"])
    decisive: list[int] = [LAST_LINE]
    if kind == "mail":
        status, sentence = FAIL, f"A plaintext command was answered in plaintext: {reply}."
        decisive = server_lines(attempt, 0)
    elif kind == "nothing" and not spoken:
        status = UNKNOWN
        sentence = f"Neither TLS nor a plaintext command was answered: {error_text(session)}."
    elif kind in ("alert", "nothing"):
        status, sentence = PASS, "A plaintext command was not answered in plaintext."
    else:
        status = UNKNOWN
        sentence = (
            "The reply to a plaintext command belongs to no mail protocol: "
            f"{reply or error_text(attempt)}."
        )
    return finding(status, sentence, attempt, decisive=decisive)


_after_handshake = per_endpoint(IMPLICIT_TLS_SERVICES, _plaintext_findings)


def implicit_tls_only(context: AuditContext) -> list[Finding]:
    """A port whose handshake failed was sent a plaintext command too, and may have answered."""
    failed = [
        session
        for service in IMPLICIT_TLS_SERVICES
        for session in context.sessions(service)
        if not answered(session)
        and context.of("plain_on_tls", session["service"], session["address"])
    ]
    findings = [item for session in failed for item in _plaintext_findings(context, session)]
    known = {(item.service, item.address) for item in findings}
    return findings + [
        item for item in _after_handshake(context) if (item.service, item.address) not in known
    ]


CHECKS = (
    Check(
        id="implicit_tls_only",
        title="A plaintext command on ports 465, 993 and 995 gets no plaintext reply",
        title_failed="Plaintext command answered on an implicit TLS port",
        group="tls",
        severity="high",
        evaluate=implicit_tls_only,
        control="The same port answered TLS.",
        false_pass="It answers plaintext later than the audit waits for it.",
        impact=(
            "A client that connects without TLS is served and logs in unprotected. An attacker on "
            "the network reads the password and then reads and sends mail as that user."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the roles set smtpd_tls_wrappermode = yes for "
                "submissions and ssl = yes for imaps and pop3s."
            ),
            "postfix": "Set -o smtpd_tls_wrappermode=yes for submissions in master.cf.",
            "exim": "Set tls_on_connect_ports = 465.",
            "dovecot": "Set ssl = yes in the inet_listener imaps and pop3s (and submissions).",
            "opensmtpd": "Set smtps on the listener for port 465.",
            "sendmail": (
                "Set DAEMON_OPTIONS(`Port=465, Name=SMTPS, M=Eas'); the modifier s starts with TLS."
            ),
            "courier": (
                "Remove 465, 993 and 995 from PORT in esmtpd, imapd and pop3d, and serve them "
                "with esmtpd-ssl, imapd-ssl and pop3d-ssl."
            ),
            "cyrus": 'Set the option -s for imaps and pop3s in cyrus.conf (cmd="imapd -s").',
            "any": "Start TLS with the first byte on ports 465, 993 and 995.",
        },
        references=(rfc(8314, "3.3"),),
    ),
)
