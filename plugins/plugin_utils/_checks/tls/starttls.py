# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the step from clear to TLS: what is carried over it, what fails, what is hidden on the
way (RFC 3207, CVE-2011-0411).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
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
    per_endpoint,
    reply_text,
    rfc,
)
from .session import CLEAR, shakes

#: What devices write over STARTTLS: letters X for it, or one letter for another.
_HIDDEN = re.compile(r"X{4,}[A-Z]?$|STARTTL[A-RT-Z]$", re.I)
_EXCHANGE = "X-ANONYMOUSTLS"
#: How an answer begins that does what was asked.
_DONE = re.compile(r'^(2\d\d|a9 OK|\* CAPABILITY|\+OK|OK|")', re.M)


def _upgrades(context: AuditContext, seen: Observation, inject: bool) -> list[Observation]:
    return [
        entry
        for entry in context.of("starttls", seen["service"], seen["address"])
        if entry["params"]["inject"] is inject
    ]


def _not_asked(context: AuditContext, seen: Observation, probe: str) -> Finding | None:
    """Why there is nothing to judge; None where the upgrade was asked for."""
    if offers_tls(seen) is False:
        return finding(NOT_APPLICABLE, "STARTTLS is not offered.", seen)
    tried = context.of(probe, seen["service"], seen["address"])
    if not tried or "starttls" not in tried[-1]["facts"]:
        return finding(
            UNKNOWN,
            f"STARTTLS was not answered: {error_text(tried[-1] if tried else seen)}.",
            seen,
            *tried[-1:],
        )
    return None


def _go_ahead(entry: Observation) -> bool:
    """Whether STARTTLS was agreed to."""
    answer = entry["facts"].get("starttls", {})
    return answer.get("code") == 220 or answer.get("status") in ("OK", "+OK")


def _beyond(entry: Observation) -> str | None:
    return starttls.beyond(entry["facts"], entry["params"])


