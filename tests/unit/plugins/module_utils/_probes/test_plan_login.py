# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which services are asked for logins, and that a host gets at most five guesses."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import plan_login, registry
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)

SMTP = {"extensions": {"STARTTLS": ""}, "extensions_tls": {"AUTH": "PLAIN"}}
IMAPS = {"greeting": "OK hi", "capabilities": []}


def context(**options: t.Any) -> ScanContext:
    target = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
    return ScanContext(target, Options(**options))


def seen(of: ScanContext, service: str, facts: dict[str, t.Any], **params: t.Any) -> t.Any:
    probe = "smtp_session" if service.startswith("s") else "mailstore_session"
    job = of.job(probe, service, "192.0.2.25", **params)
    return _model.observation(job, facts, None, [], {"source": "192.0.2.1"})


def test_made_up_login_on_each_service_that_offers_one_inside_tls() -> None:
    of = context(login=True, groups=("auth",))
    for service, facts, count in (
        ("submission", SMTP, 1),
        ("submission", {"extensions": {"AUTH": "PLAIN"}}, 0),
        ("imaps", IMAPS, 1),
        ("imap", {"capabilities": [], "greeting": "OK"}, 0),
        ("imap", {"capabilities": [], "capabilities_tls": []}, 1),
    ):
        observation = seen(of, service, facts)
        job = _model.Job(*[observation[name] for name in _model.Job._fields])
        found = [one for one in registry.follow(of, job, observation) if one.probe == "login"]
        assert len(found) == count, (service, facts)
        assert all(one.params["logins"] == [[plan_login.NOBODY] * 2] for one in found)
        assert plan_login.made_up(context(), job, facts) == []


def test_service_for_tls_that_answers_in_clear_gets_no_login_inside_tls() -> None:
    of = context(login=True)
    job = of.job("mailstore_session", "imaps", "192.0.2.25", implicit=False)
    assert plan_login.made_up(of, job, IMAPS) == []


def test_guesses_are_five_on_one_service() -> None:
    of = context(guess=True)
    sessions = [seen(of, "imaps", IMAPS), seen(of, "submission", SMTP), seen(of, "smtp", {})]
    jobs = plan_login.guesses(of, sessions)
    assert len(jobs) == 5
    assert {job.service for job in jobs} == {"submission"}
    assert all(len(job.params["logins"]) == 1 for job in jobs)
    assert ["postmaster@example.org", "postmaster"] in [job.params["logins"][0] for job in jobs]
    assert plan_login.guesses(context(), sessions) == []
    assert plan_login.guesses(of, sessions[2:]) == []
