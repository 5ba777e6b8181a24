# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services are asked for a login that must fail, and which for pairs that everybody knows.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import relay_addresses

if t.TYPE_CHECKING:
    from .context import ScanContext

#: Name and password of each login that must fail: Dovecot delays a client further for each new
#: pair.
NOBODY = "airtight-nobody"
#: Users and passwords that are tried first by everybody; at most so many logins a host.
WELL_KNOWN = (
    ("admin", "admin"),
    ("test", "test"),
    ("postmaster@{domain}", "postmaster"),
    ("info@{domain}", "password"),
    ("root", "root"),
)
MADE_UP, GUESS = "made_up", "guess"
#: Where pairs are tried: the first of these that offers a login.
_ORDER = ("submissions", "submission", "imaps", "imap", "pop3s", "pop3", "sieve", "smtp")


def made_up(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """A login with a made-up name and password, where that was agreed to and one is offered."""
    in_clear = job.params.get("implicit") is False
    if not context.options.login or in_clear or not offers_login(job.service, facts):
        return []
    return [_job(context, job.service, job.address, MADE_UP, [[NOBODY, NOBODY]])]


def guesses(context: ScanContext, observations: t.Iterable[_model.Observation]) -> list[_model.Job]:
    """A connection for each pair that everybody knows, all with one service of the host."""
    sessions = [
        seen
        for seen in observations
        if seen["target"] == context.target.key
        and seen["probe"] in ("smtp_session", "mailstore_session")
        and seen["params"].get("implicit") is not False
        and offers_login(seen["service"], seen["facts"])
    ]
    if not context.options.guess or not sessions:
        return []
    first = min(sessions, key=lambda seen: _ORDER.index(seen["service"]))
    known = context.known(first["address"])
    pairs = [(relay_addresses.fill(user, known), password) for user, password in WELL_KNOWN]
    return [
        _job(context, first["service"], first["address"], GUESS, [[user, password]])
        for user, password in pairs
        if user
    ]


def offers_login(service: str, facts: t.Mapping[str, t.Any]) -> bool:
    """Whether a session saw a login inside TLS."""
    row = _model.SERVICES[service]
    if row.protocol == "smtp":
        inside = facts.get("extensions" if row.implicit_tls else "extensions_tls", {})
        return "AUTH" in inside
    if row.implicit_tls:
        return "greeting" in facts
    return "capabilities_tls" in facts or "capa_tls" in facts


def _job(
    context: ScanContext, service: str, address: str, purpose: str, logins: list[list[str]]
) -> _model.Job:
    implicit = _model.SERVICES[service].implicit_tls
    state = "implicit" if implicit else "starttls"
    return context.job("login", service, address, purpose=purpose, state=state, logins=logins)
