# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the group relay asks beside its matrix of forms and senders: jobs out of what a session saw.

Data in, jobs out: opens nothing and judges nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import client_identity, relay_addresses

if t.TYPE_CHECKING:
    from .registry import Plan

#: How a session ends where a server waits for something before it greets; Postfix says 421 when it
#: has waited long enough.
MUTE = ("closed", "timeout", "tls", "busy")


def more(plan: Plan, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """Claims to be somebody else and ways round a refusal; a certificate where the server asks for
    one.
    """
    implicit = _model.SERVICES[job.service].implicit_tls
    known, taken = (
        plan.known(job.address),
        200 <= facts.get("mail_in_clear", {}).get("code", 250) < 300,
    )
    login_inside = "AUTH" in facts.get("extensions_tls", {}) and "AUTH" not in facts.get(
        "extensions", {}
    )
    clear = not implicit and (
        "tls" not in facts or (job.service == "smtp" and taken and not login_inside)
    )
    asked: dict[str, t.Any] = {
        "state": "implicit" if implicit else "clear" if clear else "starttls",
        "implicit": implicit,
        "parts": list(client_identity.PARTS),
        **_stranger(known),
        "local": (relay_addresses.fill("<postmaster@{domain}>", known) or "")
        if job.service == "smtp"
        else "",
    }
    jobs = [plan.job("client_identity", job.service, job.address, **asked)]
    if not implicit:
        jobs.append(_proxy(plan, job, 1))
    if facts.get("tls", {}).get("certificate_requested"):
        jobs += plan.matrix(job, "certificate", "brief")
    return jobs


def _proxy(plan: Plan, job: _model.Job, version: int) -> _model.Job:
    """A session that begins with a PROXY header."""
    claim = {
        "version": version,
        "server": [job.address, job.port],
        **_stranger(plan.known(job.address)),
    }
    return plan.job("proxy_header", job.service, job.address, **claim)


def _stranger(known: dict[str, str]) -> dict[str, t.Any]:
    """The plain attempt: from a stranger to a stranger."""
    return dict.fromkeys(
        ("sender", "recipient"), relay_addresses.fill("<{user}@{stranger}>", known)
    )


def mute(plan: Plan, job: _model.Job, seen: dict[str, t.Any]) -> list[_model.Job]:
    """Where a server took the connection and did not greet, it may have been waiting for a PROXY
    header.
    """
    waits = not seen["facts"] and seen.get("source") and (seen["error"] or {}).get("kind") in MUTE
    return (
        [_proxy(plan, job, 1)]
        if waits and job.probe == "smtp_session" and "relay" in plan.options.groups
        else []
    )


def follow(plan: Plan, job: _model.Job, seen: dict[str, t.Any]) -> list[_model.Job]:
    """The second version of the header where the first met silence; what a broken connection left
    unasked, once.
    """
    facts, params = seen["facts"], job.params
    if (
        job.probe == "proxy_header"
        and params["version"] == 1
        and "greeting" not in facts
        and seen.get("source")
    ):
        return [_proxy(plan, job, 2)]
    if (
        job.probe == "client_identity"
        and seen["error"]
        and "extensions" in facts
        and not params.get("retry")
    ):
        return [
            job._replace(params={**params, "parts": parts, "retry": True})
            for parts in client_identity.left(facts, params["parts"])
        ]
    return []
