# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One survey of targets from this vantage: plain data in, observations out. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import typing as t

from .. import _model, _run_options, _target, _target_options
from .._mail_flow import canary as _canary
from .._mail_flow import flow as _flows
from .._mail_flow.canary import Canary
from .._probes import starttls_after_ehlo
from .._probes.context import Options, ScanContext
from .._probes.registry import PROBES, first_jobs, follow
from .._scan import vantage
from .._scan.connection import Limits
from .._scan.scanner import Survey, resolve
from . import port_scan
from .retry import ask_again

Progress = t.Optional[t.Callable[[_model.Observation], None]]

#: Options of one survey, shared by everything that runs one; see the documentation fragment of the
#: same names.
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "targets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": _target_options.argument_spec(_target_options.VANTAGE, required=("name",)),
    },
    "observe": {
        "type": "list",
        "elements": "str",
        "choices": list(_model.GROUPS),
        "default": list(_model.GROUPS),
    },
    "stranger_domain": {"type": "str", "default": ""},
    "backup_domain": {"type": "str", "default": ""},
    "helo_name": {"type": "str", "default": ""},
    "opt_in": {
        "type": "list",
        "elements": "str",
        "choices": ["login", "deliver", "smuggle", "mail"],
        "default": [],
    },
    "canary_domain": {"type": "str", "default": ""},
    "canary_listen": {"type": "list", "elements": "str", "default": []},
    "canary_port": {"type": "int", "default": 25},
    "canary_wait": {"type": "float", "default": 20.0},
    "spf_fail_domain": {"type": "str", "default": ""},
    "trust_anchors": {"type": "str", "default": ""},
    "reply_timeout": {"type": "float", "default": 20.0},
    "connect_timeout": {"type": "float", "default": 6.0},
}


def helo_name() -> str:
    """The name to say in EHLO: this host's own if it has one, else one that is reserved for having
    none (RFC 2606).
    """
    own = socket.getfqdn()
    return (
        own
        if "." in own and not own.startswith("localhost") and not _model.is_address(own)
        else "airtight.invalid"
    )


def trust_anchors(text: str) -> str:
    """Certificates in PEM, or nothing; raise ModelError for what is neither."""
    try:
        if text.strip():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text.strip())
    except ssl.SSLError as exc:
        raise _model.ModelError(
            "trust_anchors: this is not a list of certificates in PEM (%s)." % (exc.reason or exc)
        ) from exc
    return text.strip()


def canary(params: t.Mapping[str, t.Any]) -> Canary | None:
    """The canary where messages may be sent; raise ModelError for one that cannot be used."""
    domain = params["canary_domain"]
    if "deliver" not in params["opt_in"] and not (domain and "mail" in params["opt_in"]):
        return None
    if not domain:
        raise _model.ModelError(
            "canary_domain: opt_in deliver or mail needs a domain of yours whose MX record names "
            "the vantage."
        )
    return Canary(
        domain, tuple(params["canary_listen"]), params["canary_port"], params["canary_wait"]
    )


def flow(params: t.Mapping[str, t.Any], sink: Canary | None) -> _flows.Flow | None:
    """The options of the mail flow test, with an opt-in; raise ModelError for unusable ones."""
    if "mail" not in params["opt_in"] or not {"signing", "spoofing"}.intersection(
        params["observe"]
    ):
        return None
    passwords = {
        _target.target(entry).key: entry["account"]["password"]
        for entry in params["targets"]
        if entry.get("account")
    }
    return _flows.Flow(sink, passwords, params["spf_fail_domain"], params["canary_wait"])


def survey(params: t.Mapping[str, t.Any], progress: Progress = None) -> dict[str, t.Any]:
    """Look at params['targets'] (see ARGUMENT_SPEC); return {observations, addresses by target
    key}.

    Raises _model.ModelError for a target that is described wrongly, before any connection is made.
    """
    params = _run_options.validated(params)
    targets = [_target.target(entry) for entry in _target.keyed(params["targets"])]
    options = Options(
        groups=tuple(params["observe"]),
        helo=params["helo_name"] or helo_name(),
        stranger=params["stranger_domain"] or _run_options.NO_STRANGER,
        backup=params["backup_domain"],
        token=secrets.token_hex(4),
        login="login" in params["opt_in"],
        smuggle="smuggle" in params["opt_in"],
    )
    anchors = trust_anchors(params["trust_anchors"])
    limits = Limits(
        connect=params["connect_timeout"], reply=params["reply_timeout"], trust_anchors=anchors
    )
    sink = canary(params)
    return asyncio.run(
        _survey(
            targets,
            options,
            limits,
            sink if "deliver" in params["opt_in"] else None,
            flow(params, sink),
            progress,
        )
    )


async def _survey(
    targets: t.Sequence[_target.Target],
    options: Options,
    limits: Limits,
    sink: Canary | None,
    mail: _flows.Flow | None,
    progress: Progress,
) -> dict[str, t.Any]:
    contexts = {target.key: ScanContext(target, options) for target in targets}
    found = await asyncio.gather(*(_addresses(target) for target in targets))
    addresses = {target.key: list(entry) for target, entry in zip(targets, found)}
    jobs = [
        job for target in targets for job in first_jobs(contexts[target.key], addresses[target.key])
    ]
    run = Survey(
        PROBES, lambda job, found: follow(contexts[job.target], job, found), limits, progress
    )
    seen = await ask_again(run, starttls_after_ehlo.merge_sessions(await run.run(jobs)))
    seen += await port_scan.follow_up(run, contexts, addresses)
    if sink:
        seen += await _canary.follow_up(sink, run, contexts, seen)
    if mail:
        seen += await _flows.follow_up(mail, run, contexts, seen)
    routes = vantage.routes()
    for entry in seen:
        entry["vantage"] = vantage.facts(entry["source"], entry["address"], routes)
    return {"observations": seen, "addresses": addresses}


async def _addresses(target: _target.Target) -> t.Sequence[str]:
    if target.addresses:
        return target.addresses
    return [target.name] if _model.is_address(target.name) else await resolve(target.name)
