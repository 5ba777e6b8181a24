# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further sessions with a server that accepts STARTTLS only directly after EHLO, as Courier does,
or that ends a session after an error or two; and how they are merged with the first.

Data in, jobs and observations out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import operator
import typing as t

from . import smtp_session

if t.TYPE_CHECKING:
    from .. import _model
    from .._model import Observation


#: How a session ends that the server had enough of.
_ENDED = "closed"


def next_session(job: _model.Job, observation: Observation) -> list[_model.Job]:
    """A session that goes on where the server ended one before STARTTLS; at last, and where
    STARTTLS was offered and rejected, one that sends STARTTLS directly after EHLO.
    """
    facts = observation["facts"]
    if job.probe != "smtp_session" or facts.get("starttls", {}).get("code") == 220:
        return []
    ended = (observation["error"] or {}).get("kind") == _ENDED
    known = smtp_session.answers(facts)
    learned = known - smtp_session.answers(job.params.get("earlier", {}))
    parts = smtp_session.missing(facts) if ended and learned else []
    offered = "STARTTLS" in facts.get("extensions", {}) and job.params.get("parts") != []
    if not parts and not (offered and (ended or "starttls" in facts)):
        return []
    earlier = {name: fact for name, fact in facts.items() if name != "starttls"}
    return [job._replace(params={**job.params, "earlier": earlier, "parts": parts})]


def merge_sessions(observations: t.Sequence[Observation]) -> list[Observation]:
    """The observations; sessions of one service become one, as far as each came further."""
    further: dict[tuple[str, ...], list[Observation]] = {}
    for entry in observations:
        if "earlier" in entry["params"]:
            further.setdefault(_session_key(entry), []).append(entry)
    return [
        functools.reduce(_merged, further.get(_session_key(entry), ()), entry)
        for entry in observations
        if "earlier" not in entry["params"]
    ]


def _merged(whole: Observation, later: Observation) -> Observation:
    """Two sessions as one, where the later one reached TLS or answered more; else the former."""
    known = (smtp_session.answers(entry["facts"]) for entry in (whole, later))
    if "tls" not in later["facts"] and not operator.lt(*known):
        return whole
    both = later.copy()
    both["facts"] = _facts_of_both(whole, later)
    both["transcript"] = [*whole["transcript"], *later["transcript"]]
    both["params"] = whole["params"]
    return both


def _facts_of_both(whole: Observation, later: Observation) -> dict[str, t.Any]:
    """The facts of a later session, whose transcript now follows that of the earlier ones."""
    earlier, lines = later["params"]["earlier"], len(whole["transcript"])
    return {
        name: _placed(fact, earlier.get(name), whole["facts"].get(name), lines)
        for name, fact in later["facts"].items()
        if name in whole["facts"] or fact != earlier.get(name)  # of a session that was left out
    }


def _placed(fact: t.Any, earlier: t.Any, placed: t.Any, lines: int) -> t.Any:
    """A fact with the places of its replies in the whole transcript: those of an earlier one as
    they are in placed, new ones that many lines further down.
    """
    if earlier is not None and fact == earlier:
        return placed
    if not isinstance(fact, dict):
        return fact
    if "place" in fact:
        return {**fact, "place": [line + lines for line in fact["place"]]}
    before, found = earlier or {}, placed or {}
    return {
        name: _placed(value, before.get(name), found.get(name), lines)
        for name, value in fact.items()
    }


def _session_key(observation: Observation) -> tuple[str, ...]:
    return (
        observation["probe"],
        observation["target"],
        observation["service"],
        observation["address"],
        str(observation["params"].get("implicit")),
    )
