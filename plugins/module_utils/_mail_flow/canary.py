# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confirms an open relay by delivery: sends messages to a domain whose mail comes back to this
vantage.

Runs after the survey, and only where a server accepted what it should reject. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import secrets
import typing as t

from .. import _model
from .._probes import deferred, delivery, plan_delivery
from .mx_check import NoWayBackError, verify_mx
from .smtp_sink import Sink

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._probes.context import ScanContext
    from .._scan.scanner import Survey


class Canary(t.NamedTuple):
    """domain: whose MX is this vantage; addresses: to listen on, empty for all; port; wait: seconds
    for what was queued.
    """

    domain: str
    addresses: tuple[str, ...] = ()
    port: int = 25
    wait: float = 20.0


class SharedSink:
    """The sink of a run: it listens from when the first target needs it until the run ends. raw:
    whether it keeps every octet.
    """

    def __init__(self, canary: Canary, raw: bool) -> None:
        self.canary, self.raw = canary, raw
        self._opened: asyncio.Task[Sink] | None = None

    async def sink(self) -> Sink:
        """The sink that listens; raises NoWayBackError, to everybody who asks."""
        if self._opened is None:
            self._opened = asyncio.ensure_future(listening(self.canary, self.raw))
        return await self._opened

    async def close(self) -> None:
        """Stop listening, if it ever did."""
        if self._opened is not None:
            (sink,) = await asyncio.gather(self._opened, return_exceptions=True)
            if isinstance(sink, Sink):
                await sink.close()


async def follow_up(
    shared: SharedSink,
    survey: Survey,
    context: ScanContext,
    observations: t.Sequence[Observation],
) -> list[Observation]:
    """Send to a target what the observations make suspicious, wait for it, and return one
    observation for each connection.
    """
    canary = shared.canary
    chains = _endpoints(context, canary, list(observations))
    if not chains:
        return []
    try:
        sink = await shared.sink()
    except NoWayBackError as exc:
        return [_unsent(job, str(exc)) for chain in chains for job in chain.jobs]
    found = await _send(survey, sink, chains)
    await _wait(sink, found, canary.wait)
    for entry in found:
        entry["facts"]["waited"] = canary.wait
        entry["facts"]["arrivals"] = [
            {name: value for name, value in arrival.items() if name != "raw"}
            for arrival in sink.arrivals
            for message in entry["params"]["messages"]
            if delivery.is_of(arrival, message)
        ]
    return found


def _endpoints(
    context: ScanContext, canary: Canary, observations: list[Observation]
) -> list[plan_delivery.Endpoint]:
    return plan_delivery.endpoints(
        observations, context.known, canary.domain, lambda: "airtight-" + secrets.token_hex(6)
    )


async def listening(canary: Canary, raw: bool = False) -> Sink:
    """A sink that listens and that the canary's mail comes to; raises NoWayBackError. raw: whether
    it keeps every octet.
    """
    sink = Sink(canary.domain, f"{canary.domain} airtight sink {secrets.token_hex(8)}", raw)
    try:
        await _open(sink, canary)
        await verify_mx(sink)
    except NoWayBackError:
        await sink.close()
        raise
    return sink


async def _open(sink: Sink, canary: Canary) -> None:
    try:
        await sink.open(canary.addresses, canary.port)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise NoWayBackError(
            f"the sink cannot listen on port {canary.port} of this vantage: {reason}"
        ) from exc


async def _send(
    survey: Survey, sink: Sink, chains: t.Sequence[plan_delivery.Endpoint]
) -> list[Observation]:
    """The connections to one target, one after the other, until enough is known or enough was left
    there.
    """
    found: list[Observation] = []
    left = plan_delivery.MAX_QUEUED
    late: list[_model.Job] = []
    for chain in chains:
        enough = min(chain.enough, left)
        for job in chain.jobs:
            if enough <= 0:
                break
            sink.known.update(
                message["token"] + end
                for message in job.params["messages"]
                for end in ("", delivery.BACK)
            )
            (entry,) = await survey.run([job._replace(params={**job.params, "enough": enough})])
            found.append(entry)
            queued = sum(delivery.taken(message) for message in entry["facts"].get("messages", ()))
            enough, left = enough - queued, left - queued
            if delivery.deferred_messages(entry):
                late.append(
                    job._replace(
                        params={
                            **job.params,
                            "messages": delivery.deferred_messages(entry),
                            "enough": 1,
                        }
                    )
                )
    if late:
        await asyncio.sleep(max(0.0, min(deferred.DELAY, survey.budget.left())))
        found += await survey.run(late[:left])
    return found


async def _wait(sink: Sink, found: t.Sequence[Observation], seconds: float) -> None:
    """Until something has come of every message that was queued, or the time is over."""
    messages = [message for entry in found for message in entry["facts"].get("messages", ())]
    taken = [message for message in messages if delivery.taken(message)]
    await sink.wait(
        lambda: all(
            any(delivery.is_of(arrival, message) for arrival in sink.arrivals) for message in taken
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
