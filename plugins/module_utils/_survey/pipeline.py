# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is done with one target, one step after the other: resolve, look, ask again and scan the
other ports, delivery, mail flow.

Targets share nothing but the number of connections at once and the canary, and none waits for
another. An exception costs the step of the target that it happens in. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import functools
import typing as t

from .. import _model
from .._mail_flow import canary as _canary
from .._mail_flow import flow as _flows
from .._probes import starttls_after_ehlo
from .._probes.registry import PROBES, first_jobs, follow
from .._scan.scanner import Survey, not_made, resolve
from . import guess, port_scan
from .retry import ask_again

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._probes.context import ScanContext
    from .._scan.connection import Limits

Progress = t.Optional[t.Callable[[_model.Observation], None]]
Notice = t.Optional[t.Callable[[str], None]]
Found = t.Tuple[t.List[_model.Observation], t.List[str]]
#: Takes the key of a target, its observations and its addresses once all of them are there.
Ended = t.Optional[t.Callable[[str, t.List[_model.Observation], t.List[str]], t.Awaitable[None]]]
#: The name of observations of steps that an exception ended.
STEP = "step"
#: Seconds that a resolver gets for the addresses of a name.
RESOLVE = 30.0
#: Seconds that what comes after the last connection gets: the controller asks the DNS.
EVALUATION = 60.0
#: Targets that are looked at at once. More would only share one processor, and use up their time
#: while they wait for it.
MAX_TARGETS = 64
#: Seconds between two notices of what is waited for, and how many targets one names.
NOTICE_SECONDS, MAX_NAMED = 15.0, 5
#: What each step waits for.
WAITS_FOR = {
    "resolve": "its addresses",
    "services": "replies",
    "later": "what was deferred, and other ports",
    "delivery": "messages",
    "mail_flow": "messages",
    "guess": "logins",
    "evaluation": "answers of the DNS",
}


class Surveyed(t.NamedTuple):
    """One target and the options that hold for it. anchors: trust anchors in PEM."""

    context: ScanContext
    opt_in: t.Sequence[str]
    anchors: str


class Run(t.NamedTuple):
    """What all targets of a run share.

    sink: the canary, where one is declared. mail: the options of the mail flow test.
    notice: is told what is waited for. ended: takes what was seen of each target, which then leaves
    memory.
    """

    limits: Limits
    gate: asyncio.Semaphore | None
    progress: Progress
    sink: _canary.SharedSink | None = None
    mail: _flows.Flow | None = None
    notice: Notice = None
    ended: Ended = None


async def look_at_all(targets: t.Sequence[Surveyed], run: Run) -> list[Found]:
    """The observations and the addresses of each target, in their order; nothing of those that
    run.ended took.
    """
    turn = asyncio.Semaphore(MAX_TARGETS)
    at_work: list[Pipeline] = []

    async def look(target: Surveyed) -> Found:
        async with turn:
            at_work.append(Pipeline(target, run))
            one = at_work[-1]
            try:
                found = await one.look()
                if not run.ended:
                    return found
                one.step = "evaluation"
                await run.ended(one.target.key, *found)
                return [], []
            finally:
                at_work.remove(one)

    telling = asyncio.ensure_future(_tell(at_work, run.notice))
    try:
        return list(await asyncio.gather(*(look(target) for target in targets)))
    finally:
        telling.cancel()
        if run.sink:
            await run.sink.close()


async def _tell(at_work: t.Sequence[Pipeline], notice: Notice) -> None:
    """Say now and then what is waited for, and until when."""
    while notice:
        await asyncio.sleep(NOTICE_SECONDS)
        words = [one.waits_for() for one in at_work]
        more = f", and {len(words) - MAX_NAMED} more" if len(words) > MAX_NAMED else ""
        if words:
            notice(f"Waiting for {', '.join(words[:MAX_NAMED])}{more}")


class Pipeline:
    """The steps of one target; they add to what was seen."""

    def __init__(self, surveyed: Surveyed, run: Run) -> None:
        self.context, self.opt_in, self.run = surveyed.context, surveyed.opt_in, run
        self.target = target = surveyed.context.target
        limits = run.limits._replace(
            target_timeout=target.target_timeout,
            target_connections=target.target_connections,
            trust_anchors=surveyed.anchors,
        )
        self.survey = Survey(
            PROBES, functools.partial(follow, self.context), limits, run.progress, run.gate
        )
        self.addresses: list[str] = []
        self.step = ""
        self.seen: list[Observation] = []

    async def look(self) -> Found:
        """All steps; what one of them cannot do costs that step."""
        steps = (self._resolve, self._services, self._later, self._delivery, self._mail_flow)
        for step in (*steps, self._guess):
            self.step = step.__name__.strip("_")
            await self._step(self.step, step())
        return self.seen, self.addresses

    def waits_for(self) -> str:
        """What is waited for, and for how long at most. The time of the target begins after its
        addresses are known.
        """
        fixed = {"resolve": RESOLVE, "evaluation": EVALUATION}
        left = fixed.get(self.step) or max(0, round(self.survey.budget.left()))
        return f"{self.target.key} ({WAITS_FOR[self.step]}, for at most {left:g} s)"

    async def _step(self, name: str, steps: t.Awaitable[None]) -> None:
        try:
            await steps
        except Exception as exc:
            job = _model.Job(STEP, self.target.key, STEP, "::", 0, {"step": name})
            text = f"the step {name} ended with {_model.exception_text(exc)}"
            self.seen.append(not_made(job, text, "exception"))

    async def _resolve(self) -> None:
        if self.target.addresses:
            self.addresses = list(self.target.addresses)
        elif _model.is_address(self.target.name):
            self.addresses = [self.target.name]
        else:
            self.addresses = await resolve(self.target.name, RESOLVE)

    async def _services(self) -> None:
        jobs = first_jobs(self.context, self.addresses)
        self.seen = starttls_after_ehlo.merge_sessions(await self.survey.run(jobs))

    async def _later(self) -> None:
        """What was deferred is asked again, and meanwhile the other ports are scanned."""
        seen, self.seen = self.seen, []
        again = self._step("retry", self._retry(seen))
        ports = self._step("other_ports", self._other_ports())
        await asyncio.gather(again, ports)

    async def _retry(self, seen: list[Observation]) -> None:
        found = seen
        try:
            found = await ask_again(self.survey, seen)
        finally:
            self.seen[:0] = found

    async def _other_ports(self) -> None:
        self.seen += await port_scan.follow_up(self.survey, self.context, self.addresses)

    async def _delivery(self) -> None:
        if self.run.sink and "deliver" in self.opt_in:
            self.survey.budget.extend(self.run.sink.canary.wait)
            self.seen += await _canary.follow_up(
                self.run.sink, self.survey, self.context, self.seen
            )

    async def _mail_flow(self) -> None:
        if self.run.mail and "mail" in self.opt_in:
            self.survey.budget.extend(self.run.mail.wait)
            self.seen += await _flows.follow_up(
                self.run.mail, self.run.sink, self.survey, self.context, self.seen
            )

    async def _guess(self) -> None:
        self.seen += await guess.follow_up(self.survey, self.context, self.seen)
