# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of injection at the step from plaintext to TLS: commands and replies (RFC 3207 section 6,
CVE-2011-0411).

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
from ansible_collections.airtight.mail.plugins.module_utils._probes import starttls

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    offers_tls,
    rfc,
)
from . import fixes
from .endpoints import per_tls_endpoint
from .lookup import (
    LAST_LINE,
    STARTTLS_SERVICES,
    answer_lines,
    first_line,
    handshakes,
    last_error_text,
    lines_before_tls,
    no_tls,
    notes,
)
from .upgrades import (
    is_completed,
    replies_inside_tls,
    unsolicited_lines,
    unsolicited_reply,
    upgrades,
    why_not_asked,
)


def starttls_command_injection(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unanswered = why_not_asked(context, session, "starttls")
    attempts = [
        attempt
        for attempt in upgrades(context, session, inject=True)
        if "starttls" in attempt["facts"]
    ]
    if unanswered or not attempts:
        yield unanswered or finding(UNKNOWN, "No command was injected.", session)
    elif attempts[-1]["facts"].get("early"):
        yield _plaintext_reply(context, attempts[-1])
    elif "tls" in attempts[-1]["facts"]:
        yield _reply_inside_tls(attempts[-1])
    else:
        yield _failed_after_injection(context, session, attempts[-1])


def _plaintext_reply(context: AuditContext, attempt: Observation) -> Finding:
    """The finding for plaintext between the reply to STARTTLS and TLS."""
    client_hellos = context.of("client_hello", attempt["service"], attempt["address"])
    if any(client_hello["facts"].get("early") for client_hello in client_hellos):
        return finding(
            UNKNOWN,
            "The server sends plaintext before TLS without an injected command too, so a reply to "
            "one cannot be told apart.",
            attempt,
            decisive=lines_before_tls(attempt),
        )
    return finding(
        FAIL,
        f"The injected command was answered before TLS: {first_line(attempt['facts']['early'])}.",
        attempt,
        decisive=lines_before_tls(attempt),
    )


def _reply_inside_tls(attempt: Observation) -> Finding:
    """The finding for what was answered inside TLS after an injected command."""
    reply = unsolicited_reply(attempt)
    if reply is None:
        return finding(
            UNKNOWN,
            f"No command was answered inside TLS: {error_text(attempt)}.",
            attempt,
            decisive=(LAST_LINE,),
        )
    if reply:
        return finding(
            FAIL,
            f"The injected command was executed inside TLS: {reply}.",
            attempt,
            decisive=unsolicited_lines(attempt),
        )
    return finding(
        PASS,
        "The server discarded the injected command.",
        attempt,
        decisive=replies_inside_tls(attempt),
    )


def _failed_after_injection(
    context: AuditContext, session: Observation, attempt: Observation
) -> Finding:
    """The finding where no TLS began after an injected command; a pass needs TLS without one."""
    facts = attempt["facts"]
    status = UNKNOWN
    controls = [
        control
        for control in handshakes(context, session) + upgrades(context, session, inject=False)
        if is_completed(control)
    ]
    if not controls:
        sentence = "TLS failed with an injected command and without one."
    elif not facts.get("ended", True):
        sentence = "After an injected command TLS did not begin, and the session did not end."
    elif "ended" in facts and _fastest(controls) >= starttls.patience(attempt["params"]):
        sentence = "TLS begins too slowly to tell the end of a session from a delay."
    else:
        status = PASS
        reason = facts.get("tls_error") or "STARTTLS was rejected"
        sentence = f"An injected command ends the session, and TLS works without one ({reason})."
    return finding(status, sentence, attempt, decisive=(LAST_LINE,))


def _fastest(observations: t.Iterable[Observation]) -> float:
    """The seconds that the fastest of some conversations took."""
    return min(observation.get("seconds", 0) for observation in observations)


def starttls_response_injection(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    if offers_tls(session) is False:
        yield no_tls(session, "STARTTLS is not offered.")
        return
    sent = context.of("client_hello", session["service"], session["address"])
    answered = [client_hello for client_hello in sent if "answer" in client_hello["facts"]]
    injected = [client_hello for client_hello in answered if _plaintext(client_hello)]
    accepted = [
        client_hello
        for client_hello in answered
        if client_hello["facts"]["answer"] in ("hello", "alert")
    ]
    if injected:
        early = injected[0]["facts"].get("early")
        yield finding(
            FAIL,
            "Plaintext was sent between the reply to STARTTLS and TLS: "
            f"{first_line(_plaintext(injected[0]))}.",
            injected[0],
            decisive=lines_before_tls(injected[0]) if early else answer_lines(injected[0]),
        )
    elif accepted:
        yield finding(
            PASS,
            "TLS follows the reply to STARTTLS without plaintext between.",
            accepted[0],
            decisive=(*lines_before_tls(accepted[0]), *notes(accepted[0])[:2]),
        )
    else:
        yield finding(
            UNKNOWN,
            f"No ClientHello was answered: {last_error_text(sent, session)}.",
            (sent or [session])[-1],
            decisive=(LAST_LINE,),
        )


def _plaintext(client_hello: Observation) -> str:
    """What came in plaintext before TLS or in its place."""
    facts = client_hello["facts"]
    return str(facts.get("early") or (facts["said"] if facts["answer"] == "plain" else ""))


CHECKS = (
    Check(
        id="starttls_command_injection",
        title="Commands injected after STARTTLS are discarded (CVE-2011-0411)",
        title_failed="Injected plaintext command executed after STARTTLS",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(STARTTLS_SERVICES, starttls_command_injection),
        control="TLS begins without an injected command, and commands inside TLS are answered.",
        false_pass="It executes the injected command and sends no reply to it.",
        impact=(
            "An attacker on the path appends commands to the client's STARTTLS. The server "
            "executes them as the client's, which can disclose the password or send mail in the "
            "client's name."
        ),
        fix={
            "roles": fixes.UPDATE_ROLES,
            "postfix": "Update to Postfix 2.4.16, 2.5.12, 2.6.9, 2.7.3 or later (CVE-2011-0411).",
            "dovecot": "Update to Dovecot 2.3.14.1 or later (CVE-2021-33515, submission service).",
            "courier": "Update to Courier 1.1.5 or a patched package (CVE-2021-38084, POP3 STLS).",
            "cyrus": "Update to Cyrus IMAP 2.4.7 or later (CVE-2011-1926).",
            "network": fixes.UPDATE_PROXY,
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. The server must empty its input buffer before the "
                "handshake."
            ),
        },
        references=(
            "https://www.cve.org/CVERecord?id=CVE-2011-0411",
            "https://www.cve.org/CVERecord?id=CVE-2021-33515",
            "https://nostarttls.secvuln.info/",
        ),
        peers=("testssl.sh (with socat, no ManageSieve)",),
    ),
    Check(
        id="starttls_response_injection",
        title="No plaintext follows the reply to a lone STARTTLS (response injection)",
        title_failed="Plaintext sent between the STARTTLS reply and TLS",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(STARTTLS_SERVICES, starttls_response_injection),
        control="A ClientHello after the reply to STARTTLS was answered by TLS.",
        false_pass="The plaintext comes on other connections alone.",
        impact=(
            "A client may read this plaintext as a reply from inside TLS, such as a forged "
            "capability or mailbox listing. An attacker on the path or a broken server sends it."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this. "
                "Audit from a host next to the server: if the plaintext is absent there, the "
                "network adds it."
            ),
            "network": fixes.UPDATE_PROXY,
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. Audit from a host next to the server: if the "
                "plaintext is absent there, the network adds it."
            ),
        },
        references=(rfc(3207, "6"), "https://nostarttls.secvuln.info/"),
    ),
)
