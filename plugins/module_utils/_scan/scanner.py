# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays probes against real servers with asyncio, within a budget for each target.

Knows no protocol and evaluates nothing. Deadlines hold for a connection, a reply and a whole
probe; a server that says it has had enough (421) is given time and asked again, more slowly.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import datetime
import socket
import typing as t

from .._model import Error, Job, Observation, observation
from .connection import Limits, Link, connect
from .conversation import Linger, Read, Send, Talk, WireError

if t.TYPE_CHECKING:
    from .tls_context import Contexts

#: Given a job and what it saw, the jobs to do next.
Follow = t.Callable[[Job, Observation], t.List[Job]]


async def _act(link: Link, action: t.Any, limits: Limits) -> t.Any:
    """Carry out one action of a probe within its deadline."""
    if isinstance(action, Send):
        coroutine: t.Any = link.send(action.data, action.last)
    elif isinstance(action, Linger):
        return await link.linger(action)
    elif isinstance(action, Read):
        coroutine = link.read(action)
    else:
        coroutine = link.upgrade(action)
    seconds = getattr(action, "seconds", None) or limits.reply
    try:
        return await asyncio.wait_for(coroutine, seconds)
    except asyncio.TimeoutError as exc:
        raise WireError("timeout", f"no whole answer within {seconds:g} s") from exc


async def _play(
    probe: t.Callable[..., t.Any], job: Job, talk: Talk, facts: dict[str, t.Any], link: Link
) -> None:
    """Drive the generator to its end; what goes wrong on the wire is thrown into it."""
    steps = probe(talk, facts, job.params)
    result: t.Any = None
    failure: WireError | None = None
    while True:
        try:
            action = steps.throw(failure) if failure else steps.send(result)
        except StopIteration:
            return
        failure = None
        try:
            result = await _act(link, action, link.limits)
        except WireError as exc:
            failure = exc


async def observe(
    probe: t.Callable[..., t.Any], job: Job, limits: Limits, contexts: Contexts
) -> Observation:
    """Make one connection, play one probe, return the observation, whatever happens."""
    talk = Talk()
    facts: dict[str, t.Any] = {}
    error: Error | None = None
    link: Link | None = None
    started = datetime.datetime.now(datetime.timezone.utc)
    source = ""
    try:
        link = await connect(job, limits, contexts)
        source = link.writer.get_extra_info("sockname")[0]
        await asyncio.wait_for(_play(probe, job, talk, facts, link), limits.probe)
        link.remember()
    except WireError as exc:
        error = {"kind": exc.kind, "text": exc.text}
    except asyncio.TimeoutError:
        error = {
            "kind": "timeout",
            "text": f"the conversation was not over after {limits.probe:g} s",
        }
    finally:
        if link is not None:
            link.writer.close()
    if error:
        talk.note("*", error["text"])
    elapsed = datetime.datetime.now(datetime.timezone.utc) - started
    extra = {
        "source": source,
        "started": started.isoformat(timespec="milliseconds"),
        "seconds": round(elapsed.total_seconds(), 3),
    }
    return observation(job, facts, error, talk.transcript, extra)


async def resolve(name: str, families: t.Sequence[str] = ("ipv4", "ipv6")) -> list[str]:
    """The addresses of a name as the vantage's resolver gives them, IPv4 first; empty when there
    are none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    wanted = [
        kind
        for kind, label in ((socket.AF_INET, "ipv4"), (socket.AF_INET6, "ipv6"))
        if label in families
    ]
    addresses = [
        (wanted.index(entry[0]), str(entry[4][0])) for entry in found if entry[0] in wanted
    ]
    return [
        address for _order, address in sorted(dict.fromkeys(addresses), key=lambda item: item[0])
    ]


class Budget:
    """How many connections one target gets at once, and when the next one may start."""

    PAUSES = (5.0, 20.0, 40.0)

    def __init__(self, width: int) -> None:
        self.gate = asyncio.Semaphore(width)
        self.not_before = 0.0

    async def wait(self) -> None:
        """Sleep until the server may be asked again."""
        while True:
            left = self.not_before - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.sleep(left)

    def hold(self, attempt: int) -> bool:
        """The server is busy: hold everything back for a while; False when patience has run out."""
        if attempt >= len(self.PAUSES):
            return False
        self.not_before = max(
            self.not_before, asyncio.get_running_loop().time() + self.PAUSES[attempt]
        )
        return True


class Survey:
    """One run over any number of targets. probes: name to generator; follow: what an observation
    leads to.
    """

    def __init__(
        self,
        probes: t.Mapping[str, t.Any],
        follow: Follow,
        limits: Limits,
        progress: t.Callable[[Observation], None] | None = None,
    ) -> None:
        self.probes, self.follow, self.limits, self.progress = probes, follow, limits, progress
        self.contexts: Contexts = {}
        #: Trust anchors of single targets, by their keys.
        self.anchors: dict[str, str] = {}

    async def _ask(self, job: Job, budget: Budget, overall: asyncio.Semaphore) -> Observation:
        attempt = 0
        anchors = self.anchors.get(job.target, self.limits.trust_anchors)
        limits = self.limits._replace(trust_anchors=anchors)
        while True:
            async with budget.gate, overall:
                await budget.wait()
                seen = await observe(self.probes[job.probe], job, limits, self.contexts)
            if not (seen["error"] and seen["error"]["kind"] == "busy" and budget.hold(attempt)):
                return seen
            attempt += 1

    async def _chase(
        self, job: Job, budget: Budget, overall: asyncio.Semaphore, seen: list[Observation]
    ) -> None:
        """Make the connection, then those that its outcome asks for, all at once."""
        found = await self._ask(job, budget, overall)
        seen.append(found)
        if self.progress:
            self.progress(found)
        await asyncio.gather(
            *(self._chase(after, budget, overall, seen) for after in self.follow(job, found))
        )

    async def run(self, jobs: t.Iterable[Job]) -> list[Observation]:
        """Play the jobs and whatever follows from them; return all observations in the order they
        ended.
        """
        seen: list[Observation] = []
        overall = asyncio.Semaphore(self.limits.overall)
        budgets: dict[str, Budget] = {}
        tasks = []
        for job in jobs:
            budget = budgets.setdefault(job.target, Budget(self.limits.per_target))
            tasks.append(self._chase(job, budget, overall, seen))
        await asyncio.gather(*tasks)
        return seen
