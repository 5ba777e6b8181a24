# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ClientHellos that should be refused, one after the other, with controls between them.

A series asks about versions and then about the cipher suites of TLS 1.2, or about the suites of an
older version. All its ClientHellos have the same number of suites and the same extensions; before
and after those that are refused stands a control, which differs in the version or in one suite and
has to be answered. Between two that are refused with an alert stands none, since the alert shows
that TLS considered them (RFC 8446 section 6); where the connection ends without one, the controls
stand right before and after, and between them the same ClientHello may be sent twice. SSL 2.0 alone
has a ClientHello of its own shape, so that any answered one may stand before it, and it is no
control of the others.

A control that is refused may have met a server that picks a DHE suite and has no parameters for it
(RFC 5246 section 7.4.3), as Dovecot 2.3 does without ssl_dh. The series then begins again, with
DHE suites in questions of their own and in no control, so that they hide no other suite. Where TLS
1.3 alone was seen, it begins so.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .client_hello_params import MAX_SUITES
from .plan_tls import FALLBACK, LEGACY, MAX_WEAK, REPEATED, WEAK
from .refusal_questions import (
    SSLV2,
    TLS12,
    VERSIONS,
    Question,
    excluded_after,
    is_dhe,
    portion,
    questions,
)

if t.TYPE_CHECKING:
    from .. import _model
    from .context import ScanContext

#: Not asked again where the connection ends: a server that accepts TLS 1.0 or SSL 3.0 also does
#: where TLS 1.1 is the highest version offered (RFC 5246 appendix E.1).
_ONCE = ("TLSv1", "SSLv3", SSLV2)
#: What a control offers in the last places of its list, where TLS 1.3 alone is accepted.
_MODERN_SUITES = [0x1302, 0x1303, 0x1301]


def series_of(
    context: ScanContext, job: _model.Job, series: str, known: t.Sequence[int], version: str
) -> _model.Job:
    """The first ClientHello of a series: a control.

    known: the suites that are accepted in that version, for the controls.
    """
    return _control(context, job, _begun(series, known, version))


def series_after(
    context: ScanContext, job: _model.Job, known: t.Sequence[int], version: str
) -> _model.Job:
    """The first ClientHello of the series about versions, right after one of another shape that was
    answered: the question about SSL 2.0.
    """
    return _next(context, job, _begun(VERSIONS, known, version))[0]


def _begun(series: str, known: t.Sequence[int], version: str) -> dict[str, t.Any]:
    """The state at the beginning of a series."""
    state = {"series": series, "turn": 0, "step": 0, "accepted": 0, "excluded": [], "closed": 0}
    more = {
        "suites_too": series == VERSIONS and version in (TLS12, "TLSv1.3"),
        "known": list(known),
        "known_version": version,
        "split": version == "TLSv1.3",
    }
    return {**state, **more}


def modern_series(context: ScanContext, job: _model.Job) -> _model.Job:
    """The series where TLS 1.2 is refused."""
    return series_of(context, job, VERSIONS, _MODERN_SUITES, "TLSv1.3")


def _asked(state: t.Mapping[str, t.Any]) -> list[Question]:
    """The questions of a series: about versions, and about suites where the same controls do."""
    how = state["known_version"] == "TLSv1.3", state["split"]
    suites = questions(TLS12, *how) if state["suites_too"] else ()
    return [*questions(state["series"], *how), *suites]


def _question(context: ScanContext, job: _model.Job, state: dict[str, t.Any]) -> _model.Job:
    """The ClientHello of a step, without the suites that were accepted before."""
    asked = _asked(state)[state["step"]]
    suites = portion([code for code in asked.suites if code not in state["excluded"]])
    return _hello(context, job, state, asked.purpose, asked.max_version, suites)


def _control(context: ScanContext, job: _model.Job, state: dict[str, t.Any]) -> _model.Job:
    """The same as the ClientHello of a step, or of the last one, with suites that are accepted."""
    series = _asked(state)
    asked = series[min(state["step"], len(series) - 1)]
    known = state["known"]
    unwanted = [code for code in asked.suites if state["split"] and is_dhe(code)]
    others = portion([code for code in asked.suites if code not in (*known, *unwanted)])
    suites = [*others[: MAX_SUITES - len(known)], *known]
    return _hello(context, job, state, REPEATED, state["known_version"], suites)