def starttls_command_injection(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    missing = _not_asked(context, seen, "starttls")
    tried = _upgrades(context, seen, True)
    if missing or not tried:
        yield missing or finding(UNKNOWN, "No command was injected.", seen)
        return
    entry = tried[-1]
    works = [
        other for other in shakes(context, seen) + _upgrades(context, seen, False) if _shook(other)
    ]
    hellos = context.of("client_hello", seen["service"], seen["address"])
    if entry["facts"].get("early") and any(other["facts"].get("early") for other in hellos):
        yield finding(
            UNKNOWN,
            (
                "Something is said before TLS whatever one sends, so an answer to a command could "
                "not "
                "be told."
            ),
            seen,
            entry,
        )
    elif entry["facts"].get("early"):
        words = "A command sent behind STARTTLS was answered before TLS began: %s."
        yield finding(FAIL, words % entry["facts"]["early"].strip(), seen, entry)
    elif "tls" in entry["facts"]:
        beyond = _beyond(entry)
        if beyond:
            yield finding(
                FAIL,
                f"A command sent in clear behind STARTTLS was carried out inside TLS: {beyond}.",
                seen,
                entry,
            )
        elif beyond is None:
            yield finding(
                UNKNOWN, f"Inside TLS nothing was answered: {error_text(entry)}.", seen, entry
            )
        else:
            yield finding(PASS, "A command sent in clear behind STARTTLS was forgotten.", seen)
    elif works and not entry["facts"].get("ended", True):
        yield finding(
            UNKNOWN,
            "Behind an injected command neither TLS nor an end of the session was seen.",
            seen,
            entry,
        )
    elif (
        works
        and "ended" in entry["facts"]
        and min(other.get("seconds", 0) for other in works) >= starttls.patience(entry["params"])
    ):
        yield finding(
            UNKNOWN,
            "The server is too slow to tell an end of the session from patience.",
            seen,
            entry,
        )
    elif works:
        why = entry["facts"].get("tls_error") or "STARTTLS was refused"
        yield finding(
            PASS,
            (
                "A command sent in clear behind STARTTLS ends the session, which works without it "
                f"({why})."
            ),
            seen,
        )
    else:
        yield finding(UNKNOWN, "TLS failed with an injected command and without one.", seen, entry)


def _shook(entry: Observation) -> bool:
    return bool(entry["facts"].get("version") or entry["facts"].get("tls"))


def starttls_response_injection(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False:
        yield finding(NOT_APPLICABLE, "STARTTLS is not offered.", seen)
        return
    asked = [
        entry
        for entry in context.of("client_hello", seen["service"], seen["address"])
        if "answer" in entry["facts"]
    ]
    for entry in asked:
        words = entry["facts"].get("early") or (
            entry["facts"]["said"] if entry["facts"]["answer"] == "plain" else ""
        )
        if words:
            yield finding(
                FAIL,
                f"Between the go-ahead and TLS this was said in clear: {words.strip()}.",
                seen,
                entry,
            )
            return
    if any(entry["facts"]["answer"] in ("hello", "alert") for entry in asked):
        yield finding(PASS, "TLS follows the go-ahead, and nothing is said between.", seen)
    else:
        yield finding(
            UNKNOWN,
            f"No answer to a hello was seen: {error_text(asked[-1] if asked else seen)}.",
            seen,
        )


def starttls_forgets_state(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    missing = _not_asked(context, seen, "starttls")
    tried = [
        entry
        for entry in context.of("starttls", seen["service"], seen["address"])
        if "starttls" in entry["facts"]
    ]
    begun = [entry for entry in tried if "mail" in entry["facts"]]
    told = [entry for entry in begun if entry["facts"].get("answers") and not _beyond(entry)]
    refused = [entry for entry in begun if not entry["params"]["inject"] and not _go_ahead(entry)]
    if missing:
        yield missing
    elif begun and not 200 <= begun[-1]["facts"]["mail"]["code"] < 300:
        words = "MAIL before TLS is answered %s, so there is nothing to forget."
        yield finding(NOT_APPLICABLE, words % reply_text(begun[-1]["facts"]["mail"]), seen)
    elif told:
        answer = told[-1]["facts"]["answers"][0]
        words = f"RCPT inside TLS, after MAIL before it, was answered {reply_text(answer)}."
        yield finding(
            FAIL if answer["code"] < 300 else PASS if answer["code"] == 503 else UNKNOWN,
            words,
            seen,
            told[-1],
        )
    elif refused and any(_go_ahead(entry) for entry in tried):
        words = "STARTTLS after MAIL is refused, so there is nothing to forget: %s."
        yield finding(PASS, words % reply_text(refused[-1]["facts"]["starttls"]), seen)
    else:
        yield finding(UNKNOWN, "RCPT inside TLS was not answered.", seen, *tried[-1:])


def _again(entry: Observation) -> tuple[str, bool] | None:
    """The answer to STARTTLS inside TLS, and whether it was agreed to; None where it was not seen."""
    facts = entry["facts"]
    if "answers" in facts:
        answers = facts["answers"][1:2]
        return (reply_text(answers[0]), answers[0]["code"] < 300) if answers else None
    protocol, lines = entry["params"]["protocol"], facts.get("said", ())
    found = [
        line
        for line in lines
        if (line.startswith("a2 ") if protocol == "imap" else starttls.STATUS.match(line))
    ]
    if protocol == "sieve":
        found = found[1:]
    words = found[0].partition(" ")[2] if found and protocol == "imap" else "".join(found[:1])
    return (words, words.upper().startswith(("OK", "+OK"))) if found else None


def starttls_once(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    missing = _not_asked(context, seen, "starttls")
    tried = [
        entry
        for entry in context.of("starttls", seen["service"], seen["address"])
        if "tls" in entry["facts"] and not _beyond(entry)
    ]
    argued = [
        entry
        for entry in context.of("starttls_garbage", seen["service"], seen["address"])
        if "argument" in entry["facts"]
    ]
    inside = seen["facts"].get(
        "extensions_tls", ()
    )  # of mailboxes mailbox_capabilities_renewed tells
    again = _again(tried[-1]) if tried else None
    if missing:
        yield missing
    elif argued and argued[-1]["facts"]["argument"]["code"] < 300:
        yield finding(
            FAIL,
            f"STARTTLS with a word behind it was answered {reply_text(argued[-1]['facts']['argument'])}.",
            seen,
            argued[-1],
        )
    elif "STARTTLS" in inside:
        yield finding(FAIL, "STARTTLS is offered inside TLS.", seen)
    elif again is None:
        yield finding(UNKNOWN, "STARTTLS inside TLS was not answered.", seen, *tried[-1:])
    elif again[1]:
        yield finding(FAIL, f"STARTTLS inside TLS was answered {again[0]}.", seen, tried[-1])
    else:
        yield finding(PASS, f"STARTTLS inside TLS was answered {again[0]}.", seen)


def starttls_failure_ends(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    missing = _not_asked(context, seen, "starttls_garbage")
    if missing:
        yield missing
        return
    entry = context.of("starttls_garbage", seen["service"], seen["address"])[-1]
    words = entry["facts"].get("said", "").strip()
    if not _go_ahead(entry):
        yield finding(UNKNOWN, "STARTTLS was not agreed to.", seen, entry)
    elif "kind" not in entry["facts"]:
        yield finding(
            UNKNOWN,
            f"A command in clear after STARTTLS was not sent: {error_text(entry)}.",
            seen,
            entry,
        )
    elif entry["facts"]["kind"] != "mail":
        yield finding(PASS, "A command in clear after STARTTLS was not answered in clear.", seen)
    elif re.match(r"[45]\d\d|a9 (NO|BAD)|-ERR|NO|BYE|\* BYE", words) and not _DONE.search(
        entry["facts"].get("again", "")
    ):
        yield finding(PASS, f"A command in clear after STARTTLS was refused: {words}.", seen)
    else:
        yield finding(
            FAIL, f"After STARTTLS without TLS the session goes on in clear: {words}.", seen, entry
        )


def starttls_stripping(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    words = facts.get("extensions", facts.get("capabilities", facts.get("capa")))
    if words is None:
        yield finding(UNKNOWN, f"The capabilities were not seen: {error_text(seen)}.", seen)
        return
    hidden = [word for word in words if _HIDDEN.match(word.strip())]
    if hidden or (_EXCHANGE in words and "STARTTLS" not in words):
        yield finding(
            FAIL,
            f"Something on the way writes over STARTTLS: {(hidden or [_EXCHANGE])[0]} is offered.",
            seen,
        )
    elif "STARTTLS" in words or "STLS" in words:
        yield finding(PASS, "STARTTLS arrives as it was offered.", seen)
    else:
        yield finding(
            NOT_APPLICABLE, "STARTTLS is not offered, and nothing stands in its place.", seen
        )


CHECKS = (
    Check(
        id="starttls_command_injection",
        title="Commands injected after STARTTLS are discarded (CVE-2011-0411)",
        title_failed="Injected plaintext command executed after STARTTLS",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_command_injection),
        impact=(
            "An attacker on the path appends commands to the client's STARTTLS. The server "
            "executes them as the client's, which can disclose the password or send mail in the "
            "client's name."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this."
            ),
            "postfix": "Update to Postfix 2.4.16, 2.5.12, 2.6.9, 2.7.3 or later (CVE-2011-0411).",
            "dovecot": "Update to Dovecot 2.3.14.1 or later (CVE-2021-33515, submission service).",
            "courier": "Update to Courier 1.1.5 or a patched package (CVE-2021-38084, POP3 STLS).",
            "cyrus": "Update to Cyrus IMAP 2.4.7 or later (CVE-2011-1926).",
            "network": (
                "Update the proxy, firewall or load balancer that does STARTTLS, or disable "
                "STARTTLS in it."
            ),
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
        title="No plaintext follows the STARTTLS reply before TLS (response injection)",
        title_failed="Plaintext sent between the STARTTLS reply and TLS",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_response_injection),
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
            "network": (
                "Update the proxy, firewall or load balancer that does STARTTLS, or disable "
                "STARTTLS in it."
            ),
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. Audit from a host next to the server: if the "
                "plaintext is absent there, the network adds it."
            ),
        },
        references=(rfc(3207, "6"), "https://nostarttls.secvuln.info/"),
    ),
    Check(
        id="starttls_forgets_state",
        title="MAIL FROM sent before STARTTLS is discarded: RCPT inside TLS gets 503",
        title_failed="MAIL FROM from before STARTTLS still in effect inside TLS",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(("smtp", "submission"), starttls_forgets_state),
        impact=(
            "An attacker on the path can set the sender of a message that the client then sends "
            "inside TLS."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this."
            ),
            "network": (
                "Update the proxy, firewall or load balancer that does STARTTLS, or disable "
                "STARTTLS in it."
            ),
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. The server must reset the session after the "
                "handshake (RFC 3207 section 4.2)."
            ),
        },
        references=(rfc(3207, "4.2"),),
    ),
    Check(
        id="starttls_once",
        title="STARTTLS with an argument and STARTTLS inside TLS are rejected",
        title_failed="STARTTLS accepted with an argument, or offered again inside TLS",
        group="tls",
        severity="low",
        evaluate=per_endpoint(CLEAR, starttls_once),
        impact=(
            "A STARTTLS implementation that violates the standard here is likely to have more "
            "serious faults."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this."
            ),
            "network": (
                "Update the proxy, firewall or load balancer that does STARTTLS, or disable "
                "STARTTLS in it."
            ),
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS."
            ),
        },
        references=(rfc(3207, "4"), rfc(9051, "6.2.1")),
    ),
    Check(
        id="starttls_failure_ends",
        title="After a failed STARTTLS handshake no plaintext command is executed",
        title_failed="Session continues in plaintext after a failed TLS handshake",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_failure_ends),
        impact=(
            "An attacker on the path makes the handshake fail. Server and client then continue in "
            "plaintext, which the attacker reads."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this."
            ),
            "network": (
                "Update the proxy, firewall or load balancer that does STARTTLS, or disable "
                "STARTTLS in it."
            ),
            "any": (
                "Update the server. If a proxy or load balancer does STARTTLS, update it or let "
                "the mail server do STARTTLS. The server must close the connection when the "
                "handshake fails."
            ),
        },
        references=(rfc(3207, "4.1"), rfc(9051, "6.2.1")),
    ),
    Check(
        id="starttls_stripping",
        title="STARTTLS keyword is not overwritten on the path (STRIPTLS, XXXXXXXA)",
        title_failed="STARTTLS overwritten on the path (STRIPTLS)",
        group="tls",
        severity="high",
        evaluate=per_endpoint(CLEAR, starttls_stripping),
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
