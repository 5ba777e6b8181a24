# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How port 25 announces itself, whether its extensions work, and what it must not execute: obsolete
commands and HTTP.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smtp_conformance

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
from .smtp_disclosure import NOT_KNOWN, answers_this_client
from .smtp_recipients import beside_session

_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)
#: Names that mean something on one machine only (RFC 2606, 6761, 6762).
_LOCAL_NAMES = (".localdomain", ".localhost", ".local", ".invalid", ".lan", ".internal")
#: The server does not know a command or a parameter.
_NOT_IMPLEMENTED = (500, 501, 502, 504, 555)


def greeting_name(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    greeting, ehlo = session["facts"].get("greeting"), session["facts"].get("ehlo")
    if not greeting or not ehlo or not 200 <= ehlo["code"] < 300:
        yield finding(
            UNKNOWN,
            f"The server sent no greeting or no EHLO reply: {error_text(session)}.",
            session,
            decisive=(ehlo or greeting or -1,),
        )
        return
    first, second = (reply["text"].partition(" ")[0] for reply in (greeting, ehlo))
    if not _HOST_NAME.fullmatch(first) or first.lower().endswith(_LOCAL_NAMES):
        yield finding(
            FAIL,
            f"The server greets as {first!r}, which is not a fully qualified host name.",
            session,
            decisive=(greeting,),
        )
    elif first.lower() != second.lower():
        yield finding(
            FAIL,
            f"The server greets as {first} but answers EHLO as {second}.",
            session,
            decisive=(greeting, ehlo),
        )
    else:
        yield finding(
            PASS, f"The server announces itself as {first}.", session, decisive=(greeting, ehlo)
        )


def extensions_work(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    attempts = observation["facts"].get("promised", [])
    broken = [item for item in attempts if item["reply"]["code"] in _NOT_IMPLEMENTED]
    others = [
        item
        for item in attempts
        if item["reply"]["code"] >= 400 and item["reply"]["code"] != 503 and item not in broken
    ]
    for item in broken:
        yield finding(
            FAIL,
            f"EHLO announces it, but {item['words']} was answered {reply_text(item['reply'])}.",
            session,
            observation,
            decisive=(item["reply"],),
        )
    if others:
        yield finding(
            UNKNOWN,
            f"{others[0]['words']} was answered {reply_text(others[0]['reply'])}.",
            session,
            observation,
            decisive=(others[0]["reply"],),
        )
    elif not attempts or (observation["error"] and "rcpt" not in observation["facts"]):
        mail = observation["facts"].get("mail")
        rejected = mail and mail["code"] != 250
        yield finding(
            UNKNOWN,
            "The extensions were not tested: "
            f"{reply_text(mail) if rejected else error_text(observation)}.",
            session,
            observation,
            decisive=(mail if rejected else -1,),
        )
    elif not broken:
        yield finding(
            PASS,
            f"The announced extensions work: {', '.join(item['words'] for item in attempts)}.",
            session,
            observation,
            decisive=[item["reply"] for item in attempts],
        )


def old_commands_refused(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    replies = observation["facts"].get("verbs", {})
    accepted = [verb for verb, reply in replies.items() if reply["code"] < 400]
    helped = answers_this_client(observation)
    deferred = [
        reply
        for reply in replies.values()
        if reply["code"] < 500 or not (helped or reply["code"] in NOT_KNOWN)
    ]
    if accepted:
        verb = accepted[0]
        yield finding(
            FAIL,
            f"{verb} was answered {reply_text(replies[verb])}.",
            session,
            observation,
            decisive=(replies[verb],),
        )
    elif len(replies) < len(smtp_conformance.VERBS) or deferred:
        reason = reply_text(deferred[0]) if deferred else error_text(observation)
        yield finding(
            UNKNOWN,
            f"Not every command was answered for itself: {reason}.",
            session,
            observation,
            decisive=(deferred[0] if deferred else -1,),
        )
    else:
        yield finding(
            PASS,
            f"{', '.join(replies)} are rejected.",
            session,
            observation,
            decisive=replies.values(),
        )


def http_rejected(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    replies = observation["facts"].get("replies", [])
    closed = observation["facts"].get("closed")
    executed = [reply for reply in replies if reply["code"] == 250]
    if len(executed) > 1:
        yield finding(
            FAIL,
            "The server went on after an HTTP request, and executed the EHLO and MAIL in its body.",
            session,
            observation,
            decisive=executed,
        )
    elif closed and (replies[-1]["code"] != 421 or len(replies) > 1):
        yield finding(
            PASS,
            "The server closes the connection after an HTTP request: "
            f"{reply_text(replies[-1]).rstrip('.')}.",
            session,
            observation,
            decisive=(replies[-1], -1),
        )
    else:
        reason = error_text(observation) if observation["error"] else "the session went on"
        yield finding(
            UNKNOWN,
            f"The HTTP request was neither executed nor ended: {reason}.",
            session,
            observation,
            decisive=replies[-1:] or (-1,),
        )


_SMTP = tuple(name for name, service in _model.SERVICES.items() if service.protocol == "smtp")


CHECKS = (
    Check(
        id="greeting_name",
        title="SMTP greeting and EHLO reply give the same name, any FQDN",
        title_failed="SMTP greeting without FQDN, or different from the EHLO reply",
        group="conformance",
        severity="low",
        evaluate=per_endpoint(_SMTP, greeting_name),
        control=("None needed: the greeting and the EHLO reply are the evidence."),
        false_pass=("It would have to give another name on other connections."),
        impact=(
            "Other servers expect one fully qualified name. A name that is not, or that changes, "
            "gets mail rejected and makes logs hard to read."
        ),
        fix={
            "roles": "Set mail_hostname to the FQDN of the host.",
            "postfix": "Set myhostname to the FQDN, and begin smtpd_banner with $myhostname.",
            "exim": "Set primary_hostname to the FQDN.",
            "opensmtpd": (
                "Set the FQDN in /etc/mail/mailname (Debian: /etc/mailname), or listen on ... "
                "hostname."
            ),
            "sendmail": (
                "Set the FQDN in /etc/hosts, or define(`confDOMAIN_NAME', `mx1.example.org')."
            ),
            "any": "Set the server name to the FQDN of the host.",
        },
        references=(rfc(5321, "4.3.1"), rfc(5321, "4.1.1.1")),
        peers=("DomainDetective",),
    ),
    Check(
        id="extensions_work",
        title="Announced EHLO extensions work: 8BITMIME, DSN, SMTPUTF8, CHUNKING",
        title_failed="Extension announced in EHLO but rejected when used",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_conformance", extensions_work),
        control=("None needed: the acceptance of each extension is the evidence."),
        false_pass=(
            "It would have to accept the extension in a command and reject or damage the message "
            "that uses it."
        ),
        impact=(
            "Senders use what EHLO announces, and their mail is rejected. The usual cause is a "
            "proxy or filter that announces more than it supports."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_discard_ehlo_keywords. Remove the override from "
                "postfix_settings, and look for a filter in front."
            ),
            "postfix": (
                "Set smtpd_discard_ehlo_keywords to the keywords that a proxy or filter in front "
                "does not support."
            ),
            "exim": (
                "Set chunking_advertise_hosts, dsn_advertise_hosts or smtputf8_advertise_hosts to "
                "an empty list."
            ),
            "opensmtpd": "Set no-dsn in the listen line if DSN is not supported.",
            "any": "Have the proxy or filter announce only the extensions that it supports.",
        },
        references=(rfc(5321, "2.2"),),
    ),
    Check(
        id="old_commands_refused",
        title="The obsolete SMTP commands DEBUG, TURN and VERB are rejected",
        title_failed="Obsolete SMTP command accepted (DEBUG, TURN or VERB)",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_commands", old_commands_refused),
        control=(
            "The codes for a command that is not known or not implemented decide (500 to 504, "
            "530); any other refusal counts where HELP is answered with 2yz in the same session."
        ),
        false_pass=("It would have to execute the commands for other clients."),
        impact=(
            "DEBUG once gave a shell to remote attackers, VERB shows details of delivery, and "
            "TURN hands queued mail to the client."
        ),
        fix={
            "roles": "Postfix does not know them. Look for another server or a proxy on port 25.",
            "sendmail": "Set define(`confPRIVACY_FLAGS', `goaway').",
            "any": "Disable DEBUG, TURN and VERB, and look for a proxy in front of the server.",
        },
        references=(rfc(5321, "appendix-F.1"), rfc(2505, "2.11")),
    ),
    Check(
        id="http_rejected",
        title="HTTP POST with SMTP commands ends the session (cross-protocol attack)",
        title_failed="SMTP commands inside an HTTP POST executed (cross-protocol attack)",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_http", http_rejected),
        control=(
            "None needed: that the server closes the connection after the request, without "
            "executing a command of its body, is the evidence; a 421 alone is unknown."
        ),
        false_pass=(
            "It would have to close the connection of the probe for another reason, just after "
            "the first reply."
        ),
        impact=(
            "A web page can have a browser inside the network send SMTP commands to this host. "
            "They are executed with the trust given to the browser's address."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_unauth_pipelining = yes. Remove it and "
                "smtpd_forbidden_commands from postfix_settings, and run the role again."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes, and remove smtpd_forbidden_commands "
                "from main.cf (the default has GET and POST)."
            ),
            "exim": "Set smtp_enforce_sync = true (the default).",
            "any": "Close the session at an HTTP method, or after a few unknown commands.",
        },
        references=(
            "https://alpaca-attack.com/",
            "https://www.postfix.org/postconf.5.html#smtpd_forbidden_commands",
        ),
    ),
)
