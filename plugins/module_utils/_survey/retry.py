# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeats, after one wait for all, what servers deferred.

Runs at the vantage, after the survey, and only where something was deferred. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from .._probes import deferred

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._scan.scanner import Survey


async def ask_again(survey: Survey, observations: t.Sequence[Observation]) -> list[Observation]:
    """All observations after a second round: a scout for each endpoint, and the rest where it was
    given an answer.
    """
    wanted = [(entry, job) for entry in observations for job in [deferred.retry_job(entry)] if job]
    if not wanted:
        return list(observations)
    await asyncio.sleep(deferred.wait(entry for entry, _job in wanted))
    jobs = [job for _entry, job in wanted]
    scouts = deferred.scouts(jobs)
    found = await survey.run(scouts.values())
    open_ = {
        (entry["target"], entry["service"], entry["address"])
        for entry in found
        if deferred.answered(entry)
    }
    rest = [
        job
        for job in jobs
        if deferred.endpoint(job) in open_ and job is not scouts[deferred.endpoint(job)]
    ]
    return deferred.merged(observations, found + await survey.run(rest))
