# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate on port 25 that a TLSA record with usage 3 names: neither its issuer nor its names
count (RFC 7671 section 5.1).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ..._dns import domain_queries
from ..._dns.queries import RECORDS, UnseenError
from ..dns.lookup import StoredAnswers
from ..dns.tlsa import DANE_EE, matches, usable
from .lookup import handshakes

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation


def matching_record(context: AuditContext, session: Observation) -> str:
    """The validated TLSA record that matches the certificate of a session on port 25, in words;
    empty for none, and where the DNS was not asked.
    """
    if session["service"] != "smtp":
        return ""
    name = context.target.name
    served = [attempt["facts"].get("certificate") for attempt in handshakes(context, session)]
    try:
        question = domain_queries.tlsa(name, context.target.port("smtp"))
        answer, hosts = StoredAnswers(context, name).replay(question)
        existing = [answer, *(host for host in hosts if host.state == RECORDS)]
        records = usable(answer) if all(entry.secure for entry in existing) else []
        matching = [
            record
            for record in records
            if record.usage == DANE_EE
            and any(matches(record, bytes.fromhex(der)) for der in served if der)
        ]
    except (UnseenError, ValueError):
        return ""
    return f"TLSA {matching[0]}" if matching else ""
