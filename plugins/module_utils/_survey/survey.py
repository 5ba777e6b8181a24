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

from .. import _model, _own_options, _run_options, _target, _target_options
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
        "options": {
            **_own_options.each_spec(_target_options.VANTAGE),
            "observe": {"type": "list", "elements": "str", "choices": list(_model.GROUPS)},
        },
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
        entry["key"]: entry["account"]["password"]
        for entry in _target.keyed(params["targets"])
        if entry.get("account")
    }
    return _flows.Flow(sink, passwords, params["spf_fail_domain"], params["canary_wait"])


class Surveyed(t.NamedTuple):
    """One target and the options that hold for it."""

    context: ScanContext
    opt_in: t.Sequence[str]
    anchors: str


#: Options of a run that a target may have for itself.
OWN = ("observe", *(option.name for option in _own_options.OBSERVING_OPTIONS))


def surveyed(params: t.Mapping[str, t.Any]) -> dict[str, Surveyed]:
    """The targets of a run by their keys, each with its own options; raises ModelError for what
    cannot be used.
    """
    token = secrets.token_hex(4)
    found = {}
    for entry in _target.keyed(params["targets"]):
        own = {name: entry[name] for name in OWN if entry.get(name) is not None}
        options = _run_options.validated({**params, **own})
        target = _target.target(entry)
        _run_options.refuse_own_domains(options, target.domains)
        context = ScanContext(target, _options(options, token))
        found[target.key] = Surveyed(
            context, options["opt_in"], trust_anchors(options["trust_anchors"])
        )
    return found


def _options(params: t.Mapping[str, t.Any], token: str) -> Options:
    """What the jobs of a target are made from."""
    return Options(
        groups=tuple(params["observe"]),
        helo=params["helo_name"] or helo_name(),
        stranger=params["stranger_domain"] or _run_options.NO_STRANGER,
        backup=params["backup_domain"],
        token=token,
        login="login" in params["opt_in"],
        smuggle="smuggle" in params["opt_in"],
    )


def survey(params: t.Mapping[str, t.Any], progress: Progress = None) -> dict[str, t.Any]:
    """Look at params['targets'] (see ARGUMENT_SPEC); return {observations, addresses by target
    key}.

    Raises _model.ModelError for a target that is described wrongly, before any connection is made.
    """
    params = _run_options.validated(params)
    targets = surveyed(params)
    opted = {name for entry in targets.values() for name in entry.opt_in}
    limits = Limits(connect=params["connect_timeout"], reply=params["reply_timeout"])
    observed = {name for entry in targets.values() for name in entry.context.options.groups}
    whole = {**params, "opt_in": opted, "observe": observed}
    sink = canary(whole)
    mail = flow(whole, sink)
    return asyncio.run(
        _survey(targets, limits, sink if "deliver" in opted else None, mail, progress)
    )


async def _survey(
    targets: t.Mapping[str, Surveyed],
    limits: Limits,
    sink: Canary | None,
    mail: _flows.Flow | None,
    progress: Progress,
) -> dict[str, t.Any]:
    contexts = {key: entry.context for key, entry in targets.items()}
    found = await asyncio.gather(*(_addresses(context.target) for context in contexts.values()))
    addresses = {key: list(entry) for key, entry in zip(contexts, found)}
    jobs = [job for key, context in contexts.items() for job in first_jobs(context, addresses[key])]
    run = Survey(
        PROBES, lambda job, found: follow(contexts[job.target], job, found), limits, progress
    )
    run.anchors = {key: entry.anchors for key, entry in targets.items()}
    seen = await ask_again(run, starttls_after_ehlo.merge_sessions(await run.run(jobs)))
    seen += await port_scan.follow_up(run, contexts, addresses)
    if sink:
        seen += await _canary.follow_up(sink, run, _opted(targets, "deliver"), seen)
    if mail:
        seen += await _flows.follow_up(mail, run, _opted(targets, "mail"), seen)
    routes = vantage.routes()
    for entry in seen:
        known = vantage.facts(entry["source"], entry["address"], routes)
        entry["vantage"] = {"name": socket.gethostname(), **known}
    return {"observations": seen, "addresses": addresses}


def _opted(targets: t.Mapping[str, Surveyed], opt_in: str) -> dict[str, ScanContext]:
    """The contexts of the targets that opted in to something."""
    return {key: entry.context for key, entry in targets.items() if opt_in in entry.opt_in}


async def _addresses(target: _target.Target) -> t.Sequence[str]:
    if target.addresses:
        return target.addresses
    return [target.name] if _model.is_address(target.name) else await resolve(target.name)
