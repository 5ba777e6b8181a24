# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeats what a server deferred, as often as the budget of the target permits.

Runs at the vantage, after the survey, and only where something was deferred. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from .._probes import deferred
from .._scan.scanner import not_made

if t.TYPE_CHECKING:
    from .. import _model
    from .._model import Observation
    from .._scan.scanner import Survey

#: By how much a wait is longer than the one before.
LONGER = 2.0


async def ask_again(survey: Survey, observations: t.Sequence[Observation]) -> list[Observation]:
    """All observations after another round: for each endpoint one connection, until it is given an
    answer, and then the rest.
    """
    pairs = [(entry, job) for entry in observations for job in [deferred.retry_job(entry)] if job]
    found = await asyncio.gather(
        *(_endpoint(survey, group) for group in deferred.by_endpoint(pairs))
    )
    return deferred.merged(observations, [entry for entries in found for entry in entries])


async def _endpoint(
    survey: Survey, pairs: t.Sequence[tuple[Observation, _model.Job]]
) -> list[Observation]:
    """What an endpoint says later, or that there was no time left to hear it."""
    first, *rest = [job for _entry, job in pairs]
    delay = deferred.wait(entry for entry, _job in pairs)
    waited = 0.0
    while True:
        if delay >= survey.budget.left():
            text = f"deferred for more than {waited:g} s, and {survey.budget.time_is_over()}"
            return [not_made(job, text) for job in (first, *rest)]
        await asyncio.sleep(delay)
        waited += delay
        found = await survey.run([first])
        if deferred.answered(found[0]):
            return found + await survey.run(rest)
        if found[0]["error"]:
            return found
        delay = max(delay * LONGER, deferred.wait(found))