def _hello(
    context: ScanContext,
    job: _model.Job,
    state: dict[str, t.Any],
    purpose: str,
    version: str,
    suites: t.Iterable[int],
) -> _model.Job:
    hello = {
        "purpose": purpose,
        "max_version": version,
        "suites": [] if version == SSLV2 else list(suites),
        "shape": "TLSv1.3" if state["known_version"] == "TLSv1.3" else "TLSv1.2",
        "flight": purpose == WEAK,
    }
    return context.job("client_hello", job.service, job.address, **state, **hello)


_STATE = (
    *("series", "turn", "step", "accepted", "excluded", "closed"),
    *("suites_too", "known", "known_version", "split"),
)


def after(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """What follows a ClientHello of a series: the question after a control, a control after a
    refusal, and after an acceptance the same question without that suite, or the next one.

    What was lost ends a series; the suites are then asked for in one of their own.
    """
    state = {name: job.params[name] for name in _STATE}
    if "answer" not in facts:
        known = state["known"], state["known_version"]
        return [series_of(context, job, TLS12, *known)] if state["suites_too"] else []
    state["turn"] += 1
    if job.params["purpose"] == REPEATED:
        if facts["answer"] != "hello" and not state["split"]:
            return [_split_series(context, job, state)]
        return _next(context, job, state)
    if facts["answer"] != "hello":
        return [_after_refusal(context, job, state, facts["answer"] == "alert")]
    legacy = job.params["purpose"] == LEGACY
    more = _after_old_version(context, job, facts) if legacy else []
    if not legacy:
        state["accepted"] += 1
        state["excluded"] = excluded_after(state["excluded"], facts)
    if legacy or not _goes_on(job, state, facts):
        state["step"] += 1
    if any(other.params.get("series") == TLS12 for other in more):
        state["suites_too"] = False
    if job.params["max_version"] == SSLV2:
        return [_control(context, job, state)]
    return [*more, *_next(context, job, state)]


def _split_series(context: ScanContext, job: _model.Job, state: dict[str, t.Any]) -> _model.Job:
    """The control with which a series begins again, DHE suites apart; SSL 2.0 has been asked where
    it is the first question.
    """
    begun = int(_asked(state)[0].max_version == SSLV2)
    return _control(context, job, {**state, "split": True, "step": begun, "closed": 0})


def _next(context: ScanContext, job: _model.Job, state: dict[str, t.Any]) -> list[_model.Job]:
    """The question of a step right after an answered ClientHello, if one is left."""
    if state["step"] == len(_asked(state)):
        return []
    question = _question(context, job, state)
    return [question._replace(params={**question.params, "beside": True})]


def _after_refusal(
    context: ScanContext, job: _model.Job, state: dict[str, t.Any], alert: bool
) -> _model.Job:
    """The next question after an alert, if a control of its size came before. Where the connection
    ended right after an answered ClientHello, the same question again, but for some versions; else
    a control.
    """
    sized = job.params["max_version"] != SSLV2 or state["step"] > 0
    state["closed"] += bool(job.params.get("beside") or job.params.get("again"))
    if alert or state["closed"] >= (1 if job.params["max_version"] in _ONCE else 2):
        state["step"], state["closed"] = state["step"] + 1, 0
        return (
            _question(context, job, state)
            if alert and sized and state["step"] < len(_asked(state))
            else _control(context, job, state)
        )
    if not state["closed"]:
        return _control(context, job, state)
    again = _question(context, job, state)
    return again._replace(params={**again.params, "again": True})


def _goes_on(job: _model.Job, state: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> bool:
    """Whether the same question is asked again without the suite that was accepted."""
    return facts["version"] == job.params["max_version"] and state["accepted"] <= MAX_WEAK


def _after_old_version(
    context: ScanContext, job: _model.Job, facts: dict[str, t.Any]
) -> list[_model.Job]:
    """What an accepted old version asks for: its broken suites, and whether a fallback to it is
    noticed.
    """
    version = facts["version"]
    if version != job.params["max_version"] or version in (SSLV2, "TLSv1.3"):
        return []
    jobs = [series_of(context, job, version, [facts["suite"]], version)]
    if version == "TLSv1.1":
        signal = {**job.params, "purpose": FALLBACK, "fallback": True}
        jobs.append(job._replace(params={key: signal[key] for key in signal if key not in _STATE}))
    return jobs
