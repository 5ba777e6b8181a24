# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints a check of TLS looks at, and STARTTLS that some connections offer only.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, SERVICES, UNKNOWN

from ..base import (
    answered,
    endpoint_text,
    error_text,
    finding,
    not_offered,
    offers_tls,
    why_not_answered,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from ..base import AuditContext, Evaluator, Observation

#: How the error of a connection without STARTTLS begins. A reply such as 454 says that it has none
#: now, whatever its text.
_ABSENT = re.compile(r"STARTTLS is not offered|(STARTTLS|STLS) was answered (BAD|NO|-ERR)\b")
Look = t.Callable[["AuditContext", "Observation"], t.Iterable["Finding"]]


def per_tls_endpoint(services: t.Sequence[str], look: Look) -> Evaluator:
    """Evaluates every session with some services, and one without a word whose ClientHellos were
    answered.

    Where some connections offer STARTTLS and others do not, what holds for some is no pass.
    """

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        findings: list[Finding] = []
        closed = []
        for service in services:
            for session in context.sessions(service):
                if answered(session) or said_hello(context, session):
                    findings += _weighed(context, session, look(context, session))
                    continue
                missing = why_not_answered(context, session)
                if missing:
                    findings.append(missing)
                else:
                    closed.append(f"{endpoint_text(session)} ({error_text(session)})")
        return findings or not_offered(context, closed)

    return evaluate


def said_hello(context: AuditContext, session: Observation) -> bool:
    """Whether a crafted ClientHello was answered by a ServerHello."""
    sent = context.of("client_hello", session["service"], session["address"])
    return any(client_hello["facts"].get("answer") == "hello" for client_hello in sent)


def _weighed(
    context: AuditContext, session: Observation, findings: t.Iterable[Finding]
) -> t.Iterator[Finding]:
    """The findings, but no pass where only some connections offer STARTTLS."""
    some = on_some_connections(context, session)
    for item in findings:
        if some is None or item.status in (FAIL, UNKNOWN):
            yield item
        else:
            yield finding(
                UNKNOWN,
                "STARTTLS is offered on some connections only, so this may hold for some only.",
                some,
                decisive=(-1,),
                caused_by="starttls_offered",
            )


def lacks_starttls(seen: Observation) -> bool:
    """Whether a connection was not offered STARTTLS."""
    error = seen["error"]
    return error is not None and _ABSENT.match(error["text"]) is not None


def _begins_tls(seen: Observation) -> bool:
    facts = seen["facts"]
    return bool(facts.get("version") or facts.get("answer") or facts.get("verify_error"))


def on_some_connections(context: AuditContext, session: Observation) -> Observation | None:
    """The connection that shows that STARTTLS comes and goes; None where nothing does."""
    if SERVICES[session["service"]].implicit_tls:
        return None
    seen = [
        entry
        for probe in ("tls_trust", "tls_certificate", "client_hello", "starttls")
        for entry in context.of(probe, session["service"], session["address"])
    ]
    absent = [entry for entry in seen if lacks_starttls(entry)]
    present = [entry for entry in seen if _begins_tls(entry) or "tls" in entry["facts"]]
    if offers_tls(session) is False:
        return present[0] if present else None
    return absent[0] if absent and (offers_tls(session) or present) else None
