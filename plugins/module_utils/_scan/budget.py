# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one target may cost: time, connections in all and at once.

A server that turns connections away gets fewer at once, then a pause; one that takes them gets more
again. Opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import heapq
import itertools
import os
import resource
import typing as t

if t.TYPE_CHECKING:
    from .._model import Job, Observation
    from .connection import Limits

#: Descriptors that stay free for files, pipes and the resolver.
MARGIN = 64
#: The places of jobs in the queue: what was not asked yet, and what is repeated; relay attempts
#: last, since they are many, behind those that decide about the others, and those of port 25 first.
NEW, AGAIN, DECISIVE, MANY, LAST = range(5)
#: Probes that a server of TLS takes for an ordinary client.
_ORDINARY = ("smtp_session", "mailstore_session", "relay", "client_identity")


def descriptors(wanted: int) -> int:
    """How many connections this process can hold at once: as many as wanted, if the limit of its
    open files permits.
    """
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError:
        used = 0
    return max(1, min(wanted, soft - used - MARGIN))


class Tries:
    """How often one job was tried again: with fewer connections at once, and after a pause."""

    def __init__(self) -> None:
        self.narrowed = self.held = 0


class Budget:
    """How many connections one target gets at once, in all and until when.

    The time begins with the first question to left().
    """

    #: Seconds to leave a server alone that turns away a single connection, one after the other.
    PAUSES = (5.0, 20.0, 40.0)
    #: Seconds between the connections to a server that turned away a single one; twice as many
    #: each time, up to the second number.
    GAPS = (0.05, 2.0)
    #: How often one job is tried with fewer connections at once.
    MAX_NARROWED = 8
    #: The share of the connections that what is repeated may use; the rest is for later steps.
    REPEATED = 0.9
    #: Connections that go well before one more is made at once; twice as many after each refusal.
    GROW = 8

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.width = limits.per_target
        self.active = 0
        self.made: t.Counter[str] = collections.Counter()
        self.not_before = 0.0
        self._gap = 0.0
        self._grow, self._went_well = self.GROW, 0
        self._greeted: set[tuple[str, int]] = set()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._asked = itertools.count()
        self._deadline = 0.0

    def left(self) -> float:
        """Seconds that are left of the time."""
        now = asyncio.get_running_loop().time()
        if not self._deadline:
            self._deadline = now + self.limits.target_timeout
        return self._deadline - now

    def extend(self, seconds: float) -> None:
        """More time, for a wait that has an option of its own."""
        self.left()
        self._deadline += seconds

    def time_is_over(self) -> str:
        """What ends because of the time."""
        return f"target_timeout ({self.limits.target_timeout:g} s) was over"

    def spent(self, address: str, repeated: bool = False) -> str:
        """Which option forbids another connection to an address; empty where none does. repeated:
        whether the connection asks again what was not answered before.
        """
        if self.left() <= 0:
            return self.time_is_over()
        most = self.limits.target_connections
        if self.made[address] >= most:
            return f"target_connections ({most}) were used up"
        if repeated and self.made[address] >= most * self.REPEATED:
            return f"the share of target_connections ({most}) for repetitions was used up"
        return ""

    @contextlib.asynccontextmanager
    async def slot(self, rank: int = 0) -> t.AsyncIterator[None]:
        """One of the connections at once; the lowest rank first, and then in the order in which
        they were asked for.
        """
        if self.active < self.width and not self._waiting:
            self.active += 1
        else:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._asked), turn))
            await turn
        try:
            yield
        finally:
            self.active -= 1
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self.active < self.width:
            turn = heapq.heappop(self._waiting)[-1]
            if not turn.done():  # one that was cancelled waits no more
                self.active += 1
                turn.set_result(None)

    async def pause(self) -> None:
        """Sleep until the server may be asked again, or the time is over."""
        while True:
            seconds = min(
                self.not_before - asyncio.get_running_loop().time(), max(0.0, self.left())
            )
            if seconds <= 0:
                return
            await asyncio.sleep(seconds)

    def asks_again(self, job: Job, seen: Observation, tries: Tries) -> bool:
        """Whether a connection is tried once more because the server turned it away, which has to
        be said before its slot is given back; and how gently from now on.
        """
        place = (job.address, job.port)
        if not _turned_away(job, seen):
            self._taken(place, seen)
            return False
        limits_clients = seen["error"]["kind"] == "busy" or place in self._greeted  # type: ignore[index]
        if self.active > 1 and tries.narrowed < self.MAX_NARROWED:
            tries.narrowed += 1
            self.width = max(1, min(self.width, self.active // 2))
            self._grow, self._went_well = self._grow * 2, 0
            return True
        return limits_clients and self._hold(tries)

    def _taken(self, place: tuple[str, int], seen: Observation) -> None:
        """Note a connection that went well, and allow one more at once after some."""
        if any(line[0] == "S" for line in seen["transcript"]):
            self._greeted.add(place)
            self._went_well += 1
        self._leave_alone(self._gap)
        if self._went_well >= self._grow and self.width < self.limits.per_target:
            self._went_well = 0
            self.width += 1
            self._admit()

    def _hold(self, tries: Tries) -> bool:
        """Hold everything back for a while; False when patience has run out."""
        if tries.held >= len(self.PAUSES):
            return False
        self._gap = min(max(self._gap * 2, self.GAPS[0]), self.GAPS[1])
        self._leave_alone(self.PAUSES[tries.held])
        tries.held += 1
        return True

    def _leave_alone(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self.not_before = max(self.not_before, until)


def rank(job: Job) -> int:
    """The place of a job in the queue."""
    if not job.params.get("retry"):
        return NEW
    if job.probe != "relay" or job.params.get("hello"):
        return AGAIN
    if job.params.get("decisive"):
        return DECISIVE
    return MANY if job.service == "smtp" else LAST


def _turned_away(job: Job, seen: Observation) -> bool:
    """Whether a server was busy, or hung up before a word was said where it has to speak first, or
    on an ordinary client of TLS.
    """
    error, params = seen["error"] or {"kind": ""}, seen["params"]
    if error["kind"] == "busy":
        return True
    silent = not any(seen["facts"].values()) and len(seen["transcript"]) <= 1
    implicit = params.get("implicit_tls") or params.get("implicit")
    ordinary = job.probe in _ORDINARY and params.get("state") in (None, "implicit")
    return error["kind"] == "closed" and silent and (ordinary or not implicit)
