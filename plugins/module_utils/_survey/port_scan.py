# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans the other ports of an address at once, and opens sessions with those that are open.

Comes after the services, so that a firewall that blocks port scans, or limits its rejections,
spoils nothing. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import datetime
import typing as t

from .. import _model
from .._probes import other_ports
from .._probes.registry import follow
from .._scan.connection import Limits, connect
from .._scan.conversation import WireError
from .._scan.scanner import not_made

if t.TYPE_CHECKING:
    from .._probes.context import ScanContext
    from .._scan.scanner import Survey

#: Seconds that a connection may take: long enough for a second SYN, which is sent after one.
PATIENCE = 2.5
_STATES = {"connect_refused": other_ports.REFUSED, "timeout": other_ports.SILENT}
_WORDS = (
    (other_ports.OPEN, "open"),
    (other_ports.REFUSED, "refuse connections"),
    (other_ports.SILENT, "silent"),
    (other_ports.UNREACHABLE, "cannot be reached"),
)


async def follow_up(
    survey: Survey, context: ScanContext, addresses: t.Sequence[str]
) -> list[_model.Observation]:
    """One observation for each address of a target, then those of the talks."""
    jobs = other_ports.scan_jobs(context, addresses)
    found = await asyncio.gather(*(_look(job, survey) for job in jobs))
    talks = [
        after
        for job, observation in zip(jobs, found)
        for after in follow(context, job, observation)
    ]
    return [*found, *(await survey.run(talks))]


async def _look(job: _model.Job, survey: Survey) -> _model.Observation:
    """The state of each port of one address."""
    if survey.budget.left() <= 0:
        return not_made(job, f"not scanned: {survey.budget.time_is_over()}")
    started = datetime.datetime.now(datetime.timezone.utc)
    limits = survey.limits._replace(connect=min(PATIENCE, survey.limits.connect))
    tried = await asyncio.gather(
        *(_try(job._replace(port=port), survey.gate, limits) for port in job.params["ports"])
    )
    states = {str(port): state for port, (state, _source) in zip(job.params["ports"], tried)}
    source = next((source for _state, source in tried if source), "")
    lines = [
        ["*", f"{words}: {', '.join((port for port, found in states.items() if found == state))}"]
        for state, words in _WORDS
    ]
    elapsed = datetime.datetime.now(datetime.timezone.utc) - started
    extra = {
        "source": source,
        "started": started.isoformat(timespec="milliseconds"),
        "seconds": round(elapsed.total_seconds(), 3),
    }
    observation = _model.observation(
        job, {"ports": states}, None, [line for line in lines if not line[1].endswith(": ")], extra
    )
    if survey.progress:
        survey.progress(observation)
    return observation


async def _try(job: _model.Job, gate: asyncio.Semaphore, limits: Limits) -> tuple[str, str]:
    """The state of one port, and where we spoke from if it took the connection."""
    try:
        async with gate:
            link = await connect(job, limits, {})
            source = str(link.writer.get_extra_info("sockname")[0])
            link.writer.close()
    except WireError as exc:
        return _STATES.get(exc.kind, other_ports.UNREACHABLE), ""
    return other_ports.OPEN, source
