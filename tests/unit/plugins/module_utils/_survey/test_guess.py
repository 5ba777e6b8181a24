# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The last probe of a target ends at the first pair that is taken, or where the server hangs up."""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._survey import guess

NO, YES = {"code": 535, "text": "no"}, {"code": 235, "text": "yes"}


class Answers:
    """Stands for a survey: answers each login in turn."""

    def __init__(self, answers: list[dict[str, t.Any] | None]) -> None:
        self.answers, self.jobs = answers, []  # type: ignore[var-annotated]

    async def run(self, jobs: list[_model.Job]) -> list[t.Any]:
        """One observation."""
        self.jobs += jobs
        reply = self.answers.pop(0)
        error = None if reply else {"kind": "closed", "text": "the server closed the connection"}
        facts = {"attempts": [{"user": "a", "password": "b", "reply": reply}] if reply else []}
        return [_model.observation(jobs[0], facts, t.cast("t.Any", error), [], {"source": ""})]


@pytest.mark.parametrize(
    ("answers", "count"), [([NO] * 9, 5), ([NO, YES, NO], 2), ([NO, NO, None, NO], 3)]
)
def test_guesses_of_a_target(answers: list[dict[str, t.Any] | None], count: int) -> None:
    target = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
    context = ScanContext(target, Options(guess=True))
    job = context.job("smtp_session", "submissions", "192.0.2.25")
    facts = {"extensions": {"AUTH": "PLAIN"}}
    session = _model.observation(job, facts, None, [], {"source": ""})
    survey = Answers(list(answers))
    found = asyncio.run(guess.follow_up(t.cast("t.Any", survey), context, [session]))
    assert (len(found), len(survey.jobs)) == (count, count)
