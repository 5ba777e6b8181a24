# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail flow test: sends as a user and as an external client, waits at the canary for what goes
out, and reads back what was delivered.

Runs at the vantage, after the survey, with an opt-in. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import functools
import secrets
import typing as t

from .. import _model
from .._scan.redaction import Redactor
from . import plan as flow_plan
from . import probes as flows
from .mx_check import NoWayBackError

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._probes.context import ScanContext
    from .._scan.scanner import Survey
    from .canary import Canary, SharedSink
    from .smtp_sink import Sink

#: Seconds before each try to log in.
PAUSES = (0.0, 5.0, 10.0)


class Flow(t.NamedTuple):
    """canary: where mail goes out to, if there is one; passwords: of the accounts, by target name;
    forbidding: a domain whose SPF record forbids us to send."""

    canary: Canary | None
    passwords: t.Mapping[str, str]
    forbidding: str
    wait: float


async def follow_up(
    flow: Flow,
    shared: SharedSink | None,
    survey: Survey,
    context: ScanContext,
    observations: t.Sequence[Observation],
) -> list[Observation]:
    """Send what is to be sent to a target that has an account; one observation for each
    connection.
    """
    name = context.target.key
    if not context.target.account or name not in flow.passwords:
        return []
    params = _params(flow, context, secrets.token_hex(6))
    jobs = flow_plan.jobs(context, list(observations), params)
    sink, why = await _sink(shared, bool(jobs.out))
    return await _target(flow, survey, sink, why, name, jobs)


def _params(flow: Flow, context: ScanContext, run: str) -> dict[str, t.Any]:
    """What all probes of a run are told."""
    now = datetime.datetime.now(datetime.timezone.utc)
    canary = flow.canary.domain if flow.canary else ""
    since = now - datetime.timedelta(days=1)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    account = context.target.account
    names = {
        "account": account,
        "domain": account.rpartition("@")[2],
        "stranger": context.options.stranger,
        "canary": canary,
        "run": run,
    }
    return {
        "account": account,
        "server_name": context.target.name,
        "date": email.utils.format_datetime(now),
        "since": f"{since.day}-{months[since.month - 1]}-{since.year}",
        "names": {**names, "forbidding": flow.forbidding},
        "rounds": max(1, int(flow.wait)),
    }


async def _sink(shared: SharedSink | None, wanted: bool) -> tuple[Sink | None, str]:
    """The sink, or why there is none."""
    if shared is None:
        return None, "no canary_domain is declared"
    if not wanted:
        return None, ""
    try:
        return await shared.sink(), ""
    except NoWayBackError as exc:
        return None, str(exc)


async def _target(
    flow: Flow, survey: Survey, sink: Sink | None, why: str, name: str, jobs: flow_plan.Jobs
) -> list[Observation]:
    """All that is done with one target."""
    password = flow.passwords[name]
    submit, read_back = (
        functools.partial(flows.submit, password),
        functools.partial(flows.read_back, password),
    )
    probes = {"submit": submit, "spoof": flows.spoof, "read_back": read_back}
    own = survey.with_probes(probes)
    unsent = [] if sink else [_unsent(job, why) for job in jobs.out]
    if sink:
        sink.known.update(entry["token"] for job in jobs.out for entry in job.params["letters"])
    pair = await asyncio.gather(_submit(own, jobs.out if sink else ()), own.run(jobs.into))
    sent = [*pair[0], *pair[1]]
    if sink:
        await _wait(sink, sent, flow.wait)
    back = (
        jobs.back._replace(params={**jobs.back.params, "expected": _expected(sent)})
        if jobs.back
        else None
    )
    read = await own.run([back]) if back and back.params["expected"] else []
    for entry in sent:
        if sink and entry["probe"] == "submit":
            tokens = [message["token"] for message in entry["params"]["letters"]]
            entry["facts"]["arrivals"] = [
                one for one in sink.arrivals if any(token in one["recipient"] for token in tokens)
            ]
            entry["facts"]["waited"] = flow.wait
    hidden = Redactor()
    hidden.add(password)
    for entry in [*sent, *read, *unsent]:
        entry["facts"] = hidden.facts(entry["facts"])
    return [*sent, *read, *unsent]


async def _submit(survey: Survey, jobs: t.Sequence[_model.Job]) -> list[Observation]:
    """One submission after the other: checking a password costs a host much, so that many at once
    can be too many.
    """
    found: list[Observation] = []
    for job in jobs:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            (entry,) = await survey.run([job])
            if not 400 <= (entry["facts"].get("login") or {"code": 0})["code"] < 500:
                break
        found.append(entry)
    return found


def _expected(sent: t.Sequence[Observation]) -> list[str]:
    """The tokens of messages that must be delivered: those accepted on port 25."""
    messages = [
        message
        for entry in sent
        if entry["probe"] == "spoof"
        for message in entry["facts"].get("messages", ())
    ]
    return [message["token"] for message in messages if flows.taken(message)]


async def _wait(sink: Sink, sent: t.Sequence[Observation], seconds: float) -> None:
    """Wait until everything that was accepted for the canary has arrived, or the time is over."""
    messages = [
        message
        for entry in sent
        if entry["probe"] == "submit"
        for message in entry["facts"].get("messages", ())
    ]
    tokens = [message["token"] for message in messages if flows.taken(message)]
    await sink.wait(
        lambda: all(
            any(token in arrival["recipient"] for arrival in sink.arrivals) for token in tokens
        ),
        seconds,
    )


def _unsent(job: _model.Job, why: str) -> Observation:
    """The observation of a connection that was not made."""
    text = "no message was sent: " + why
    return _model.observation(
        job,
        {},
        {"kind": "canary", "text": text},
        [["*", text]],
        {"source": "", "started": "", "seconds": 0.0},
    )
