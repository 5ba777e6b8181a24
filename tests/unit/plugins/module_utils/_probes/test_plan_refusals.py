# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The series of ClientHellos that should be refused: what is asked, in which order, how often."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    plan_refusals,
    plan_tls,
    refusal_questions,
    registry,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import tls_cipher_suites

ADDRESS = "192.0.2.25"
TARGET = _target.target({"name": "mx1.example.org", "addresses": [ADDRESS]})
OF = ScanContext(TARGET, Options(groups=("tls",)))
FIRST = OF.job("client_hello", "imaps", ADDRESS, **plan_tls.FIRST)
ACCEPTED = {"answer": "hello", "version": "TLSv1.2", "suite": 0xC02B}
REFUSED = {"answer": "alert", "alert": "protocol_version"}


def seen(job: _model.Job, facts: dict[str, t.Any]) -> _model.Observation:
    return _model.observation(job, facts, None, [], {"source": "203.0.113.7"})


def after(job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    return registry.follow(OF, job, seen(job, facts))


def first(series: str) -> _model.Job:
    return next(job for job in after(FIRST, ACCEPTED) if job.params.get("series") == series)


CLOSED = {"answer": "closed"}


def asked(series: str, refusal: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Purposes and versions of a series in which all questions are refused alike."""
    job, found = first(series), []
    while True:
        found.append((job.params["purpose"], job.params["max_version"]))
        control = job.params["purpose"] == plan_tls.REPEATED
        following = after(job, ACCEPTED if control else refusal)
        if not following:
            return found
        (job,) = following


CONTROL = (plan_tls.REPEATED, "TLSv1.2")
VERSIONS = [(plan_tls.LEGACY, name) for name in ("SSLv2", "TLSv1.1", "TLSv1", "SSLv3")]
SUITES = (plan_tls.WEAK, "TLSv1.2")


def test_alerts_to_versions_and_suites_stand_between_two_controls() -> None:
    """Before SSL 2.0 stands the first ClientHello, which has another size than the rest."""
    ssl_2, *older = VERSIONS
    expected = [ssl_2, CONTROL, *older, SUITES, SUITES, CONTROL]
    assert asked(refusal_questions.VERSIONS, REFUSED) == expected


def test_each_closed_connection_stands_between_two_controls() -> None:
    ssl_2, tls_1_1, *older = VERSIONS
    expected = [ssl_2, CONTROL, tls_1_1, tls_1_1, CONTROL]
    for question in older:
        expected += [question, CONTROL]
    expected += [SUITES, SUITES, CONTROL] * 2
    assert asked(refusal_questions.VERSIONS, CLOSED) == expected


def test_suites_are_asked_for_apart_where_a_version_was_not_answered() -> None:
    (control,) = after(first(refusal_questions.VERSIONS), {})
    assert (control.params["series"], control.params["turn"]) == ("TLSv1.2", 0)
    assert (control.params["purpose"], control.params["suites"][-1]) == (
        plan_tls.REPEATED,
        ACCEPTED["suite"],
    )
    (suites,) = after(control, ACCEPTED)
    assert (suites.params["purpose"], suites.params["max_version"]) == SUITES
    assert after(suites, {}) == after(control, {}) == []


def test_suites_are_asked_for_apart_where_tls_12_turns_out_to_be_accepted() -> None:
    """Beside controls of TLS 1.2, which the series about versions does not have then."""
    series = plan_refusals.modern_series(OF, FIRST)
    (tls12,) = after(series, {**ACCEPTED, "version": "TLSv1.3", "suite": 0x1301})
    apart, job = after(tls12, ACCEPTED)
    assert (apart.params["series"], apart.params["known_version"]) == ("TLSv1.2", "TLSv1.2")
    found = []
    while job.params["purpose"] != plan_tls.REPEATED:
        found.append((job.params["purpose"], job.params["max_version"]))
        (job,) = after(job, REFUSED)
    ssl_2, *older = VERSIONS
    without_and_of_dhe = [question for question in older for _part in range(2)]
    assert found == [(plan_tls.LEGACY, "TLSv1.2"), ssl_2, *without_and_of_dhe]
    assert after(job, {**ACCEPTED, "version": "TLSv1.3"}) == []


@pytest.mark.parametrize("refusal", [REFUSED, CLOSED])
def test_series_begins_again_once_where_a_control_is_refused(refusal: dict[str, t.Any]) -> None:
    job, whole, split = first(refusal_questions.VERSIONS), 0, []
    while True:
        if job.params["split"]:
            split.append(job)
        elif job.params["purpose"] == plan_tls.REPEATED:
            whole += 1
        following = after(job, ACCEPTED if job.params["split"] else refusal)
        if not following or len(split) > 1:
            break
        (job,) = following
    assert whole == 1
    control, question = split
    assert (control.params["purpose"], control.params["turn"]) == (plan_tls.REPEATED, 2)
    assert (question.params["purpose"], question.params["max_version"]) == VERSIONS[1]


def test_no_control_has_a_suite_with_dhe_where_these_are_apart() -> None:
    series = plan_refusals.modern_series(OF, FIRST)
    assert series.params["split"] is True
    for job in [series, *after(series, {**ACCEPTED, "version": "TLSv1.3"})]:
        assert not [
            code
            for code in job.params["suites"]
            if refusal_questions.is_dhe(code) and "PSK" not in tls_cipher_suites.name(code)
        ]


def test_question_that_was_closed_after_an_alert_is_asked_again_beside_a_control() -> None:
    (control,) = after(first(refusal_questions.VERSIONS), REFUSED)
    (tls11,) = after(control, ACCEPTED)
    (tls10,) = after(tls11, REFUSED)
    (control,) = after(tls10, CLOSED)
    (again,) = after(control, ACCEPTED)
    assert (again.params["max_version"], again.params["beside"]) == ("TLSv1", True)
    (control,) = after(again, CLOSED)
    (lower,) = after(control, ACCEPTED)
    assert lower.params["max_version"] == "SSLv3"


def test_a_control_follows_ssl_2_whatever_its_answer() -> None:
    for facts in (REFUSED, CLOSED, {"answer": "silence"}, {**ACCEPTED, "version": "SSLv2"}):
        (control,) = after(first(refusal_questions.VERSIONS), facts)
        assert (control.params["purpose"], control.params["step"]) == (plan_tls.REPEATED, 1)


@pytest.mark.parametrize("refusal", [REFUSED, CLOSED])
def test_a_balancer_of_two_shows_each_of_its_servers_some_questions(
    refusal: dict[str, t.Any],
) -> None:
    places: dict[str, set[int]] = {}
    for number, (purpose, _version) in enumerate(asked(refusal_questions.VERSIONS, refusal)):
        places.setdefault(purpose, set()).add(number % 2)
    assert places[plan_tls.LEGACY] == places[plan_tls.WEAK] == {0, 1}


def test_question_follows_a_control_that_was_refused_and_none_that_was_lost() -> None:
    apart = plan_refusals.series_of(OF, FIRST, "TLSv1.2", [ACCEPTED["suite"]], "TLSv1.2")
    (begun_again,) = after(apart, REFUSED)
    assert (begun_again.params["purpose"], begun_again.params["split"]) == (plan_tls.REPEATED, True)
    (question,) = after(begun_again, REFUSED)
    assert question.params["purpose"] == plan_tls.WEAK
    assert after(apart, {}) == []


def test_accepted_old_version_is_asked_for_its_suites_and_whether_fallback_is_noticed() -> None:
    (control,) = after(first(refusal_questions.VERSIONS), REFUSED)
    (question,) = after(control, ACCEPTED)
    suites, signal, lower = after(question, {**ACCEPTED, "version": "TLSv1.1", "suite": 0x2F})
    assert (suites.params["series"], suites.params["suites"][-1]) == ("TLSv1.1", 0x2F)
    assert (signal.params["purpose"], signal.params["fallback"]) == (plan_tls.FALLBACK, True)
    assert after(signal, {**ACCEPTED, "version": "TLSv1.1"}) == []
    assert (lower.params["purpose"], lower.params["max_version"]) == (plan_tls.LEGACY, "TLSv1")


def test_server_that_takes_what_was_not_offered_is_not_asked_for_ever() -> None:
    lies = {**ACCEPTED, "suite": 24, "suite_classes": ["rc4"]}
    todo, count = [first(refusal_questions.VERSIONS)], 0
    while todo:
        job, count = todo.pop(), count + 1
        todo += after(job, {**lies, "version": job.params["max_version"]})
    assert count < 60
