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


async def follow_up(
    canary: Canary,
    survey: Survey,
    contexts: t.Mapping[str, ScanContext],
    observations: t.Sequence[Observation],
) -> list[Observation]:
    """Send what the observations make suspicious, wait for it, and return one observation for each
    connection.
    """
    wanted = {
        name: _endpoints(
            context, canary, [entry for entry in observations if entry["target"] == name]
        )
        for name, context in contexts.items()
    }
    if not any(wanted.values()):
        return []
    try:
        sink = await listening(canary)
    except NoWayBackError as exc:
        return [
            _unsent(job, str(exc))
            for chains in wanted.values()
            for chain in chains
            for job in chain.jobs
        ]
    try:
        sent = await asyncio.gather(*(_send(survey, sink, chains) for chains in wanted.values()))
        found = [entry for entries in sent for entry in entries]
        await _wait(sink, found, canary.wait)
    finally:
        await sink.close()
    for entry in found:
        entry["facts"]["waited"] = canary.wait
        entry["facts"]["arrivals"] = [
            arrival
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
        await asyncio.sleep(deferred.DELAY)
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
