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
from concurrent.futures import ThreadPoolExecutor

from .. import _model, _target, _target_options
from .._mail_flow import flow as _flows
from .._mail_flow.canary import Canary, SharedSink
from .._probes.context import Options
from .._scan import vantage
from .._scan.budget import descriptors
from .._scan.connection import Limits
from . import pipeline

Progress = pipeline.Progress

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
    "stranger_domain": {"type": "str", "default": "example.com"},
    "backup_domain": {"type": "str", "default": ""},
    "helo_name": {"type": "str", "default": ""},
    "opt_in": {
        "type": "list",
        "elements": "str",
        "choices": ["login", "guess", "deliver", "smuggle", "mail"],
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
    domain = params["canary_domain"].rstrip(".")
    if "deliver" not in params["opt_in"] and not (domain and "mail" in params["opt_in"]):
        return None
    if not _model.is_name(domain):
        words = (
            "canary_domain: opt_in deliver or mail needs a domain of yours whose MX record names "
            "the vantage, not %r."
        )
        raise _model.ModelError(words % domain)
    for address in params["canary_listen"]:
        if not _model.is_address(address):
            raise _model.ModelError(
                f"canary_listen: {address!r} is not an IP address; leave the option out to listen "
                "on all."
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
    forbidding = params["spf_fail_domain"].rstrip(".")
    if forbidding and not _model.is_name(forbidding):
        raise _model.ModelError(f"spf_fail_domain: {forbidding!r} is no domain name.")
    passwords = {
        _target.target(entry).name: entry["account"]["password"]
        for entry in params["targets"]
        if entry.get("account")
    }
    return _flows.Flow(sink, passwords, forbidding, params["canary_wait"])


def survey(params: t.Mapping[str, t.Any], progress: Progress = None) -> dict[str, t.Any]:
    """Look at params['targets'] (see ARGUMENT_SPEC); return {observations, addresses by target
    name}.

    Raises _model.ModelError for a target that is described wrongly, before any connection is made.
    """
    targets = [_target.target(entry) for entry in params["targets"]]
    options = Options(
        groups=tuple(params["observe"]),
        helo=params["helo_name"] or helo_name(),
        stranger=params["stranger_domain"],
        backup=params["backup_domain"],
        token=secrets.token_hex(4),
        login="login" in params["opt_in"],
        guess="guess" in params["opt_in"],
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
            pipeline.Run(
                options,
                limits,
                None,
                progress,
                sink and SharedSink(sink, raw="mail" in params["opt_in"]),
                "deliver" in params["opt_in"],
                flow(params, sink),
            ),
        )
    )


async def _survey(targets: t.Sequence[_target.Target], run: pipeline.Run) -> dict[str, t.Any]:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(pipeline.MAX_TARGETS))
    run = run._replace(gate=asyncio.Semaphore(descriptors(run.limits.overall)))
    found = await pipeline.look_at_all(targets, run)
    seen = [entry for observations, _addresses in found for entry in observations]
    routes = vantage.routes()
    for entry in seen:
        entry["vantage"] = vantage.facts(entry["source"], entry["address"], routes)
    addresses = {target.name: known for target, (_seen, known) in zip(targets, found)}
    return {"observations": seen, "addresses": addresses}
