# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second session with a server that accepts STARTTLS only directly after EHLO, as Courier does,
and how it is merged with the first.

Data in, jobs and observations out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .. import _model
    from .._model import Observation


def second_session(job: _model.Job, observation: Observation) -> list[_model.Job]:
    """A second session that sends STARTTLS directly after EHLO, where STARTTLS was offered and
    then rejected.
    """
    facts = observation["facts"]
    refused = (
        "STARTTLS" in facts.get("extensions", {})
        and facts.get("starttls", {}).get("code", 220) != 220
    )
    if job.probe != "smtp_session" or "straight" in job.params or not refused:
        return []
    return [
        job._replace(
            params={
                **job.params,
                "straight": {name: fact for name, fact in facts.items() if name != "starttls"},
            }
        )
    ]


def merge_sessions(observations: t.Sequence[Observation]) -> list[Observation]:
    """The observations; two sessions become one where the second came further, else the first
    stays.
    """
    second = {_session_key(entry): entry for entry in observations if "straight" in entry["params"]}
    found = []
    for entry in observations:
        further = second.get(_session_key(entry))
        if further is None:
            found.append(entry)
        elif entry is not further:
            whole = further.copy()
            whole["facts"] = _facts_of_both(further, len(entry["transcript"]))
            whole["transcript"] = [*entry["transcript"], *further["transcript"]]
            whole["params"] = entry["params"]
            found.append(whole if "tls" in further["facts"] else entry)
    return found


def _facts_of_both(second: Observation, lines: int) -> dict[str, t.Any]:
    """The facts of a second session, whose transcript now follows that many lines of the first."""
    first = second["params"]["straight"]
    return {
        name: fact if name in first and fact == first[name] else _moved(fact, lines)
        for name, fact in second["facts"].items()
    }


def _moved(fact: t.Any, lines: int) -> t.Any:
    """A fact whose replies stand that many lines further down in the transcript."""
    if not isinstance(fact, dict) or "place" not in fact:
        return fact
    return {**fact, "place": [line + lines for line in fact["place"]]}


def _session_key(observation: Observation) -> tuple[str, ...]:
    return (
        observation["probe"],
        observation["target"],
        observation["service"],
        observation["address"],
        str(observation["params"].get("implicit")),
    )
