# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One survey of targets from this vantage: plain data in, observations out. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import secrets
import socket
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .. import _model, _own_options, _run_options, _target, _target_options
from .._mail_flow import flow as _flows
from .._mail_flow.canary import Canary, SharedSink
from .._probes.context import Options, ScanContext
from .._scan import vantage
from .._scan.budget import descriptors
from .._scan.connection import Limits
from . import pipeline

Progress = pipeline.Progress
Seen = t.List[_model.Observation]
#: Is given what stops the survey, which may be called by a signal handler or by any thread.
Started = t.Callable[[t.Callable[[], None]], None]
#: Takes the key of a target, its observations and its addresses.
Ended = t.Callable[[str, Seen, t.List[str]], None]


class StoppedError(Exception):
    """The survey was stopped before all targets were seen."""


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


#: Options of a run that a target may have for itself.
OWN = ("observe", *(option.name for option in _own_options.OBSERVING_OPTIONS))


def surveyed(params: t.Mapping[str, t.Any]) -> dict[str, pipeline.Surveyed]:
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
        found[target.key] = pipeline.Surveyed(context, options["opt_in"], options["trust_anchors"])
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
        guess="guess" in params["opt_in"],
        smuggle="smuggle" in params["opt_in"],
        deliver="deliver" in params["opt_in"],
    )


def survey(
    params: t.Mapping[str, t.Any],
    progress: Progress = None,
    notice: pipeline.Notice = None,
    ended: Ended | None = None,
    started: Started | None = None,
) -> dict[str, t.Any]:
    """Look at params['targets'] (see ARGUMENT_SPEC); return {observations, addresses by target
    key}.

    ended takes the key, the observations and the addresses of each target as it ends, in a thread
    of its own; they are not returned then. started is given what stops the survey.
    Raises _model.ModelError for a target that is described wrongly, before any connection is made,
    and StoppedError where it was stopped; what ended has begun with then goes on in its thread.
    """
    params = _run_options.validated(params)
    targets = surveyed(params)
    opted = {name for entry in targets.values() for name in entry.opt_in}
    observed = {name for entry in targets.values() for name in entry.context.options.groups}
    whole = {**params, "opt_in": opted, "observe": observed}
    sink = canary(whole)
    limits = Limits(connect=params["connect_timeout"], reply=params["reply_timeout"])
    shared = sink and SharedSink(sink, raw="mail" in opted)
    run = pipeline.Run(limits, None, progress, shared, flow(whole, sink), notice)
    try:
        return asyncio.run(_survey(targets, run, ended, started))
    except asyncio.CancelledError:
        raise StoppedError from None


async def _survey(
    targets: t.Mapping[str, pipeline.Surveyed],
    run: pipeline.Run,
    ended: Ended | None,
    started: Started | None,
) -> dict[str, t.Any]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    loop.set_default_executor(ThreadPoolExecutor(pipeline.MAX_TARGETS))
    if started and task:
        started(functools.partial(_stop, loop, task))
    routes = vantage.routes()
    run = run._replace(
        gate=asyncio.Semaphore(descriptors(run.limits.overall)),
        ended=_in_a_thread(ended, routes) if ended else None,
    )
    try:
        found = await pipeline.look_at_all(list(targets.values()), run)
    except asyncio.CancelledError:
        # The end of the loop waits for the threads of its executor, which ask the DNS.
        loop.set_default_executor(ThreadPoolExecutor(1))
        raise
    seen = [entry for observations, _addresses in found for entry in observations]
    _add_vantage(seen, routes)
    addresses = {key: known for key, (_seen, known) in zip(targets, found)}
    return {"observations": seen, "addresses": {} if ended else addresses}


def _stop(loop: asyncio.AbstractEventLoop, task: asyncio.Task[t.Any]) -> None:
    """Stop a survey; one that is over already has no loop any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(task.cancel)


def _in_a_thread(ended: Ended, routes: vantage.Routes) -> pipeline.Ended:
    """What takes the observations of a target and holds up no other."""

    async def hand_on(key: str, seen: Seen, addresses: list[str]) -> None:
        _add_vantage(seen, routes)
        await asyncio.get_running_loop().run_in_executor(None, ended, key, seen, addresses)

    return hand_on


def _add_vantage(seen: Seen, routes: vantage.Routes) -> None:
    """Write down from where each connection was made. routes: those of this host."""
    name = socket.gethostname()
    for entry in seen:
        known = vantage.facts(entry["source"], entry["address"], routes)
        entry["vantage"] = {"name": name, **known}
