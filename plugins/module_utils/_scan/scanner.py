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

from .._model import Error, Job, Observation, exception_text, observation
from .budget import Budget, Tries, descriptors, rank
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
        late = f"the conversation was not over after {limits.probe:g} s"
        error = {"kind": "timeout", "text": late}
        if limits.cut:
            error = {"kind": "budget", "text": f"the conversation was not over when {limits.cut}"}
    except Exception as exc:
        error = {"kind": "exception", "text": f"the probe ended with {exception_text(exc)}"}
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
    return observation(job, *talk.redacted(facts, error), extra)


async def resolve(
    name: str, seconds: float | None = None, families: t.Sequence[str] = ("ipv4", "ipv6")
) -> list[str]:
    """The addresses of a name as the vantage's resolver gives them, IPv4 first; empty when there
    are none, or none within some seconds.
    """
    asked = asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(asked, seconds)
    except (OSError, UnicodeError, asyncio.TimeoutError):
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


class Survey:
    """The connections to one target. probes: name to generator; follow: what an observation leads
    to; gate: the connections of all targets at once; progress: is told of each.
    """

    def __init__(
        self,
        probes: t.Mapping[str, t.Any],
        follow: Follow,
        limits: Limits,
        progress: t.Callable[[Observation], None] | None = None,
        gate: asyncio.Semaphore | None = None,
    ) -> None:
        self.probes, self.follow, self.limits, self.progress = probes, follow, limits, progress
        self.contexts: Contexts = {}
        self.budget = Budget(limits)
        self._gate = gate

    @property
    def gate(self) -> asyncio.Semaphore:
        """The connections of all targets at once."""
        if self._gate is None:
            self._gate = asyncio.Semaphore(descriptors(self.limits.overall))
        return self._gate

    def with_probes(self, probes: t.Mapping[str, t.Any]) -> Survey:
        """The same target and budget with other probes, after which nothing follows."""
        other = Survey(probes, lambda _job, _seen: [], self.limits, self.progress, self.gate)
        other.budget = self.budget
        return other

    async def _ask(self, job: Job) -> Observation:
        """Make the connection of a job, again and more gently where the server turns it away."""
        tries = Tries()
        while True:
            async with self.budget.slot(rank(job)):
                await self.budget.pause()
                seen = await self._observe(job)
                again = self.budget.asks_again(job, seen, tries)
            if not again:
                return seen

    async def _observe(self, job: Job) -> Observation:
        """The observation of one connection, within the budget."""
        async with self.gate:
            cut = self.budget.spent(job.address, bool(job.params.get("retry")))
            if cut:
                return not_made(job, f"not asked: {cut}")
            self.budget.made[job.address] += 1
            left, limits = self.budget.left(), self.limits
            if left < limits.probe:
                limits = limits._replace(probe=left, cut=self.budget.time_is_over())
            return await observe(self.probes[job.probe], job, limits, self.contexts)

    async def _chase(self, job: Job, seen: list[Observation]) -> None:
        """Make the connection, then those that its outcome asks for, all at once."""
        found = await self._ask(job)
        seen.append(found)
        if (found["error"] or {}).get("kind") == "budget" and not found["started"]:
            return
        following = self._following(job, found)
        if self.progress:
            self.progress(found)
        await asyncio.gather(*(self._chase(after, seen) for after in following))

    def _following(self, job: Job, found: Observation) -> list[Job]:
        """The jobs that an observation asks for; an exception there is an error of it."""
        try:
            return self.follow(job, found)
        except Exception as exc:
            text = f"what follows was not planned: {exception_text(exc)}"
            found["error"] = found["error"] or {"kind": "exception", "text": text}
            return []

    async def run(self, jobs: t.Iterable[Job]) -> list[Observation]:
        """Play the jobs and whatever follows from them; return all observations in the order they
        ended.
        """
        seen: list[Observation] = []
        await asyncio.gather(*(self._chase(job, seen) for job in jobs))
        return seen


def not_made(job: Job, text: str, kind: str = "budget") -> Observation:
    """The observation of a connection that was not made."""
    extra = {"source": "", "started": "", "seconds": 0.0}
    return observation(job, {}, {"kind": kind, "text": text}, [["*", text]], extra)
