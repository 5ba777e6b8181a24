# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the groups relay and auth ask of a session that was reached: jobs out of facts.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import client_identity, plan_smtp, relay_addresses, relay_batches
from .open_relay import AFTER_OTHERS, LOWER_CASE

if t.TYPE_CHECKING:
    from .context import ScanContext

#: Other wordings: each in a connection of its own before TLS on port 25, and both in a session that
#: is resumed, which every service that offers TLS is asked for anyway.
_WORDINGS = (LOWER_CASE, AFTER_OTHERS)
#: How many attempts go into a connection in which MAIL is refused, once for all of a transaction;
#: few enough for Postfix, if it should refuse each by itself.
REFUSALS_OF_MAIL = 2 * relay_batches.MAX_REFUSALS
#: The server closes the connection, whatever it was asked (RFC 5321 section 3.8).
BUSY = 421
#: How a session ends where a server waits for something before it greets; Postfix says 421 when it
#: has waited long enough.
SILENT_ERRORS = ("closed", "timeout", "tls", "busy")


def relay(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The relay matrix in each state that this service can be in, and what goes with it."""
    if "ehlo" not in facts:
        return []
    upgraded = _model.SERVICES[job.service].implicit_tls or "tls" in facts
    before = facts.get("extensions", {})
    inside = facts.get("extensions_tls") or before
    jobs = []
    for state, scope in _scopes(job, facts).items():
        if state == "clear" or upgraded:
            extensions = before if state == "clear" else inside
            how = _worded(context, *_WORDINGS) if state == "resumed" else {}
            if scope == "brief" and facts.get("mail_in_clear", {}).get("code", 0) >= 500:
                how["refusals"] = REFUSALS_OF_MAIL
            jobs += context.matrix(job, state, scope, extensions, **how)
    jobs += _in_other_words(context, job)
    return [*jobs, *_login(context, job, facts), *identity_jobs(context, job, facts)]


def _in_other_words(context: ScanContext, job: _model.Job) -> list[_model.Job]:
    """The experiment before TLS on port 25, in each of the other wordings."""
    exists = not context.options.stranger.endswith(".invalid")  # RFC 2606 section 2
    scope = "stranger" if exists else "null"
    return [
        said
        for wording in _WORDINGS
        if job.service == "smtp"
        for said in context.matrix(job, "clear", scope, **_worded(context, wording))
    ]


def _worded(context: ScanContext, *wording: str) -> dict[str, t.Any]:
    """The parameters of a connection in another wording."""
    hello = {"hello": f"ehlo {context.options.helo}"} if LOWER_CASE in wording else {}
    return {"wording": list(wording), **hello}


def in_clear(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The relay matrix before TLS, on a service for TLS that answers in clear."""
    if "ehlo" not in facts:
        return []
    return context.matrix(
        job, "clear", "forms", facts["extensions"], implicit=False, implicit_tls=False
    )


def session_in_clear(job: _model.Job, observation: _model.Observation) -> list[_model.Job]:
    """A session in clear, where a service for TLS took the connection and no handshake came off."""
    failed = not observation["facts"] and (observation["error"] or {}).get("kind") in SILENT_ERRORS
    if not (failed and observation.get("source") and job.params["implicit_tls"]):
        return []
    return [job._replace(params={**job.params, "implicit_tls": False, "implicit": False})]


def _scopes(job: _model.Job, facts: dict[str, t.Any]) -> dict[str, str]:
    """How much of the matrix is tried in each state of a service."""
    if job.service == "smtp":
        inside = "full" if plan_smtp.needs_tls(facts) else "inside"
        return {"clear": "full", "starttls": inside, "resumed": "resumed"}
    if _model.SERVICES[job.service].implicit_tls:
        return {"implicit": "submission", "resumed": "resumed"}
    return {"clear": "brief", "starttls": "submission", "resumed": "resumed"}


def auth(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The login that must fail, where the relay matrix does not try it anyway."""
    if job.probe != "smtp_session" or "relay" in context.options.groups:
        return []
    return _login(context, job, facts)


def _login(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """One login that must fail, where that was agreed to, and relay attempts after it."""
    implicit = _model.SERVICES[job.service].implicit_tls
    extensions = facts.get("extensions_tls") or facts.get("extensions", {})
    if not (context.options.login and (implicit or "tls" in facts) and "AUTH" in extensions):
        return []
    identity = relay_addresses.fill("postmaster@{domain}", context.known(job.address)) or ""
    state = "implicit" if implicit else "starttls"
    return context.matrix(job, state, "login", login=True, login_as=identity)[:1]


def identity_jobs(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """Claims of another identity and ways round a refusal; a client certificate where the server
    asks for one.
    """
    implicit = _model.SERVICES[job.service].implicit_tls
    known = context.known(job.address)
    asked: dict[str, t.Any] = {
        "implicit": implicit,
        **_stranger(known),
        "local": (relay_addresses.fill("<{own}>", known) or "") if job.service == "smtp" else "",
        "exempt": relay_addresses.fill("<postmaster@{domain}>", known) or "",
    }
    state, *others = _identity_states(job, facts)
    whole = {"state": state, "parts": list(client_identity.PARTS)}
    jobs = [context.job("client_identity", job.service, job.address, **whole, **asked)]
    for other in others:
        brief = {"state": other, "parts": list(client_identity.BYPASSES), "cancel": False}
        jobs.append(context.job("client_identity", job.service, job.address, **brief, **asked))
    if not implicit:
        jobs.append(_proxy(context, job, 1))
    if facts.get("tls", {}).get("certificate_requested"):
        jobs += context.matrix(job, "certificate", "brief")
    return jobs


def _identity_states(job: _model.Job, facts: dict[str, t.Any]) -> list[str]:
    """The states in which a refusal may be bypassed: all that take mail. The first is the one in
    which the rest is asked too: before TLS where mail is taken there, inside it where that alone
    offers AUTH.
    """
    if _model.SERVICES[job.service].implicit_tls:
        return ["implicit"]
    if "tls" not in facts:
        return ["clear"]
    if not 200 <= facts.get("mail_in_clear", {}).get("code", 250) < 300:
        return ["starttls"]
    login_inside = "AUTH" in facts.get("extensions_tls", {}) and "AUTH" not in facts.get(
        "extensions", {}
    )
    before = job.service == "smtp" and not login_inside
    return ["clear", "starttls"] if before else ["starttls", "clear"]


def _proxy(context: ScanContext, job: _model.Job, version: int) -> _model.Job:
    """A session that begins with a PROXY header."""
    claim = {
        "version": version,
        "server": [job.address, job.port],
        **_stranger(context.known(job.address)),
    }
    return context.job("proxy_header", job.service, job.address, **claim)


def _stranger(known: dict[str, str]) -> dict[str, t.Any]:
    """The parameters of a plain attempt: an external sender and an external recipient."""
    return dict.fromkeys(
        ("sender", "recipient"), relay_addresses.fill("<{user}@{stranger}>", known)
    )


def after_silence(
    context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """A PROXY header, where a server accepted the connection and did not greet: it may have
    waited for one.
    """
    waits = (
        not observation["facts"]
        and observation.get("source")
        and (observation["error"] or {}).get("kind") in SILENT_ERRORS
    )
    return (
        [_proxy(context, job, 1)]
        if waits and job.probe == "smtp_session" and "relay" in context.options.groups
        else []
    )


def after_proxy_header(
    _context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """The second version of the header, where the first met silence; on a port that belongs to no
    service, then both before TLS. The same once more where the server was busy.
    """
    if observation["facts"].get("greeting", {}).get("code") == BUSY:
        return [job._replace(params={**job.params, "retry": True})]
    if "greeting" in observation["facts"] or not observation.get("source"):
        return []
    if job.params["version"] == 1:
        return [job._replace(params={**job.params, "version": 2})]
    if job.service in _model.SERVICES or job.params["implicit_tls"]:
        return []
    return [job._replace(params={**job.params, "version": 1, "implicit_tls": True})]


def after_client_identity(
    _context: ScanContext, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What a broken connection left unasked, once."""
    if not observation["error"] or "extensions" not in observation["facts"]:
        return []
    return [
        job._replace(params={**job.params, "parts": parts, "retry": True})
        for parts in client_identity.parts_not_reached(observation["facts"], job.params["parts"])
    ]
