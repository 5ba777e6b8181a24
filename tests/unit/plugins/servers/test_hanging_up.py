# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Servers that end the connection at the first rejected recipient: what is repeated first."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    registry,
    relay_addresses,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import budget

CONTEXT = ScanContext(
    _target.target({"name": "mx1.example.org", "domains": ["example.org"]}),
    Options(groups=("relay",)),
)
SESSION = CONTEXT.job("smtp_session", "smtp", "192.0.2.25")
GONE: _model.Error = {"kind": "closed", "text": "the server closed the connection"}


def _repeated(state: str) -> list[_model.Job]:
    """What is repeated of all attempts in a state, where every connection ended unanswered."""
    jobs = CONTEXT.matrix(SESSION, state, "full" if state == "clear" else "inside")
    seen = [(job, _model.observation(job, {"attempts": []}, GONE, [], {})) for job in jobs]
    return [again for job, found in seen for again in registry.follow(CONTEXT, job, found)]


@pytest.mark.parametrize("state", ["clear", "starttls"])
def test_recipients_that_decide_are_repeated_first(state: str) -> None:
    repeated = sorted(_repeated(state), key=budget.rank)
    first = [job for job in repeated if budget.rank(job) == budget.DECISIVE]
    forms = {
        (entry["sender_id"], item["form"])
        for job in first
        for entry in job.params["transactions"]
        for item in entry["recipients"]
    }
    usual = {("null", form) for form in relay_addresses.EXPERIMENT}
    usual |= {("stranger", form) for form in relay_addresses.EXPERIMENT}
    assert usual <= forms
    assert {sender for sender, _form in forms} == {"stranger", "null"}
    assert not [job for job in first for entry in job.params["transactions"] if entry["helo"]]
    assert len(repeated) > len(first)
