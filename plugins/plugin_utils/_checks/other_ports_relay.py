# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a mail server on a port beside the registered ones relays for external clients.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    other_ports,
    relay_addresses,
)

from .base import AuditContext, Check, Observation, error_text, finding, reply_text, rfc
from .other_ports import (
    SERVICE,
    at_each_address,
    port_finding,
    ports_in_state,
    ports_not_open,
    session_with_port,
    state_lines,
)
from .relay import attempts, replies
from .relay.vantage import acceptance_finding


def relay_other_ports(context: AuditContext, scan: Observation) -> t.Iterable[Finding]:
    """External clients cannot relay where SMTP or LMTP is spoken on another port."""
    if not scan["facts"]["ports"]:
        yield port_finding(
            NOT_APPLICABLE,
            "No other ports are scanned (other_ports: []).",
            scan,
            reason=NOT_REQUESTED,
        )
    for port in ports_in_state(scan, other_ports.OPEN):
        session = session_with_port(context, scan, port)
        if session is None:
            yield port_finding(
                UNKNOWN,
                "The port is open, but no session was tried.",
                scan,
                port,
                decisive=state_lines(scan, other_ports.OPEN),
            )
        else:
            yield from (
                item._replace(service=SERVICE)
                for item in [
                    *_behind_a_header(context, session),
                    _evaluate_session(context, session),
                ]
            )
    yield from ports_not_open(context, scan)


def _behind_a_header(context: AuditContext, session: Observation) -> t.Iterator[Finding]:
    """Relaying after a PROXY header, on a port that says nothing without one."""
    for attempt in context.of("proxy_header", other_ports.SIDE, session["address"]):
        relayed = [
            item["reply"]
            for item in attempt["facts"].get("attempts", ())
            if item["phase"] == "rcpt" and item["reply"] and 200 <= item["reply"]["code"] < 300
        ]
        if attempt["port"] == session["port"] and relayed:
            sentence = (
                f"The server accepted {attempt['facts']['sent']!r} from an untrusted client, and "
                "mail to an external recipient"
            )
            yield acceptance_finding(context, session, attempt, sentence, relayed)


def _evaluate_session(context: AuditContext, session: Observation) -> Finding:
    """Whether the server on an open port accepts mail, and if so, whether it relays."""
    facts = session["facts"]
    kind, greeting = facts.get("kind"), facts.get("greeting")
    error_kind = (session["error"] or {}).get("kind")
    if kind == other_ports.OTHER:
        sentence = f"The service speaks neither SMTP nor LMTP: {error_text(session)}."
        decisive = (greeting or -1,)
        return finding(NOT_APPLICABLE, sentence, session, decisive=decisive, reason=NO_SUBJECT)
    declared = session["port"] in context.target.extra_ports
    if declared and kind == other_ports.NOTHING and error_kind in ("closed", "tls"):
        sentence = (
            "The port is declared as that of another service (extra_ports), and sends nothing "
            f"that SMTP or LMTP sends: {error_text(session)}."
        )
        return finding(NOT_APPLICABLE, sentence, session, decisive=(-1,), reason=NO_SUBJECT)
    if kind not in (other_ports.SMTP, other_ports.LMTP) or "extensions" not in facts:
        if kind == other_ports.SMTP and greeting and greeting["code"] >= 500:
            sentence = (
                f"The server turns this client away in its greeting: {reply_text(greeting)}. It "
                "may take others."
            )
            return finding(UNKNOWN, sentence, session, decisive=(greeting,))
        sentence = (
            f"The port is open, but whether it accepts mail is unknown: {error_text(session)}."
        )
        return finding(UNKNOWN, sentence, session, decisive=(greeting or -1,))
    return _evaluate_relaying(context, session)


def _evaluate_relaying(context: AuditContext, session: Observation) -> Finding:
    """What the relay attempts on this port show."""
    protocol = session["facts"]["kind"].upper()
    same_port = tuple(item for item in context.observations if item["port"] == session["port"])
    views = replies.views(
        dataclasses.replace(context, observations=same_port),
        other_ports.SIDE,
        session["address"],
    )
    remote = [view for view in views if replies.kind_of(view.attempt) != relay_addresses.LOCAL]
    group = attempts.with_replies_inside_tls(remote, views)
    if not group:
        sentence = (
            f"The server speaks {protocol}, but relaying was not tested: {error_text(session)}."
        )
        return finding(UNKNOWN, sentence, session, decisive=(session["facts"].get("greeting"),))
    result = attempts.group_finding(context, session, group, views)
    return result._replace(sentence=f"The server speaks {protocol}. {result.sentence}")


CHECKS = (
    Check(
        id="relay_other_ports",
        title="SMTP and LMTP on other ports (26, 2525, 10025) reject relaying",
        title_failed="Open relay on another port",
        group="relay",
        severity="critical",
        evaluate=at_each_address(relay_other_ports),
        control=(
            "On each open port the control of relay_third_party; a mail service has to answer "
            "before refused or silent ports count."
        ),
        false_pass=(
            "It would have to relay on a port that is not scanned, or reject external recipients "
            "for a reason of their own while it relays for others."
        ),
        impact=(
            "A content filter's reinjection listener that is reachable from outside is an open "
            "relay although port 25 rejects relaying. Spammers send through the host, and DNSBLs "
            "list it within hours."
        ),
        fix={
            "roles": (
                "Stop the daemon that listens there (ss -ltnp shows it); the roles open no such "
                "port. Set audit_other_ports to choose the ports to scan."
            ),
            "postfix": (
                "Bind the reinjection listener in master.cf to loopback (127.0.0.1:10025, not "
                "10025) with -o mynetworks=127.0.0.0/8 and -o "
                "smtpd_relay_restrictions=permit_mynetworks,reject."
            ),
            "exim": (
                "Bind additional ports to loopback with local_interfaces, for example "
                "[127.0.0.1]:10025."
            ),
            "dovecot": (
                "Set a unix_listener in service lmtp in place of an inet_listener, or bind it to "
                "127.0.0.1."
            ),
            "opensmtpd": "Set 'listen on lo' for the port that receives mail from a filter.",
            "network": (
                "Block all ports but those that clients need, on IPv4 and IPv6. Publish no other "
                "container ports."
            ),
            "any": (
                "Bind listeners for content filters and LMTP to loopback or a Unix socket, and "
                "apply relay restrictions on every other port."
            ),
        },
        references=("https://www.postfix.org/FILTER_README.html", rfc(5321, "7.9"), rfc(2033)),
        peers=("nmap smtp-strangeport (names them only)",),
    ),
)
